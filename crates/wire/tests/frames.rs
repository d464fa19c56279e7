//! Frames written by a builder are read back, and nothing that arrives can stop the reader.

#[cfg(test)]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "a sum that overflows fails the test"
)]
mod builder;

#[cfg(test)]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "a sum that overflows fails the test"
)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

    use nightlatch_wire::{
        Datagram, EXTENSION_HEADERS, Family, Flags, Link, Message, Observation, Segment, Transport,
        Unreadable, read,
    };
    use proptest::{collection::vec, prelude::*};

    use crate::builder::{Carried, Written};

    const LINKS: [Link; 4] = [Link::Ethernet, Link::Ip, Link::Cooked, Link::Cooked2];

    fn ports() -> impl Strategy<Value = (u16, u16)> {
        any::<(u16, u16)>()
    }

    fn carried() -> impl Strategy<Value = Carried> {
        let tcp = (
            ports(),
            any::<(u32, u32)>(),
            any::<(u8, u16)>(),
            0..=10_u8,
            vec(any::<u8>(), 0..200),
        )
            .prop_map(|(ports, numbers, (flags, window), option_words, payload)| {
                Carried::Tcp {
                    ports,
                    numbers,
                    flags,
                    window,
                    option_words,
                    payload,
                }
            });
        let udp = (ports(), vec(any::<u8>(), 0..200))
            .prop_map(|(ports, payload)| Carried::Udp { ports, payload });
        let icmp = (any::<u8>(), any::<u8>(), vec(any::<u8>(), 0..200))
            .prop_map(|(kind, code, body)| Carried::Icmp { kind, code, body });
        prop_oneof![tcp, udp, icmp]
    }

    fn addresses() -> impl Strategy<Value = (IpAddr, IpAddr)> {
        prop_oneof![
            any::<(u32, u32)>().prop_map(|(source, destination)| (
                Ipv4Addr::from(source).into(),
                Ipv4Addr::from(destination).into()
            )),
            any::<(u128, u128)>().prop_map(|(source, destination)| (
                Ipv6Addr::from(source).into(),
                Ipv6Addr::from(destination).into()
            )),
        ]
    }

    fn extensions() -> impl Strategy<Value = Vec<(u8, u8)>> {
        vec(
            (
                proptest::sample::select(EXTENSION_HEADERS.to_vec()),
                1..4_u8,
            ),
            0..=8,
        )
    }

    prop_compose! {
        fn written()(
            link in proptest::sample::select(LINKS.to_vec()),
            vlan_tags in 0..=4_usize,
            (source, destination) in addresses(),
            (hops, identification) in any::<(u8, u16)>(),
            option_words in 0..=10_u8,
            extensions in extensions(),
            carried in carried(),
            padding in 0..60_usize,
        ) -> Written {
            Written {
                link, vlan_tags, source, destination, hops, identification, option_words,
                extensions, carried, padding,
            }
        }
    }

    fn knock(link: Link) -> Written {
        Written {
            link,
            vlan_tags: 0,
            source: IpAddr::from([192, 0, 2, 1]),
            destination: IpAddr::from([198, 51, 100, 2]),
            hops: 64,
            identification: 7,
            option_words: 0,
            extensions: Vec::new(),
            carried: Carried::Udp {
                ports: (40_000, 62_201),
                payload: vec![0xaa; 100],
            },
            padding: 0,
        }
    }

    fn transport_is_what_was_written(written: &Written, seen: &Transport<'_>) -> bool {
        match (&written.carried, seen) {
            (
                Carried::Tcp {
                    ports,
                    numbers,
                    flags,
                    window,
                    option_words,
                    payload,
                },
                Transport::Tcp(segment),
            ) => {
                *segment
                    == Segment {
                        source_port: ports.0,
                        destination_port: ports.1,
                        sequence: numbers.0,
                        acknowledgement: numbers.1,
                        flags: Flags::from_bits(*flags),
                        window: *window,
                        options: &vec![1; usize::from(*option_words) * 4],
                        payload,
                    }
            }
            (Carried::Udp { ports, payload }, Transport::Udp(datagram)) => {
                *datagram
                    == Datagram {
                        source_port: ports.0,
                        destination_port: ports.1,
                        payload,
                    }
            }
            (Carried::Icmp { kind, code, body }, Transport::Icmp(message)) => {
                let family = if written.source.is_ipv4() {
                    Family::V4
                } else {
                    Family::V6
                };
                *message
                    == Message {
                        family,
                        kind: *kind,
                        code: *code,
                        body,
                    }
            }
            _ => false,
        }
    }

    /// Everything that `read` hands out must lie inside the frame; nothing else can be compared.
    fn touch(observation: &Observation<'_>) -> usize {
        match observation.transport {
            Transport::Tcp(segment) => segment.options.len() + segment.payload.len(),
            Transport::Udp(datagram) => datagram.payload.len(),
            Transport::Icmp(message) => message.body.len(),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn what_was_written_is_read_back(written in written()) {
            let frame = written.bytes();
            let seen = read(&frame, written.link).unwrap();
            prop_assert_eq!(seen.source, written.source);
            prop_assert_eq!(seen.destination, written.destination);
            prop_assert_eq!(seen.hops, written.hops);
            let identification = written.source.is_ipv4().then_some(written.identification);
            prop_assert_eq!(seen.identification, identification);
            prop_assert_eq!(seen.unfragmentable, written.source.is_ipv4().then_some(true));
            let packet = written.length() - written.link_length();
            prop_assert_eq!(usize::try_from(seen.length).unwrap(), packet);
            prop_assert!(transport_is_what_was_written(&written, &seen.transport));
        }

        #[test]
        fn a_frame_cut_anywhere_is_truncated(written in written()) {
            let frame = written.bytes();
            for length in 0..written.length() {
                prop_assert_eq!(read(&frame[..length], written.link), Err(Unreadable::Truncated));
            }
        }

        #[test]
        fn any_bytes_become_a_value(bytes in vec(any::<u8>(), 0..300)) {
            for link in LINKS {
                if let Ok(observation) = read(&bytes, link) {
                    prop_assert!(touch(&observation) <= bytes.len());
                }
            }
        }

        #[test]
        fn a_written_frame_with_bytes_changed_becomes_a_value(
            written in written(),
            changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        ) {
            let mut frame = written.bytes();
            for (place, value) in changes {
                let place = place.index(frame.len().min(80));
                frame[place] = value;
            }
            if let Ok(observation) = read(&frame, written.link) {
                prop_assert!(touch(&observation) <= frame.len());
            }
        }
    }

    #[test]
    fn each_bit_of_a_knock_flipped_becomes_a_value() {
        for link in LINKS {
            let frame = knock(link).bytes();
            for bit in 0..frame.len() * 8 {
                let mut flipped = frame.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                let _ = read(&flipped, link).map(|observation| touch(&observation));
            }
        }
    }

    #[test]
    fn every_two_byte_length_in_a_knock_becomes_a_value() {
        // Total length of IP at 2, length of UDP at 24.
        for place in [2, 24] {
            let mut frame = knock(Link::Ip).bytes();
            for length in 0..=u16::MAX {
                frame[place..place + 2].copy_from_slice(&length.to_be_bytes());
                let seen = read(&frame, Link::Ip);
                assert_eq!(
                    seen.is_ok(),
                    matches!((place, length), (2, 128) | (24, 8..=108))
                );
            }
        }
    }

    #[test]
    fn sixty_bytes_of_ethernet_carry_a_short_packet_without_its_padding() {
        let mut short = knock(Link::Ethernet);
        short.carried = Carried::Udp {
            ports: (1, 2),
            payload: vec![9],
        };
        short.padding = 60 - short.length();
        let frame = short.bytes();
        let seen = read(&frame, Link::Ethernet).unwrap();
        assert!(transport_is_what_was_written(&short, &seen.transport));
    }
}
