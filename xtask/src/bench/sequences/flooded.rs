//! Sequences while strangers flood: SYNs at the first port, each from another source.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::Duration;

use anyhow::Result;
use nightlatch_lab::{Flags as Bits, Forger, Packet, pause};

use super::doors::{Doors, Flags};
use crate::bench::Bench;
use crate::bench::clients::{Clients, Person};
use crate::bench::flooding::Under;
use crate::bench::junk::{Junk, Pace};
use crate::bench::peers::Kind;
use crate::bench::report::{Flooding, Who};
use crate::bench::stage::{SERVER, Stage, address};

/// Plain ones of us and of knockd, and encrypted ones, at the same pace.
pub(super) fn measure(bench: &Bench) -> Result<Vec<Flooding>> {
    let mut floods = vec![of_ours(bench, Way::Plain)?, of_ours(bench, Way::Encrypted)?];
    if bench.peers.contains(&Kind::Knockd) {
        floods.push(of_knockd(bench)?);
    }
    Ok(floods)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Plain,
    Encrypted,
}

fn of_ours(bench: &Bench, way: Way) -> Result<Flooding> {
    let stage = Stage::new()?;
    let folder = bench.folder.inside("sequence-floods")?;
    let mut clients = Clients::draw(10, 0)?;
    let text = DOORS.ours() + ENCRYPTED;
    let _daemon = bench.builds.start_for(&stage, &folder, &clients, &text)?;
    let mut under = Under::new(&stage)?;
    let port = match way {
        Way::Plain => FIRST,
        Way::Encrypted => SPAN.0,
    };
    let pouring = Junk::Syns(port).pour(&stage.client, PACE)?;
    let mut flooding = under.series(pouring, KNOCKS, |under, number| {
        let from = address(number);
        let person = clients.person(number)?;
        under.prober.time(from, PATIENCE, |forger| match way {
            Way::Plain => plain(forger, from),
            Way::Encrypted => encrypted(forger, person, from),
        })
    })?;
    flooding.who = Who::Ours;
    flooding.clients = 10;
    flooding.junk = match way {
        Way::Plain => "plain sequence, SYNs at its first port".to_owned(),
        Way::Encrypted => "encrypted sequence, SYNs at one of its ports".to_owned(),
    };
    flooding.wanted = Some(RATE);
    Ok(flooding)
}

fn of_knockd(bench: &Bench) -> Result<Flooding> {
    let stage = Stage::new()?;
    let folder = bench.folder.inside("sequence-floods")?;
    let _guard = DOORS.guarded_by_knockd(&stage, &folder)?;
    let mut under = Under::new(&stage)?;
    let pouring = Junk::Syns(FIRST).pour(&stage.client, PACE)?;
    let mut flooding = under.series(pouring, KNOCKS, |under, number| {
        let from = address(number);
        under
            .prober
            .time(from, PATIENCE, |forger| plain(forger, from))
    })?;
    flooding.who = Who::Peer(Kind::Knockd);
    flooding.clients = 1;
    "plain sequence, SYNs at its first port".clone_into(&mut flooding.junk);
    flooding.wanted = Some(RATE);
    Ok(flooding)
}

fn plain(forger: &Forger, from: Ipv4Addr) -> Result<()> {
    let from = SocketAddr::V4(SocketAddrV4::new(from, SOURCE));
    for (port, number) in [FIRST, 8000, 9000].into_iter().zip(1..) {
        let to = SocketAddr::V4(SocketAddrV4::new(SERVER, port));
        forger.send(&Packet::tcp(from, to, Bits::SYN, number))?;
    }
    Ok(())
}

/// Every symbol once, in an order of chance, a little apart.
pub(super) fn encrypted(forger: &Forger, person: &mut Person, from: Ipv4Addr) -> Result<()> {
    for (port, number) in person.sequence(from, SPAN)?.into_iter().zip(1..) {
        let to = SocketAddr::V4(SocketAddrV4::new(SERVER, port));
        let from = SocketAddr::V4(SocketAddrV4::new(from, SOURCE));
        forger.send(&Packet::tcp(from, to, Bits::SYN, number))?;
        pause(APART);
    }
    Ok(())
}

pub(super) const DOORS: Doors = Doors {
    sequences: &[&[FIRST, 8000, 9000]],
    flags: Flags::Syn,
    seconds: 5,
};
pub(super) const SPAN: (u16, u16) = (20_000, 28_191);
pub(super) const ENCRYPTED: &str =
    "\n[encrypted-sequence]\nspan = \"20000-28191\"\ncarrier = \"tcp\"\n";
const FIRST: u16 = 7000;
const SOURCE: u16 = 41_000;
const RATE: u32 = 50_000;
const PACE: Pace = Pace::PerSecond(RATE);
const KNOCKS: u32 = 20;
const PATIENCE: Duration = Duration::from_secs(1);
const APART: Duration = Duration::from_micros(200);
