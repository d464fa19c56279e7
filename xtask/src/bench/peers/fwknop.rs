//! fwknopd: one encrypted packet with an HMAC, captured as by default.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use nightlatch_lab::{Process, program};

use super::{Folder, Peer, Stage, Way, start_daemon};
use crate::bench::prober::KNOCKER_OF_ITS_OWN;
use crate::bench::stage::{DOOR, LINK, SERVER};
use crate::command::Run;

/// What server and client share.
pub(super) struct Keys {
    cipher: String,
    hmac: String,
    /// Where the client writes what it was called with; it insists.
    arguments: PathBuf,
}

/// Starts it in the foreground with one client's keys.
pub(super) fn start(stage: &Stage, folder: &Folder) -> Result<Peer> {
    let keys = Keys::draw(folder)?;
    let (config, access) = (folder.file("fwknopd.conf"), folder.file("access.conf"));
    let own = folder.path().display();
    write_private(
        &config,
        &format!("PCAP_INTF {LINK};\nFWKNOP_RUN_DIR {own};\nFWKNOP_CONF_DIR {own};\n"),
    )?;
    write_private(
        &access,
        &format!(
            "SOURCE ANY\nKEY_BASE64 {}\nHMAC_KEY_BASE64 {}\nFW_ACCESS_TIMEOUT 30\n",
            keys.cipher, keys.hmac
        ),
    )?;
    let mut command = program("fwknopd");
    command.arg("--foreground");
    command.arg("--config-file").arg(&config);
    command.arg("--access-file").arg(&access);
    let process = start_daemon(stage, folder, command, "Starting fwknopd main event loop")?;
    Ok(Peer {
        way: Way::Fwknop(keys),
        _process: process,
    })
}

impl Keys {
    fn draw(folder: &Folder) -> Result<Self> {
        let drawn = Run::program("fwknop", folder.path())
            .with(["--key-gen", "--no-rc-file", "--no-home-dir"])
            .read()?;
        let key = |name: &str| {
            let found = drawn.lines().find_map(|line| line.strip_prefix(name));
            found.map(|key| key.trim().to_owned())
        };
        Ok(Self {
            cipher: key("KEY_BASE64:").context("fwknop draws no key")?,
            hmac: key("HMAC_KEY_BASE64:").context("fwknop draws no HMAC key")?,
            arguments: folder.file("arguments"),
        })
    }

    /// Starts the client for an address and lets it run; the packet leaves within milliseconds.
    pub(super) fn knock(&self, stage: &Stage, from: Ipv4Addr) -> Result<Process> {
        let mut command: Command = program("fwknop");
        command.args(["--no-rc-file", "--no-home-dir", "--use-hmac"]);
        command.arg("--save-args-file").arg(&self.arguments);
        command.args(["--key-base64-rijndael", &self.cipher]);
        command.args(["--key-base64-hmac", &self.hmac]);
        command.args(["--access", &format!("tcp/{DOOR}")]);
        command.args(["--allow-ip", &from.to_string()]);
        command.args(["--destination", &SERVER.to_string()]);
        command.args(["--source-port", &KNOCKER_OF_ITS_OWN.to_string()]);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Ok(stage.client.spawn(command)?)
    }
}

/// It complains about files that others can read.
fn write_private(path: &Path, text: &str) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    Ok(options.open(path)?.write_all(text.as_bytes())?)
}
