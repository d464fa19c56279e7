//! Which packets the kernel lets through to us, as a classic BPF program.
//!
//! ```text
//! pkttype = host? ─► UDP? ─► whole? ─► knock port? ─► knock length? ─► tag known? ─► accept
//! ```
//!
//! The program only saves work: what it lets through is read again by `nightlatch-wire`, and a tag
//! is looked up whole. So it may let through too much, and must never stop a knock.

mod instruction;
#[cfg(test)]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "a sum that overflows fails the test"
)]
mod interpreter;
mod tags;

use nightlatch_wire::{EXTENSION_HEADERS, Family};

pub(crate) use instruction::Instruction;
pub use tags::MOST_TAGS;
pub(crate) use tags::TagStarts;

/// What a knock looks like from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) port: u16,
    pub(crate) payload_length: u16,
}

/// The program for packets of one family that begin with their IP header.
///
/// Without `tags` every datagram of the right shape is accepted.
pub(crate) fn program(family: Family, shape: Shape, tags: Option<&TagStarts>) -> Vec<Instruction> {
    let mut program = to_this_host();
    program.extend(match family {
        Family::V4 => whole_datagram_four(),
        Family::V6 => plain_datagram_six(),
    });
    program.extend([
        Instruction::load_half_indexed(UDP_DESTINATION_PORT),
        Instruction::if_equal(u32::from(shape.port), 1, 0),
        Instruction::drop(),
        Instruction::load_half_indexed(UDP_LENGTH),
        Instruction::if_equal(
            u32::from(shape.payload_length.saturating_add(UDP_HEADER)),
            1,
            0,
        ),
        Instruction::drop(),
    ]);
    match tags {
        None => program.push(Instruction::accept()),
        Some(tags) => {
            program.push(Instruction::load_word_indexed(u32::from(UDP_HEADER)));
            program.extend(tags.search());
        }
    }
    program
}

/// A program that lets nothing through.
pub(crate) fn nothing() -> Vec<Instruction> {
    vec![Instruction::drop()]
}

/// Broadcasts, multicasts and frames for other hosts are no knocks: there is no address to answer
/// from, and what a switch floods to everybody is not for us to judge.
fn to_this_host() -> Vec<Instruction> {
    vec![
        Instruction::load_word(ANCILLARY_PACKET_TYPE),
        Instruction::if_equal(PACKET_HOST, 1, 0),
        Instruction::drop(),
    ]
}

/// UDP and no fragment, with any options; the index register points at the UDP header afterwards.
fn whole_datagram_four() -> Vec<Instruction> {
    vec![
        Instruction::load_byte(9),
        Instruction::if_equal(UDP, 1, 0),
        Instruction::drop(),
        Instruction::load_half(6),
        Instruction::if_any_bit(0x3fff, 0, 1),
        Instruction::drop(),
        Instruction::index_header_length(0),
    ]
}

/// UDP right behind the fixed header. Extension headers are accepted unread, since a program that
/// cannot loop cannot walk them; fragments are no knocks.
fn plain_datagram_six() -> Vec<Instruction> {
    let mut program = vec![Instruction::load_byte(6)];
    for header in EXTENSION_HEADERS {
        program.push(Instruction::if_equal(u32::from(header), 0, 1));
        program.push(Instruction::accept());
    }
    program.extend([
        Instruction::if_equal(UDP, 1, 0),
        Instruction::drop(),
        Instruction::index_constant(40),
    ]);
    program
}

const UDP: u32 = 17;
const UDP_DESTINATION_PORT: u32 = 2;
const UDP_LENGTH: u32 = 4;
const UDP_HEADER: u16 = 8;
const PACKET_HOST: u32 = 0;

/// `SKF_AD_OFF + SKF_AD_PKTTYPE`: not a byte of the packet, but what the kernel knows about it.
const ANCILLARY_PACKET_TYPE: u32 = 0xffff_f000 + 4;

#[cfg(test)]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "a sum that overflows fails the test"
)]
mod tests {
    use nightlatch_wire::{Link, Transport, read};
    use proptest::{collection::vec, prelude::*};

    use super::{interpreter::accepts, *};

    const SHAPE: Shape = Shape {
        port: 62_201,
        payload_length: 100,
    };

    fn datagram(port: u16, payload: &[u8]) -> Vec<u8> {
        let length = u16::try_from(payload.len() + 8).unwrap();
        let mut bytes = vec![0x9c, 0x40];
        bytes.extend(port.to_be_bytes());
        bytes.extend(length.to_be_bytes());
        bytes.extend([0, 0]);
        bytes.extend(payload);
        bytes
    }

    fn four(option_words: u8, behind: &[u8]) -> Vec<u8> {
        let header = 20 + usize::from(option_words) * 4;
        let mut bytes = vec![0x45 + option_words, 0];
        bytes.extend(u16::try_from(header + behind.len()).unwrap().to_be_bytes());
        bytes.extend([0, 7, 0x40, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2]);
        bytes.extend(vec![1; header - 20]);
        bytes.extend(behind);
        bytes
    }

    fn six(next: u8, behind: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0x60, 0, 0, 0];
        bytes.extend(u16::try_from(behind.len()).unwrap().to_be_bytes());
        bytes.extend([next, 64]);
        bytes.extend([0xfd; 32]);
        bytes.extend(behind);
        bytes
    }

    fn family_of(packet: &[u8]) -> Family {
        if packet[0] >> 4 == 6 {
            Family::V6
        } else {
            Family::V4
        }
    }

    fn lets_through(packet: &[u8], tags: Option<&TagStarts>) -> bool {
        accepts(
            &program(family_of(packet), SHAPE, tags),
            packet,
            PACKET_HOST,
        )
    }

    /// What the listener would take for a knock.
    fn is_knock(packet: &[u8], tags: Option<&[[u8; 8]]>) -> bool {
        let Ok(observation) = read(packet, Link::Ip) else {
            return false;
        };
        let Transport::Udp(datagram) = observation.transport else {
            return false;
        };
        datagram.destination_port == SHAPE.port
            && datagram.payload.len() == usize::from(SHAPE.payload_length)
            && tags.is_none_or(|tags| tags.iter().any(|tag| datagram.payload.starts_with(tag)))
    }

    fn tag_of(packet: &[u8]) -> [u8; 8] {
        match read(packet, Link::Ip).unwrap().transport {
            Transport::Udp(datagram) => datagram.payload[..8].try_into().unwrap(),
            other => panic!("no datagram: {other:?}"),
        }
    }

    fn knock_payload(tag: [u8; 8]) -> Vec<u8> {
        let mut payload = vec![0xaa; 100];
        payload[..8].copy_from_slice(&tag);
        payload
    }

    #[test]
    fn a_datagram_of_the_right_shape_passes() {
        let datagram = datagram(62_201, &[0; 100]);
        assert!(lets_through(&four(0, &datagram), None));
        assert!(lets_through(&four(10, &datagram), None));
        assert!(lets_through(&six(17, &datagram), None));
    }

    #[test]
    fn another_port_or_length_does_not() {
        for (port, length) in [(62_200, 100), (62_201, 99), (62_201, 101), (62_201, 0)] {
            let datagram = datagram(port, &vec![0; length]);
            assert!(!lets_through(&four(0, &datagram), None));
            assert!(!lets_through(&six(17, &datagram), None));
        }
    }

    #[test]
    fn only_what_is_for_this_host_passes() {
        let packet = four(0, &datagram(62_201, &[0; 100]));
        let program = program(Family::V4, SHAPE, None);
        for kind in 1..=7 {
            assert!(!accepts(&program, &packet, kind), "{kind}");
        }
    }

    #[test]
    fn fragments_do_not_pass() {
        let datagram = datagram(62_201, &[0; 100]);
        for (high, low) in [(0x20, 0), (0, 1), (0x1f, 0xff)] {
            let mut packet = four(0, &datagram);
            packet[6..8].copy_from_slice(&[high, low]);
            assert!(!lets_through(&packet, None));
        }
        assert!(!lets_through(&six(44, &datagram), None));
    }

    #[test]
    fn extension_headers_pass_for_the_reader_to_walk() {
        let mut behind = vec![17, 0, 1, 4, 0, 0, 0, 0];
        behind.extend(datagram(62_201, &[0; 100]));
        for header in EXTENSION_HEADERS {
            assert!(lets_through(&six(header, &behind), None));
            assert!(lets_through(
                &six(header, &behind),
                Some(&TagStarts::new(&[]).unwrap())
            ));
        }
    }

    #[test]
    fn a_packet_cut_before_its_tag_does_not_pass() {
        let packet = four(0, &datagram(62_201, &[0; 100]));
        let tags = TagStarts::new(&[[0; 8]]).unwrap();
        for length in 0..32 {
            assert!(!lets_through(&packet[..length.max(1)], Some(&tags)));
        }
        assert!(lets_through(&packet, Some(&tags)));
    }

    #[test]
    fn nothing_lets_nothing_through() {
        assert!(!accepts(
            &nothing(),
            &four(0, &datagram(62_201, &[0; 100])),
            PACKET_HOST
        ));
    }

    prop_compose! {
        fn packets()(
            port in prop_oneof![3 => Just(SHAPE.port), 1 => any::<u16>()],
            length in prop_oneof![3 => Just(100_usize), 1 => 0..200_usize],
            start in any::<[u8; 8]>(),
            option_words in 0..=10_u8,
            is_four in any::<bool>(),
            next in prop_oneof![3 => Just(17_u8), 1 => any::<u8>()],
            changes in vec((0..70_usize, any::<u8>()), 0..3),
        ) -> Vec<u8> {
            let mut payload = vec![0xaa; length];
            for (place, byte) in payload.iter_mut().zip(start) {
                *place = byte;
            }
            let datagram = datagram(port, &payload);
            let mut packet = if is_four { four(option_words, &datagram) } else { six(next, &datagram) };
            let end = packet.len() - 1;
            // The first byte decides which of the two programs the kernel asks: it stays.
            for (place, byte) in changes {
                packet[(place + 1).min(end)] = byte;
            }
            packet
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn no_knock_is_ever_stopped(packet in packets(), others in vec(any::<[u8; 8]>(), 0..40)) {
            if is_knock(&packet, None) {
                prop_assert!(lets_through(&packet, None));
                let mut tags = others;
                tags.push(tag_of(&packet));
                prop_assert!(lets_through(&packet, Some(&TagStarts::new(&tags).unwrap())));
            }
        }

        #[test]
        fn what_passes_is_a_knock_or_has_headers_that_only_the_reader_walks(
            packet in packets(),
        ) {
            let is_odd = family_of(&packet) == Family::V6 && EXTENSION_HEADERS.contains(&packet[6]);
            if lets_through(&packet, None) && !is_odd && read(&packet, Link::Ip).is_ok() {
                prop_assert!(is_knock(&packet, None));
            }
        }

        #[test]
        fn with_tags_exactly_the_known_ones_pass(
            tags in vec(any::<[u8; 8]>(), 1..300),
            stranger in any::<[u8; 8]>(),
            chosen in any::<prop::sample::Index>(),
            is_four in any::<bool>(),
        ) {
            let starts = TagStarts::new(&tags).unwrap();
            for tag in [stranger, *chosen.get(&tags)] {
                let datagram = datagram(62_201, &knock_payload(tag));
                let packet = if is_four { four(0, &datagram) } else { six(17, &datagram) };
                let known = tags.iter().any(|known| known[..4] == tag[..4]);
                prop_assert_eq!(lets_through(&packet, Some(&starts)), known);
                prop_assert!(known || !is_knock(&packet, Some(&tags)));
            }
        }
    }
}
