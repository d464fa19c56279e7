//! Packets written by hand, and what can be done to them.

use std::net::{IpAddr, SocketAddr};

use nightlatch_lab::{Crafted, Flags, Kind, Packet};

use crate::stage::Family::{V4, V6};
use crate::stage::{Family, door};

pub(crate) fn syn(from: IpAddr, port: u16) -> Crafted {
    segment(from, port, Flags::SYN)
}

pub(crate) fn segment(from: IpAddr, port: u16, flags: Flags) -> Crafted {
    let from = SocketAddr::new(from, 40_000);
    Crafted::of(Packet::tcp(from, to(from, port), flags, port.into()))
}

pub(crate) fn datagram(from: IpAddr, own: u16, (port, payload): (u16, &[u8])) -> Crafted {
    let from = SocketAddr::new(from, own);
    Crafted::of(Packet::udp(from, to(from, port), payload))
}

/// A ping: an identifier, a number, and what is to be sent back.
pub(crate) fn echo(from: IpAddr, payload: &[u8]) -> Crafted {
    let source = SocketAddr::new(from, 0);
    let number = if from.is_ipv4() { 8 } else { 128 };
    Crafted::of(Packet {
        source,
        destination: to(source, 0),
        kind: Kind::Icmp { number, code: 0 },
        payload: [b"\x12\x34\0\x01", payload].concat(),
    })
}

fn to(from: SocketAddr, port: u16) -> SocketAddr {
    let family: Family = if from.is_ipv4() { V4 } else { V6 };
    door(port, family)
}

pub(crate) fn source(walk: &[Crafted]) -> IpAddr {
    walk[0].packet.source.ip()
}

pub(crate) fn again(walk: &mut Vec<Crafted>, place: usize) {
    walk.insert(place + 1, walk[place].clone());
}

pub(crate) fn change(one: &mut Crafted, how: impl Fn(Crafted) -> Crafted) {
    *one = how(one.clone());
}

pub(crate) fn to_port(one: &mut Crafted, port: u16) {
    one.packet.destination.set_port(port);
}

pub(crate) fn from_port(one: &mut Crafted, port: u16) {
    one.packet.source.set_port(port);
}

pub(crate) fn flags(one: &mut Crafted, wanted: Flags) {
    if let Kind::Tcp { flags, .. } = &mut one.packet.kind {
        *flags = wanted;
    }
}

pub(crate) fn number(one: &mut Crafted, wanted: u32) {
    if let Kind::Tcp { sequence, .. } = &mut one.packet.kind {
        *sequence = wanted;
    }
}

pub(crate) fn icmp(one: &mut Crafted, number: u8, code: u8) {
    one.packet.kind = Kind::Icmp { number, code };
}

pub(crate) fn carry(one: &mut Crafted, payload: &[u8]) {
    one.packet.payload = payload.into();
}

pub(crate) fn shorten(one: &mut Crafted) {
    one.packet.payload.pop();
}

pub(crate) fn flip(one: &mut Crafted, place: usize) {
    one.packet.payload[place] ^= 1;
}
