//! Knock to open through each source, in the same run: how much later than by packet sockets.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use nightlatch_lab::{pause, program};

use super::Bench;
use super::clients::Clients;
use super::following;
use super::ours::knock;
use super::prober::{CLOSE, Prober};
use super::report::{Report, Sourced};
use super::spread::Spread;
use super::stage::{SERVER, Stage, address};
use super::tap::Ways;
use crate::say;

/// Measures each source that works here.
pub(super) fn measure(bench: &Bench, report: &mut Report) -> Result<()> {
    for source in ["packets", "udp", "nflog:5", "log"] {
        let found = say::timed(&format!("knock to open: {source}"), || of(bench, source))?;
        report.sourced.extend(found);
    }
    say::timed("a log of a gigabyte", || following::measure(bench, report))
}

fn of(bench: &Bench, source: &str) -> Result<Option<Sourced>> {
    let stage = Stage::new()?;
    let folder = bench.folder.inside("sources")?;
    if source.starts_with("nflog") && !sends_to_group(&stage) {
        say::loud("no `nft` here: NFLOG is not measured");
        return Ok(None);
    }
    let log = folder.file("kern.log");
    File::create(&log)?;
    let written = match source {
        "log" => format!("log:{}", log.display()),
        other => other.to_owned(),
    };
    let mut clients = Clients::draw(10, 0)?;
    let _daemon = bench
        .builds
        .start_hearing(&stage, &folder, &clients, (&written, SEQUENCE))?;
    let mut prober = Prober::new(&stage, Ways::Both, CLOSE)?;
    let mut times = Vec::new();
    for run in 0..bench.extent.of(10, 300) {
        let from = address(run);
        times.push(if source == "log" {
            prober.time(from, PATIENCE, |_| lines(&log, from))?
        } else {
            let person = clients.person(run)?;
            prober.time(from, PATIENCE, |forger| knock(forger, person, from))?
        });
        pause(REST);
    }
    Ok(Some(Sourced {
        source: source.to_owned(),
        knocks: times.len(),
        opened: Spread::of(times.into_iter().flatten()),
    }))
}

/// Has the firewall send knocks to the group, with the administrator's own tool.
fn sends_to_group(stage: &Stage) -> bool {
    let mut command = program("nft");
    command.arg(RULESET);
    let loaded = stage.server.spawn(command).ok().and_then(|mut nft| {
        let ended = nft.wait_within(PATIENCE).ok()?;
        ended.map(|status| status.success())
    });
    loaded == Some(true)
}

/// A whole sequence as the kernel logs it, in one go.
pub(super) fn lines(log: &Path, from: Ipv4Addr) -> Result<()> {
    let line = |port: u16| {
        format!(
            "2026-11-27T07:01:02.123456+00:00 gate kernel: [   12.3] IN=eth0 OUT= SRC={from} \
             DST={SERVER} LEN=60 TOS=0x00 PREC=0x00 TTL=64 ID=1 DF PROTO=TCP SPT=40000 DPT={port} \
             WINDOW=64240 RES=0x00 SYN URGP=0\n"
        )
    };
    let mut file = OpenOptions::new().append(true).open(log)?;
    file.write_all([7000, 8000, 9000].map(line).concat().as_bytes())
        .context("the log cannot be written")
}

pub(super) const SEQUENCE: &str = "
[sequence.ports]
steps = [\"tcp/7000\", \"tcp/8000\", \"tcp/9000\"]
opens = \"door\"
per-minute = 6000
";
const RULESET: &str = "table inet choice {
    chain inward { type filter hook prerouting priority -160; udp dport 62201 log group 5; }
}";
const PATIENCE: Duration = Duration::from_secs(1);
/// Between two knocks.
const REST: Duration = Duration::from_millis(15);
