//! The same doors twice: as knockd is told of them, and as we are.

use std::fmt::Write as _;

use anyhow::Result;
use serde_json::Value;

use super::super::Bench;
use super::super::folder::Folder;
use super::super::ours::Ours;
use super::super::peers::{Kind, Peer};
use super::super::stage::{DOOR, Stage};

/// Sequences of TCP ports, each of which opens the same port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Doors {
    pub(super) sequences: &'static [&'static [u16]],
    pub(super) flags: Flags,
    /// From the first step to the last.
    pub(super) seconds: u8,
}

impl Doors {
    /// How many steps the first sequence has.
    pub(super) fn steps(&self) -> usize {
        self.sequences.first().map_or(0, |sequence| sequence.len())
    }
}

/// Which segments knockd counts; we count connection attempts in either case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flags {
    Syn,
    Any,
}

/// Whoever guards the door; dropped, it ends.
pub(super) enum Guard {
    Ours(Ours),
    Theirs(#[expect(dead_code, reason = "it lives as long as it is kept")] Peer),
}

impl Guard {
    /// What our daemon counted, for who wants to know that nothing was lost on the way.
    pub(super) fn counted(&self, pointer: &str) -> Result<u64> {
        let Self::Ours(ours) = self else {
            return Ok(0);
        };
        let status = ours.status()?;
        Ok(status.pointer(pointer).and_then(Value::as_u64).unwrap_or(0))
    }
}

impl Doors {
    pub(super) fn guarded_by_us(
        self,
        bench: &Bench,
        stage: &Stage,
        folder: &Folder,
    ) -> Result<Guard> {
        let ours = bench.builds.start_with(stage, folder, &self.ours())?;
        Ok(Guard::Ours(ours))
    }

    pub(super) fn guarded_by_knockd(self, stage: &Stage, folder: &Folder) -> Result<Guard> {
        let peer = Kind::Knockd.start_with(stage, folder, &self.theirs())?;
        Ok(Guard::Theirs(peer))
    }

    /// Sections of our configuration.
    pub(super) fn ours(self) -> String {
        let mut text = format!("\n[service.porch]\nopen = [\"tcp/{DOOR}\"]\nfor = \"5s\"\n");
        for (number, sequence) in self.sequences.iter().enumerate() {
            let steps: Vec<String> = sequence
                .iter()
                .map(|port| format!("\"tcp/{port}\""))
                .collect();
            // Writing to a text cannot fail.
            let _ = write!(
                text,
                "\n[sequence.door{number}]\nsteps = [{}]\nopens = \"porch\"\nwithin = \"{}s\"\nper-minute = 6000\n",
                steps.join(", "),
                self.seconds
            );
        }
        text
    }

    /// A whole knockd.conf.
    fn theirs(self) -> String {
        let mut text = "[options]\n  UseSyslog\n".to_owned();
        for (number, sequence) in self.sequences.iter().enumerate() {
            let ports: Vec<String> = sequence.iter().map(u16::to_string).collect();
            let flags = match self.flags {
                Flags::Syn => "  tcpflags = syn\n",
                Flags::Any => "",
            };
            let _ = write!(
                text,
                "\n[door{number}]\n  sequence = {}\n  seq_timeout = {}\n{flags}  \
                 start_command = iptables -w -I INPUT -s %IP% -p tcp --dport {DOOR} -j ACCEPT\n",
                ports.join(","),
                self.seconds
            );
        }
        text
    }
}
