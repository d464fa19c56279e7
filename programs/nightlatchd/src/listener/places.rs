//! Places: which number of the tally stands for what.

use nightlatch_core::{Advance, Ignored};
use nightlatch_wire::Unreadable;

/// What a frame came to, as far as the listener sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Place {
    /// It carried a valid tag and went to the broker.
    Claimed,
    /// It did, but the broker had no room.
    BrokerBusy,
    /// An ack went out.
    Answered,
    /// An ack could not be sent.
    AckUnsent,
    /// The kernel had no room for frames of the packet sockets.
    KernelLost,
    /// It could not be read.
    Unreadable,
    /// It was a fragment, which a knock never is.
    Fragment,
    /// It was for another port or protocol.
    NotForUs,
    /// It was too long or too short.
    WrongLength,
    /// It claimed to come from where no host is, or went to many hosts.
    NoHost,
    /// No client has this tag now.
    UnknownTag,
    /// Too many came under this tag from this address.
    OverQuota,
    /// It was the first step of a sequence.
    FirstStep,
    /// It was a later step.
    NextStep,
    /// It was a part of an encrypted sequence.
    Symbol,
    /// It was a touch that is no step.
    Astray,
    /// It was a step or a part that came before.
    Repeated,
    /// It was a first step, and there was no room for one more who begins.
    Crowded,
    /// It touched a port where nothing is.
    ClosedPort,
    /// It touched a decoy.
    Decoy,
    /// It was a line of a log that is about no packet.
    OtherLine,
    /// The kernel had no room for packets of an NFLOG group.
    NflogLost,
    /// Lines of the kernel's log were overwritten before they were read.
    KmsgLost,
    /// It was a line of more than 64 KiB.
    LogLineTooLong,
    /// A log file vanished.
    LogVanished,
    /// A folder, a pipe or a device stood in the place of a log file.
    LogNoFile,
    /// A log file could not be opened or read.
    LogUnreadable,
    /// There was no room for what libpcap received.
    LibpcapLost,
    /// The kernel had no room for datagrams of the UDP socket.
    UdpLost,
    /// It was a failure that another source had shown already.
    SeenTwice,
}

/// Every place, in the order of its number.
pub(crate) const PLACES: [Place; 30] = [
    Place::Claimed,
    Place::BrokerBusy,
    Place::Answered,
    Place::AckUnsent,
    Place::KernelLost,
    Place::Unreadable,
    Place::Fragment,
    Place::NotForUs,
    Place::WrongLength,
    Place::NoHost,
    Place::UnknownTag,
    Place::OverQuota,
    Place::FirstStep,
    Place::NextStep,
    Place::Symbol,
    Place::Astray,
    Place::Repeated,
    Place::Crowded,
    Place::ClosedPort,
    Place::Decoy,
    Place::OtherLine,
    Place::NflogLost,
    Place::KmsgLost,
    Place::LogLineTooLong,
    Place::LogVanished,
    Place::LogNoFile,
    Place::LogUnreadable,
    Place::LibpcapLost,
    Place::UdpLost,
    Place::SeenTwice,
];

impl Place {
    /// Its number in the tally.
    pub(crate) const fn number(self) -> usize {
        self as usize
    }

    /// Its name in `status`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Claimed => "claimed",
            Self::BrokerBusy => "broker-busy",
            Self::Answered => "answered",
            Self::AckUnsent => "ack-unsent",
            Self::KernelLost => "kernel-lost",
            Self::Unreadable => "unreadable",
            Self::Fragment => "fragment",
            Self::NotForUs => "not-for-us",
            Self::WrongLength => "wrong-length",
            Self::NoHost => "no-host",
            Self::UnknownTag => "unknown-tag",
            Self::OverQuota => "over-quota",
            Self::FirstStep => "first-step",
            Self::NextStep => "next-step",
            Self::Symbol => "symbol",
            Self::Astray => "astray",
            Self::Repeated => "repeated",
            Self::Crowded => "crowded",
            Self::ClosedPort => "closed-ports",
            Self::Decoy => "decoy",
            Self::OtherLine => "other-line",
            Self::NflogLost => "nflog-lost",
            Self::KmsgLost => "kmsg-lost",
            Self::LogLineTooLong => "log-line-too-long",
            Self::LogVanished => "log-vanished",
            Self::LogNoFile => "log-no-file",
            Self::LogUnreadable => "log-unreadable",
            Self::LibpcapLost => "libpcap-lost",
            Self::UdpLost => "udp-lost",
            Self::SeenTwice => "seen-twice",
        }
    }
}

impl Place {
    /// Whether it was no part of a knock, and nothing of ours.
    pub(super) const fn is_failure(self) -> bool {
        matches!(
            self,
            Self::Unreadable
                | Self::Fragment
                | Self::NotForUs
                | Self::WrongLength
                | Self::NoHost
                | Self::UnknownTag
                | Self::OverQuota
                | Self::Astray
        )
    }
}

impl From<Unreadable> for Place {
    fn from(unreadable: Unreadable) -> Self {
        match unreadable {
            Unreadable::Fragment => Self::Fragment,
            Unreadable::NotLogged => Self::OtherLine,
            Unreadable::NotForThisHost => Self::NotForUs,
            _ => Self::Unreadable,
        }
    }
}

impl From<Ignored> for Place {
    fn from(ignored: Ignored) -> Self {
        match ignored {
            Ignored::NotForUs => Self::NotForUs,
            Ignored::WrongLength => Self::WrongLength,
            Ignored::NoHost => Self::NoHost,
            Ignored::UnknownTag => Self::UnknownTag,
            Ignored::OverQuota => Self::OverQuota,
            Ignored::Astray => Self::Astray,
            Ignored::Repeated => Self::Repeated,
            Ignored::Crowded => Self::Crowded,
        }
    }
}

impl From<Advance> for Place {
    fn from(advance: Advance) -> Self {
        match advance {
            Advance::FirstStep => Self::FirstStep,
            Advance::NextStep => Self::NextStep,
            Advance::Symbol => Self::Symbol,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_stands_at_its_number() {
        for (number, place) in PLACES.iter().enumerate() {
            assert_eq!(place.number(), number);
        }
        assert!(PLACES.len() <= crate::tally::REASONS);
    }
}
