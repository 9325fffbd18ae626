//! The `bundlecheck` program.

use bundlecheck::cli::{self, ExitStatus};

fn main() -> ExitStatus {
    cli::main()
}
