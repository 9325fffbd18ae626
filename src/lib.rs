//! Reads a customer's support bundle and says what is wrong, why, and how to fix it.
//!
//! A [`Bundle`] is read as a stream, never extracted. Its logs become records, the records are matched against
//! the patterns of a [`Catalog`], and a [`Checker`] turns the matches into a [`Report`]: findings with counts,
//! times, nodes and quoted lines, and diagnoses that say what explains what.
//!
//! ```no_run
//! use bundlecheck::{Bundle, Catalog, Checker};
//!
//! let catalog = Catalog::builtin();
//! let checker = Checker::builder(&catalog).build()?;
//! let report = checker.check(&Bundle::open("acme-48213.tar.gz")?)?;
//! for finding in &report.findings {
//!     println!("{}: {} ({}x)", finding.id, finding.title, finding.count);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The library needs no terminal and no environment, and takes all times from the bundle. ARCHITECTURE.md has the way through the modules.

pub mod bundle;
pub mod catalog;
pub mod checker;
#[cfg(feature = "cli")]
pub mod cli;
pub mod diagnose;
pub mod facts;
pub mod filter;
mod jq;
mod literals;
pub mod location;
pub mod log;
pub mod matcher;
pub mod records;
pub mod redact;
pub mod report;
pub mod text;
mod troubleshoot;
mod yaml;

pub use bundle::{Bundle, Limits};
pub use catalog::Catalog;
pub use checker::Checker;
pub use report::Report;
