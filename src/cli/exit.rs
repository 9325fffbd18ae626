//! How the process ends.

use std::process::{ExitCode, Termination};

/// What the exit status means; also in `--help`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ExitStatus {
    /// 0: checked; nothing at or above `--fail-on`.
    Clean,
    /// 1: checked; at least one finding at or above `--fail-on`.
    Found,
    /// 2: not checked: bad arguments, unreadable bundle, broken pattern; with `--strict` anything unread.
    Failed,
}

/// 130: interrupted by the user, as shells report it.
pub(super) const INTERRUPTED: u8 = 130;

impl Termination for ExitStatus {
    fn report(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Clean => 0,
            Self::Found => 1,
            Self::Failed => 2,
        })
    }
}
