//! What a network and a person do to three SYNs, row by row, and what opens.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::Duration;

use anyhow::Result;
use nightlatch_lab::{Flags as Bits, Forger, Packet, pause, unix_now};

use super::doors::Guard;
use super::scripts::Sent::{Ack, Again, Other, Six, Sweep, Syn, Udp, Until, Wait};
use super::scripts::{SCRIPTS, Script, Sent};
use crate::bench::Bench;
use crate::bench::peers::Kind;
use crate::bench::prober::{Prober, SPARSE};
use crate::bench::report::{Fate, Row};
use crate::bench::stage::{CLIENT_SIX, SERVER, SERVER_SIX, Stage, address};
use crate::bench::tap::Ways;

/// Plays every row to us and, where it is installed, to knockd.
pub(super) fn measure(bench: &Bench) -> Result<Vec<Row>> {
    let with_knockd = bench.peers.contains(&Kind::Knockd);
    let mut rows = Vec::new();
    for script in SCRIPTS {
        let theirs = with_knockd
            .then(|| play(bench, script, Who::Knockd))
            .transpose()?;
        rows.push(Row {
            what: script.what.to_owned(),
            should_open: script.should_open,
            theirs,
            ours: play(bench, script, Who::Ours)?,
        });
    }
    Ok(rows)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Who {
    Ours,
    Knockd,
}

fn play(bench: &Bench, script: &Script, who: Who) -> Result<Fate> {
    let stage = Stage::new()?;
    let folder = bench.folder.inside("rows")?;
    let _guard: Guard = match who {
        Who::Ours if script.is_refused => {
            let refused = script.doors.guarded_by_us(bench, &stage, &folder).is_err();
            return Ok(if refused { Fate::Refused } else { Fate::Opens });
        }
        Who::Ours => script.doors.guarded_by_us(bench, &stage, &folder)?,
        Who::Knockd => script.doors.guarded_by_knockd(&stage, &folder)?,
    };
    let mut prober = Prober::new(&stage, Ways::Arrivals, SPARSE)?;
    let from = address(0);
    let opened = prober.time(from, PATIENCE, |forger| {
        script
            .sent
            .iter()
            .zip(1..)
            .try_for_each(|(sent, turn)| send(forger, *sent, from, turn))
    })?;
    Ok(match opened {
        Some(_) => Fate::Opens,
        None => Fate::Stays,
    })
}

fn send(forger: &Forger, sent: Sent, from: Ipv4Addr, turn: u16) -> Result<()> {
    let own = |turn: u16| at(from, FIRST_SOURCE.saturating_add(turn));
    let other = at(address(1), FIRST_SOURCE);
    let syn = |from, port, turn: u16| Packet::tcp(from, at(SERVER, port), Bits::SYN, turn.into());
    let packet = match sent {
        Syn(port) => syn(own(turn), port, turn),
        Again(port) => {
            let before = turn.saturating_sub(1);
            syn(own(before), port, before)
        }
        Ack(port) => Packet::tcp(own(turn), at(SERVER, port), Bits::ACK, turn.into()),
        Udp(port) => Packet::udp(own(turn), at(SERVER, port), vec![0]),
        Six(port) => {
            let (from, to) = (CLIENT_SIX.into(), SERVER_SIX.into());
            let source = SocketAddr::new(from, FIRST_SOURCE.saturating_add(turn));
            Packet::tcp(source, SocketAddr::new(to, port), Bits::SYN, turn.into())
        }
        Other(port) => syn(other, port, turn),
        Wait(length) => {
            pause(Duration::from_millis(length));
            return Ok(());
        }
        Until(phase) => {
            let phase = Duration::from_millis(phase.into());
            let over = Duration::from_nanos(unix_now().subsec_nanos().into());
            let next = phase.saturating_add(Duration::from_secs(1));
            pause(next.saturating_sub(over));
            return Ok(());
        }
        Sweep => {
            for port in 1..=u16::MAX {
                forger.send(&syn(own(turn), port, turn))?;
            }
            return Ok(());
        }
    };
    forger.send(&packet)?;
    // Close together, but far enough apart that both daemons see them in their order.
    pause(BETWEEN);
    Ok(())
}

fn at(address: Ipv4Addr, port: u16) -> SocketAddr {
    SocketAddr::V4(SocketAddrV4::new(address, port))
}

const FIRST_SOURCE: u16 = 41_000;
const PATIENCE: Duration = Duration::from_millis(700);
const BETWEEN: Duration = Duration::from_millis(2);
