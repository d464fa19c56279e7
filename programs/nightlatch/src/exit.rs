//! Exit codes: sysexits, so that scripts can tell the kinds of failure apart.

use std::process::ExitCode;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All went well.
    Done,
    /// The command line is wrong (`EX_USAGE`).
    Usage,
    /// A file's content is wrong (`EX_DATAERR`).
    Content,
    /// A file is missing (`EX_NOINPUT`).
    Missing,
    /// Nobody answers, or it is not possible now (`EX_UNAVAILABLE`).
    Unavailable,
    /// A mistake of ours (`EX_SOFTWARE`).
    Software,
    /// The operating system refused (`EX_OSERR`).
    System,
    /// The server refused, or a file may not be used (`EX_NOPERM`).
    Refused,
    /// The configuration is wrong (`EX_CONFIG`).
    Config,
}

impl Exit {
    /// The number that the shell sees.
    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Usage => 64,
            Self::Content => 65,
            Self::Missing => 66,
            Self::Unavailable => 69,
            Self::Software => 70,
            Self::System => 71,
            Self::Refused => 77,
            Self::Config => 78,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.number())
    }
}
