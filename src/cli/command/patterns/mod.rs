//! `bundlecheck patterns`: what is known, and how to add to it.

mod check;
mod draft;
mod import;
mod list;
mod trial;

use crate::cli::ExitStatus;
use crate::cli::args::{PatternsArgs, PatternsCommand};

pub(in crate::cli) fn run(args: &PatternsArgs) -> anyhow::Result<ExitStatus> {
    match &args.command {
        PatternsCommand::List(args) => list::run(args),
        PatternsCommand::Check(args) => check::run(args),
        PatternsCommand::Test(args) => trial::run(args),
        PatternsCommand::New(args) => draft::run(args),
        PatternsCommand::Import(args) => import::run(args),
    }
}
