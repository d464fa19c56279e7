//! Our daemon under measurement: configured, started, asked, ended.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nightlatch_lab::{Forger, Packet, Process, now, pause, program, wait_until};
use serde_json::Value;

use super::clients::{Clients, Person, SERVICE};
use super::prepare::release;
use super::prober::KNOCKER;
use super::stage::{DOOR, KNOCK_PORT, Stage, keyhole};
use super::{Extent, Folder};
use crate::tree::Tree;

/// Where the program lies that is measured.
pub(super) struct Builds {
    pub(super) daemon: PathBuf,
}

/// A running daemon; dropped, it is ended.
pub(super) struct Ours {
    process: Process,
    log: File,
    socket: PathBuf,
    /// From the start of the program to its word that it hears knocks.
    pub(super) ready_after: Duration,
}

impl Builds {
    /// Finds the programs, and gives the state folder that all daemons share some past.
    ///
    /// A daemon without memory asks every client once to knock again, for as long as the watermark
    /// reaches; these ones shall remember.
    pub(super) fn of(tree: &Tree, extent: Extent, folder: &Folder) -> Result<Self> {
        let builds = Self {
            daemon: extent.of(tree.program("nightlatchd"), release(tree, "nightlatchd")),
        };
        let past = folder.inside("past")?;
        drop(builds.start(&Stage::new()?, &past, &Clients::draw(1, 0)?, 1)?);
        pause(WATERMARK);
        Ok(builds)
    }

    /// Writes a configuration for these clients and starts the daemon; grants last so many seconds.
    pub(super) fn start(
        &self,
        stage: &Stage,
        folder: &Folder,
        clients: &Clients,
        seconds: u32,
    ) -> Result<Ours> {
        clients.write(folder.path())?;
        fs::write(folder.file(CONFIG), configuration(seconds))?;
        self.run(stage, folder)
    }

    /// The same for these clients with more sections of configuration.
    pub(super) fn start_for(
        &self,
        stage: &Stage,
        folder: &Folder,
        clients: &Clients,
        sections: &str,
    ) -> Result<Ours> {
        clients.write(folder.path())?;
        fs::write(folder.file(CONFIG), configuration(2) + sections)?;
        self.run(stage, folder)
    }

    /// The same with knocks seen by this source.
    pub(super) fn start_hearing(
        &self,
        stage: &Stage,
        folder: &Folder,
        clients: &Clients,
        (source, sections): (&str, &str),
    ) -> Result<Ours> {
        clients.write(folder.path())?;
        let heard = format!("log = \"json\"\nsources = [{source:?}]");
        let text = configuration(2).replace("log = \"json\"", &heard) + sections;
        fs::write(folder.file(CONFIG), text)?;
        self.run(stage, folder)
    }

    /// The same for nobody but those who know what these sections say.
    pub(super) fn start_with(
        &self,
        stage: &Stage,
        folder: &Folder,
        sections: &str,
    ) -> Result<Ours> {
        self.start_for(stage, folder, &Clients::draw(1, 0)?, sections)
    }

    fn run(&self, stage: &Stage, folder: &Folder) -> Result<Ours> {
        let log = folder.file("log");
        let mut command = program(&self.daemon);
        command.arg("--config").arg(folder.file(CONFIG));
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(File::create(&log)?);
        let begun = now();
        let mut ours = Ours {
            process: stage.server.spawn(command)?,
            log: File::open(&log)?,
            socket: folder.file("status.sock"),
            ready_after: Duration::ZERO,
        };
        ours.await_ready()?;
        ours.ready_after = now().saturating_duration_since(begun);
        Ok(ours)
    }
}

impl Ours {
    fn await_ready(&mut self) -> Result<()> {
        let mut log = String::new();
        let is_ready = wait_until(PATIENCE, || {
            let _ = self.log.read_to_string(&mut log);
            log.contains("\"what\":\"ready\"") || !self.process.is_running()
        });
        if !is_ready || !self.process.is_running() {
            bail!("the daemon does not start:\n{log}");
        }
        Ok(())
    }

    /// What the daemon measured itself since it was asked the last time: claim to kernel's word.
    pub(super) fn micros(&mut self) -> Result<Vec<Duration>> {
        let mut log = String::new();
        self.log.read_to_string(&mut log)?;
        Ok(log
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter(|line| line.get("what").and_then(Value::as_str) == Some("granted"))
            .filter_map(|line| line.get("micros").and_then(Value::as_u64))
            .map(Duration::from_micros)
            .collect())
    }

    /// Leaves out what was logged so far.
    pub(super) fn skip_log(&mut self) -> Result<()> {
        self.log.seek(SeekFrom::End(0))?;
        Ok(())
    }

    /// Its status document.
    pub(super) fn status(&self) -> Result<Value> {
        let mut text = String::new();
        UnixStream::connect(&self.socket)?.read_to_string(&mut text)?;
        serde_json::from_str(&text).context("the status document cannot be read")
    }

    /// How many knocks it has honoured since its start.
    pub(super) fn granted(&self) -> Result<u64> {
        let status = self.status()?;
        let granted = status.pointer("/knocks/granted").and_then(Value::as_u64);
        Ok(granted.unwrap_or(0))
    }
}

impl Drop for Ours {
    fn drop(&mut self) {
        let _ = self.process.terminate();
        let _ = self.process.wait_within(PATIENCE);
    }
}

/// One knock as a packet: from an address of the client, at the server's keyhole.
pub(super) fn packet(person: &mut Person, address: Ipv4Addr) -> Vec<u8> {
    let from = SocketAddr::V4(SocketAddrV4::new(address, KNOCKER));
    Packet::udp(from, keyhole(), person.knock(address)).to_bytes()
}

/// Sends one knock of a person from an address.
pub(super) fn knock(forger: &Forger, person: &mut Person, address: Ipv4Addr) -> Result<()> {
    Ok(forger.send_bytes(&packet(person, address), keyhole())?)
}

fn configuration(seconds: u32) -> String {
    format!(
        r#"[server]
key = "server.key"
knock-port = {KNOCK_PORT}
guard = ["tcp/{DOOR}"]
state = "../state"
status-socket = "status.sock"
user = "nobody"
log = "json"
clients-file = "clients"

[service.{SERVICE}]
open = ["tcp/{DOOR}"]
for = "{seconds}s"
at-most = "1h"
"#
    )
}

/// A little more than the watermark is ahead of the clock at most.
const WATERMARK: Duration = Duration::from_millis(5_200);

const CONFIG: &str = "nightlatchd.toml";

/// A million clients may take ninety seconds; one that takes twice as long is not measured.
const PATIENCE: Duration = Duration::from_mins(3);
