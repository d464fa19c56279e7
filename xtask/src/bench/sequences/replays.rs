//! Recorded knocks, sent again and again: what a second time opens.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::Duration;

use anyhow::{Result, ensure};
use nightlatch_config::{write_sequence_list, write_sequence_secret};
use nightlatch_lab::{Flags as Bits, Forger, Packet, pause, unix_now};
use nightlatch_ticket::{SequenceSecret, TimeStep, UnixTime};

use super::flooded::{DOORS, ENCRYPTED, SPAN};
use crate::bench::Bench;
use crate::bench::clients::{Clients, Person, random};
use crate::bench::ours::{Ours, packet};
use crate::bench::report::Replays;
use crate::bench::stage::{SERVER, Stage, address, keyhole};

/// Each authenticated kind, recorded once and sent 400 times from its own address.
pub(super) fn measure(bench: &Bench) -> Result<Vec<Replays>> {
    let stage = Stage::new()?;
    let folder = bench.folder.inside("replays")?;
    let mut clients = Clients::draw(2, 0)?;
    let secret = SequenceSecret::generate(&mut random());
    write_sequence_secret(&folder.file("secret"), &secret)?;
    write_sequence_list(&folder.file("lines"), "4711 1147 7114\n4712 2147 7124\n")?;
    let text = DOORS.ours() + ENCRYPTED + USED_ONCE;
    let daemon = bench.builds.start_for(&stage, &folder, &clients, &text)?;
    let forger = Forger::open(&stage.client)?;
    let mut all = Vec::new();
    for (kind, recorded) in [
        (
            "encrypted sequence",
            sequence(clients.person(0)?, address(0))?,
        ),
        ("ticket", vec![packet(clients.person(1)?, address(1))]),
        ("one-time line", syns(address(2), [4711, 1147, 7114])),
        ("time-based ports", syns(address(3), ports_of_now(&secret))),
    ] {
        all.push(replay(kind, &recorded, &forger, &daemon)?);
    }
    Ok(all)
}

fn replay(kind: &str, recorded: &[Vec<u8>], forger: &Forger, daemon: &Ours) -> Result<Replays> {
    let before = daemon.granted()?;
    let send = || {
        recorded.iter().try_for_each(|packet| {
            pause(APART);
            forger.send_bytes(packet, keyhole())
        })
    };
    send()?;
    pause(A_MOMENT);
    let first = daemon.granted()?.saturating_sub(before);
    ensure!(first > 0, "{kind} was not honoured the first time");
    for _ in 0..TIMES {
        send()?;
    }
    pause(A_MOMENT);
    let opened = daemon
        .granted()?
        .saturating_sub(before)
        .saturating_sub(first);
    Ok(Replays {
        kind: kind.to_owned(),
        honoured: first,
        times: TIMES,
        opened,
    })
}

fn sequence(person: &mut Person, from: Ipv4Addr) -> Result<Vec<Vec<u8>>> {
    Ok(syns(from, person.sequence(from, SPAN)?))
}

fn syns(from: Ipv4Addr, ports: impl IntoIterator<Item = u16>) -> Vec<Vec<u8>> {
    let own = SocketAddr::V4(SocketAddrV4::new(from, SOURCE));
    let one = |(port, number)| {
        let to = SocketAddr::V4(SocketAddrV4::new(SERVER, port));
        Packet::tcp(own, to, Bits::SYN, number).to_bytes()
    };
    ports.into_iter().zip(1..).map(one).collect()
}

fn ports_of_now(secret: &SequenceSecret) -> Vec<u16> {
    let now = UnixTime::from_secs(unix_now().as_secs());
    secret.ports(TimeStep::at(now, 30), 4, (30_000, 31_999))
}

const USED_ONCE: &str = "
[sequence.listed]
one-time = \"lines\"
opens = \"porch\"

[sequence.timed]
time-based = \"secret\"
ports = 4
span = \"30000-31999\"
every = \"30s\"
opens = \"porch\"
";

const TIMES: u32 = 400;
const SOURCE: u16 = 41_000;
const APART: Duration = Duration::from_micros(100);
const A_MOMENT: Duration = Duration::from_millis(300);
