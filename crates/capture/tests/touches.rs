//! Real packets beside knocks: which touches the kernel hands over, and which it keeps.

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
        fs, io,
        net::{IpAddr, SocketAddr, SocketAddrV6, TcpListener, TcpStream, UdpSocket},
        os::fd::AsFd,
    };

    use nightlatch_capture::{
        FilterError, Interfaces, KnockShape, MOST_TAGS, PacketSocket, Source, TagCheck, Touches,
        Watch,
    };
    use nightlatch_wire::{Flags, Transport, read};
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use socket2::{Domain, Protocol, Socket, Type};

    use crate::namespace::{DOOR, Namespace, STREET};

    const KNOCK: u16 = 62_201;
    /// A datagram to this port ends what a test looks at.
    const END: u16 = 9;
    const HOMES: [&str; 2] = ["127.0.0.1", "::1"];

    fn watch(touches: Touches) -> PacketSocket {
        PacketSocket::open(&Watch {
            interfaces: Interfaces::All,
            knock: Some(KnockShape {
                port: KNOCK,
                lengths: vec![100, 1124],
            }),
            touches,
        })
        .unwrap()
    }

    /// Attempts at 7000 to 7009, any segment to 22, datagrams to 8000, echo requests.
    fn touches() -> Touches {
        Touches {
            attempts: vec![(7000, 7009)],
            segments: vec![(22, 22)],
            datagrams: vec![(8000, 8000), (END, END)],
            icmp4: vec![8],
            icmp6: vec![128],
        }
    }

    /// One packet that was handed over.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum Seen {
        Tcp(u16, Flags),
        Udp(u16, usize),
        Icmp(u8),
    }

    fn look(transport: Transport<'_>) -> Seen {
        match transport {
            Transport::Tcp(segment) => Seen::Tcp(segment.destination_port, segment.flags),
            Transport::Udp(datagram) => {
                Seen::Udp(datagram.destination_port, datagram.payload.len())
            }
            Transport::Icmp(message) => Seen::Icmp(message.kind),
        }
    }

    /// Everything up to the datagram that ends it.
    fn seen(socket: &mut PacketSocket, home: &str) -> Vec<Seen> {
        let ender = UdpSocket::bind((home, 0)).unwrap();
        ender.send_to(b"end", (home, END)).unwrap();
        seen_until_the_end(socket)
    }

    fn seen_until_the_end(socket: &mut PacketSocket) -> Vec<Seen> {
        let mut seen = Vec::new();
        while seen.last() != Some(&Seen::Udp(END, 3)) {
            assert!(becomes_readable(socket), "no end after {seen:?}");
            socket
                .frames(&mut |frame, link| {
                    seen.push(look(read(frame, link).unwrap().transport));
                })
                .unwrap();
        }
        seen.pop();
        seen
    }

    fn becomes_readable(socket: &PacketSocket) -> bool {
        let patience = Timespec {
            tv_sec: 5,
            tv_nsec: 0,
        };
        let fd = socket.fd();
        poll(&mut [PollFd::new(&fd, PollFlags::IN)], Some(&patience)).unwrap() > 0
    }

    fn try_to_connect<const N: usize>(home: &str, ports: [u16; N]) {
        for port in ports {
            TcpStream::connect((home, port)).unwrap_err();
        }
    }

    /// The same over either IP version, each in a namespace of its own.
    fn at_home(test: fn(&str)) {
        for home in HOMES {
            Namespace::run(move |_| test(home));
        }
    }

    fn send(home: &str, port: u16, payload: &[u8]) {
        UdpSocket::bind((home, 0))
            .unwrap()
            .send_to(payload, (home, port))
            .unwrap();
    }

    /// A socket whose packets are written by hand from the transport on, towards `home`.
    fn raw(home: &str, protocol: i32) -> Socket {
        let to = SocketAddr::new(home.parse().unwrap(), 0);
        let protocol = Some(Protocol::from(protocol));
        let socket = Socket::new(Domain::for_address(to), Type::RAW, protocol).unwrap();
        socket.connect(&to.into()).unwrap();
        socket
    }

    fn segment(port: u16, flags: Flags) -> Vec<u8> {
        let [high, low] = port.to_be_bytes();
        let mut bytes = vec![0x9c, 0x40, high, low, 0, 0, 0, 1, 0, 0, 0, 2, 0x50];
        bytes.extend([flags.bits(), 0xfa, 0xf0, 0, 0, 0, 0]);
        bytes
    }

    fn echo_request(home: &str) -> (i32, u8) {
        match home.parse().unwrap() {
            IpAddr::V4(_) => (1, 8),
            IpAddr::V6(_) => (58, 128),
        }
    }

    #[test]
    fn touches_arrive_once_and_nothing_else_does() {
        at_home(|home| {
            let mut socket = watch(touches());
            try_to_connect(home, [7000, 6999, 7009, 7010]);
            send(home, 8000, b"");
            send(home, 8001, b"");
            send(home, 8000, &[0; 300]);
            assert_eq!(
                seen(&mut socket, home),
                [
                    Seen::Tcp(7000, Flags::SYN),
                    Seen::Tcp(7009, Flags::SYN),
                    Seen::Udp(8000, 0),
                    Seen::Udp(8000, 300),
                ]
            );
        });
    }

    #[test]
    fn a_connection_is_one_attempt_and_what_follows_is_none() {
        at_home(|home| {
            let mut socket = watch(touches());
            let service = TcpListener::bind((home, 7000)).unwrap();
            let client = TcpStream::connect((home, 7000)).unwrap();
            let _accepted = service.accept().unwrap();
            io::Write::write_all(&mut &client, b"hello").unwrap();
            drop(client);
            assert_eq!(seen(&mut socket, home), [Seen::Tcp(7000, Flags::SYN)]);
        });
    }

    #[test]
    fn segments_of_any_flags_arrive_where_they_are_asked_for() {
        at_home(|home| {
            let mut socket = watch(touches());
            let sender = raw(home, 6);
            let both = Flags::SYN.with(Flags::ACK);
            for (port, flags) in [
                (22, Flags::ACK),
                (22, both),
                (7000, both),
                (7000, Flags::RST),
                (7000, Flags::FIN),
                (7000, Flags::from_bits(0)),
            ] {
                sender.send(&segment(port, flags)).unwrap();
            }
            assert_eq!(
                seen(&mut socket, home),
                [
                    Seen::Tcp(22, Flags::ACK),
                    Seen::Tcp(22, both),
                    Seen::Tcp(7000, Flags::FIN),
                    Seen::Tcp(7000, Flags::from_bits(0)),
                ]
            );
        });
    }

    #[test]
    fn messages_arrive_by_their_type() {
        at_home(|home| {
            let mut socket = watch(touches());
            let (protocol, request) = echo_request(home);
            let sender = raw(home, protocol);
            // The answer to it, and a type that nobody asked for, stay outside.
            for kind in [request, 42] {
                let sum = !(u16::from(kind) << 8);
                let [high, low] = sum.to_be_bytes();
                sender.send(&[kind, 0, high, low, 0, 0, 0, 0]).unwrap();
            }
            assert_eq!(seen(&mut socket, home), [Seen::Icmp(request)]);
        });
    }

    #[test]
    fn touches_can_change_at_any_time_and_tags_stay_beside_them() {
        at_home(|home| {
            let mut socket = watch(Touches::default());
            let tags = [[7; 8]];
            let checks = socket.watch_for(Some(&tags), &touches()).unwrap();
            assert_eq!(checks, TagCheck::Kernel);
            try_to_connect(home, [7001]);
            for payload in [&[7; 100][..], &[8; 100], &[7; 1124], &[8; 1124], &[7; 99]] {
                send(home, KNOCK, payload);
            }
            assert_eq!(
                seen(&mut socket, home),
                [
                    Seen::Tcp(7001, Flags::SYN),
                    Seen::Udp(KNOCK, 100),
                    Seen::Udp(KNOCK, 1124),
                ]
            );
            let other = Touches {
                attempts: vec![(5000, 5000)],
                datagrams: vec![(END, END)],
                ..Touches::default()
            };
            assert_eq!(socket.watch_for(None, &other).unwrap(), TagCheck::Listener);
            try_to_connect(home, [7001]);
            try_to_connect(home, [5000]);
            send(home, KNOCK, &[8; 100]);
            assert_eq!(
                seen(&mut socket, home),
                [Seen::Tcp(5000, Flags::SYN), Seen::Udp(KNOCK, 100)]
            );
        });
    }

    #[test]
    fn who_knocks_at_ports_alone_has_no_knock_port() {
        Namespace::run(|_| {
            let mut socket = PacketSocket::open(&Watch {
                interfaces: Interfaces::All,
                knock: None,
                touches: touches(),
            })
            .unwrap();
            for home in HOMES {
                send(home, KNOCK, &[7; 100]);
                send(home, 8000, &[7; 100]);
                assert_eq!(seen(&mut socket, home), [Seen::Udp(8000, 100)]);
            }
        });
    }

    /// As many ranges as are told apart, every second port, and as many tags as fit.
    fn most() -> (Touches, Vec<[u8; 8]>) {
        let scattered = |from: u16| (from..).step_by(2).map(|at| (at, at)).take(128).collect();
        let mut datagrams: Vec<_> = scattered(40_000);
        datagrams[0] = (END, END);
        let touches = Touches {
            attempts: scattered(10_000),
            segments: scattered(20_000),
            datagrams,
            icmp4: (0..=254).step_by(2).collect(),
            icmp6: (0..=254).step_by(2).collect(),
        };
        let tags = (0..u64::try_from(MOST_TAGS).unwrap())
            .map(|tag| (tag << 40 | 7).to_be_bytes())
            .collect();
        (touches, tags)
    }

    #[test]
    fn the_kernel_takes_the_longest_program_again_and_again() {
        Namespace::run(|_| {
            let mut socket = watch(Touches::default());
            let (touches, tags) = most();
            for _ in 0..3 {
                let checks = socket.watch_for(Some(&tags), &touches).unwrap();
                assert_eq!(checks, TagCheck::Kernel);
                try_to_connect("127.0.0.1", [10_000, 10_001, 10_254, 10_256]);
                assert_eq!(
                    seen(&mut socket, "127.0.0.1"),
                    [Seen::Tcp(10_000, Flags::SYN), Seen::Tcp(10_254, Flags::SYN)]
                );
            }
        });
    }

    #[test]
    fn a_kernel_with_little_room_lets_too_much_through_and_never_too_little() {
        Namespace::run(|_| {
            // What older kernels have by default.
            if let Err(error) = fs::write("/proc/sys/net/core/optmem_max", "20480") {
                let why = format!("skipped: this kernel has one optmem_max for all ({error})\n");
                return io::Write::write_all(&mut io::stderr(), why.as_bytes()).unwrap();
            }
            let mut socket = watch(Touches::default());
            let (touches, tags) = most();
            for tags in [&tags[..], &tags[..200], &tags[..2], &[]] {
                let checks = socket.watch_for(Some(tags), &touches).unwrap();
                assert_eq!(checks == TagCheck::Kernel, tags.len() < 1024, "{checks:?}");
                try_to_connect("127.0.0.1", [10_000, 10_254]);
                let seen = seen(&mut socket, "127.0.0.1");
                let touches = [10_000, 10_254].map(|port| Seen::Tcp(port, Flags::SYN));
                assert!(touches.iter().all(|touch| seen.contains(touch)), "{seen:?}");
            }
        });
    }

    #[test]
    fn a_locked_filter_takes_no_other_touches() {
        Namespace::run(|_| {
            let mut socket = watch(touches());
            socket.lock_filter().unwrap();
            let refused = socket.watch_for(None, &Touches::default());
            assert!(matches!(refused, Err(FilterError::Attach(_))));
            try_to_connect("127.0.0.1", [7000]);
            assert_eq!(
                seen(&mut socket, "127.0.0.1"),
                [Seen::Tcp(7000, Flags::SYN)]
            );
        });
    }

    #[test]
    fn a_touch_of_a_group_of_hosts_is_none() {
        Namespace::run(|namespace| {
            let mut socket = watch(touches());
            namespace.add_pair("street", "door");
            let scope = namespace.index("street");
            let client = UdpSocket::bind(SocketAddrV6::new(STREET, 0, 0, scope)).unwrap();
            let everybody = SocketAddrV6::new("ff02::1".parse().unwrap(), 8000, 0, scope);
            client.send_to(b"hello", everybody).unwrap();
            let door = |port| SocketAddrV6::new(DOOR, port, 0, scope);
            client.send_to(b"hello, door", door(8000)).unwrap();
            client.send_to(b"end", door(END)).unwrap();
            assert_eq!(seen_until_the_end(&mut socket), [Seen::Udp(8000, 11)]);
        });
    }

    #[test]
    fn options_and_extension_headers_lose_no_touch_and_fragments_are_none() {
        Namespace::run(|_| {
            let mut socket = watch(touches());
            let four = raw("127.0.0.1", 255);
            let mut packet = vec![0x47, 0, 0, 48, 0, 7, 0, 0, 64, 6, 0, 0, 127, 0, 0, 1];
            packet.extend([127, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0]);
            packet.extend(segment(7000, Flags::SYN));
            four.send(&packet).unwrap();
            packet[6] = 0x20;
            four.send(&packet).unwrap();
            assert_eq!(
                seen(&mut socket, "127.0.0.1"),
                [Seen::Tcp(7000, Flags::SYN)]
            );
            let six = raw("::1", 60);
            let header = [6, 0, 1, 4, 0, 0, 0, 0];
            six.send(&[&header[..], &segment(7001, Flags::SYN)].concat())
                .unwrap();
            assert_eq!(seen(&mut socket, "::1"), [Seen::Tcp(7001, Flags::SYN)]);
        });
    }

    #[test]
    fn the_descriptor_sleeps_while_nothing_that_is_wanted_comes() {
        Namespace::run(|_| {
            let socket = watch(touches());
            try_to_connect("127.0.0.1", [1, 80, 6999]);
            let fd = socket.fd();
            let at_once = Timespec {
                tv_sec: 0,
                tv_nsec: 0,
            };
            let mut fds = [PollFd::from_borrowed_fd(fd.as_fd(), PollFlags::IN)];
            assert_eq!(poll(&mut fds, Some(&at_once)).unwrap(), 0);
        });
    }
}
