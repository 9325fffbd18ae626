//! All integration tests, in one binary, because linking is what costs time.
//!
//! - [`layers`]: which module may use which
//! - [`catalog`]: every built-in pattern proves itself; the schema is current
//! - [`samples`]: the bundles in `samples/`, in every container and wrapping, against their expected reports
//! - [`cli`]: arguments, exit codes, error texts, help
//! - [`diagnoses`]: findings joined with facts, and what turns a diagnosis off
//! - [`docs`]: the console blocks of the documents
//! - [`filter`]: packets of which not everything is known, rules that cannot be decided
//! - [`foreign`]: rules of CRE, specs of troubleshoot
//! - [`fuzz`]: the inputs of the fuzz targets
//! - [`hostile`]: damaged, lying and malicious bundles
//! - [`kernel`]: the evaluation of packet filter rules against the kernel
//! - [`language`]: what the words of the pattern language mean
//! - [`records`]: formats of logs, records from lines, `bundlecheck logs`
//! - [`corpus`]: real bundles from `BUNDLECHECK_CORPUS`, against what `grep` finds
//!
//! `BUNDLECHECK_BLESS=1` rewrites expected files instead of comparing; review what it changes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod catalog;
mod cli;
mod corpus;
mod diagnoses;
mod docs;
mod filter;
mod foreign;
mod fuzz;
mod hostile;
mod kernel;
mod language;
mod layers;
mod pack;
mod records;
mod samples;
mod support;
