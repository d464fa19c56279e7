//! What the listener says of those who fail, in fixed forms, and what it is told to look for.

use core::net::{IpAddr, Ipv6Addr};
use core::time::Duration;

use nightlatch_core::{BanPlan, Banning, Failure, Loud, Prefix, SentryPlan, Suspect};
use serde::{Deserialize, Serialize};

/// What the listener's half of the guard needs to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct GuardText {
    window: Duration,
    failures: u32,
    closed_ports: u32,
    decoys: Vec<String>,
    /// Whether somebody is banned for it: then nothing is left unseen for the sake of a final filter.
    pub(crate) is_banning: bool,
}

impl GuardText {
    pub(crate) fn of(plan: &SentryPlan, bans: &BanPlan) -> Self {
        Self {
            window: plan.window,
            failures: plan.failures,
            closed_ports: plan.closed_ports,
            decoys: plan.decoys.iter().map(ToString::to_string).collect(),
            is_banning: bans.banning == Banning::Ban,
        }
    }

    pub(crate) fn read(&self) -> Option<SentryPlan> {
        let decoys: Result<_, _> = self.decoys.iter().map(|range| range.parse()).collect();
        Some(SentryPlan {
            window: self.window,
            failures: self.failures,
            closed_ports: self.closed_ports,
            decoys: decoys.ok()?,
        })
    }
}

/// Half of the list of the loudest: a whole one has no room in a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Louder {
    /// Which half: 0 or 1.
    pub(crate) half: u8,
    /// At most [`LOUD_A_HALF`].
    pub(crate) loud: Vec<Loud>,
}

impl Louder {
    pub(super) fn write(&self, body: &mut [u8]) {
        let mut bytes = vec![self.half, u8::try_from(self.loud.len()).unwrap_or(0)];
        for loud in self.loud.iter().take(LOUD_A_HALF) {
            bytes.extend(one(loud.prefix, loud.failure, loud.count));
        }
        super::letter::put(body, &bytes);
    }

    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let (&[half, length], rest) = body.split_first_chunk::<2>()?;
        let length = usize::from(length);
        if half > 1 || length > LOUD_A_HALF {
            return None;
        }
        let (ones, _) = rest.as_chunks::<ONE>();
        let read = |one| {
            let (prefix, failure, count) = read_one(one)?;
            Some(Loud {
                prefix,
                failure,
                count,
            })
        };
        let loud: Option<Vec<Loud>> = ones.iter().take(length).map(read).collect();
        Some(Self { half, loud: loud? })
    }
}

pub(super) fn write_suspect(suspect: &Suspect, body: &mut [u8]) {
    super::letter::put(body, &one(suspect.prefix, suspect.failure, suspect.count));
}

pub(super) fn read_suspect(body: &[u8]) -> Option<Suspect> {
    let (prefix, failure, count) = read_one(body.first_chunk()?)?;
    Some(Suspect {
        prefix,
        failure,
        count,
    })
}

fn one(prefix: Prefix, failure: Failure, count: u32) -> [u8; ONE] {
    let (family, octets) = match prefix.first() {
        IpAddr::V4(address) => (4, address.to_ipv6_mapped().octets()),
        IpAddr::V6(address) => (6, address.octets()),
    };
    let mut bytes = [0; ONE];
    let parts: [&[u8]; 3] = [
        &[failure.number(), family, prefix.length()],
        &octets,
        &count.to_be_bytes(),
    ];
    super::letter::put(&mut bytes, &parts.concat());
    bytes
}

/// Only what this half would have written: one failure that the listener sees, one prefix in its one form.
fn read_one(bytes: &[u8; ONE]) -> Option<(Prefix, Failure, u32)> {
    let (&[failure, family, length], rest) = bytes.split_first_chunk::<3>()?;
    let (octets, count) = rest.split_first_chunk::<16>()?;
    let address = Ipv6Addr::from(*octets);
    let address = match (family, address.to_ipv4_mapped()) {
        (4, Some(address)) => IpAddr::V4(address),
        (6, None) => IpAddr::V6(address),
        _ => return None,
    };
    let prefix = Prefix::new(address, length).filter(|prefix| prefix.first() == address)?;
    let failure = *Failure::SEEN.get(usize::from(failure))?;
    Some((prefix, failure, u32::from_be_bytes(count.try_into().ok()?)))
}

/// Failure, family, length, address, count.
const ONE: usize = 23;
/// Two halves are the ten that are shown.
pub(crate) const LOUD_A_HALF: usize = 5;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

        #[test]
        fn a_suspect_is_read_as_it_was_written(
            octets: [u8; 16], is_four: bool, length in 0..=128_u8, failure in 0..5_usize, count: u32
        ) {
            let [a, b, c, d, ..] = octets;
            let address = if is_four { IpAddr::from([a, b, c, d]) } else { IpAddr::from(octets) };
            let address = address.to_canonical();
            let prefix = Prefix::new(address, length).unwrap_or_else(|| Prefix::of(address));
            let suspect = Suspect { prefix, failure: Failure::SEEN[failure], count };
            let mut body = [0; ONE];
            write_suspect(&suspect, &mut body);
            prop_assert_eq!(read_suspect(&body), Some(suspect));
        }

        #[test]
        fn whatever_is_read_was_written_so(bytes: [u8; ONE]) {
            if let Some(suspect) = read_suspect(&bytes) {
                let mut body = [0; ONE];
                write_suspect(&suspect, &mut body);
                prop_assert_eq!(body, bytes);
            }
        }
    }
}
