//! How much a line matters.

use super::command_line::CommandLine;
use super::guard_line::GuardLine;
use super::line::Line;

/// How much it matters; the numbers are syslog's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// Something does not work.
    Error = 3,
    /// Something works, but not as it should.
    Warning = 4,
    /// Somebody got in, or the daemon changed.
    Notice = 5,
    /// The rest.
    Info = 6,
}

impl Line {
    /// How much this line matters.
    pub(crate) const fn level(&self) -> Level {
        match self {
            Self::GateRefused { .. }
            | Self::SetRefused { .. }
            | Self::CutRefused { .. }
            | Self::StateFailing { .. }
            | Self::UseUnrecorded { .. }
            | Self::JournalFailing { .. }
            | Self::JournalSetAside { .. }
            | Self::HelperEnded { .. }
            | Self::ReloadRefused { .. } => Level::Error,
            Self::GatePutBack { .. }
            | Self::SetUnfit { .. }
            | Self::StateInDoubt { .. }
            | Self::Warned { .. }
            | Self::ConfigDoubtful { .. }
            | Self::Notification { .. }
            | Self::LeftOut { .. }
            | Self::JournalGoesOn { .. }
            | Self::LinesLost { .. } => Level::Warning,
            Self::Granted { .. }
            | Self::Closed { .. }
            | Self::Cut { .. }
            | Self::Told { .. }
            | Self::WouldRun { .. }
            | Self::SetsFilled
            | Self::LeftAlone { .. }
            | Self::HearsAgain { .. }
            | Self::GateRaised { .. } => Level::Notice,
            Self::Ready { .. }
            | Self::Deriving { .. }
            | Self::Answered { .. }
            | Self::Reloaded { .. }
            | Self::Stopping { .. } => Level::Info,
            Self::Guard(line) => line.level(),
            Self::Command(line) => line.level(),
        }
    }
}

impl GuardLine {
    const fn level(&self) -> Level {
        match self {
            Self::Banned { .. } | Self::Unbanned { .. } => Level::Notice,
            Self::Suspected { .. } => Level::Info,
        }
    }
}

impl CommandLine {
    const fn level(&self) -> Level {
        match self {
            Self::StopsFailing { .. } => Level::Error,
            Self::Failed { .. } | Self::Dropped { .. } => Level::Warning,
            Self::Said { .. } | Self::Done { .. } => Level::Info,
        }
    }
}
