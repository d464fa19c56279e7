//! The peers: Debian's own packages, run as their manuals say, each with iptables behind a closed port.

mod fwknop;
mod iptables;
mod knockd;

use std::fs::File;
use std::io::Read;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Result, bail};
use nightlatch_lab::{Forger, Payloads, Process, wait_until};
use serde::Serialize;

use super::Folder;
use super::junk::Junk;
use super::stage::Stage;
use crate::command::Run;

/// Who else opens ports to those who knock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) enum Kind {
    /// A sequence of SYNs.
    Knockd,
    /// Single packets, encrypted and with an HMAC.
    Fwknop,
}

/// A peer that runs; dropped, it is killed.
pub(super) struct Peer {
    way: Way,
    _process: Process,
}

enum Way {
    Knockd,
    Fwknop(fwknop::Keys),
}

/// Those whose programs are all there.
pub(super) fn installed() -> Vec<Kind> {
    Kind::ALL
        .into_iter()
        .filter(|kind| kind.is_installed())
        .collect()
}

impl Kind {
    pub(super) const ALL: [Self; 2] = [Self::Knockd, Self::Fwknop];

    pub(super) const fn program(self) -> &'static str {
        match self {
            Self::Knockd => "knockd",
            Self::Fwknop => "fwknopd",
        }
    }

    /// What Debian calls it.
    pub(super) const fn packages(self) -> &'static [&'static str] {
        match self {
            Self::Knockd => &["iptables", "knockd"],
            Self::Fwknop => &["iptables", "fwknop-server", "fwknop-client"],
        }
    }

    /// What systemd calls it.
    pub(super) const fn service(self) -> &'static str {
        match self {
            Self::Knockd => "knockd.service",
            Self::Fwknop => "fwknop-server.service",
        }
    }

    pub(super) fn is_installed(self) -> bool {
        let programs: &[&str] = match self {
            Self::Knockd => &["knockd"],
            Self::Fwknop => &["fwknopd", "fwknop"],
        };
        let is_there = |program: &str| {
            ["/usr/sbin", "/usr/bin", "/sbin", "/bin"]
                .iter()
                .any(|folder| Path::new(folder).join(program).exists())
        };
        is_there("iptables") && programs.iter().all(|program| is_there(program))
    }

    /// Program and version, as the package says.
    pub(super) fn version(self) -> String {
        let package = self.packages().get(1).copied().unwrap_or_default();
        let asked = Run::program("dpkg-query", Path::new("/"))
            .with(["--show", "--showformat=${Version}", package])
            .read();
        format!("{} {}", self.program(), asked.unwrap_or_default())
    }

    /// Closes the door with iptables and starts the daemon that opens it.
    pub(super) fn start(self, stage: &Stage, folder: &Folder) -> Result<Peer> {
        iptables::close(stage)?;
        match self {
            Self::Knockd => knockd::start(stage, folder),
            Self::Fwknop => fwknop::start(stage, folder),
        }
    }

    /// The same with a configuration of the caller's; only knockd has one of its own here.
    pub(super) fn start_with(self, stage: &Stage, folder: &Folder, text: &str) -> Result<Peer> {
        iptables::close(stage)?;
        match self {
            Self::Knockd => knockd::start_with(stage, folder, text),
            Self::Fwknop => bail!("fwknopd knows no sequences"),
        }
    }

    /// The junk that it has to look at.
    pub(super) fn junk(self) -> (&'static str, Junk) {
        match self {
            Self::Knockd => ("SYNs at the first port", Junk::Syns(knockd::FIRST)),
            Self::Fwknop => ("random, 100 bytes", Junk::Datagrams(Payloads::Random(100))),
        }
    }
}

impl Peer {
    /// Knocks for an address; where a program does it, it runs on until it is dropped.
    pub(super) fn knock(
        &self,
        stage: &Stage,
        forger: &Forger,
        from: Ipv4Addr,
    ) -> Result<Option<Process>> {
        match &self.way {
            Way::Knockd => knockd::knock(forger, from).map(|()| None),
            Way::Fwknop(keys) => keys.knock(stage, from).map(Some),
        }
    }
}

/// Starts a daemon on the server and waits until it says that it listens.
fn start_daemon(
    stage: &Stage,
    folder: &Folder,
    mut command: Command,
    word: &str,
) -> Result<Process> {
    let log = folder.file("log");
    let file = File::create(&log)?;
    command.stdin(Stdio::null());
    command.stdout(file.try_clone()?).stderr(file);
    let mut process = stage.server.spawn(command)?;
    let (mut reader, mut text) = (File::open(&log)?, String::new());
    wait_until(PATIENCE, || {
        let _ = reader.read_to_string(&mut text);
        text.contains(word) || !process.is_running()
    });
    if !text.contains(word) || !process.is_running() {
        bail!("it does not start:\n{text}");
    }
    Ok(process)
}

const PATIENCE: Duration = Duration::from_secs(10);
