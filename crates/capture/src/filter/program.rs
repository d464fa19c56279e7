//! The whole program, put together from its parts.

use nightlatch_wire::{EXTENSION_HEADERS, Family};

use super::{Instruction, KnockShape, TagStarts, Touches, instruction::ANCILLARY};
use crate::TagCheck;

/// What the program lets through.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    /// `None` where nobody knocks with one packet.
    pub(crate) knock: Option<&'a KnockShape>,
    /// Without them every datagram that looks like a knock is wanted.
    pub(crate) tags: Option<&'a TagStarts>,
    pub(crate) touches: &'a Touches,
    /// How many ranges each list of touches may have; where there are more, more is let through.
    pub(crate) most_ranges: usize,
}

/// The program for packets of one family that begin with their IP header.
pub(crate) fn program(family: Family, wanted: Wanted<'_>) -> Vec<Instruction> {
    let (icmp, whole) = match family {
        Family::V4 => (ICMP, whole_packet_four()),
        Family::V6 => (ICMP_SIX, plain_packet_six()),
    };
    let decisions = [
        (UDP, wanted.decide_datagram()),
        (TCP, wanted.touches.decide_segment(wanted.most_ranges)),
        (
            icmp,
            wanted.touches.decide_message(family, wanted.most_ranges),
        ),
    ];
    if decisions.iter().all(|(_, decision)| decision.is_empty()) {
        return nothing();
    }
    let mut program = to_this_host();
    program.extend(whole);
    for (protocol, decision) in decisions {
        if !decision.is_empty() {
            program.extend(Instruction::only_for(protocol, decision));
        }
    }
    program.push(Instruction::drop());
    program
}

/// The program for a UDP socket, where packets begin with their UDP header.
pub(crate) fn knocks_alone(shape: &KnockShape, tags: Option<&TagStarts>) -> Vec<Instruction> {
    let mut program = vec![
        Instruction::index_constant(0),
        Instruction::load_half_indexed(DESTINATION_PORT),
    ];
    program.extend(shape.decide(tags));
    program.push(Instruction::drop());
    program
}

/// The program for packets of either family behind a link's header of this length.
///
/// The kernel knows the family: the link's header is not looked at.
#[cfg(feature = "libpcap")]
pub(crate) fn behind_header(header: u32, wanted: Wanted<'_>) -> Vec<Instruction> {
    let mut whole = vec![Instruction::load_word(ANCILLARY_PROTOCOL)];
    for (ether_type, family) in [(0x0800, Family::V4), (0x86dd, Family::V6)] {
        let program = program(family, wanted).into_iter();
        let program = program.map(|one| one.behind(header)).collect();
        whole.extend(Instruction::only_for(ether_type, program));
    }
    whole.extend(nothing());
    whole
}

/// A program that lets nothing through.
pub(crate) fn nothing() -> Vec<Instruction> {
    vec![Instruction::drop()]
}

impl Wanted<'_> {
    /// Who compares tags then.
    pub(crate) fn who_checks(&self) -> TagCheck {
        match (self.knock, self.tags) {
            (Some(shape), Some(_)) if !self.touches.covers_datagrams_to(shape.port) => {
                TagCheck::Kernel
            }
            _ => TagCheck::Listener,
        }
    }

    /// What to ask for where all of it does not fit: rather all tags than exact ports, since knocks
    /// come with a flood of noise more often than touches do.
    pub(crate) fn with_less_and_less(self) -> [Self; 4] {
        let tags = self.tags;
        [
            (tags, self.most_ranges),
            (tags, FEW_RANGES),
            (None, self.most_ranges),
            (None, FEW_RANGES),
        ]
        .map(|(tags, most_ranges)| Self {
            tags,
            most_ranges,
            ..self
        })
    }

    /// Decides about a datagram that the index register points at; empty where none is wanted.
    fn decide_datagram(&self) -> Vec<Instruction> {
        // Where every datagram to the knock port is a touch, nothing about a knock needs a look.
        let knock = self
            .knock
            .filter(|shape| !self.touches.covers_datagrams_to(shape.port));
        if knock.is_none() && !self.touches.has_datagrams() {
            return Vec::new();
        }
        let mut program = vec![Instruction::load_half_indexed(DESTINATION_PORT)];
        program.extend(
            knock
                .map(|shape| shape.decide(self.tags))
                .unwrap_or_default(),
        );
        program.extend(self.touches.decide_datagram(self.most_ranges));
        program
    }
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

/// No fragment, with any options; afterwards the index register points behind the header, and the
/// accumulator holds the protocol.
fn whole_packet_four() -> Vec<Instruction> {
    vec![
        Instruction::load_half(6),
        Instruction::if_any_bit(0x3fff, 0, 1),
        Instruction::drop(),
        Instruction::index_header_length(0),
        Instruction::load_byte(9),
    ]
}

/// A transport right behind the fixed header. Extension headers are accepted unread, since a
/// program that cannot loop cannot walk them; fragments are neither knocks nor touches.
fn plain_packet_six() -> Vec<Instruction> {
    let mut program = vec![Instruction::index_constant(40), Instruction::load_byte(6)];
    for header in EXTENSION_HEADERS {
        program.push(Instruction::if_equal(u32::from(header), 0, 1));
        program.push(Instruction::accept());
    }
    program
}

/// Three lists of so many ranges take as much room as fifty tags.
const FEW_RANGES: usize = 16;

const ICMP: u32 = 1;
const TCP: u32 = 6;
const UDP: u32 = 17;
const ICMP_SIX: u32 = 58;

/// Of TCP and of UDP alike.
pub(super) const DESTINATION_PORT: u32 = 2;
pub(super) const UDP_LENGTH: u32 = 4;
pub(super) const UDP_HEADER: u32 = 8;
pub(super) const TCP_FLAGS: u32 = 13;
pub(super) const ICMP_TYPE: u32 = 0;

const PACKET_HOST: u32 = 0;

/// `SKF_AD_PROTOCOL`: not a byte of the packet, but what the kernel knows about it.
#[cfg(feature = "libpcap")]
pub(super) const ANCILLARY_PROTOCOL: u32 = ANCILLARY;
/// `SKF_AD_PKTTYPE`.
pub(super) const ANCILLARY_PACKET_TYPE: u32 = ANCILLARY + 4;

#[cfg(test)]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "a sum that overflows fails the test"
)]
mod tests {
    use nightlatch_wire::{Flags, Link, Transport, read};
    use proptest::{collection::vec, prelude::*};

    #[cfg(feature = "libpcap")]
    use super::super::interpreter::{Known, accepts_knowing};
    use super::{super::MOST_TAGS, super::interpreter::accepts, *};

    const LONG: usize = 1124;

    fn knock() -> KnockShape {
        KnockShape {
            port: 62_201,
            lengths: vec![100, 1124],
        }
    }

    fn no_touches() -> Touches {
        Touches::default()
    }

    fn some_touches() -> Touches {
        Touches {
            attempts: vec![(7000, 7100), (9000, 9000)],
            segments: vec![(9000, 9009), (22, 22)],
            datagrams: vec![(8000, 8000), (20_000, 28_191)],
            icmp4: vec![8, 13],
            icmp6: vec![128],
        }
    }

    fn datagram(port: u16, payload: &[u8]) -> Vec<u8> {
        let length = u16::try_from(payload.len() + 8).unwrap();
        let mut bytes = vec![0x9c, 0x40];
        bytes.extend(port.to_be_bytes());
        bytes.extend(length.to_be_bytes());
        bytes.extend([0, 0]);
        bytes.extend(payload);
        bytes
    }

    fn segment(port: u16, flags: u8) -> Vec<u8> {
        let mut bytes = vec![0x9c, 0x40];
        bytes.extend(port.to_be_bytes());
        bytes.extend([0, 0, 0, 1, 0, 0, 0, 2, 0x50, flags, 0xfa, 0xf0, 0, 0, 0, 0]);
        bytes
    }

    fn four(option_words: u8, protocol: u8, behind: &[u8]) -> Vec<u8> {
        let header = 20 + usize::from(option_words) * 4;
        let mut bytes = vec![0x45 + option_words, 0];
        bytes.extend(u16::try_from(header + behind.len()).unwrap().to_be_bytes());
        bytes.extend([0, 7, 0x40, 0, 64, protocol, 0, 0]);
        bytes.extend([192, 0, 2, 1, 192, 0, 2, 2]);
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

    fn in_both(protocol: u8, behind: &[u8]) -> [Vec<u8>; 3] {
        [
            four(0, protocol, behind),
            four(10, protocol, behind),
            six(protocol, behind),
        ]
    }

    fn family_of(packet: &[u8]) -> Family {
        if packet[0] >> 4 == 6 {
            Family::V6
        } else {
            Family::V4
        }
    }

    /// What the listener wants, with all the room in the world.
    fn wanted<'a>(knock: &'a KnockShape, touches: &'a Touches) -> Wanted<'a> {
        Wanted {
            knock: Some(knock),
            tags: None,
            touches,
            most_ranges: 128,
        }
    }

    fn passes(packet: &[u8], wanted: Wanted<'_>) -> bool {
        accepts(&program(family_of(packet), wanted), packet, PACKET_HOST)
    }

    fn passes_as_knock(packet: &[u8], tags: Option<&TagStarts>) -> bool {
        let (knock, touches) = (knock(), no_touches());
        let wanted = wanted(&knock, &touches);
        passes(packet, Wanted { tags, ..wanted })
    }

    fn passes_as_touch(packet: &[u8]) -> bool {
        passes(packet, wanted(&knock(), &some_touches()))
    }

    /// Whether all of these packets pass, or none of them.
    fn assert_all_pass_as_touch(packets: &[Vec<u8>], expected: bool, why: &str) {
        for packet in packets {
            assert_eq!(passes_as_touch(packet), expected, "{why}");
        }
    }

    /// What the listener would take for a knock.
    fn is_knock(packet: &[u8], tags: Option<&[[u8; 8]]>) -> bool {
        let Ok(observation) = read(packet, Link::Ip) else {
            return false;
        };
        let Transport::Udp(datagram) = observation.transport else {
            return false;
        };
        datagram.destination_port == 62_201
            && [100, LONG].contains(&datagram.payload.len())
            && tags.is_none_or(|tags| tags.iter().any(|tag| datagram.payload.starts_with(tag)))
    }

    /// What the listener would take for a touch.
    fn is_touch(packet: &[u8], touches: &Touches) -> bool {
        let Ok(observation) = read(packet, Link::Ip) else {
            return false;
        };
        let is_in = |ranges: &[(u16, u16)], port| {
            ranges
                .iter()
                .any(|&(first, last)| first <= port && port <= last)
        };
        match observation.transport {
            Transport::Tcp(segment) => {
                let port = segment.destination_port;
                let is_attempt = segment.flags.bits() & Flags::ACK.with(Flags::RST).bits() == 0;
                is_in(&touches.segments, port) || is_attempt && is_in(&touches.attempts, port)
            }
            Transport::Udp(datagram) => is_in(&touches.datagrams, datagram.destination_port),
            Transport::Icmp(message) => match message.family {
                Family::V4 => touches.icmp4.contains(&message.kind),
                Family::V6 => touches.icmp6.contains(&message.kind),
            },
        }
    }

    fn has_unread_headers(packet: &[u8]) -> bool {
        family_of(packet) == Family::V6 && EXTENSION_HEADERS.contains(&packet[6])
    }

    fn tag_of(packet: &[u8]) -> [u8; 8] {
        match read(packet, Link::Ip).unwrap().transport {
            Transport::Udp(datagram) => datagram.payload[..8].try_into().unwrap(),
            other => panic!("no datagram: {other:?}"),
        }
    }

    fn knock_payload(tag: [u8; 8], length: usize) -> Vec<u8> {
        let mut payload = vec![0xaa; length];
        payload[..8].copy_from_slice(&tag);
        payload
    }

    #[cfg(feature = "libpcap")]
    #[test]
    fn behind_a_header_as_libpcap_has_it_the_same_passes() {
        let (knock, touches) = (knock(), some_touches());
        let wanted = wanted(&knock, &touches);
        let packets = [
            in_both(17, &datagram(62_201, &[7; 100])),
            in_both(17, &datagram(62_201, &[7; 99])),
            in_both(6, &segment(7000, 2)),
            in_both(6, &segment(7000, 0x12)),
            in_both(6, &segment(22, 0x12)),
        ];
        for packet in packets.iter().flatten() {
            for header in [0, 14] {
                let framed = [vec![0xff; header], packet.clone()].concat();
                let ether_type = match family_of(packet) {
                    Family::V4 => 0x0800,
                    Family::V6 => 0x86dd,
                };
                let program = behind_header(u32::try_from(header).unwrap(), wanted);
                let known = |ether_type| Known {
                    packet_type: PACKET_HOST,
                    ether_type,
                };
                let passed = accepts_knowing(&program, &framed, known(ether_type));
                assert_eq!(passed, passes(packet, wanted));
                assert!(!accepts_knowing(&program, &framed, known(0x0806)));
            }
        }
    }

    #[test]
    fn a_datagram_of_the_right_shape_passes() {
        for length in [100, LONG] {
            for packet in in_both(17, &datagram(62_201, &vec![0; length])) {
                assert!(passes_as_knock(&packet, None));
                assert!(passes_as_touch(&packet));
            }
        }
    }

    #[test]
    fn another_port_or_length_does_not() {
        let wrong = [
            (62_200, 100),
            (62_201, 99),
            (62_201, 101),
            (62_201, LONG + 1),
            (62_201, 0),
        ];
        for (port, length) in wrong {
            for packet in in_both(17, &datagram(port, &vec![0; length])) {
                assert!(!passes_as_knock(&packet, None));
                assert!(!passes_as_touch(&packet));
            }
        }
    }

    #[test]
    fn attempts_pass_at_their_ports_and_answers_do_not() {
        for port in [7000, 7050, 7100, 9000] {
            for (flags, expected) in [
                (0x02, true),  // SYN
                (0x00, true),  // none
                (0x29, true),  // FIN, PSH, URG
                (0x01, true),  // FIN
                (0xc2, true),  // SYN with ECN
                (0x12, false), // SYN, ACK
                (0x10, false), // ACK
                (0x04, false), // RST
                (0x06, false), // SYN, RST
            ] {
                let packets = in_both(6, &segment(port, flags));
                assert!(packets.iter().all(|packet| !passes_as_knock(packet, None)));
                let why = format!("{port} {flags:#x}");
                assert_all_pass_as_touch(&packets, expected || port == 9000, &why);
            }
        }
    }

    #[test]
    fn segments_of_any_flags_pass_at_their_ports_and_at_no_other() {
        for flags in 0..=255 {
            for (port, expected) in [(22, true), (9009, true), (21, false), (9010, false)] {
                let packets = in_both(6, &segment(port, flags));
                assert_all_pass_as_touch(&packets, expected, &format!("{port} {flags:#x}"));
            }
        }
    }

    #[test]
    fn datagrams_of_any_length_pass_at_their_ports_and_at_no_other() {
        for length in [0, 1, 100, 1200] {
            for (port, expected) in [
                (8000, true),
                (20_000, true),
                (28_191, true),
                (7999, false),
                (8001, false),
                (28_192, false),
                (7000, false),
            ] {
                let packets = in_both(17, &datagram(port, &vec![0; length]));
                assert_all_pass_as_touch(&packets, expected, &format!("{port}"));
            }
        }
    }

    #[test]
    fn icmp_passes_by_the_types_of_its_own_family() {
        for (kind, over_four, over_six) in [
            (8, true, false),
            (13, true, false),
            (128, false, true),
            (3, false, false),
        ] {
            let message = [kind, 0, 0, 0, 1, 2, 3, 4];
            assert_eq!(passes_as_touch(&four(0, 1, &message)), over_four);
            assert_eq!(passes_as_touch(&six(58, &message)), over_six);
            assert!(!passes_as_touch(&four(0, 58, &message)));
            assert!(!passes_as_touch(&six(1, &message)));
        }
    }

    #[test]
    fn every_datagram_passes_where_the_knock_port_is_a_port_of_touches() {
        let (knock, mut touches) = (knock(), no_touches());
        touches.datagrams = vec![(62_000, 62_300)];
        let none = TagStarts::new(&[]).unwrap();
        let wanted = Wanted {
            tags: Some(&none),
            ..wanted(&knock, &touches)
        };
        for length in [0, 100, LONG] {
            let datagram = datagram(62_201, &vec![0; length]);
            assert!(passes(&four(0, 17, &datagram), wanted));
        }
    }

    #[test]
    fn a_knock_port_inside_a_gap_that_was_closed_is_still_a_knock_port() {
        let (knock, mut touches) = (knock(), no_touches());
        touches.datagrams = vec![(62_200, 62_200), (62_202, 62_202)];
        let coarse = Wanted {
            most_ranges: 1,
            ..wanted(&knock, &touches)
        };
        assert!(passes(&four(0, 17, &datagram(62_201, &[0; 100])), coarse));
        assert!(!passes(&four(0, 17, &datagram(62_201, &[0; 99])), coarse));
    }

    #[test]
    fn who_wants_no_knocks_gets_touches_alone() {
        let touches = some_touches();
        let wanted = Wanted {
            knock: None,
            tags: None,
            touches: &touches,
            most_ranges: 128,
        };
        assert!(!passes(&four(0, 17, &datagram(62_201, &[0; 100])), wanted));
        assert!(passes(&four(0, 17, &datagram(8000, &[0; 100])), wanted));
        let nothing_wanted = Wanted {
            touches: &no_touches(),
            ..wanted
        };
        for family in [Family::V4, Family::V6] {
            assert_eq!(program(family, nothing_wanted), nothing());
        }
    }

    #[test]
    fn only_what_is_for_this_host_passes() {
        let (knock, touches) = (knock(), some_touches());
        let program = program(Family::V4, wanted(&knock, &touches));
        for packet in [
            four(0, 17, &datagram(62_201, &[0; 100])),
            four(0, 6, &segment(7000, 2)),
            four(0, 1, &[8, 0, 0, 0]),
        ] {
            assert!(accepts(&program, &packet, PACKET_HOST));
            for kind in 1..=7 {
                assert!(!accepts(&program, &packet, kind), "{kind}");
            }
        }
    }

    #[test]
    fn fragments_do_not_pass() {
        for (protocol, behind) in [(17, datagram(8000, &[0; 100])), (6, segment(7000, 2))] {
            for (high, low) in [(0x20, 0), (0, 1), (0x1f, 0xff)] {
                let mut packet = four(0, protocol, &behind);
                assert!(passes_as_touch(&packet));
                packet[6..8].copy_from_slice(&[high, low]);
                assert!(!passes_as_touch(&packet));
            }
            assert!(!passes_as_touch(&six(44, &behind)));
        }
    }

    #[test]
    fn extension_headers_pass_for_the_reader_to_walk() {
        let mut behind = vec![17, 0, 1, 4, 0, 0, 0, 0];
        behind.extend(datagram(62_201, &[0; 100]));
        let none = TagStarts::new(&[]).unwrap();
        for header in EXTENSION_HEADERS {
            assert!(passes_as_knock(&six(header, &behind), None));
            assert!(passes_as_knock(&six(header, &behind), Some(&none)));
            assert!(passes_as_touch(&six(header, &behind)));
        }
    }

    #[test]
    fn a_packet_cut_before_its_tag_does_not_pass() {
        let packet = four(0, 17, &datagram(62_201, &[0; 100]));
        let tags = TagStarts::new(&[[0; 8]]).unwrap();
        for length in 0..32 {
            assert!(!passes_as_knock(&packet[..length.max(1)], Some(&tags)));
        }
        assert!(passes_as_knock(&packet, Some(&tags)));
    }

    #[test]
    fn nothing_lets_nothing_through() {
        let packet = four(0, 17, &datagram(62_201, &[0; 100]));
        assert!(!accepts(&nothing(), &packet, PACKET_HOST));
    }

    #[test]
    fn a_knock_of_very_many_lengths_is_known_by_its_port_alone() {
        let knock = KnockShape {
            port: 62_201,
            lengths: (0..400).collect(),
        };
        let touches = no_touches();
        let packet = four(0, 17, &datagram(62_201, &[0; 300]));
        assert!(passes(&packet, wanted(&knock, &touches)));
    }

    #[test]
    fn the_longest_program_is_one_that_the_kernel_takes() {
        let scattered = |step: u16| (0..2000).map(move |at| (at * step, at * step)).collect();
        let touches = Touches {
            attempts: scattered(31),
            segments: scattered(29),
            datagrams: scattered(23),
            icmp4: (0..128).map(|kind| kind * 2).collect(),
            icmp6: (0..128).map(|kind| kind * 2).collect(),
        };
        let tags: Vec<[u8; 8]> = (0..MOST_TAGS)
            .map(|tag| (u64::try_from(tag).unwrap() << 40).to_be_bytes())
            .collect();
        let tags = TagStarts::new(&tags).unwrap();
        for family in [Family::V4, Family::V6] {
            let knock = knock();
            let wanted = Wanted {
                tags: Some(&tags),
                ..wanted(&knock, &touches)
            };
            let length = program(family, wanted).len();
            assert!((3000..4096).contains(&length), "{length}");
        }
    }

    prop_compose! {
        fn bodies()(
            port in prop_oneof![
                3 => Just(62_201),
                3 => prop::sample::select(vec![22, 7000, 7100, 7101, 8000, 9000, 9009, 20_000]),
                1 => any::<u16>(),
            ],
            length in prop_oneof![3 => Just(100), 1 => Just(LONG), 1 => 0..200_usize],
            start in any::<[u8; 8]>(),
            flags in any::<u8>(),
            kind in prop_oneof![Just(8), Just(128), any::<u8>()],
            protocol in prop_oneof![6 => Just(17), 3 => Just(6), 1 => Just(1), 1 => Just(58), 1 => any::<u8>()],
        ) -> (u8, Vec<u8>) {
            let mut payload = vec![0xaa; length];
            for (place, byte) in payload.iter_mut().zip(start) {
                *place = byte;
            }
            let body = match protocol {
                6 => segment(port, flags),
                1 | 58 => vec![kind, 0, 0, 0, 1, 2, 3, 4],
                _ => datagram(port, &payload),
            };
            (protocol, body)
        }
    }

    prop_compose! {
        fn packets()(
            (protocol, body) in bodies(),
            option_words in 0..=10_u8,
            is_four in any::<bool>(),
            changes in vec((0..70_usize, any::<u8>()), 0..3),
        ) -> Vec<u8> {
            let mut packet = if is_four { four(option_words, protocol, &body) } else { six(protocol, &body) };
            let end = packet.len() - 1;
            // The first byte decides which of the two programs the kernel asks: it stays.
            for (place, byte) in changes {
                packet[(place + 1).min(end)] = byte;
            }
            packet
        }
    }

    prop_compose! {
        fn any_touches()(
            attempts in vec(ports(), 0..6),
            segments in vec(ports(), 0..6),
            datagrams in vec(ports(), 0..6),
            icmp4 in vec(any::<u8>(), 0..6),
            icmp6 in vec(any::<u8>(), 0..6),
        ) -> Touches {
            Touches { attempts, segments, datagrams, icmp4, icmp6 }
        }
    }

    fn ports() -> impl Strategy<Value = (u16, u16)> {
        let near = prop::sample::select(vec![22, 7000, 7100, 8000, 9000, 20_000, 62_200]);
        (prop_oneof![near, any::<u16>()], 0..100_u16)
            .prop_map(|(first, length)| (first, first.saturating_add(length)))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn no_knock_is_ever_stopped(
            packet in packets(),
            others in vec(any::<[u8; 8]>(), 0..40),
            touches in any_touches(),
        ) {
            if is_knock(&packet, None) {
                let knock = knock();
                prop_assert!(passes(&packet, wanted(&knock, &touches)));
                let mut tags = others;
                tags.push(tag_of(&packet));
                let tags = TagStarts::new(&tags).unwrap();
                prop_assert!(passes_as_knock(&packet, Some(&tags)));
                let with_tags = Wanted { tags: Some(&tags), ..wanted(&knock, &touches) };
                prop_assert!(passes(&packet, with_tags));
            }
        }

        #[test]
        fn no_touch_is_ever_stopped(
            packet in packets(),
            touches in any_touches(),
            tags in vec(any::<[u8; 8]>(), 0..40),
            most_ranges in 0..8_usize,
        ) {
            if is_touch(&packet, &touches) {
                let knock = knock();
                let tags = TagStarts::new(&tags).unwrap();
                for tags in [None, Some(&tags)] {
                    let all = Wanted { tags, most_ranges, ..wanted(&knock, &touches) };
                    prop_assert!(passes(&packet, all));
                    let touches_alone = Wanted { knock: None, ..all };
                    prop_assert!(passes(&packet, touches_alone));
                }
            }
        }

        #[test]
        fn what_passes_is_wanted_or_has_headers_that_only_the_reader_walks(
            packet in packets(),
            touches in any_touches(),
        ) {
            let knock = knock();
            let passed = passes(&packet, wanted(&knock, &touches));
            if passed && !has_unread_headers(&packet) && read(&packet, Link::Ip).is_ok() {
                prop_assert!(is_knock(&packet, None) || is_touch(&packet, &touches));
            }
        }

        #[test]
        fn with_tags_exactly_the_known_ones_pass(
            tags in vec(any::<[u8; 8]>(), 1..300),
            stranger in any::<[u8; 8]>(),
            chosen in any::<prop::sample::Index>(),
            length in prop::sample::select(vec![100, LONG]),
            is_four in any::<bool>(),
        ) {
            let starts = TagStarts::new(&tags).unwrap();
            for tag in [stranger, *chosen.get(&tags)] {
                let datagram = datagram(62_201, &knock_payload(tag, length));
                let packet = if is_four { four(0, 17, &datagram) } else { six(17, &datagram) };
                let known = tags.iter().any(|known| known[..4] == tag[..4]);
                prop_assert_eq!(passes_as_knock(&packet, Some(&starts)), known);
                prop_assert!(known || !is_knock(&packet, Some(&tags)));
            }
        }
    }
}
