//! Packets that a real ruleset chooses, in a namespace of its own.

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
        io::{self, Write},
        net::{TcpStream, UdpSocket},
        num::NonZeroU32,
        process::Command,
    };

    use nightlatch_capture::{Nflog, NflogError, Source};
    use nightlatch_wire::{Flags, Transport, Unseen, read};
    use rustix::{
        event::{PollFd, PollFlags, Timespec, poll},
        thread::{CapabilitySet, CapabilitySets, set_capabilities},
    };

    use crate::namespace::Namespace;

    const GROUP: u16 = 7;
    const RULESET: &str = "table inet choice {
        chain inward { type filter hook input priority 0;
            tcp dport 7000-7009 tcp flags & (syn | ack) == syn log prefix \"knock\" group 7 drop
            udp dport { 8000, 9 } log group 7
        }
        chain outward { type filter hook output priority 0; udp dport 8001 log group 7; }
    }";
    const HOMES: [&str; 2] = ["127.0.0.1", "::1"];

    /// Runs a test in a namespace with the ruleset; says loudly when there is no `nft`.
    fn with_ruleset(test: impl FnOnce() + Send + 'static) {
        Namespace::run(|_| {
            if load_ruleset() {
                test();
                return;
            }
            assert!(std::env::var_os("CI").is_none(), "`nft` is needed");
            // Not captured by the test harness, as a print would be.
            let _ = writeln!(
                io::stderr(),
                "skipped: no `nft` here to choose packets with"
            );
        });
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the administrator's tool chooses what is logged: that is what is tested"
    )]
    fn load_ruleset() -> bool {
        match Command::new("nft").arg(RULESET).status() {
            Ok(status) => {
                assert!(status.success(), "nft refuses the ruleset");
                true
            }
            Err(error) => {
                assert_eq!(error.kind(), io::ErrorKind::NotFound);
                false
            }
        }
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum Seen {
        Tcp(u16, Flags),
        Udp(u16, usize),
    }

    /// Everything up to a datagram to port 9.
    fn seen(source: &mut Nflog, home: &str) -> Vec<Seen> {
        send(home, 9, b"end");
        let mut seen = Vec::new();
        while seen.last() != Some(&Seen::Udp(9, 3)) {
            assert!(is_readable(source, 5), "no end after {seen:?}");
            source
                .arrivals(&mut |arrival| {
                    let observation = read(arrival.frame, arrival.link).unwrap();
                    assert_eq!(
                        observation.source,
                        home.parse::<std::net::IpAddr>().unwrap()
                    );
                    assert_eq!(observation.unseen, Unseen::NOTHING);
                    assert_eq!(arrival.interface, NonZeroU32::new(1));
                    seen.push(look(observation.transport));
                })
                .unwrap();
        }
        seen.pop();
        seen
    }

    fn look(transport: Transport<'_>) -> Seen {
        match transport {
            Transport::Tcp(segment) => Seen::Tcp(segment.destination_port, segment.flags),
            Transport::Udp(datagram) => {
                Seen::Udp(datagram.destination_port, datagram.payload.len())
            }
            Transport::Icmp(message) => panic!("{message:?}"),
        }
    }

    fn is_readable(source: &Nflog, seconds: i64) -> bool {
        let patience = Timespec {
            tv_sec: seconds,
            tv_nsec: 0,
        };
        let fd = source.fd();
        poll(&mut [PollFd::new(&fd, PollFlags::IN)], Some(&patience)).unwrap() > 0
    }

    fn fetch_all(source: &mut Nflog) -> usize {
        let mut fetched: usize = 0;
        while is_readable(source, 0) {
            fetched = fetched.saturating_add(source.frames(&mut |_, _| {}).unwrap());
        }
        fetched
    }

    fn send(home: &str, port: u16, payload: &[u8]) {
        let client = UdpSocket::bind((home, 0)).unwrap();
        client.send_to(payload, (home, port)).unwrap();
    }

    /// One attempt whose packet the ruleset drops: nobody waits for an answer.
    fn touch(home: &str, port: u16) {
        let address = std::net::SocketAddr::new(home.parse().unwrap(), port);
        let soon = std::time::Duration::from_millis(1);
        TcpStream::connect_timeout(&address, soon).unwrap_err();
    }

    #[test]
    fn what_the_ruleset_chooses_arrives_whole_and_at_once() {
        for home in HOMES {
            with_ruleset(move || {
                let mut source = Nflog::open(GROUP).unwrap();
                touch(home, 7003);
                touch(home, 7010);
                send(home, 8000, &[7; 1124]);
                send(home, 8001, b"this host's own word");
                assert_eq!(
                    seen(&mut source, home),
                    [Seen::Tcp(7003, Flags::SYN), Seen::Udp(8000, 1124)]
                );
                assert!(!is_readable(&source, 0));
                assert_eq!(source.overflows(), 0);
            });
        }
    }

    #[test]
    fn a_packet_longer_than_the_room_is_cut_and_stops_nothing() {
        with_ruleset(|| {
            let mut source = Nflog::open(GROUP).unwrap();
            send("127.0.0.1", 8000, &[7; 9000]);
            let mut lengths = Vec::new();
            assert!(is_readable(&source, 5));
            let count = source
                .frames(&mut |frame, link| {
                    lengths.push(frame.len());
                    read(frame, link).unwrap_err();
                })
                .unwrap();
            assert_eq!((count, &lengths[..]), (1, &[2048][..]));
            assert_eq!(seen(&mut source, "127.0.0.1"), []);
        });
    }

    #[test]
    fn many_packets_arrive_in_batches_and_in_order() {
        with_ruleset(|| {
            let mut source = Nflog::open(GROUP).unwrap();
            for length in 0..200 {
                send("127.0.0.1", 8000, &vec![7; length]);
            }
            let expected: Vec<_> = (0..200).map(|length| Seen::Udp(8000, length)).collect();
            assert_eq!(seen(&mut source, "127.0.0.1"), expected);
        });
    }

    #[test]
    fn a_group_has_one_listener_at_a_time() {
        Namespace::run(|_| {
            let first = Nflog::open(GROUP).unwrap();
            let second = Nflog::open(GROUP).unwrap_err();
            assert!(matches!(second, NflogError::NotForUs(GROUP)), "{second:?}");
            Nflog::open(GROUP + 1).unwrap();
            drop(first);
            Nflog::open(GROUP).unwrap();
        });
    }

    #[test]
    fn who_has_the_group_reads_on_without_capabilities() {
        with_ruleset(|| {
            let mut source = Nflog::open(GROUP).unwrap();
            let none = CapabilitySets {
                effective: CapabilitySet::empty(),
                permitted: CapabilitySet::empty(),
                inheritable: CapabilitySet::empty(),
            };
            set_capabilities(None, none).unwrap();
            let refused = Nflog::open(GROUP + 1).unwrap_err();
            assert!(refused.to_string().contains("CAP_NET_ADMIN"));
            send("127.0.0.1", 8000, b"hello");
            assert_eq!(seen(&mut source, "127.0.0.1"), [Seen::Udp(8000, 5)]);
        });
    }

    #[test]
    fn a_flood_that_nobody_fetches_is_counted_and_ends() {
        with_ruleset(|| {
            let mut source = Nflog::open(GROUP).unwrap();
            let client = UdpSocket::bind("127.0.0.1:0").unwrap();
            for _ in 0..60_000 {
                // Refused in between, since nobody holds the port here: no matter.
                let _ = client.send_to(&[7; 100], "127.0.0.1:8000");
            }
            let fetched = fetch_all(&mut source);
            assert!(source.overflows() > 0 && fetched > 0, "{fetched} fetched");
            send("127.0.0.1", 8000, b"hello");
            assert_eq!(seen(&mut source, "127.0.0.1"), [Seen::Udp(8000, 5)]);
        });
    }
}
