//! How much a line matters.

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
            | Self::StateFailing { .. }
            | Self::StopsFailing { .. }
            | Self::UseUnrecorded { .. }
            | Self::HelperEnded { .. }
            | Self::ReloadRefused { .. } => Level::Error,
            Self::GatePutBack { .. }
            | Self::StateInDoubt { .. }
            | Self::Warned { .. }
            | Self::ConfigDoubtful { .. }
            | Self::CommandFailed { .. }
            | Self::CommandsDropped { .. }
            | Self::Notification { .. }
            | Self::BansUntold { .. }
            | Self::LinesLost { .. } => Level::Warning,
            Self::Granted { .. }
            | Self::Closed { .. }
            | Self::Told { .. }
            | Self::WouldRun { .. }
            | Self::Banned { .. }
            | Self::Unbanned { .. }
            | Self::GateRaised { .. } => Level::Notice,
            Self::Ready { .. }
            | Self::Deriving { .. }
            | Self::Answered { .. }
            | Self::Suspected { .. }
            | Self::Reloaded { .. }
            | Self::CommandSaid { .. }
            | Self::CommandDone { .. }
            | Self::Stopping { .. } => Level::Info,
        }
    }
}
