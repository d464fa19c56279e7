//! Ports that follow from a shared secret and the time, for people who have nothing but `nc`.

use alloc::vec::Vec;

use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::UnixTime;
use crate::mac::hmac;

/// The secret behind a time-based sequence: whoever has it knows its ports at any time.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SequenceSecret([u8; 32]);

impl SequenceSecret {
    /// A secret that nobody else has.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; 32];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// The secret made of these bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The secret itself, for writing it to its file.
    pub const fn expose_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The ports of a time step: up to eight, each of them once, in the order to touch them.
    ///
    /// A span that holds fewer ports than are wanted gives as many as it holds.
    pub fn ports(&self, step: TimeStep, count: u8, (first, last): (u16, u16)) -> Vec<u16> {
        let size = u32::from(last.saturating_sub(first)).saturating_add(1);
        let count = usize::from(count.min(MOST_PORTS)).min(usize::try_from(size).unwrap_or(0));
        let mut ports = Vec::with_capacity(count);
        let drawn = (0..u32::MAX).filter_map(|index| {
            let offset = u16::try_from(self.truncated(step, index).checked_rem(size)?).ok()?;
            first.checked_add(offset)
        });
        for port in drawn {
            if ports.len() >= count {
                break;
            }
            if !ports.contains(&port) {
                ports.push(port);
            }
        }
        ports
    }

    /// HOTP's dynamic truncation (RFC 4226 §5.3) over HMAC-SHA-256, as RFC 6238 §1.2 allows.
    fn truncated(&self, TimeStep(step): TimeStep, index: u32) -> u32 {
        let (step, index) = (step.to_be_bytes(), index.to_be_bytes());
        let mac = hmac(&self.0, &[LABEL, &step, &index]);
        let offset = mac.last().map_or(0, |byte| usize::from(byte & 0x0f));
        let four = mac.get(offset..).and_then(<[u8]>::first_chunk::<4>);
        u32::from_be_bytes(*four.unwrap_or(&[0; 4])) & 0x7fff_ffff
    }
}

impl PartialEq for SequenceSecret {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for SequenceSecret {}

/// How many times the period has passed since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeStep(pub u64);

impl TimeStep {
    /// The step that a moment lies in; a period of no seconds counts as one second.
    pub fn at(time: UnixTime, period_seconds: u64) -> Self {
        Self(
            time.as_secs()
                .checked_div(period_seconds)
                .unwrap_or_else(|| time.as_secs()),
        )
    }
}

/// More than anybody types; the state of a walk has no room for more at a time.
const MOST_PORTS: u8 = 8;

/// What sets these codes apart from any other use of the secret.
const LABEL: &[u8] = b"nightlatch timed sequence";

#[cfg(test)]
mod tests {
    use super::*;

    const SPAN: (u16, u16) = (20_000, 29_999);

    fn secret(byte: u8) -> SequenceSecret {
        SequenceSecret::from_bytes([byte; 32])
    }

    #[test]
    fn the_ports_lie_in_the_span_and_stand_there_once() {
        for step in 0..500 {
            let ports = secret(7).ports(TimeStep(step), 4, SPAN);
            assert_eq!(ports.len(), 4);
            assert!(ports.iter().all(|port| (SPAN.0..=SPAN.1).contains(port)));
            let mut sorted = ports.clone();
            sorted.sort_unstable();
            sorted.dedup();
            assert_eq!(sorted.len(), 4, "{ports:?}");
        }
    }

    #[test]
    fn another_step_or_secret_has_other_ports() {
        let ports = |byte, step| secret(byte).ports(TimeStep(step), 4, SPAN);
        assert_ne!(ports(1, 1), ports(1, 2));
        assert_ne!(ports(1, 1), ports(2, 1));
        assert_eq!(ports(1, 1), ports(1, 1));
    }

    #[test]
    fn a_small_span_gives_what_it_has() {
        let mut ports = secret(1).ports(TimeStep(1), 8, (7, 9));
        ports.sort_unstable();
        assert_eq!(ports, [7, 8, 9]);
        assert_eq!(secret(1).ports(TimeStep(1), 3, (65_535, 65_535)), [65_535]);
    }

    #[test]
    fn a_moment_lies_in_one_step() {
        assert_eq!(TimeStep::at(UnixTime::from_secs(59), 30), TimeStep(1));
        assert_eq!(TimeStep::at(UnixTime::from_secs(60), 30), TimeStep(2));
        assert_eq!(TimeStep::at(UnixTime::from_secs(7), 0), TimeStep(7));
    }
}
