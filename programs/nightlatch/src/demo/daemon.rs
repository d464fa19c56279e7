//! The real daemon: found, started, waited for, and killed when the story wants it.

use std::env;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use nightlatch_lab::{Host, Process, program, wait_until};

/// A running `nightlatchd`; dropped, it is killed.
#[derive(Debug)]
pub(super) struct Daemon {
    process: Process,
}

impl Daemon {
    /// Starts the daemon on a host and waits until it hears knocks.
    pub(super) fn start(host: &Host, folder: &Path) -> anyhow::Result<Self> {
        let log = folder.join("nightlatchd.log");
        let mut command = program(find()?);
        command
            .arg("--config")
            .arg(folder.join("nightlatchd.toml"))
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .stderr(File::create(&log).context("the daemon's log")?);
        let mut process = host.spawn(command)?;
        let is_ready = || fs::read_to_string(&log).is_ok_and(|text| text.contains(READY));
        let mut is_over = false;
        wait_until(PATIENCE, || {
            is_over = !process.is_running();
            is_over || is_ready()
        });
        if is_over || !is_ready() {
            let said = fs::read_to_string(&log).unwrap_or_default();
            bail!(
                "the daemon did not become ready; it said:\n{}",
                said.trim_end()
            );
        }
        Ok(Self { process })
    }

    /// Kills it in a way that it cannot notice.
    pub(super) fn kill(&mut self) -> io::Result<()> {
        self.process.kill().map(drop)
    }
}

/// Beside this program, as both are installed, then where programs are looked for.
fn find() -> anyhow::Result<PathBuf> {
    let beside = env::current_exe()
        .ok()
        .and_then(|me| Some(me.parent()?.to_path_buf()));
    let path = env::var_os("PATH").unwrap_or_default();
    let found = beside
        .into_iter()
        .chain(env::split_paths(&path))
        .map(|folder| folder.join("nightlatchd"))
        .find(|program| program.is_file());
    found.context(
        "the daemon nightlatchd is neither beside this program nor in PATH\n  \
         build it: cargo build --package nightlatchd",
    )
}

/// How the daemon says that knocks are heard from here on.
const READY: &str = "\"what\":\"ready\"";

/// Starting takes some hundredths of a second; a busy machine may take longer.
const PATIENCE: Duration = Duration::from_secs(5);
