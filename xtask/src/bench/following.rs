//! A log of a gigabyte, followed while it is written: how fast, whether memory grows, and whether knocks in it open.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail};
use nightlatch_lab::{now, pause, wait_until};

use super::Bench;
use super::clients::Clients;
use super::ours::Ours;
use super::prober::{CLOSE, Prober};
use super::report::{Followed, Report};
use super::sources::{SEQUENCE, lines};
use super::stage::{SERVER, Stage, address};
use super::tables::{head, row};
use super::tap::Ways;
use super::usage::Processes;

/// Writes as fast as the daemon reads, into a file that is rotated before it is large.
pub(super) fn measure(bench: &Bench, report: &mut Report) -> Result<()> {
    let stage = Stage::new()?;
    let folder = bench.folder.inside("following")?;
    let log = folder.file("kern.log");
    File::create(&log)?;
    let clients = Clients::draw(1, 0)?;
    let source = format!("log:{}", log.display());
    let daemon = bench
        .builds
        .start_hearing(&stage, &folder, &clients, (&source, SEQUENCE))?;
    let mut prober = Prober::new(&stage, Ways::Both, CLOSE)?;
    let mut opened = Vec::new();
    let mut knock = |number| -> Result<()> {
        let from = address(number);
        opened.push(prober.time(from, PATIENCE, |_| lines(&log, from))?);
        Ok(())
    };
    knock(0)?;
    let processes = Processes::of(&stage.server)?;
    let (before, cpu_before) = (processes.memory(), processes.cpu());
    let blocks = bench.extent.of(4, 128);
    let mut writing = Writing::new(&log, &processes);
    let mut took = Duration::ZERO;
    for half in 1..=2 {
        let begun = now();
        for _ in 0..blocks / 2 {
            writing.write_block()?;
        }
        writing.wait_until_read(0)?;
        took = took.saturating_add(now().saturating_duration_since(begun));
        knock(half)?;
    }
    let after = processes.memory();
    let Written { bytes, count } = writing.written;
    report.followed = Some(Followed {
        bytes,
        lines: count,
        handed_over: heard(&daemon, count)?,
        seconds: took.as_secs_f64(),
        cpu_seconds: processes.cpu().saturating_sub(cpu_before).as_secs_f64(),
        before,
        after,
        knocks: opened.len(),
        opened: opened.into_iter().flatten().collect(),
    });
    Ok(())
}

/// A large log, followed.
pub(super) fn table(found: &Followed) -> String {
    let mut table = head(&[
        "log",
        "lines",
        "lines a second",
        "MB a second",
        "CPU a line",
        "resident before",
        "after",
        "peak",
        "lines not heard",
        "knocks opened",
    ]);
    let mebibytes = |kibibytes: u64| format!("{} MiB", kibibytes / 1024);
    row(
        &mut table,
        &[
            mebibytes(found.bytes / 1024),
            found.lines.to_string(),
            format!("{:.0}", found.lines_a_second()),
            format!("{:.0}", found.megabytes_a_second()),
            format!("{:.2} µs", found.cpu_each()),
            mebibytes(found.before.resident),
            mebibytes(found.after.resident),
            mebibytes(found.after.peak),
            found.lines.saturating_sub(found.handed_over).to_string(),
            format!("{} of {}", found.opened.len(), found.knocks),
        ],
    );
    table
}

/// The file, and how far the daemon is behind it.
struct Writing<'a> {
    log: &'a Path,
    processes: &'a Processes,
    read_before: u64,
    in_file: u64,
    written: Written,
    block: (Vec<u8>, u64),
}

#[derive(Clone, Copy, Default)]
struct Written {
    bytes: u64,
    count: u64,
}

impl<'a> Writing<'a> {
    fn new(log: &'a Path, processes: &'a Processes) -> Self {
        Self {
            log,
            processes,
            read_before: processes.read(),
            in_file: 0,
            written: Written::default(),
            block: block(),
        }
    }

    /// One block more, when the daemon is less than two of them behind.
    fn write_block(&mut self) -> Result<()> {
        self.wait_until_read(BEHIND)?;
        let (bytes, lines) = &self.block;
        let length = u64::try_from(bytes.len())?;
        if self.in_file.saturating_add(length) > LARGEST {
            fs::rename(self.log, self.log.with_extension("log.1"))?;
            File::create(self.log)?;
            self.in_file = 0;
        }
        OpenOptions::new()
            .append(true)
            .open(self.log)?
            .write_all(bytes)?;
        self.in_file = self.in_file.saturating_add(length);
        self.written.bytes = self.written.bytes.saturating_add(length);
        self.written.count = self.written.count.saturating_add(*lines);
        Ok(())
    }

    /// Waits until the daemon has read all but so many bytes, by the kernel's count.
    fn wait_until_read(&self, behind: u64) -> Result<()> {
        let is_read = || {
            let read = self.processes.read().saturating_sub(self.read_before);
            read.saturating_add(behind) >= self.written.bytes
        };
        let end = now().checked_add(STUCK);
        while !is_read() {
            if end.is_some_and(|end| now() > end) {
                bail!("the daemon reads the log no further");
            }
            pause(A_LOOK);
        }
        Ok(())
    }
}

/// How many lines came out of the source; it tells once in a second.
fn heard(daemon: &Ours, expected: u64) -> Result<u64> {
    let mut heard = Ok(0);
    wait_until(PATIENCE, || {
        heard = daemon.status().map(|status| {
            let heard = status.pointer("/hearing/0/heard");
            heard.and_then(serde_json::Value::as_u64).unwrap_or(0)
        });
        !matches!(heard, Ok(number) if number < expected)
    });
    heard
}

/// A block of lines as a busy host has them: three of other programs for each of the firewall.
fn block() -> (Vec<u8>, u64) {
    let (mut text, mut lines) = (String::new(), 0_u64);
    let head = "2026-11-27T07:01:02.123456+00:00 gate";
    while text.len() < BLOCK {
        let number = lines % 60_000;
        let line = if lines % 4 == 0 {
            let (third, fourth) = (number / 250, number % 250);
            format!(
                "{head} kernel: [   12.3] IN=eth0 OUT= SRC=198.18.{third}.{fourth} DST={SERVER} LEN=60 TOS=0x00 \
                 PREC=0x00 TTL=64 ID=1 DF PROTO=TCP SPT=40000 DPT={number} WINDOW=64240 RES=0x00 SYN URGP=0\n"
            )
        } else {
            format!(
                "{head} sshd[{number}]: Connection closed by 203.0.113.7 port {number} [preauth]\n"
            )
        };
        text.push_str(&line);
        lines = lines.saturating_add(1);
    }
    (text.into_bytes(), lines)
}

const BLOCK: usize = 8 << 20;
/// What lies on the disk is never more than two files of this, one of them rotated.
const LARGEST: u64 = 48 << 20;
/// Two blocks, so that the daemon never waits for us.
const BEHIND: u64 = 16 << 20;
const A_LOOK: Duration = Duration::from_millis(1);
const PATIENCE: Duration = Duration::from_secs(3);
const STUCK: Duration = Duration::from_mins(1);
