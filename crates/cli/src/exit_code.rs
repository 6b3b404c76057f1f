//! What the exit code says; `docs/cli.md` documents it for users.

use scproof::ask::Decision;

/// The exit codes, worst last where several would fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ExitCode {
    /// Fine; not blocked.
    Fine = 0,
    /// It ran, and the answer is no: blocked, or errors found.
    No = 1,
    /// The command or the question makes no sense.
    Usage = 2,
    /// An input could not be read or parsed.
    Input = 3,
    /// AWS, or the way to it, has failed.
    #[cfg(feature = "fetch")]
    Aws = 4,
    /// The facts given do not decide.
    Unknown = 5,
}

impl From<Decision> for ExitCode {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Allowed | Decision::NotApplicable => Self::Fine,
            Decision::ExplicitDeny | Decision::ImplicitDeny | Decision::Deny => Self::No,
            Decision::Unknown => Self::Unknown,
        }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code as u8)
    }
}
