//! Whatever is sent: nothing panics, and nobody opens who did not take every step in its order.

use core::time::Duration;

use nightlatch_core::{Claim, Glance, SequenceId};
use nightlatch_testkit::{Packet, Street};
use nightlatch_wire::{Flags, Link, read};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::{OPENS, forged, milliseconds};

const SEQUENCES: [&[u16]; 5] = [&[1, 2, 3], &[1, 2, 1, 4], &[2, 2, 5], &[3, 1, 5], &[5]];

/// One thing that happens on the street.
#[derive(Clone, Debug)]
enum Happens {
    Syn { port: u16, from: u32 },
    Ack { port: u16, from: u32 },
    Udp { port: u16, from: u32 },
    Pause(u64),
}

fn happens() -> impl Strategy<Value = Happens> {
    let touch = || (1..=6_u16, 0..2_u32);
    prop_oneof![
        8 => touch().prop_map(|(port, from)| Happens::Syn { port, from }),
        1 => touch().prop_map(|(port, from)| Happens::Ack { port, from }),
        1 => touch().prop_map(|(port, from)| Happens::Udp { port, from }),
        1 => (0..8_000_u64).prop_map(Happens::Pause),
    ]
}

/// A touch, as a naive observer notes it down.
type Noted = (Duration, u16);

/// Whether the last touches of a source, each step perhaps several times, are this sequence, all
/// within ten seconds of the first.
fn is_walked(noted: &[Noted], sequence: &[u16]) -> bool {
    let Some((end, _)) = noted.last() else {
        return false;
    };
    (0..noted.len()).any(|start| {
        let walk = &noted[start..];
        end.saturating_sub(walk[0].0) <= Duration::from_secs(10) && spells(walk, sequence)
    })
}

fn spells(walk: &[Noted], sequence: &[u16]) -> bool {
    match (walk, sequence) {
        ([], []) => true,
        ([(_, port), rest @ ..], [step, later @ ..]) if port == step => {
            let mut behind = rest;
            loop {
                if spells(behind, later) {
                    return true;
                }
                match behind {
                    [(_, same), further @ ..] if same == step => behind = further,
                    _ => return false,
                }
            }
        }
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn who_opens_has_taken_every_step_in_order_and_in_time(all in vec(happens(), 1..200)) {
        let mut street = Street::watching(&SEQUENCES);
        let mut noted: [Vec<Noted>; 2] = [Vec::new(), Vec::new()];
        for happens in all {
            let (packet, touch) = match happens {
                Happens::Pause(time) => {
                    street.wait(milliseconds(time));
                    continue;
                }
                Happens::Syn { port, from } => (Packet::syn(port).from(forged(from)), (port, from)),
                Happens::Udp { port, from } => (Packet::udp(port).from(forged(from)), (0, from)),
                Happens::Ack { port, from } => {
                    let ack = Packet::tcp(port, Flags::ACK).from(forged(from));
                    prop_assert!(matches!(street.send(&ack), Glance::Ignore(_)));
                    continue;
                }
            };
            let (port, from) = touch;
            let mine = &mut noted[usize::try_from(from).unwrap()];
            mine.push((street.now().monotonic.since_start(), port));
            let glance = street.send(&packet);
            let walked = |sequence: &&[u16]| is_walked(mine, sequence);
            if let Glance::Claim(Claim::Sequence(claim)) = glance {
                prop_assert_eq!(claim.source, forged(from));
                let SequenceId(id) = claim.sequence;
                prop_assert!(walked(&SEQUENCES[usize::from(id)]), "{:?} {:?}", claim, mine);
            }
        }
    }

    #[test]
    fn whatever_came_before_a_knock_opens(
        before in vec(happens(), 0..60),
        which in 0..SEQUENCES.len(),
        repeats in vec(1..3_usize, 4),
    ) {
        let mut street = Street::watching(&SEQUENCES);
        for happens in before {
            let _ = match happens {
                Happens::Pause(time) => {
                    street.wait(milliseconds(time));
                    continue;
                }
                Happens::Syn { port, .. } => street.send(&Packet::syn(port)),
                Happens::Udp { port, .. } => street.send(&Packet::udp(port)),
                Happens::Ack { port, .. } => street.send(&Packet::tcp(port, Flags::ACK)),
            };
        }
        let steps = SEQUENCES[which].iter().zip(repeats);
        let knock: Vec<u16> = steps.flat_map(|(port, times)| vec![*port; times]).collect();
        let opened = street.knock(&knock);
        // A longer one that was begun before may end with the same packet.
        let is_wanted = |SequenceId(id): &SequenceId| {
            SEQUENCES[usize::from(*id)].ends_with(SEQUENCES[which])
        };
        prop_assert!(opened.iter().any(is_wanted), "{:?} {:?}", knock, opened);
    }

    #[test]
    fn any_bytes_are_a_value_and_open_nothing(frames in vec(vec(any::<u8>(), 0..120), 1..60)) {
        let mut street = Street::watching(&[&[7000, 8000, 9000]]);
        let now = street.now();
        for frame in frames {
            if let Ok(observation) = read(&frame, Link::Ip) {
                let glance = street.doorstep.observe(&observation, now);
                prop_assert!(!matches!(glance, Glance::Claim(_)));
            }
        }
        prop_assert_eq!(street.knock(&[7000, 8000, 9000]), OPENS);
    }
}
