//! Echoes: what two sources show is one failure, not two.

use core::time::Duration;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;

use nightlatch_core::{Instant, Now};
use nightlatch_wire::{Observation, Transport};

/// Failures of a moment ago, each with the source that showed it; in a table of fixed size.
///
/// Who fills it makes others count twice, as they would without it. Which place is whose depends on a secret.
pub(super) struct Echoes {
    /// Empty where there is one source alone.
    places: Box<[Option<Shown>]>,
    secret: RandomState,
}

/// What a failure looked like, by whom it was shown and when.
#[derive(Clone, Copy, Debug)]
struct Shown {
    print: u64,
    by: usize,
    at: Instant,
}

impl Echoes {
    /// For so many sources.
    pub(super) fn among(sources: usize) -> Self {
        let places = if sources > 1 { PLACES } else { 0 };
        Self {
            places: vec![None; places].into_boxed_slice(),
            secret: RandomState::new(),
        }
    }

    /// Whether another source has shown this a moment ago. Ask for failures only, once for each.
    pub(super) fn has_heard(&mut self, seen: &Observation<'_>, by: usize, now: Now) -> bool {
        let print = self.secret.hash_one(face(seen));
        let count = u64::try_from(self.places.len()).unwrap_or(0);
        let place = print.checked_rem(count);
        let place = place.and_then(|place| self.places.get_mut(usize::try_from(place).ok()?));
        let Some(place) = place else {
            return false;
        };
        let at = now.monotonic;
        let is_echo = place.is_some_and(|shown| {
            shown.print == print && shown.by != by && at.saturating_since(shown.at) <= A_MOMENT
        });
        if !is_echo {
            *place = Some(Shown { print, by, at });
        }
        is_echo
    }
}

/// What every source shows of a packet, a log's line too.
const fn face(seen: &Observation<'_>) -> (IpAddr, IpAddr, [u16; 3]) {
    let ports = match seen.transport {
        Transport::Tcp(segment) => [6, segment.source_port, segment.destination_port],
        Transport::Udp(datagram) => [17, datagram.source_port, datagram.destination_port],
        Transport::Icmp(_) => [0, 0, 0],
    };
    (seen.source, seen.destination, ports)
}

/// As many failures a second as are looked at before a flood is looked away from.
const PLACES: usize = 2048;
/// So late a syslog daemon writes a line at the most, on a machine that is not ill.
const A_MOMENT: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use nightlatch_ticket::UnixTime;
    use nightlatch_wire::{Link, read};

    use super::*;

    fn at(millis: u64) -> Now {
        Now {
            monotonic: Instant::from_duration(Duration::from_millis(millis)),
            unix: UnixTime::default(),
        }
    }

    /// A datagram of this length to this port.
    fn datagram(port: u8, length: u8) -> Vec<u8> {
        let mut packet = vec![
            0x45,
            0,
            0,
            length.saturating_add(28),
            0,
            7,
            0x40,
            0,
            64,
            17,
            0,
            0,
        ];
        packet.extend([192, 0, 2, 1, 192, 0, 2, 2, 0x9c, 0x40, 0, port]);
        packet.extend([0, length.saturating_add(8), 0, 0]);
        packet.extend(vec![7; usize::from(length)]);
        packet
    }

    fn heard(echoes: &mut Echoes, (packet, by, millis): (&[u8], usize, u64)) -> bool {
        let seen = read(packet, Link::Ip).unwrap();
        echoes.has_heard(&seen, by, at(millis))
    }

    #[test]
    fn what_a_second_source_shows_is_an_echo_and_what_comes_again_is_not() {
        let mut echoes = Echoes::among(3);
        let packet = datagram(9, 4);
        for (by, millis, is_echo) in [
            (0, 0, false),
            (1, 10, true),
            (2, 20, true),
            (0, 30, false),
            (1, 40, true),
            (1, 3031, false),
            (0, 3032, true),
        ] {
            let found = heard(&mut echoes, (&packet, by, millis));
            assert_eq!(found, is_echo, "by {by} at {millis}");
        }
        assert!(
            !heard(&mut echoes, (&datagram(10, 4), 0, 3033)),
            "another port"
        );
    }

    #[test]
    fn one_source_alone_has_no_echo_and_needs_no_room() {
        let mut echoes = Echoes::among(1);
        assert!(echoes.places.is_empty());
        for by in [0, 1] {
            assert!(!heard(&mut echoes, (&datagram(9, 4), by, 0)));
        }
    }
}
