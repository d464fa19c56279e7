//! Errands: what the broker has the runner do, since it may not start programs itself.
//!
//! ```text
//! broker: Runner ── plan, errands of one size ──► Ear: runner
//!                ◄────────── notices ───────────
//! ```
//! Nothing here was written by a stranger but the text of a message, which goes to a standard input
//! and nowhere else. The bytes are judged all the same: what does not exist ends the runner.

mod ear;
mod name;
mod notice;
mod plan;
mod runner;

use core::net::IpAddr;
use core::time::Duration;
use std::net::Ipv6Addr;

pub(crate) use ear::{Ear, Word};
pub(crate) use name::{NAME_LENGTH, Name};
pub(crate) use notice::Notice;
#[cfg(test)]
pub(crate) use plan::Command;
pub(crate) use plan::{Action, Doer, Half, Plan};
pub(crate) use runner::{Runner, RunnerError};

/// One thing to do, for one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Errand {
    /// What.
    pub(crate) what: What,
    /// The action's place in the plan.
    pub(crate) action: u16,
    /// Who knocked, from where.
    pub(crate) address: IpAddr,
    /// The client, or the sequence.
    pub(crate) client: Name,
    /// The service that was asked for; empty for a message.
    pub(crate) service: Name,
}

/// What an errand is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// A grant began or was renewed. The runner knows by itself whether its start half ran already,
    /// and when its stop half is due.
    Start {
        /// For how long the grant is, from now on.
        seconds: u32,
    },
    /// A grant ended before its time.
    Stop,
    /// A message came.
    Tell {
        /// Its bytes: at most [`TEXT_LENGTH`], for the standard input alone.
        text: Vec<u8>,
    },
}

impl Errand {
    /// A grant began or was renewed.
    pub(crate) fn start(
        action: u16,
        address: IpAddr,
        client: &str,
        service: &str,
        lasts: Duration,
    ) -> Self {
        let seconds = u32::try_from(lasts.as_secs()).unwrap_or(u32::MAX);
        Self::new(What::Start { seconds }, action, address, client, service)
    }

    /// A grant ended before its time, and nobody else holds that service at that address.
    pub(crate) fn stop(action: u16, address: IpAddr, client: &str, service: &str) -> Self {
        Self::new(What::Stop, action, address, client, service)
    }

    /// A message came; what is too long for one is cut off.
    pub(crate) fn tell(action: u16, address: IpAddr, client: &str, text: &[u8]) -> Self {
        let text = text.iter().take(TEXT_LENGTH).copied().collect();
        Self::new(What::Tell { text }, action, address, client, "")
    }

    fn new(what: What, action: u16, address: IpAddr, client: &str, service: &str) -> Self {
        Self {
            what,
            action,
            address: address.to_canonical(),
            client: Name::of(client),
            service: Name::of(service),
        }
    }

    /// `kind 1 ‖ zero 1 ‖ action 2 ‖ seconds 4 ‖ address 16 ‖ client 64 ‖ service 64 ‖ text length 2
    /// ‖ zero 6 ‖ text 1024`, big-endian.
    pub(crate) fn to_bytes(&self) -> [u8; ERRAND_LENGTH] {
        let (kind, seconds, text) = match &self.what {
            What::Start { seconds } => (START, *seconds, &[][..]),
            What::Stop => (STOP, 0, &[][..]),
            What::Tell { text } => (TELL, 0, text.as_slice()),
        };
        let length = u16::try_from(text.len()).unwrap_or_default();
        let parts: [&[u8]; 9] = [
            &[kind, 0],
            &self.action.to_be_bytes(),
            &seconds.to_be_bytes(),
            &octets(self.address),
            &self.client.to_bytes(),
            &self.service.to_bytes(),
            &length.to_be_bytes(),
            &[0; 6],
            text,
        ];
        let mut bytes = [0; ERRAND_LENGTH];
        for (place, byte) in bytes.iter_mut().zip(parts.into_iter().flatten()) {
            *place = *byte;
        }
        bytes
    }

    /// An errand, if every byte of it is as [`Errand::to_bytes`] would write it.
    pub(crate) fn from_bytes(bytes: &[u8; ERRAND_LENGTH]) -> Option<Self> {
        let (head, rest) = bytes.split_first_chunk::<2>()?;
        let (action, rest) = rest.split_first_chunk::<2>()?;
        let (seconds, rest) = rest.split_first_chunk::<4>()?;
        let (address, rest) = rest.split_first_chunk::<16>()?;
        let (client, rest) = rest.split_first_chunk::<NAME_LENGTH>()?;
        let (service, rest) = rest.split_first_chunk::<NAME_LENGTH>()?;
        let (length, rest) = rest.split_first_chunk::<2>()?;
        let (_, text) = rest.split_first_chunk::<6>()?;
        let text = text.get(..usize::from(u16::from_be_bytes(*length)))?;
        let what = match head {
            [START, 0] => What::Start {
                seconds: u32::from_be_bytes(*seconds),
            },
            [STOP, 0] => What::Stop,
            [TELL, 0] => What::Tell {
                text: text.to_vec(),
            },
            _ => return None,
        };
        let errand = Self {
            what,
            action: u16::from_be_bytes(*action),
            address: Ipv6Addr::from(*address).to_canonical(),
            client: Name::from_bytes(client)?,
            service: Name::from_bytes(service)?,
        };
        // Whatever else stands there, in padding or in fields that this kind has no use for.
        (errand.to_bytes() == *bytes).then_some(errand)
    }
}

/// An address the way it is written down everywhere here: IPv4 as IPv4-mapped.
pub(crate) fn octets(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => address.octets(),
    }
}

/// The longest text of a message.
pub(crate) const TEXT_LENGTH: usize = 1024;
/// 2 + 2 + 4 + 16 + 64 + 64 + 2 + 6 + 1024.
pub(crate) const ERRAND_LENGTH: usize = 1184;
const START: u8 = 3;
const STOP: u8 = 4;
const TELL: u8 = 5;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tell() -> Errand {
        let address = "2001:db8::7".parse().unwrap();
        Errand::tell(7, address, "alice", b"open sesame")
    }

    #[test]
    fn an_errand_comes_over_as_it_was_sent() {
        let address = "::ffff:192.0.2.7".parse().unwrap();
        let start = Errand::start(1, address, "alice", "ssh", Duration::from_secs(30));
        assert_eq!(start.address, IpAddr::from([192, 0, 2, 7]));
        for errand in [start, Errand::stop(65535, address, "", "ssh"), tell()] {
            assert_eq!(Errand::from_bytes(&errand.to_bytes()), Some(errand));
        }
    }

    #[test]
    fn an_errand_with_anything_that_does_not_belong_there_is_none() {
        let bytes = tell().to_bytes();
        // The kind, its zero, seconds of a message, a name's padding, the text's length, zeros, padding.
        for place in [
            0,
            1,
            4,
            24 + 63,
            24 + 64 + 63,
            152,
            154,
            159,
            160 + 11,
            1183,
        ] {
            let mut bent = bytes;
            bent[place] ^= 0x40;
            assert_eq!(Errand::from_bytes(&bent), None, "{place}");
        }
    }

    #[test]
    fn a_text_that_is_too_long_is_cut() {
        let long = Errand::tell(0, tell().address, "a", &[b'x'; TEXT_LENGTH + 1]);
        let What::Tell { text } = &Errand::from_bytes(&long.to_bytes()).unwrap().what else {
            panic!("no message");
        };
        assert_eq!(text.len(), TEXT_LENGTH);
    }

    proptest! {
        #[test]
        fn no_bytes_are_read_as_an_errand_that_would_be_written_otherwise(
            start in 0_u8..8, rest in proptest::collection::vec(any::<u8>(), 0..ERRAND_LENGTH)
        ) {
            let mut bytes = [0; ERRAND_LENGTH];
            bytes[0] = start;
            bytes[1..].iter_mut().zip(rest).for_each(|(place, byte)| *place = byte);
            if let Some(errand) = Errand::from_bytes(&bytes) {
                prop_assert_eq!(errand.to_bytes(), bytes);
            }
        }
    }
}
