//! Notices: what the runner tells the broker, for its tallies. The log is written by the runner itself.

/// What became of something that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// A command was begun.
    Started,
    /// One ended well.
    Done,
    /// One ended with this exit code.
    Failed(u32),
    /// One was ended by this signal, and not by us.
    Killed(u32),
    /// One took too long and was killed with everything in its process group.
    TimedOut,
    /// The system had no process for one.
    Unstarted,
    /// So many were not taken: too many wait already.
    Refused(u32),
    /// So many waited until their grant was over, and did not run any more.
    TooLate(u32),
    /// Stops that are due later are not on the disk.
    Undurable,
    /// They are again.
    Durable,
    /// So many stops wait for actions that the plan does not have.
    Orphaned(u32),
}

impl Notice {
    /// Its name among the numbers of `status`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Done => "done",
            Self::Failed(_) => "failed",
            Self::Killed(_) => "killed",
            Self::TimedOut => "timed-out",
            Self::Unstarted => "unstarted",
            Self::Refused(_) => "refused",
            Self::TooLate(_) => "too-late",
            Self::Undurable => "undurable",
            Self::Durable => "durable",
            Self::Orphaned(_) => "orphaned",
        }
    }

    /// How many it counts for.
    pub(crate) const fn count(self) -> u32 {
        match self {
            Self::Refused(count) | Self::TooLate(count) | Self::Orphaned(count) => count,
            _ => 1,
        }
    }

    /// `kind 1 ‖ zero 3 ‖ number 4`, big-endian.
    pub(super) fn to_bytes(self) -> [u8; NOTICE_LENGTH] {
        let (kind, number) = match self {
            Self::Started => (1, 0),
            Self::Done => (2, 0),
            Self::Failed(code) => (3, code),
            Self::Killed(signal) => (4, signal),
            Self::TimedOut => (5, 0),
            Self::Unstarted => (6, 0),
            Self::Refused(count) => (7, count),
            Self::TooLate(count) => (8, count),
            Self::Undurable => (9, 0),
            Self::Durable => (10, 0),
            Self::Orphaned(count) => (11, count),
        };
        let [a, b, c, d] = number.to_be_bytes();
        [kind, 0, 0, 0, a, b, c, d]
    }

    pub(super) fn from_bytes(bytes: [u8; NOTICE_LENGTH]) -> Option<Self> {
        let [kind, 0, 0, 0, a, b, c, d] = bytes else {
            return None;
        };
        Some(match (kind, u32::from_be_bytes([a, b, c, d])) {
            (1, 0) => Self::Started,
            (2, 0) => Self::Done,
            (3, code) => Self::Failed(code),
            (4, signal) => Self::Killed(signal),
            (5, 0) => Self::TimedOut,
            (6, 0) => Self::Unstarted,
            (7, count) => Self::Refused(count),
            (8, count) => Self::TooLate(count),
            (9, 0) => Self::Undurable,
            (10, 0) => Self::Durable,
            (11, count) => Self::Orphaned(count),
            _ => return None,
        })
    }
}

pub(super) const NOTICE_LENGTH: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_notice_comes_over_and_nothing_else_does() {
        let all =
            (0..=255).flat_map(|kind| [0, 1, 9].map(|number| [kind, 0, 0, 0, 0, 0, 0, number]));
        let (notices, others): (Vec<_>, Vec<_>) =
            all.partition(|bytes| Notice::from_bytes(*bytes).is_some());
        // Five of eleven carry a number.
        assert_eq!((notices.len(), others.len()), (6 + 5 * 3, 768 - 21));
        for bytes in notices {
            assert_eq!(Notice::from_bytes(bytes).unwrap().to_bytes(), bytes);
        }
        assert_eq!(Notice::from_bytes([1, 0, 0, 1, 0, 0, 0, 0]), None);
    }
}
