//! The command line: the only part that knows arguments, the environment, the terminal and exit codes.

mod args;
mod command;
mod exit;
mod output;
mod redaction;
mod suggest;
mod term;

pub use exit::ExitStatus;

use std::io;

use clap::Parser as _;

use args::{Cli, Command};

/// Runs the command line of this process and returns how it ends.
pub fn main() -> ExitStatus {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() {
                ExitStatus::Failed
            } else {
                ExitStatus::Clean
            };
        }
    };
    let outcome = match &cli.command {
        Some(Command::Check(args)) => command::check::run(args),
        Some(Command::Explain(args)) => command::explain::run(args),
        Some(Command::Inspect(args)) => command::inspect::run(args),
        Some(Command::Logs(args)) => command::logs::run(args),
        Some(Command::Patterns(args)) => command::patterns::run(args),
        Some(Command::Generate(args)) => command::generate::run(args),
        None => command::check::run(&cli.check),
    };
    match outcome {
        Ok(status) => status,
        Err(error) if is_broken_pipe(&error) => ExitStatus::Clean,
        Err(error) => {
            term::report_error(&error);
            ExitStatus::Failed
        }
    }
}

/// Whoever read the output has seen enough.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let plain = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        let json = cause
            .downcast_ref::<serde_json::Error>()
            .and_then(serde_json::Error::io_error_kind);
        plain.or(json) == Some(io::ErrorKind::BrokenPipe)
    })
}
