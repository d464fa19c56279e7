//! Exit codes: sysexits, so that scripts and systemd can tell the kinds of failure apart.

use std::process::ExitCode;

/// Why the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All went well.
    Ok,
    /// The command line was wrong (`EX_USAGE`).
    Usage,
    /// What was given to be read is not what it should be (`EX_DATAERR`).
    Data,
    /// Something that another program keeps was not there (`EX_UNAVAILABLE`).
    Unavailable,
    /// Our own bug, or the other half of the daemon broke its word (`EX_SOFTWARE`).
    Software,
    /// The system refused something that is not a question of permission (`EX_OSERR`).
    System,
    /// A capability or a permission is missing (`EX_NOPERM`).
    Permission,
    /// The configuration is wrong (`EX_CONFIG`).
    Config,
}

impl Exit {
    /// The number that the shell sees.
    pub const fn number(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Usage => 64,
            Self::Data => 65,
            Self::Unavailable => 69,
            Self::Software => 70,
            Self::System => 71,
            Self::Permission => 77,
            Self::Config => 78,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.number())
    }
}
