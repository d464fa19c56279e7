//! What a network and a person do to three SYNs, row by row, and what opens.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::Duration;

use anyhow::Result;
use nightlatch_lab::{Flags as Bits, Forger, Packet, pause};

use super::doors::{Doors, Flags, Guard};
use crate::bench::Bench;
use crate::bench::peers::Kind;
use crate::bench::prober::{Prober, SPARSE};
use crate::bench::report::Row;
use crate::bench::stage::{SERVER, Stage, address};
use crate::bench::tap::Ways;

/// One packet of a row. Every SYN is of a connection of its own, unless it is said to be sent again.
#[derive(Clone, Copy, Debug)]
enum Sent {
    /// A connection attempt.
    Syn(u16),
    /// The attempt before, sent again as it was: what a kernel does that gets no answer.
    Again(u16),
    /// A segment in the middle of no connection.
    Ack(u16),
    /// A datagram.
    Udp(u16),
    /// A connection attempt of somebody else.
    Other(u16),
    /// Every port from the lowest to the highest.
    Sweep,
}

struct Script {
    what: &'static str,
    doors: Doors,
    sent: &'static [Sent],
    /// Whether somebody who knocks right is owed an open door.
    should_open: bool,
}

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

fn play(bench: &Bench, script: &Script, who: Who) -> Result<bool> {
    let stage = Stage::new()?;
    let folder = bench.folder.inside("rows")?;
    let _guard: Guard = match who {
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
    Ok(opened.is_some())
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
        Other(port) => syn(other, port, turn),
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
    debug_assert!(IpAddr::V4(address).is_ipv4());
    SocketAddr::V4(SocketAddrV4::new(address, port))
}

use Sent::{Ack, Again, Other, Sweep, Syn, Udp};

const ONE: Doors = Doors {
    sequences: &[&[7000, 8000, 9000]],
    flags: Flags::Syn,
};
const ONE_OF_ANY: Doors = Doors {
    flags: Flags::Any,
    ..ONE
};
const AND_BACK: Doors = Doors {
    sequences: &[&[7000, 8000, 9000], &[9000, 8000, 7000]],
    flags: Flags::Syn,
};
const REPEATED: Doors = Doors {
    sequences: &[&[7000, 7000, 8000]],
    flags: Flags::Syn,
};
const SHARED: Doors = Doors {
    sequences: &[&[7000, 8000, 9000], &[7000, 8500, 9500]],
    flags: Flags::Syn,
};

const SCRIPTS: &[Script] = &[
    Script {
        what: "7000 8000 9000",
        doors: ONE,
        sent: &[Syn(7000), Syn(8000), Syn(9000)],
        should_open: true,
    },
    Script {
        what: "7000 twice, 8000 9000",
        doors: ONE,
        sent: &[Syn(7000), Syn(7000), Syn(8000), Syn(9000)],
        should_open: true,
    },
    Script {
        what: "7000 sent again by the kernel, 8000 9000",
        doors: ONE,
        sent: &[Syn(7000), Again(7000), Syn(8000), Syn(9000)],
        should_open: true,
    },
    Script {
        what: "7000 three times, 8000 9000",
        doors: ONE,
        sent: &[Syn(7000), Syn(7000), Syn(7000), Syn(8000), Syn(9000)],
        should_open: true,
    },
    Script {
        what: "7000, 8000 twice, 9000",
        doors: ONE,
        sent: &[Syn(7000), Syn(8000), Syn(8000), Syn(9000)],
        should_open: true,
    },
    Script {
        what: "7000 9000 8000 (another order)",
        doors: ONE,
        sent: &[Syn(7000), Syn(9000), Syn(8000)],
        should_open: false,
    },
    Script {
        what: "7000 9000, then 7000 8000 9000",
        doors: ONE,
        sent: &[Syn(7000), Syn(9000), Syn(7000), Syn(8000), Syn(9000)],
        should_open: true,
    },
    Script {
        what: "7000 1234 8000 4444 9000 (other ports between)",
        doors: ONE,
        sent: &[Syn(7000), Syn(1234), Syn(8000), Syn(4444), Syn(9000)],
        should_open: false,
    },
    Script {
        what: "every port, rising",
        doors: ONE,
        sent: &[Sweep],
        should_open: false,
    },
    Script {
        what: "with a second door 9000 8000 7000: 7000, then 9000 8000 7000",
        doors: AND_BACK,
        sent: &[Syn(7000), Syn(9000), Syn(8000), Syn(7000)],
        should_open: true,
    },
    Script {
        what: "7000 8000, an ACK to 9000, 9000",
        doors: ONE,
        sent: &[Syn(7000), Syn(8000), Ack(9000), Syn(9000)],
        should_open: true,
    },
    Script {
        what: "the same where knockd has no tcpflags",
        doors: ONE_OF_ANY,
        sent: &[Syn(7000), Syn(8000), Ack(8000), Syn(9000)],
        should_open: true,
    },
    Script {
        what: "sequence 7000 7000 8000, as it is",
        doors: REPEATED,
        sent: &[Syn(7000), Syn(7000), Syn(8000)],
        should_open: true,
    },
    Script {
        what: "doors 7000 8000 9000 and 7000 8500 9500: 7000 8500 9500",
        doors: SHARED,
        sent: &[Syn(7000), Syn(8500), Syn(9500)],
        should_open: true,
    },
    Script {
        what: "7000 8000 9000, a datagram to 9000 between",
        doors: ONE,
        sent: &[Syn(7000), Udp(9000), Syn(8000), Syn(9000)],
        should_open: false,
    },
    Script {
        what: "two who knock at once",
        doors: ONE,
        sent: &[
            Other(7000),
            Syn(7000),
            Other(8000),
            Syn(8000),
            Other(9000),
            Syn(9000),
        ],
        should_open: true,
    },
    Script {
        what: "somebody else: 7000 9000 again and again between",
        doors: ONE,
        sent: &[
            Syn(7000),
            Other(7000),
            Other(9000),
            Syn(8000),
            Other(7000),
            Other(9000),
            Syn(9000),
        ],
        should_open: true,
    },
];

const FIRST_SOURCE: u16 = 41_000;
const PATIENCE: Duration = Duration::from_millis(700);
const BETWEEN: Duration = Duration::from_millis(2);
