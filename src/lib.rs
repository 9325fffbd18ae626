//! Reads a customer's support bundle and says what is wrong, why, and how to fix it.

pub mod bundle;
pub mod catalog;
pub mod location;
pub mod log;
pub mod matcher;
pub mod text;
