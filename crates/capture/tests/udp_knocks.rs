//! Knocks through a plain UDP socket: the same frames as from a packet socket, without a privilege.

#[cfg(test)]
#[expect(
    dead_code,
    clippy::arithmetic_side_effects,
    reason = "the other tests' namespace; a sum that overflows fails the test"
)]
mod namespace;

#[cfg(test)]
mod tests {
    use std::{
        net::{IpAddr, SocketAddr, SocketAddrV6, UdpSocket},
        num::NonZeroU32,
        time::Duration,
    };

    use nightlatch_capture::{
        Arrival, KnockShape, MOST_TAGS, ReplyOpenError, Source, TagCheck, UdpKnocks,
    };
    use nightlatch_wire::{Transport, read};
    use rustix::{
        event::{PollFd, PollFlags, Timespec, poll},
        thread::{CapabilitySet, CapabilitySets, set_capabilities},
    };

    use crate::namespace::{DOOR, Namespace, STREET};

    const PORT: u16 = 62_201;
    const HOMES: [&str; 2] = ["127.0.0.1", "::1"];

    fn open() -> UdpKnocks {
        UdpKnocks::open(&KnockShape {
            port: PORT,
            lengths: vec![100, 1124],
        })
        .unwrap()
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    struct Seen {
        number: u8,
        length: usize,
        source: SocketAddr,
        destination: IpAddr,
        hops: u8,
        interface: Option<NonZeroU32>,
    }

    fn look(arrival: &Arrival<'_>) -> Seen {
        let observation = read(arrival.frame, arrival.link).unwrap();
        let Transport::Udp(datagram) = observation.transport else {
            panic!("{observation:?}");
        };
        assert_eq!(datagram.destination_port, PORT);
        Seen {
            number: datagram.payload[0],
            length: datagram.payload.len(),
            source: SocketAddr::new(observation.source, datagram.source_port),
            destination: observation.destination,
            hops: observation.hops,
            interface: arrival.interface,
        }
    }

    /// Everything up to the knock whose number is `last`.
    fn seen_until(knocks: &mut UdpKnocks, last: u8) -> Vec<Seen> {
        let mut seen: Vec<Seen> = Vec::new();
        while seen.last().is_none_or(|seen| seen.number != last) {
            assert!(
                becomes_readable(knocks, 5),
                "{last} never came; before it {seen:?}"
            );
            knocks
                .arrivals(&mut |arrival| {
                    seen.push(look(&arrival));
                })
                .unwrap();
        }
        seen
    }

    fn numbers_until(knocks: &mut UdpKnocks, last: u8) -> Vec<u8> {
        let seen = seen_until(knocks, last);
        seen.iter().map(|seen| seen.number).collect()
    }

    fn becomes_readable(knocks: &UdpKnocks, seconds: i64) -> bool {
        let patience = Timespec {
            tv_sec: seconds,
            tv_nsec: 0,
        };
        let fd = knocks.fd();
        poll(&mut [PollFd::new(&fd, PollFlags::IN)], Some(&patience)).unwrap() > 0
    }

    fn client(home: &str) -> UdpSocket {
        let client = UdpSocket::bind((home, 0)).unwrap();
        client
            .set_read_timeout(Some(Duration::from_secs(5)))
            .unwrap();
        client
    }

    fn knock(client: &UdpSocket, home: &str, numbers: &[u8]) {
        for &number in numbers {
            client.send_to(&[number; 100], (home, PORT)).unwrap();
        }
    }

    fn at_home(test: fn(&str)) {
        for home in HOMES {
            Namespace::run(move |_| test(home));
        }
    }

    #[test]
    fn knocks_arrive_with_both_ends_and_nothing_else_does() {
        at_home(|home| {
            let mut knocks = open();
            let client = client(home);
            knock(&client, home, &[1]);
            for payload in [&[2; 99][..], &[3; 101], b"", &[4; 8000], &[5; 1124]] {
                client.send_to(payload, (home, PORT)).unwrap();
            }
            let seen = seen_until(&mut knocks, 5);
            assert_eq!(
                seen.iter().map(|seen| seen.length).collect::<Vec<_>>(),
                [100, 1124]
            );
            assert_eq!(seen[0].source, client.local_addr().unwrap());
            assert_eq!(seen[0].destination, home.parse::<IpAddr>().unwrap());
            assert_eq!((seen[0].hops, seen[0].interface), (64, NonZeroU32::new(1)));
            assert!(!becomes_readable(&knocks, 0));
        });
    }

    #[test]
    fn the_address_knocked_at_is_told_and_the_answer_comes_from_it() {
        Namespace::run(|_| {
            let mut knocks = open();
            let replies = knocks.replies().unwrap();
            for (home, knocked_at) in [("127.0.0.1", "127.0.0.2"), ("::1", "::1")] {
                let client = client(home);
                knock(&client, knocked_at, &[1]);
                let seen = seen_until(&mut knocks, 1)[0];
                assert_eq!(seen.destination, knocked_at.parse::<IpAddr>().unwrap());
                replies
                    .send(seen.destination, seen.source, &[9; 100])
                    .unwrap();
                let mut answer = [0; 200];
                let (length, from) = client.recv_from(&mut answer).unwrap();
                assert_eq!(&answer[..length], [9; 100]);
                assert_eq!(from, SocketAddr::new(seen.destination, PORT));
            }
        });
    }

    #[test]
    fn the_kernel_drops_what_has_no_valid_tag() {
        at_home(|home| {
            let mut knocks = open();
            let client = client(home);
            let checks = knocks.watch_for(Some(&[[3; 8], [5; 8]])).unwrap();
            assert_eq!(checks, TagCheck::Kernel);
            knock(&client, home, &[1, 2, 3, 4, 5]);
            assert_eq!(numbers_until(&mut knocks, 5), [3, 5]);
            let most = [vec![[0; 8]; MOST_TAGS], vec![[7; 8]]].concat();
            assert_eq!(knocks.watch_for(Some(&most)).unwrap(), TagCheck::Listener);
            knock(&client, home, &[1, 2]);
            assert_eq!(numbers_until(&mut knocks, 2), [1, 2]);
        });
    }

    #[test]
    fn more_than_a_batch_arrives_in_order() {
        at_home(|home| {
            let mut knocks = open();
            let numbers: Vec<u8> = (1..=150).collect();
            knock(&client(home), home, &numbers);
            assert_eq!(numbers_until(&mut knocks, 150), numbers);
        });
    }

    #[test]
    fn a_knock_at_a_group_of_hosts_is_none() {
        Namespace::run(|namespace| {
            namespace.add_pair("street", "door");
            let mut knocks = open();
            let scope = namespace.index("street");
            let client = UdpSocket::bind(SocketAddrV6::new(STREET, 0, 0, scope)).unwrap();
            let everybody = SocketAddrV6::new("ff02::1".parse().unwrap(), PORT, 0, scope);
            client.send_to(&[1; 100], everybody).unwrap();
            let door = SocketAddrV6::new(DOOR, PORT, 0, scope);
            client.send_to(&[2; 100], door).unwrap();
            let seen = seen_until(&mut knocks, 2);
            assert_eq!(seen.len(), 1);
            assert_eq!(seen[0].interface, NonZeroU32::new(namespace.index("door")));
        });
    }

    #[test]
    fn everything_works_without_capabilities() {
        Namespace::run(|_| {
            let none = CapabilitySets {
                effective: CapabilitySet::empty(),
                permitted: CapabilitySet::empty(),
                inheritable: CapabilitySet::empty(),
            };
            set_capabilities(None, none).unwrap();
            let mut knocks = open();
            assert_eq!(knocks.watch_for(Some(&[[2; 8]])).unwrap(), TagCheck::Kernel);
            knock(&client("127.0.0.1"), "127.0.0.1", &[1, 2]);
            assert_eq!(numbers_until(&mut knocks, 2), [2]);
        });
    }

    #[test]
    fn a_port_that_is_taken_is_said_plainly() {
        Namespace::run(|_| {
            let _first = open();
            let shape = KnockShape {
                port: PORT,
                lengths: vec![100],
            };
            let refused = UdpKnocks::open(&shape).unwrap_err();
            assert!(matches!(refused, ReplyOpenError::PortInUse(PORT)));
        });
    }

    #[test]
    fn what_there_is_no_room_for_is_counted_and_noise_is_not() {
        at_home(|home| {
            let mut knocks = open();
            let client = client(home);
            for _ in 0..1000 {
                client.send_to(&[1; 99], (home, PORT)).unwrap();
            }
            assert_eq!(knocks.lost(), 0, "the filter stopped them");
            let sent = 5000;
            for _ in 0..sent {
                client.send_to(&[2; 100], (home, PORT)).unwrap();
            }
            let mut heard = 0;
            while let Ok(more @ 1..) = knocks.arrivals(&mut |_| ()) {
                heard += u64::try_from(more).unwrap();
            }
            let lost = knocks.lost();
            assert!(lost > 0);
            assert_eq!(heard + lost, sent);
        });
    }
}
