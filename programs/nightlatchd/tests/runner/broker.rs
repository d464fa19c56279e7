//! The broker as these tests play it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::net::IpAddr;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use nightlatch_lab::{program, wait_until};
use rustix::io::{FdFlags, fcntl_setfd};
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socketpair,
};
use serde_json::{Value, json};

/// A runner of this test's own, and a folder for everything; dropped, it is killed.
pub(crate) struct Broker {
    folder: tempfile::TempDir,
    socket: Option<OwnedFd>,
    child: Child,
    lives: u32,
    notices: Vec<[u8; 8]>,
}

/// What an errand asks for.
#[derive(Clone, Copy)]
pub(crate) enum Kind<'t> {
    Start(u32),
    Stop,
    Tell(&'t [u8]),
}

impl Broker {
    /// A runner with one action, called `act`, number 0.
    pub(crate) fn new(action: &Value) -> Self {
        Self::with(&json!([action]))
    }

    /// A runner with these actions.
    pub(crate) fn with(actions: &Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Commands run as somebody else, and leave their traces here.
        open_to_all(folder.path());
        fs::create_dir(folder.path().join("state")).unwrap();
        let (socket, child) = life(folder.path(), 0, 0);
        let broker = Self {
            folder,
            socket: Some(socket),
            child,
            lives: 1,
            notices: Vec::new(),
        };
        broker.plan(actions);
        broker
    }

    /// A runner that is not root, where this test is.
    pub(crate) fn unprivileged(act: &Value) -> Self {
        let mut broker = Self::new(&action("true", None));
        broker.end();
        let state = broker.path("state");
        std::os::unix::fs::chown(&state, Some(NOBODY), Some(NOBODY)).unwrap();
        for file in fs::read_dir(state).unwrap() {
            std::os::unix::fs::chown(file.unwrap().path(), Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let (socket, child) = life(broker.folder.path(), broker.lives, NOBODY);
        (broker.socket, broker.child) = (Some(socket), child);
        broker.lives += 1;
        broker.plan(&json!([act]));
        broker
    }

    /// Another life of the same runner, after the last one ended.
    pub(crate) fn again(&mut self, actions: &Value) {
        let (socket, child) = life(self.folder.path(), self.lives, 0);
        self.socket = Some(socket);
        self.child = child;
        self.lives += 1;
        self.plan(actions);
    }

    /// Another runner in the same folder, while this one lives.
    pub(crate) fn beside(&self, actions: &Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(self.path("state"), folder.path().join("state")).unwrap();
        let (socket, child) = life(folder.path(), 0, 0);
        let broker = Self {
            folder,
            socket: Some(socket),
            child,
            lives: 1,
            notices: Vec::new(),
        };
        broker.plan(actions);
        broker
    }

    pub(crate) fn plan(&self, actions: &Value) {
        let text = json!({ "actions": actions, "form": "Json" }).to_string();
        let pieces: Vec<&[u8]> = text.as_bytes().chunks(32 << 10).collect();
        for (place, piece) in pieces.iter().enumerate() {
            let kind = if place + 1 == pieces.len() { 2 } else { 1 };
            self.say(&[&[kind], *piece].concat()).unwrap();
        }
    }

    /// Sends an errand for action 0 and the service `ssh`, as `alice`.
    pub(crate) fn order(&self, kind: Kind<'_>, address: &str) {
        self.say(&errand(0, kind, address, "ssh")).unwrap();
    }

    /// Sends bytes as they are, and waits for room.
    pub(crate) fn say(&self, bytes: &[u8]) -> io::Result<()> {
        let socket = self.socket.as_ref().unwrap();
        send(socket, bytes, SendFlags::NOSIGNAL)?;
        Ok(())
    }

    /// Everything that the runner has told so far, by kind.
    pub(crate) fn told(&mut self, kind: u8) -> u32 {
        let mut bytes = [0; 64];
        while let Some(socket) = &self.socket
            && let Ok((8, _)) = recv(socket, &mut bytes, RecvFlags::DONTWAIT)
        {
            self.notices.push(bytes[..8].try_into().unwrap());
        }
        let numbers = self.notices.iter().filter(|notice| notice[0] == kind);
        numbers
            .map(|notice| match kind {
                REFUSED | TOO_LATE | ORPHANED => {
                    u32::from_be_bytes(notice[4..].try_into().unwrap())
                }
                _ => 1,
            })
            .sum()
    }

    /// Waits until it has told so many of a kind.
    pub(crate) fn await_told(&mut self, kind: u8, count: u32) {
        let has_told = wait_until(PATIENCE, || self.told(kind) >= count);
        assert!(
            has_told,
            "{count} of {kind}: {:?} {}",
            self.notices,
            self.log()
        );
    }

    /// Where a file of this test is.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The lines of a file that commands write; none if it is not there yet.
    pub(crate) fn lines(&self, name: &str) -> Vec<String> {
        let text = fs::read_to_string(self.path(name)).unwrap_or_default();
        text.lines().map(ToOwned::to_owned).collect()
    }

    /// Waits until a file has these lines.
    pub(crate) fn await_lines(&self, name: &str, wanted: &[&str]) {
        let is_so = wait_until(PATIENCE, || self.lines(name) == wanted);
        assert!(is_so, "{wanted:?}: {:?} {}", self.lines(name), self.log());
    }

    /// What the runner's lives wrote to their standard error.
    pub(crate) fn log(&self) -> String {
        (0..self.lives)
            .map(|life| fs::read_to_string(self.path(&format!("{life}.log"))).unwrap_or_default())
            .collect()
    }

    /// Every line of one kind in the log.
    pub(crate) fn logged(&self, what: &str) -> Vec<Value> {
        let log = self.log();
        let lines = log
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok());
        lines.filter(|line: &Value| line["what"] == what).collect()
    }

    /// Waits for a line of that kind.
    pub(crate) fn await_logged(&self, what: &str) -> Value {
        let is_there = wait_until(PATIENCE, || !self.logged(what).is_empty());
        assert!(is_there, "no {what}: {}", self.log());
        self.logged(what).remove(0)
    }

    /// The broker's own end: the runner follows by itself.
    pub(crate) fn end(&mut self) -> Option<i32> {
        self.socket = None;
        self.await_end()
    }

    pub(crate) fn await_end(&mut self) -> Option<i32> {
        let mut status = None;
        wait_until(PATIENCE, || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status
            .unwrap_or_else(|| panic!("it does not end: {}", self.log()))
            .code()
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.socket = None;
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An errand's bytes, written as its description says.
pub(crate) fn errand(action: u16, kind: Kind<'_>, address: &str, service: &str) -> Vec<u8> {
    let (number, seconds, text) = match kind {
        Kind::Start(seconds) => (3, seconds, &[][..]),
        Kind::Stop => (4, 0, &[][..]),
        Kind::Tell(text) => (5, 0, text),
    };
    let address = match address.parse().unwrap() {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    };
    let mut bytes = vec![0; 1184];
    bytes[0] = number;
    bytes[2..4].copy_from_slice(&action.to_be_bytes());
    bytes[4..8].copy_from_slice(&seconds.to_be_bytes());
    bytes[8..24].copy_from_slice(&address.octets());
    bytes[24..29].copy_from_slice(b"alice");
    bytes[88..88 + service.len()].copy_from_slice(service.as_bytes());
    bytes[152..154].copy_from_slice(&u16::try_from(text.len()).unwrap().to_be_bytes());
    bytes[160..160 + text.len()].copy_from_slice(text);
    bytes
}

/// An action that is run as whoever this test is; its halves are lines for the shell.
pub(crate) fn action(start: &str, stop: Option<&str>) -> Value {
    json!({
        "name": "act",
        "start": { "Shell": start },
        "stop": stop.map(|line| json!({ "Shell": line })),
        "start_six": null,
        "stop_six": null,
        "user": { "user": own_user(), "group": own_group() },
        "timeout": { "secs": 20, "nanos": 0 },
        "at_most": 8,
        "stop_at_shutdown": false
    })
}

/// The same action with something else in it.
pub(crate) fn but(mut action: Value, field: &str, value: Value) -> Value {
    action[field] = value;
    action
}

pub(crate) fn own_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

fn own_group() -> u32 {
    rustix::process::getegid().as_raw()
}

/// Whether users can be changed here. If not, that is said; where everything must be had, it fails.
pub(crate) fn is_root_for(story: &str) -> bool {
    let map = fs::read_to_string("/proc/self/uid_map").unwrap();
    let known = map.split_whitespace().nth(2).unwrap();
    if own_user() == 0 && known.parse::<u32>().unwrap() > NOBODY {
        return true;
    }
    assert!(std::env::var_os("CI").is_none(), "{story} needs root");
    // Past the test harness, which keeps quiet about tests that pass.
    let line =
        format!("SKIPPED: {story}: only root can change users, and only to those who exist\n");
    io::stderr().write_all(line.as_bytes()).unwrap();
    false
}

fn life(folder: &Path, number: u32, user: u32) -> (OwnedFd, Child) {
    let (ours, theirs) = socketpair(
        AddressFamily::UNIX,
        SocketType::SEQPACKET,
        SocketFlags::CLOEXEC,
        None,
    )
    .unwrap();
    let log = File::create(folder.join(format!("{number}.log"))).unwrap();
    // Whoever starts a daemon may leave it more than it should have.
    let leaked = File::open("/dev/null").unwrap();
    fcntl_setfd(&leaked, FdFlags::empty()).unwrap();
    let mut command = program(env!("CARGO_BIN_EXE_nightlatchd"));
    command
        .arg("runner")
        .arg(folder.join("state"))
        .stdin(Stdio::from(theirs))
        .stdout(Stdio::null())
        .stderr(log)
        .process_group(0);
    if user != 0 {
        command.uid(user).gid(user);
    }
    (ours, command.spawn().unwrap())
}

fn open_to_all(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o777)).unwrap();
}

pub(crate) const NOBODY: u32 = 65534;
pub(crate) const STARTED: u8 = 1;
pub(crate) const DONE: u8 = 2;
pub(crate) const FAILED: u8 = 3;
pub(crate) const TIMED_OUT: u8 = 5;
pub(crate) const REFUSED: u8 = 7;
pub(crate) const TOO_LATE: u8 = 8;
pub(crate) const UNDURABLE: u8 = 9;
pub(crate) const ORPHANED: u8 = 11;

pub(crate) const ALICE: &str = "192.0.2.7";
pub(crate) const BOB: &str = "2001:db8::7";
pub(crate) const LONG: u32 = 3600;

/// A busy machine may take long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
