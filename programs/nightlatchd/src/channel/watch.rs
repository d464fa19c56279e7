//! What the listener is to watch for beside tickets, in words that both halves read alike.

use core::time::Duration;

use nightlatch_core::{PortRange, Protocol, SequenceId, Step, Variant};
use nightlatch_ticket::Span;
use serde::{Deserialize, Serialize};

/// Where encrypted sequences are touched; made before the start, so it cannot be wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SpanPlan {
    first: u16,
    last: u16,
    skip: Vec<(u16, u16)>,
    carrier: String,
}

impl SpanPlan {
    pub(crate) fn of(span: &Span, carrier: Protocol) -> Self {
        let (first, last) = span.bounds();
        Self {
            first,
            last,
            skip: span.skipped().to_vec(),
            carrier: carrier.to_string(),
        }
    }

    pub(crate) fn read(&self) -> Option<(Span, Protocol)> {
        let span = Span::new(self.first, self.last, &self.skip).ok()?;
        Some((span, self.carrier.parse().ok()?))
    }
}

/// One set of steps that counts now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct VariantText {
    sequence: u16,
    number: u64,
    steps: Vec<String>,
    within: Duration,
}

impl VariantText {
    pub(crate) fn of(variant: &Variant) -> Self {
        Self {
            sequence: variant.sequence.0,
            number: variant.number,
            steps: variant.steps.iter().map(ToString::to_string).collect(),
            within: variant.within,
        }
    }

    pub(crate) fn read(&self) -> Option<Variant> {
        let steps: Result<Vec<Step>, _> = self.steps.iter().map(|step| step.parse()).collect();
        Some(Variant {
            sequence: SequenceId(self.sequence),
            number: self.number,
            steps: steps.ok()?,
            within: self.within,
        })
    }
}

/// Ports at which a touch does not count, one bit for each: always of one length, however many
/// sockets somebody opens on this host.
pub(super) fn bits_of(ranges: &[PortRange]) -> Vec<u8> {
    let mut bits = vec![0; 2 * BYTES];
    let (tcp, udp) = bits.split_at_mut(BYTES);
    for range in ranges {
        let half = match range.protocol() {
            Protocol::Tcp => &mut *tcp,
            Protocol::Udp => &mut *udp,
        };
        for port in range.first()..=range.last() {
            if let Some(byte) = half.get_mut(usize::from(port >> 3)) {
                *byte |= bit(port);
            }
        }
    }
    bits
}

/// The same, as ranges again.
pub(super) fn ranges_of(bits: &[u8]) -> Option<Vec<PortRange>> {
    let bits: &[u8; 2 * BYTES] = bits.try_into().ok()?;
    let (tcp, udp) = bits.split_at(BYTES);
    let mut ranges = Vec::new();
    for (protocol, half) in [(Protocol::Tcp, tcp), (Protocol::Udp, udp)] {
        let mut from = None;
        for port in 1..=u16::MAX {
            let is_in = half
                .get(usize::from(port >> 3))
                .is_some_and(|byte| byte & bit(port) != 0);
            match (from, is_in) {
                (None, true) => from = Some(port),
                (Some(first), false) => {
                    ranges.extend(PortRange::new(protocol, first, port.saturating_sub(1)));
                    from = None;
                }
                _ => {}
            }
        }
        ranges.extend(from.and_then(|first| PortRange::new(protocol, first, u16::MAX)));
    }
    Some(ranges)
}

const fn bit(port: u16) -> u8 {
    1 << (port & 7)
}

/// One bit for each port of one protocol.
const BYTES: usize = 8192;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_cross_over_as_they_are() {
        for texts in [
            &[][..],
            &["tcp/1", "tcp/80-90", "tcp/65535", "udp/32768-60999"],
            &["tcp/1-65535", "udp/1-65535"],
        ] {
            let ranges: Vec<PortRange> = texts.iter().map(|text| text.parse().unwrap()).collect();
            assert_eq!(ranges_of(&bits_of(&ranges)), Some(ranges));
        }
    }

    #[test]
    fn thousands_of_sockets_are_no_longer_than_none() {
        let every_other = (1..=u16::MAX).step_by(2);
        let ranges: Vec<PortRange> = every_other
            .map(|port| PortRange::new(Protocol::Udp, port, port).unwrap())
            .collect();
        assert_eq!(bits_of(&ranges).len(), bits_of(&[]).len());
        assert_eq!(ranges_of(&bits_of(&ranges)), Some(ranges));
    }
}
