//! The daemon in a story: started, listened to, asked for its status.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use nightlatch_lab::{Host, LabError, Process, pause, program, wait_until};
use serde_json::Value;

/// A running `nightlatchd`; dropped, it is killed.
pub(crate) struct Daemon {
    process: Process,
    log: PathBuf,
    socket: PathBuf,
}

impl Daemon {
    /// Starts it on a host with the configuration in a folder, and waits until it is ready.
    pub(crate) fn start(host: &Host, folder: &Path) -> Self {
        Self::start_by(command(folder), host, folder)
    }

    /// The same with a command of its own, which logs to the folder.
    pub(crate) fn start_by(command: Command, host: &Host, folder: &Path) -> Self {
        Self::start_with(command, folder, |command| host.spawn(command))
    }

    /// The same, spawned in a way of its own.
    pub(crate) fn start_with(
        mut command: Command,
        folder: &Path,
        spawn: impl FnOnce(Command) -> Result<Process, LabError>,
    ) -> Self {
        let log = (0..100)
            .map(|life| folder.join(format!("{life}.log")))
            .find(|log| !log.exists());
        let log = log.unwrap();
        command.stderr(File::create(&log).unwrap());
        let process = spawn(command).unwrap();
        let mut daemon = Self {
            process,
            log,
            socket: folder.join("status.sock"),
        };
        let mut is_over = false;
        wait_until(PATIENCE, || {
            is_over = !daemon.process.is_running();
            is_over || daemon.is_ready()
        });
        assert!(
            daemon.is_ready(),
            "the daemon is not ready: {}",
            daemon.log()
        );
        daemon
    }

    /// Everything it said so far; of a line that is being written, nothing.
    pub(crate) fn log(&self) -> String {
        let mut bytes = fs::read(&self.log).unwrap();
        let whole = bytes.iter().rposition(|byte| *byte == b'\n');
        bytes.truncate(whole.map_or(0, |end| end + 1));
        String::from_utf8(bytes).unwrap()
    }

    /// Whether a line of that name stands in its log.
    pub(crate) fn has_said(&self, what: &str) -> bool {
        self.times_said(what) > 0
    }

    /// How many lines of that name stand in its log.
    pub(crate) fn times_said(&self, what: &str) -> usize {
        let what = format!("\"what\":\"{what}\"");
        self.log().matches(&what).count()
    }

    /// Whether it says so, to programs or to people.
    fn is_ready(&self) -> bool {
        self.has_said("ready") || self.log().contains("\nready: ")
    }

    /// Waits for a line of that name.
    pub(crate) fn await_line(&self, what: &str) {
        assert!(
            wait_until(PATIENCE, || self.has_said(what)),
            "no {what} in {}",
            self.log()
        );
    }

    /// Its status document.
    pub(crate) fn status(&self) -> Value {
        let mut text = String::new();
        UnixStream::connect(&self.socket)
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        serde_json::from_str(&text).unwrap()
    }

    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
    }

    /// SIGTERM, and its end.
    pub(crate) fn stop(&mut self) -> ExitStatus {
        self.process.terminate().unwrap();
        self.process
            .wait_within(PATIENCE)
            .unwrap()
            .expect("the daemon does not stop")
    }

    /// SIGHUP.
    pub(crate) fn reload(&self) {
        self.process.hang_up().unwrap();
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.process.is_running()
    }
}

/// The daemon's command with the configuration of a folder.
pub(crate) fn command(folder: &Path) -> Command {
    let mut command = program(env!("CARGO_BIN_EXE_nightlatchd"));
    command.arg("--config").arg(folder.join("nightlatchd.toml"));
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command
}

/// How many processes live in a host; those of the tests themselves do not.
pub(crate) fn processes_in(host: &Host) -> usize {
    let here = host
        .run(|| fs::read_link("/proc/thread-self/ns/net").unwrap())
        .unwrap();
    let lives_here = |process: &fs::DirEntry| {
        fs::read_link(process.path().join("ns/net")).is_ok_and(|there| there == here)
    };
    fs::read_dir("/proc")
        .unwrap()
        .filter_map(Result::ok)
        .filter(lives_here)
        .count()
}

/// Lets a door's time pass.
pub(crate) fn let_pass(length: Duration) {
    pause(length + crate::stage::A_LITTLE);
}

/// A busy machine may take long.
const PATIENCE: Duration = Duration::from_secs(10);
