//! Packets through the system's libpcap: the same as from a packet socket, with the same filter in the kernel.

#![cfg(feature = "libpcap")]

#[cfg(test)]
#[expect(
    dead_code,
    clippy::arithmetic_side_effects,
    reason = "the other tests' namespace; a sum that overflows fails the test"
)]
mod namespace;

#[cfg(test)]
mod libpcap {
    use std::net::{SocketAddrV6, UdpSocket};

    use nightlatch_capture::{
        Arrival, KnockShape, Libpcap, LibpcapError, Source, TagCheck, Touches,
    };
    use nightlatch_wire::{Transport, read};
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    use crate::namespace::{DOOR, Namespace, STREET};

    const PORT: u16 = 62_201;

    fn open(interface: &str) -> Result<Libpcap, LibpcapError> {
        let shape = KnockShape {
            port: PORT,
            lengths: vec![100],
        };
        Libpcap::open(interface, Some(&shape))
    }

    fn look(arrival: &Arrival<'_>) -> (u8, u32) {
        let observation = read(arrival.frame, arrival.link).unwrap();
        assert_eq!(observation.source, STREET);
        let Transport::Udp(datagram) = observation.transport else {
            panic!("{observation:?}");
        };
        (datagram.payload[0], arrival.interface.unwrap().get())
    }

    /// The first byte, and the interface, of every datagram until the one with this first byte.
    fn heard_until(source: &mut Libpcap, last: u8) -> Vec<(u8, u32)> {
        let mut heard: Vec<(u8, u32)> = Vec::new();
        while heard.last().is_none_or(|&(number, _)| number != last) {
            let patience = Timespec {
                tv_sec: 5,
                tv_nsec: 0,
            };
            let is_readable = {
                let fd = source.fd();
                poll(&mut [PollFd::new(&fd, PollFlags::IN)], Some(&patience)).unwrap() > 0
            };
            assert!(is_readable, "{last} never came; before it {heard:?}");
            source
                .arrivals(&mut |arrival| heard.push(look(&arrival)))
                .unwrap();
        }
        heard
    }

    /// Sends from one end of the pair to the other, within one namespace: as many bytes of one number.
    fn send(namespace: &Namespace, (number, length): (u8, usize), port: u16) {
        let street = namespace.index("street");
        let client = UdpSocket::bind(SocketAddrV6::new(STREET, 40_000, 0, street)).unwrap();
        let to = SocketAddrV6::new(DOOR, port, 0, street);
        client.send_to(&vec![number; length], to).unwrap();
    }

    #[test]
    fn knocks_come_once_with_their_interface_and_the_kernel_stops_the_rest() {
        for interface in ["door", "any"] {
            Namespace::run(move |namespace| {
                namespace.add_pair("street", "door");
                let mut source = open(interface).unwrap();
                let door = namespace.index("door");
                send(namespace, (1, 100), PORT);
                send(namespace, (2, 99), PORT);
                send(namespace, (3, 100), 9);
                send(namespace, (4, 100), PORT);
                assert_eq!(heard_until(&mut source, 4), [(1, door), (4, door)]);
                let touches = Touches {
                    datagrams: vec![(9, 9)],
                    ..Touches::default()
                };
                let tags = [[5; 8]];
                let check = source.watch_for(Some(&tags), &touches).unwrap();
                assert_eq!(check, TagCheck::Kernel);
                send(namespace, (6, 100), PORT);
                send(namespace, (7, 1), 9);
                send(namespace, (5, 100), PORT);
                assert_eq!(heard_until(&mut source, 5), [(7, door), (5, door)]);
                assert_eq!(source.drops().unwrap(), 0);
            });
        }
    }

    #[test]
    fn an_interface_that_goes_down_comes_back() {
        Namespace::run(|namespace| {
            namespace.add_pair("street", "door");
            let mut source = open("door").unwrap();
            namespace.down("door");
            for _ in 0..3 {
                assert_eq!(source.arrivals(&mut |_| ()).unwrap(), 0);
            }
            namespace.up("door");
            namespace.connect("street", "door");
            send(namespace, (1, 100), PORT);
            assert_eq!(heard_until(&mut source, 1).len(), 1);
        });
    }

    #[test]
    fn what_is_lost_is_counted() {
        Namespace::run(|namespace| {
            namespace.add_pair("street", "door");
            let mut source = open("door").unwrap();
            for _ in 0..20_000 {
                send(namespace, (1, 100), PORT);
            }
            let mut heard = 0;
            while let Ok(more @ 1..) = source.arrivals(&mut |_| ()) {
                heard += u64::try_from(more).unwrap();
            }
            assert!(heard > 1000);
            assert_eq!(heard.saturating_add(source.drops().unwrap()), 20_000);
        });
    }

    #[test]
    fn a_final_filter_stays() {
        Namespace::run(|namespace| {
            namespace.add_pair("street", "door");
            let mut source = open("door").unwrap();
            assert!(source.lock_filter().unwrap());
            assert!(source.watch_for(None, &Touches::default()).is_err());
        });
    }

    #[test]
    fn what_cannot_be_heard_is_refused_by_name() {
        Namespace::run(|_| {
            let words = open("nowhere0").err().unwrap().to_string();
            assert!(words.contains("does not open nowhere0"), "{words}");
            match open("nflog:5").err().unwrap() {
                LibpcapError::UnknownLink { link, .. } => assert_eq!(link, "NFLOG"),
                other => panic!("{other}"),
            }
        });
    }
}
