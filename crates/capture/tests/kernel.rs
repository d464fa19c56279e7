//! Real packets in a namespace of its own: what the kernel hands over and what it keeps.

#[cfg(test)]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "a sum that overflows fails the test"
)]
mod namespace;

#[cfg(test)]
mod tests {
    use std::{
        fs, io,
        net::{IpAddr, SocketAddr, SocketAddrV6, UdpSocket},
        num::NonZeroU32,
        ops::RangeInclusive,
        os::fd::AsFd,
        time::Duration,
    };

    use nightlatch_capture::{
        FilterError, Interfaces, KnockShape, MOST_TAGS, PacketSocket, ReplyOpenError, ReplySocket,
        SendError, Source, TagCheck, Touches, Watch,
    };
    use nightlatch_wire::{Observation, Transport, read};
    use rustix::{
        event::{PollFd, PollFlags, Timespec, poll},
        thread::{CapabilitySet, CapabilitySets, set_capabilities},
    };

    use socket2::{Domain, Protocol, Socket, Type};

    use crate::namespace::{DOOR, Namespace, STREET};

    const PORT: u16 = 62_201;

    fn watch(interfaces: Interfaces) -> PacketSocket {
        PacketSocket::open(&at_knocks(interfaces)).unwrap()
    }

    fn at_knocks(interfaces: Interfaces) -> Watch {
        Watch {
            interfaces,
            knock: Some(KnockShape {
                port: PORT,
                lengths: vec![100],
            }),
            touches: Touches::default(),
        }
    }

    fn set_tags(socket: &mut PacketSocket, tags: Option<&[[u8; 8]]>) -> TagCheck {
        socket.watch_for(tags, &Touches::default()).unwrap()
    }

    fn knock(number: u8) -> [u8; 100] {
        [number; 100]
    }

    fn is_readable(source: &impl AsFd, seconds: i64) -> bool {
        let mut fds = [PollFd::new(source, PollFlags::IN)];
        poll(
            &mut fds,
            Some(&Timespec {
                tv_sec: seconds,
                tv_nsec: 0,
            }),
        )
        .unwrap()
            > 0
    }

    /// What one arrival was about: the first byte of its payload, from where, over which interface.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    struct Seen {
        number: u8,
        source: SocketAddr,
        destination: IpAddr,
        interface: Option<NonZeroU32>,
    }

    fn look(observation: &Observation<'_>, interface: Option<NonZeroU32>) -> Seen {
        let Transport::Udp(datagram) = observation.transport else {
            panic!("no datagram");
        };
        assert_eq!(datagram.destination_port, PORT);
        assert_eq!(datagram.payload, [datagram.payload[0]; 100]);
        Seen {
            number: datagram.payload[0],
            source: SocketAddr::new(observation.source, datagram.source_port),
            destination: observation.destination,
            interface,
        }
    }

    /// Everything up to the knock whose number is `last`.
    fn seen_until(socket: &mut PacketSocket, last: u8) -> Vec<Seen> {
        let mut seen = Vec::new();
        while seen.last().is_none_or(|seen: &Seen| seen.number != last) {
            assert!(
                is_readable(&socket.fd(), 5),
                "knock {last} never came; before it {seen:?}"
            );
            socket
                .arrivals(&mut |arrival| {
                    let observation = read(arrival.frame, arrival.link).unwrap();
                    seen.push(look(&observation, arrival.interface));
                })
                .unwrap();
        }
        seen
    }

    fn numbers_until(socket: &mut PacketSocket, last: u8) -> Vec<u8> {
        seen_until(socket, last)
            .iter()
            .map(|seen| seen.number)
            .collect()
    }

    fn client(address: &str) -> UdpSocket {
        let client = UdpSocket::bind((address.parse::<IpAddr>().unwrap(), 0)).unwrap();
        client
            .set_read_timeout(Some(Duration::from_secs(5)))
            .unwrap();
        client
    }

    fn send_all(client: &UdpSocket, address: &str, numbers: RangeInclusive<u8>) {
        for number in numbers {
            client.send_to(&knock(number), (address, PORT)).unwrap();
        }
    }

    fn many_tags(count: usize) -> Vec<[u8; 8]> {
        (0..u32::try_from(count).unwrap())
            .map(|number| number.wrapping_mul(0x9e37_79b1).to_be_bytes())
            .map(|[a, b, c, d]| [a, b, c, d, 1, 1, 1, 1])
            .collect()
    }

    /// A socket whose packets are written by hand, towards `address`.
    fn raw(domain: Domain, protocol: i32, address: &str) -> Socket {
        let socket = Socket::new(domain, Type::RAW, Some(Protocol::from(protocol))).unwrap();
        let to = SocketAddr::new(address.parse().unwrap(), 0);
        socket.connect(&to.into()).unwrap();
        socket
    }

    fn datagram(number: u8) -> Vec<u8> {
        let [high, low] = PORT.to_be_bytes();
        [&[0x9c, 0x40, high, low, 0, 108, 0, 0][..], &knock(number)].concat()
    }

    /// Two words of options; the kernel fills in the checksum.
    const FOUR_WITH_OPTIONS: [u8; 28] = [
        0x47, 0, 0, 136, 0, 7, 0, 0, 64, 17, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1,
        0,
    ];

    /// Knocks through the cable between the two ends of a pair.
    fn knock_through_pair(namespace: &Namespace, street: &str, number: u8) -> UdpSocket {
        let scope = namespace.index(street);
        let client = UdpSocket::bind(SocketAddrV6::new(STREET, 0, 0, scope)).unwrap();
        client
            .set_read_timeout(Some(Duration::from_secs(5)))
            .unwrap();
        let door = SocketAddrV6::new(DOOR, PORT, 0, scope);
        client.send_to(&knock(number), door).unwrap();
        client
    }

    #[test]
    fn a_knock_over_ipv4_arrives_once_and_nothing_else_does() {
        Namespace::run(|_| {
            let mut socket = watch(Interfaces::All);
            let client = client("127.0.0.1");
            client.send_to(&knock(1), ("127.0.0.1", PORT)).unwrap();
            client.send_to(&knock(2), ("127.0.0.1", PORT + 1)).unwrap();
            client
                .send_to(&knock(3)[..99], ("127.0.0.1", PORT))
                .unwrap();
            client.send_to(&[4; 101], ("127.0.0.1", PORT)).unwrap();
            client.send_to(&knock(5), ("127.0.0.2", PORT)).unwrap();
            let seen = seen_until(&mut socket, 5);
            assert_eq!(
                seen.iter().map(|seen| seen.number).collect::<Vec<_>>(),
                [1, 5]
            );
            assert_eq!(seen[0].source, client.local_addr().unwrap());
            assert_eq!(seen[1].destination, IpAddr::from([127, 0, 0, 2]));
            assert_eq!(seen[0].interface, NonZeroU32::new(1));
            assert!(!is_readable(&socket.fd(), 0));
        });
    }

    #[test]
    fn a_knock_over_ipv6_arrives_once_and_nothing_else_does() {
        Namespace::run(|_| {
            let mut socket = watch(Interfaces::All);
            let client = client("::1");
            client.send_to(&knock(1), ("::1", PORT)).unwrap();
            client.send_to(&knock(2), ("::1", PORT + 1)).unwrap();
            client.send_to(&knock(3)[..99], ("::1", PORT)).unwrap();
            client.send_to(&knock(4), ("::1", PORT)).unwrap();
            let seen = seen_until(&mut socket, 4);
            assert_eq!(
                seen.iter().map(|seen| seen.number).collect::<Vec<_>>(),
                [1, 4]
            );
            assert_eq!(seen[0].source, client.local_addr().unwrap());
            assert!(!is_readable(&socket.fd(), 0));
        });
    }

    #[test]
    fn many_knocks_arrive_in_batches_and_in_order() {
        Namespace::run(|_| {
            let mut socket = watch(Interfaces::All);
            let client = client("127.0.0.1");
            for number in 1..=200 {
                client.send_to(&knock(number), ("127.0.0.1", PORT)).unwrap();
            }
            let mut counts = Vec::new();
            let mut numbers = Vec::new();
            while numbers.len() < 200 {
                let count = socket
                    .arrivals(&mut |arrival| numbers.push(*arrival.frame.last().unwrap()))
                    .unwrap();
                counts.push(count);
            }
            assert_eq!(counts, [64, 64, 64, 8]);
            assert_eq!(numbers, (1..=200).collect::<Vec<u8>>());
            assert_eq!(
                socket.frames(&mut |_, _| panic!("one too many")).unwrap(),
                0
            );
        });
    }

    #[test]
    fn an_answer_comes_from_the_address_knocked_at_and_is_not_taken_for_a_knock() {
        Namespace::run(|_| {
            let mut socket = watch(Interfaces::All);
            let reply = ReplySocket::open(PORT).unwrap();
            for (here, knocked_at) in [("127.0.0.1", "127.0.0.2"), ("::1", "::1")] {
                let client = client(here);
                let knocked_at: IpAddr = knocked_at.parse().unwrap();
                client.send_to(&knock(1), (knocked_at, PORT)).unwrap();
                let to = seen_until(&mut socket, 1)[0].source;
                reply.send(knocked_at, to, &knock(9)).unwrap();
                let mut answer = [0; 200];
                let (length, from) = client.recv_from(&mut answer).unwrap();
                assert_eq!(&answer[..length], &knock(9));
                assert_eq!(from, SocketAddr::new(knocked_at, PORT));
                client.send_to(&knock(2), (knocked_at, PORT)).unwrap();
                assert_eq!(numbers_until(&mut socket, 2), [2]);
            }
        });
    }

    #[test]
    fn the_reply_socket_hears_nothing_and_keeps_the_port_silent() {
        Namespace::run(|_| {
            let _reply = ReplySocket::open(PORT).unwrap();
            let client = client("127.0.0.1");
            client.connect(("127.0.0.1", PORT)).unwrap();
            client.set_nonblocking(true).unwrap();
            for number in 0..10 {
                // A "port unreachable" would come back as an error of the next call.
                client.send(&knock(number)).unwrap();
            }
            let error = client.recv(&mut [0; 10]).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
            let table = fs::read_to_string("/proc/thread-self/net/udp").unwrap();
            let line = table
                .lines()
                .find(|line| line.contains(&format!("00000000:{PORT:04X}")))
                .unwrap();
            assert!(
                line.contains("00000000:00000000"),
                "something is queued: {line}"
            );
        });
    }

    #[test]
    fn a_port_that_is_taken_is_said_plainly() {
        Namespace::run(|_| {
            let _other = UdpSocket::bind(("127.0.0.1", PORT)).unwrap();
            let error = ReplySocket::open(PORT).unwrap_err();
            assert!(matches!(error, ReplyOpenError::PortInUse(PORT)));
        });
    }

    #[test]
    fn an_answer_that_cannot_go_is_a_value() {
        Namespace::run(|_| {
            let reply = ReplySocket::open(PORT).unwrap();
            let send = |from: &str, to: &str| {
                reply.send(from.parse().unwrap(), to.parse().unwrap(), &knock(1))
            };
            assert!(matches!(
                send("127.0.0.1", "[::1]:9"),
                Err(SendError::TwoFamilies)
            ));
            assert!(matches!(
                send("fe80::1", "[fe80::2]:9"),
                Err(SendError::NoScope)
            ));
            assert!(matches!(
                send("192.0.2.1", "127.0.0.1:9"),
                Err(SendError::Kernel(_))
            ));
            assert!(matches!(
                send("127.0.0.1", "192.0.2.1:9"),
                Err(SendError::Kernel(_))
            ));
            assert!(send("127.0.0.1", "127.0.0.1:9").is_ok());
        });
    }

    #[test]
    fn the_kernel_drops_what_has_no_valid_tag() {
        Namespace::run(|_| {
            let mut socket = watch(Interfaces::All);
            for address in ["127.0.0.1", "::1"] {
                let client = client(address);
                let send = |numbers: RangeInclusive<u8>| send_all(&client, address, numbers);
                assert_eq!(
                    set_tags(&mut socket, Some(&[[3; 8], [5; 8]])),
                    TagCheck::Kernel
                );
                send(1..=5);
                assert_eq!(numbers_until(&mut socket, 5), [3, 5]);

                assert_eq!(set_tags(&mut socket, Some(&[[7; 8]])), TagCheck::Kernel);
                send(1..=7);
                assert_eq!(numbers_until(&mut socket, 7), [7]);

                assert_eq!(set_tags(&mut socket, None), TagCheck::Listener);
                send(1..=3);
                assert_eq!(numbers_until(&mut socket, 3), [1, 2, 3]);
            }
        });
    }

    #[test]
    fn the_kernel_takes_the_largest_search_again_and_again() {
        Namespace::run(|_| {
            let mut socket = watch(Interfaces::All);
            let client = client("127.0.0.1");
            for _ in 0..3 {
                let mut most = many_tags(MOST_TAGS - 1);
                most.push([77; 8]);
                assert_eq!(set_tags(&mut socket, Some(&most)), TagCheck::Kernel);
                send_all(&client, "127.0.0.1", 70..=77);
                assert_eq!(numbers_until(&mut socket, 77), [77]);
            }
            let too_many = many_tags(MOST_TAGS + 1);
            assert_eq!(set_tags(&mut socket, Some(&too_many)), TagCheck::Listener);
            send_all(&client, "127.0.0.1", 1..=2);
            assert_eq!(numbers_until(&mut socket, 2), [1, 2]);
        });
    }

    #[test]
    fn a_kernel_with_little_room_searches_what_fits_and_leaves_the_rest_to_the_listener() {
        Namespace::run(|_| {
            // What older kernels have by default.
            if let Err(error) = fs::write("/proc/sys/net/core/optmem_max", "20480") {
                let why = format!("skipped: this kernel has one optmem_max for all ({error})\n");
                return io::Write::write_all(&mut io::stderr(), why.as_bytes()).unwrap();
            }
            let mut socket = watch(Interfaces::All);
            let client = client("127.0.0.1");
            for _ in 0..3 {
                let mut tags = many_tags(299);
                tags.push([7; 8]);
                assert_eq!(set_tags(&mut socket, Some(&tags)), TagCheck::Kernel);
                send_all(&client, "127.0.0.1", 6..=7);
                assert_eq!(numbers_until(&mut socket, 7), [7]);

                let most = many_tags(MOST_TAGS);
                assert_eq!(set_tags(&mut socket, Some(&most)), TagCheck::Listener);
                send_all(&client, "127.0.0.1", 6..=7);
                assert_eq!(numbers_until(&mut socket, 7), [6, 7]);
            }
        });
    }

    #[test]
    fn a_locked_filter_stays_as_it_is() {
        Namespace::run(|_| {
            let mut socket = watch(Interfaces::All);
            socket.lock_filter().unwrap();
            assert!(matches!(
                socket.watch_for(Some(&[[3; 8]]), &Touches::default()),
                Err(FilterError::Attach(_))
            ));
            client("127.0.0.1")
                .send_to(&knock(1), ("127.0.0.1", PORT))
                .unwrap();
            assert_eq!(numbers_until(&mut socket, 1), [1]);
        });
    }

    #[test]
    fn an_interface_that_comes_later_is_covered() {
        Namespace::run(|namespace| {
            let mut socket = watch(Interfaces::All);
            namespace.add_pair("street", "door");
            let _client = knock_through_pair(namespace, "street", 1);
            let seen = seen_until(&mut socket, 1);
            assert_eq!(seen.len(), 1);
            assert_eq!(seen[0].interface, NonZeroU32::new(namespace.index("door")));

            namespace.down("door");
            namespace.up("door");
            namespace.connect("street", "door");
            let _client = knock_through_pair(namespace, "street", 2);
            assert_eq!(numbers_until(&mut socket, 2), [2]);

            namespace.remove("door");
            client("127.0.0.1")
                .send_to(&knock(3), ("127.0.0.1", PORT))
                .unwrap();
            assert_eq!(numbers_until(&mut socket, 3), [3]);
        });
    }

    #[test]
    fn an_answer_to_a_link_local_address_goes_back_through_its_interface() {
        Namespace::run(|namespace| {
            let mut socket = watch(Interfaces::All);
            let reply = ReplySocket::open(PORT).unwrap();
            namespace.add_pair("street", "door");
            let client = knock_through_pair(namespace, "street", 1);
            let seen = seen_until(&mut socket, 1)[0];
            let SocketAddr::V6(mut to) = seen.source else {
                panic!("not IPv6")
            };
            to.set_scope_id(seen.interface.unwrap().get());
            reply.send(seen.destination, to.into(), &knock(9)).unwrap();
            let mut answer = [0; 200];
            let (length, from) = client.recv_from(&mut answer).unwrap();
            assert_eq!(&answer[..length], &knock(9));
            assert_eq!((from.ip(), from.port()), (seen.destination, PORT));
        });
    }

    #[test]
    fn only_named_interfaces_count_whenever_they_exist() {
        Namespace::run(|namespace| {
            let mut socket = watch(Interfaces::Named(vec!["door".into()]));
            let other = client("127.0.0.1");
            for number in [1, 3] {
                other.send_to(&knock(number), ("127.0.0.1", PORT)).unwrap();
                namespace.add_pair("street", "door");
                let _client = knock_through_pair(namespace, "street", number + 1);
                assert_eq!(numbers_until(&mut socket, number + 1), [number + 1]);
                namespace.remove("door");
            }
            namespace.add_pair("street", "back");
            let mut all = watch(Interfaces::All);
            let _client = knock_through_pair(namespace, "street", 5);
            assert_eq!(numbers_until(&mut all, 5), [5]);
            assert_eq!(
                socket.frames(&mut |_, _| panic!("not the door")).unwrap(),
                0
            );
            namespace.down("back");
            namespace.rename("back", "door");
            namespace.up("door");
            namespace.connect("street", "door");
            let _client = knock_through_pair(namespace, "street", 6);
            assert_eq!(numbers_until(&mut socket, 6), [6]);
        });
    }

    #[test]
    fn an_interface_that_exists_already_counts_by_its_name() {
        Namespace::run(|namespace| {
            namespace.add_pair("street", "door");
            let mut socket = watch(Interfaces::Named(vec!["door".into(), "absent".into()]));
            client("127.0.0.1")
                .send_to(&knock(1), ("127.0.0.1", PORT))
                .unwrap();
            let _client = knock_through_pair(namespace, "street", 2);
            assert_eq!(numbers_until(&mut socket, 2), [2]);
        });
    }

    #[test]
    fn a_knock_through_a_bridge_arrives_once() {
        Namespace::run(|namespace| {
            let mut socket = watch(Interfaces::All);
            namespace.add_pair("street", "door");
            namespace.add_bridge("hall", "street", "door");
            let _client = knock_through_pair(namespace, "street", 1);
            let seen = seen_until(&mut socket, 1);
            assert_eq!(seen.len(), 1);
            assert_eq!(seen[0].interface, NonZeroU32::new(namespace.index("hall")));
            assert!(!is_readable(&socket.fd(), 0));
        });
    }

    #[test]
    fn a_knock_at_a_group_of_hosts_is_none() {
        Namespace::run(|namespace| {
            let mut socket = watch(Interfaces::All);
            namespace.add_pair("street", "door");
            let client = knock_through_pair(namespace, "street", 1);
            assert_eq!(numbers_until(&mut socket, 1), [1]);
            let scope = namespace.index("street");
            let everybody = SocketAddrV6::new("ff02::1".parse().unwrap(), PORT, 0, scope);
            client.send_to(&knock(2), everybody).unwrap();
            let door = SocketAddrV6::new(DOOR, PORT, 0, scope);
            client.send_to(&knock(3), door).unwrap();
            assert_eq!(numbers_until(&mut socket, 3), [3]);
        });
    }

    #[test]
    fn options_and_extension_headers_lose_no_knock_and_fragments_are_none() {
        Namespace::run(|_| {
            let mut socket = watch(Interfaces::All);
            let tags = set_tags(&mut socket, Some(&[[1; 8], [2; 8], [3; 8], [9; 8]]));
            assert_eq!(tags, TagCheck::Kernel);
            let four = raw(Domain::IPV4, libc::IPPROTO_RAW, "127.0.0.1");
            four.send(&[&FOUR_WITH_OPTIONS[..], &datagram(1)].concat())
                .unwrap();
            let mut fragment = [&FOUR_WITH_OPTIONS[..], &datagram(2)].concat();
            fragment[6] = 0x20;
            four.send(&fragment).unwrap();
            send_all(&client("127.0.0.1"), "127.0.0.1", 9..=9);
            assert_eq!(numbers_until(&mut socket, 9), [1, 9]);

            let six = raw(Domain::IPV6, 60, "::1");
            six.send(&[&[17, 0, 1, 4, 0, 0, 0, 0][..], &datagram(3)].concat())
                .unwrap();
            assert_eq!(numbers_until(&mut socket, 3), [3]);
        });
    }

    #[test]
    fn packets_that_nobody_fetches_are_counted() {
        Namespace::run(|_| {
            let mut socket = watch(Interfaces::All);
            assert_eq!(socket.drops().unwrap(), 0);
            let client = client("127.0.0.1");
            client.connect(("127.0.0.1", 9)).unwrap();
            client.connect(("127.0.0.1", PORT)).unwrap();
            let mut sent: u64 = 0;
            while socket.drops().unwrap() == 0 && sent < 200_000 {
                // Refused in between, since nobody holds the port here: no matter.
                let _ = client.send(&knock(1));
                sent = sent.saturating_add(1);
            }
            let drops = socket.drops().unwrap();
            assert!(drops > 0 && drops < sent, "{drops} of {sent}");
            assert_eq!(socket.drops().unwrap(), drops);
        });
    }

    #[test]
    fn everything_works_on_without_capabilities() {
        Namespace::run(|namespace| {
            let names = vec!["lo".into(), "door".into()];
            let mut socket = watch(Interfaces::Named(names));
            let reply = ReplySocket::open(PORT).unwrap();
            namespace.add_pair("street", "door");
            let none = CapabilitySets {
                effective: CapabilitySet::empty(),
                permitted: CapabilitySet::empty(),
                inheritable: CapabilitySet::empty(),
            };
            set_capabilities(None, none).unwrap();

            assert!(
                PacketSocket::open(&at_knocks(Interfaces::All))
                    .unwrap_err()
                    .to_string()
                    .contains("CAP_NET_RAW")
            );
            assert_eq!(set_tags(&mut socket, Some(&[[2; 8]])), TagCheck::Kernel);
            let client = client("127.0.0.1");
            client.send_to(&knock(1), ("127.0.0.1", PORT)).unwrap();
            client.send_to(&knock(2), ("127.0.0.1", PORT)).unwrap();
            assert_eq!(numbers_until(&mut socket, 2), [2]);
            let _client = knock_through_pair(namespace, "street", 2);
            assert_eq!(numbers_until(&mut socket, 2), [2]);
            assert_eq!(socket.drops().unwrap(), 0);
            reply
                .send(
                    [127, 0, 0, 1].into(),
                    client.local_addr().unwrap(),
                    &knock(9),
                )
                .unwrap();
            assert_eq!(client.recv(&mut [0; 200]).unwrap(), 100);
        });
    }
}
