//! `bundlecheck generate`: what packages and editors need.

use std::io::Write as _;

use clap::CommandFactory as _;

use crate::catalog::{Catalog, handbook, schema};
use crate::cli::ExitStatus;
use crate::cli::args::{Cli, Generate, GenerateArgs, SchemaOf};

pub(in crate::cli) fn run(args: &GenerateArgs) -> anyhow::Result<ExitStatus> {
    let mut out = Vec::new();
    match &args.what {
        Generate::Completions { shell } => {
            clap_complete::generate(*shell, &mut Cli::command(), "bundlecheck", &mut out);
        }
        Generate::Man => clap_mangen::Man::new(Cli::command()).render(&mut out)?,
        Generate::Patterns => out.extend(handbook(&Catalog::builtin()).into_bytes()),
        Generate::Schema { of } => {
            let schema = match of {
                SchemaOf::Pattern => schema::pattern(),
                SchemaOf::Report => crate::report::schema::report(),
            };
            serde_json::to_writer_pretty(&mut out, &schema)?;
            out.push(b'\n');
        }
    }
    std::io::stdout().lock().write_all(&out)?;
    Ok(ExitStatus::Clean)
}
