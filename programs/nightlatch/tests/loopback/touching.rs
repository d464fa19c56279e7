//! Touching ports of the loopback: each once, in their order, over both families.

use std::collections::BTreeSet;
use std::io::Read;
use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};
use std::time::Duration;

use nightlatch::Clock;
use nightlatch::knock::{Family, Route};
use nightlatch::touch::{Hand, Order, TouchError, Touches, walk};
use nightlatch_core::{Port, Protocol};

const SOON: Duration = Duration::from_secs(10);

fn port(protocol: Protocol, at: SocketAddr) -> Port {
    Port::new(protocol, at.port()).unwrap()
}

fn ear(ip: &str) -> (UdpSocket, SocketAddr) {
    let socket = UdpSocket::bind((ip.parse::<IpAddr>().unwrap(), 0)).unwrap();
    socket.set_read_timeout(Some(SOON)).unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}

/// What came, when nothing more is on its way: the loopback delivers while it sends, or a moment later.
fn heard(socket: &UdpSocket) -> Vec<(Vec<u8>, SocketAddr)> {
    socket.peek(&mut [0; 64]).unwrap();
    socket.set_nonblocking(true).unwrap();
    let mut buffer = [0; 64];
    std::iter::from_fn(|| {
        let (length, from) = socket.recv_from(&mut buffer).ok()?;
        Some((buffer[..length].to_vec(), from))
    })
    .collect()
}

fn route(place: SocketAddr) -> Route {
    Route {
        family: Family::of(place.ip()),
        places: vec![place],
    }
}

#[test]
fn a_udp_touch_is_one_zero_byte() {
    for ip in ["127.0.0.1", "::1"] {
        let (socket, there) = ear(ip);
        let hand = Hand::towards(there).unwrap();
        hand.touch(port(Protocol::Udp, there)).unwrap();
        let came = heard(&socket);
        assert_eq!(came.len(), 1, "{ip}");
        assert_eq!(came[0].0, [0], "{ip}");
        assert_eq!(came[0].1.ip(), hand.local(), "{ip}");
    }
}

#[test]
fn a_tcp_touch_is_a_connection_that_says_nothing() {
    for ip in ["127.0.0.1", "::1"] {
        let door = TcpListener::bind((ip.parse::<IpAddr>().unwrap(), 0)).unwrap();
        let there = door.local_addr().unwrap();
        let hand = Hand::towards(there).unwrap();
        hand.touch(port(Protocol::Tcp, there)).unwrap();
        let (mut stream, from) = door.accept().unwrap();
        assert_eq!(from.ip(), hand.local());
        let mut said = Vec::new();
        // Closed or reset: it is over either way.
        let _ = stream.read_to_end(&mut said);
        assert_eq!(said, b"");
    }
}

#[test]
fn a_port_that_refuses_was_touched_all_the_same() {
    let hand = Hand::towards("127.0.0.9:0".parse().unwrap()).unwrap();
    for text in ["tcp/9", "udp/9", "tcp/9"] {
        hand.touch(text.parse().unwrap()).unwrap();
    }
}

#[test]
fn every_touch_has_a_port_of_its_own_and_one_address() {
    let (socket, there) = ear("127.0.0.1");
    let touches = Touches::new(vec![port(Protocol::Udp, there); 8]).unwrap();
    let order = Order {
        touches: &touches,
        pause: Duration::ZERO,
        clock: Clock::system(),
    };
    let walks = walk(order, &[route(there)], |_, _| {});
    assert!(walks[0].end.is_ok());
    let from: BTreeSet<_> = heard(&socket).into_iter().map(|(_, from)| from).collect();
    assert!(from.len() > 1, "{from:?}");
    assert!(from.iter().all(|from| from.ip() == there.ip()));
}

#[test]
fn one_family_is_touched_to_its_end_before_the_other() {
    let (four, six) = (ear("127.0.0.1"), ear("::1"));
    let touches: Touches = "udp/9,tcp/9".parse().unwrap();
    let order = Order {
        touches: &touches,
        pause: Duration::from_millis(1),
        clock: Clock::system(),
    };
    let mut told = Vec::new();
    let walks = walk(order, &[route(six.1), route(four.1)], |place, port| {
        told.push(format!("{port} of {}", place.ip()));
    });
    assert_eq!(walks.len(), 2);
    assert!(walks.iter().all(|walk| walk.end.is_ok()));
    assert_eq!(
        told,
        [
            "udp/9 of ::1",
            "tcp/9 of ::1",
            "udp/9 of 127.0.0.1",
            "tcp/9 of 127.0.0.1"
        ]
    );
}

#[test]
fn an_address_without_a_way_to_it_is_told_from_a_system_that_refuses() {
    // Nobody routes the documentation's addresses; where somebody does, the touch goes out.
    let far = Hand::towards("[2001:db8::1]:0".parse().unwrap());
    let sent = far.and_then(|hand| hand.touch("tcp/9".parse().unwrap()));
    assert!(matches!(sent, Ok(()) | Err(TouchError::NoWay { .. })));
}
