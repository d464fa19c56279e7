//! What can happen that is worth keeping.

use core::fmt;

/// What happened. Numbers and names are kept for years: kinds are added, never changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    /// Somebody got in: who, to what, from where, for how many seconds.
    Granted = 1,
    /// Somebody closed what was open; the detail says it where nothing was.
    Closed = 2,
    /// An authentic knock opened nothing; the detail is the answer.
    Refused = 3,
    /// A client told us something; its text is not kept.
    Told = 4,
    /// A source is banned: for what, how often it failed, for how many seconds.
    Banned = 5,
    /// A source is banned no more; the detail says why.
    Unbanned = 6,
    /// Bans began and ended that are not listed: how many.
    BansUntold = 7,
    /// The daemon started; the detail is its version.
    Started = 8,
    /// The daemon ends; the detail says why.
    Stopping = 9,
    /// Another configuration is in force; the count is how many grants ended with it.
    Reloaded = 10,
    /// Another configuration was refused; the detail says why.
    ReloadRefused = 11,
    /// The gate was gone or changed, and is back; the count is how many grants went back with it.
    GatePutBack = 12,
    /// Events were lost here: how many.
    JournalLost = 13,
    /// What was kept before cannot be read and was set aside; the detail is the file.
    JournalSetAside = 14,
    /// An authentic knock was told what it lacks, and its client knocks again by itself; the detail is the answer.
    Answered = 15,
    /// Somebody was refused more often than is listed: how often.
    RefusalsUntold = 16,
}

impl Kind {
    /// Every kind, in the order of their numbers.
    pub const ALL: [Self; 16] = [
        Self::Granted,
        Self::Closed,
        Self::Refused,
        Self::Told,
        Self::Banned,
        Self::Unbanned,
        Self::BansUntold,
        Self::Started,
        Self::Stopping,
        Self::Reloaded,
        Self::ReloadRefused,
        Self::GatePutBack,
        Self::JournalLost,
        Self::JournalSetAside,
        Self::Answered,
        Self::RefusalsUntold,
    ];

    /// Its name in JSON and on command lines.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Closed => "closed",
            Self::Refused => "refused",
            Self::Told => "told",
            Self::Banned => "banned",
            Self::Unbanned => "unbanned",
            Self::BansUntold => "bans-untold",
            Self::Started => "started",
            Self::Stopping => "stopping",
            Self::Reloaded => "reloaded",
            Self::ReloadRefused => "reload-refused",
            Self::GatePutBack => "gate-put-back",
            Self::JournalLost => "journal-lost",
            Self::JournalSetAside => "journal-set-aside",
            Self::Answered => "answered",
            Self::RefusalsUntold => "refusals-untold",
        }
    }

    /// Its number in bytes.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The kind with this number.
    pub fn numbered(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }

    /// The kind with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_lead_back_to_their_kind() {
        for (place, kind) in (1..).zip(Kind::ALL) {
            assert_eq!(kind.number(), place);
            assert_eq!(Kind::numbered(place), Some(kind));
            assert_eq!(Kind::named(kind.name()), Some(kind));
        }
        assert_eq!(Kind::numbered(0), None);
        assert_eq!(Kind::named("opened"), None);
    }
}
