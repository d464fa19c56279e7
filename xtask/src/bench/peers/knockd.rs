//! knockd: three SYNs in order, as in its manual; its command is run by a shell.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::Duration;

use anyhow::Result;
use nightlatch_lab::{Flags, Forger, Packet, pause, program};

use super::{Folder, Peer, Stage, Way, start_daemon};
use crate::bench::prober::KNOCKER;
use crate::bench::stage::{DOOR, LINK, SERVER};

/// Starts it in the foreground with one door.
pub(super) fn start(stage: &Stage, folder: &Folder) -> Result<Peer> {
    start_with(stage, folder, &configuration())
}

/// Starts it in the foreground with a configuration.
pub(super) fn start_with(stage: &Stage, folder: &Folder, text: &str) -> Result<Peer> {
    let config = folder.file("knockd.conf");
    fs::write(&config, text)?;
    let mut command = program("knockd");
    command.arg("--verbose").arg("--interface").arg(LINK);
    command.arg("--config").arg(&config);
    command.arg("--pidfile").arg(folder.file("knockd.pid"));
    // Its words wait in a buffer: a pause is all that is left to wait for it.
    let process = start_daemon(stage, folder, command, "")?;
    pause(START);
    Ok(Peer {
        way: Way::Knockd,
        _process: process,
    })
}

/// The three SYNs, close together but in order.
pub(super) fn knock(forger: &Forger, from: Ipv4Addr) -> Result<()> {
    let from = SocketAddr::V4(SocketAddrV4::new(from, KNOCKER));
    for port in SEQUENCE {
        let to = SocketAddr::V4(SocketAddrV4::new(SERVER, port));
        forger.send(&Packet::tcp(from, to, Flags::SYN, 1))?;
    }
    Ok(())
}

fn configuration() -> String {
    let [first, second, third] = SEQUENCE;
    format!(
        "[options]\n  UseSyslog\n\n[door]\n  sequence = {first},{second},{third}\n  seq_timeout = 5\n  \
         tcpflags = syn\n  start_command = iptables -w -I INPUT -s %IP% -p tcp --dport {DOOR} -j ACCEPT\n"
    )
}

pub(super) const FIRST: u16 = 7000;
const SEQUENCE: [u16; 3] = [FIRST, 8000, 9000];
const START: Duration = Duration::from_millis(500);
