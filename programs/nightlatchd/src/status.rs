//! The status document, and the socket that hands it out and never reads.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use rustix::net::{SendFlags, send, sockopt};
use serde::Serialize;

use crate::state::would_hold;

/// What `status` tells. Fields are added, never renamed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Status {
    /// The daemon's version.
    pub(crate) version: String,
    /// The broker's process.
    pub(crate) pid: u32,
    /// How long it has run.
    pub(crate) up_seconds: u64,
    /// Whether it only tells what it would do.
    pub(crate) dry_run: bool,
    /// How many clients may knock.
    pub(crate) clients: usize,
    /// The UDP port of knocks; null where nobody has a key.
    pub(crate) knock_port: Option<u16>,
    /// Where it is seen what strangers send.
    pub(crate) sources: Vec<String>,
    /// What each of them has heard and lost since the start.
    pub(crate) hearing: Vec<HearingStatus>,
    /// The listener: as whom it runs, and how confined.
    pub(crate) listener: String,
    /// What is wrong now, in words; empty when nothing is.
    pub(crate) warnings: Vec<String>,
    /// The gate.
    pub(crate) gate: GateStatus,
    /// Who may pass now; at most the first thousand.
    pub(crate) grants: Vec<GrantStatus>,
    /// How many grants there are.
    pub(crate) grants_in_force: usize,
    /// What became of knocks, counted since the start.
    pub(crate) knocks: BTreeMap<&'static str, u64>,
    /// What the listener ignored, counted since the start.
    pub(crate) ignored: BTreeMap<&'static str, u64>,
    /// The sequences that may be walked.
    pub(crate) sequences: Vec<SequenceStatus>,
    /// Who fails, and who is banned for it.
    pub(crate) guard: GuardStatus,
    /// What is kept of what happens.
    pub(crate) journal: JournalStatus,
    /// What became of the commands of actions, counted since the start.
    pub(crate) commands: BTreeMap<&'static str, u64>,
    /// How notifications fare; null where nobody is told.
    pub(crate) notifications: Option<NotificationStatus>,
}

/// How notifications fare, all receivers together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct NotificationStatus {
    /// How many came over, counted since the start.
    pub(crate) told: u64,
    /// How many did not, and will not.
    pub(crate) lost: u64,
    /// Whether somebody cannot be told just now.
    pub(crate) failing: bool,
}

/// One source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct HearingStatus {
    /// As the configuration names it.
    pub(crate) source: String,
    /// Packets or lines that came out of it, those of no interest too.
    pub(crate) heard: u64,
    /// Those that it knows to have lost.
    pub(crate) lost: u64,
}

/// What is kept of what happens, counted since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct JournalStatus {
    /// Whether something is to be kept.
    pub(crate) enabled: bool,
    /// Whether the process is there that keeps it.
    pub(crate) running: bool,
    /// Whether the disk takes nothing just now.
    pub(crate) failing: bool,
    /// How many events are kept.
    pub(crate) kept: u64,
    /// How many were lost.
    pub(crate) lost: u64,
}

/// One sequence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct SequenceStatus {
    /// What the configuration calls it.
    pub(crate) name: String,
    /// What it opens or closes.
    pub(crate) service: String,
    /// Plain, one-time or time-based.
    pub(crate) method: &'static str,
    /// How many lines are not used yet, where they are used once.
    pub(crate) lines_left: Option<usize>,
}

/// Who fails, and who is banned for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct GuardStatus {
    /// Whether suspects are banned.
    pub(crate) banning: bool,
    /// How often each failure was, counted since the start.
    pub(crate) failures: BTreeMap<&'static str, u64>,
    /// Those who fail the most, the loudest first; at most ten.
    pub(crate) loudest: Vec<LoudStatus>,
    /// How many suspects there were since the start.
    pub(crate) suspects: u64,
    /// Why suspects were not banned, counted since the start.
    pub(crate) spared: BTreeMap<&'static str, u64>,
    /// The bans in force; at most the first thousand, in the order of their ends.
    pub(crate) bans: Vec<BanStatus>,
    /// How many bans are in force.
    pub(crate) bans_in_force: usize,
    /// Packets that bans have kept out.
    pub(crate) banned_packets: u64,
}

/// One who fails a lot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct LoudStatus {
    /// The address, or the network of IPv6.
    pub(crate) source: String,
    /// What it does.
    pub(crate) failure: &'static str,
    /// How often at least, within the window.
    pub(crate) count: u32,
}

/// One ban.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct BanStatus {
    /// The address, or the network of IPv6.
    pub(crate) source: String,
    /// For how long still.
    pub(crate) remaining_seconds: u64,
}

/// The gate, as the kernel has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct GateStatus {
    /// Guarded ports and ranges.
    pub(crate) guarded: Vec<String>,
    /// Whether the kernel keeps it from other programs and beyond our end.
    pub(crate) owned: bool,
    /// How often it had to be put back.
    pub(crate) put_back: u64,
    /// Packets at the knock port; all are dropped, ours are read before.
    pub(crate) knock_port_packets: u64,
    /// Packets that were kept from guarded ports.
    pub(crate) kept_out_packets: u64,
}

/// One grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct GrantStatus {
    /// Who knocked; unknown for a grant that an earlier daemon gave.
    pub(crate) client: Option<String>,
    /// To what.
    pub(crate) service: Option<String>,
    /// For which address.
    pub(crate) address: IpAddr,
    /// Which ports.
    pub(crate) ports: Vec<String>,
    /// Which sets of the administrator's.
    pub(crate) sets: Vec<String>,
    /// For how long still.
    pub(crate) remaining_seconds: u64,
}

/// A socket's place; the socket goes with it.
#[derive(Debug)]
pub(crate) struct Place(PathBuf);

impl Place {
    /// Makes a socket that root alone may ask, and its folder where it is missing. One left by a daemon
    /// that died is replaced.
    pub(crate) fn bind(path: &Path) -> io::Result<(Self, UnixListener)> {
        if is_socket(path) && UnixStream::connect(path).is_err() {
            std::fs::remove_file(path)?;
        }
        Self::make(path)
    }

    /// The same where it is known that no other daemon runs: a helper of one that was killed may still
    /// listen for a moment.
    pub(crate) fn take(path: &Path) -> io::Result<(Self, UnixListener)> {
        if is_socket(path) {
            std::fs::remove_file(path)?;
        }
        Self::make(path)
    }

    fn make(path: &Path) -> io::Result<(Self, UnixListener)> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let socket = UnixListener::bind(path)?;
        // Who is in, and from where, is the administrator's business alone.
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o600))?;
        socket.set_nonblocking(true)?;
        Ok((Self(path.to_path_buf()), socket))
    }
}

fn is_socket(path: &Path) -> bool {
    path.symlink_metadata()
        .is_ok_and(|file| file.file_type().is_socket())
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Writes the document to whoever connects, and closes.
#[derive(Debug)]
pub(crate) struct StatusSocket {
    socket: UnixListener,
    _place: Place,
}

impl StatusSocket {
    pub(crate) fn bind(path: &Path) -> io::Result<Self> {
        let (place, socket) = Place::bind(path)?;
        Ok(Self {
            socket,
            _place: place,
        })
    }

    /// Says whether a socket could be made here, and makes none.
    pub(crate) fn look(path: &Path) -> io::Result<()> {
        SocketAddr::from_pathname(path)?;
        if path.exists() && !is_socket(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        would_hold(path.parent().unwrap_or(path))
    }

    /// The next one who asks, if there is one.
    pub(crate) fn asker(&self) -> Option<Asker> {
        self.socket.accept().ok().map(|(asker, _)| Asker(asker))
    }
}

/// Somebody who connected.
pub(crate) struct Asker(UnixStream);

impl Asker {
    /// Tells him, and closes. What does not fit the socket's buffer at once is not told: nobody is waited for.
    pub(crate) fn tell(self, status: &Status) {
        let Ok(mut text) = serde_json::to_vec(status) else {
            return;
        };
        text.push(b'\n');
        let _ = sockopt::set_socket_send_buffer_size(&self.0, text.len().saturating_mul(2));
        let _ = send(&self.0, &text, SendFlags::DONTWAIT | SendFlags::NOSIGNAL);
    }
}

impl AsFd for StatusSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    #[test]
    fn who_connects_is_told_and_never_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/status.sock");
        let socket = StatusSocket::bind(&path).unwrap();
        let mut asker = UnixStream::connect(&path).unwrap();
        asker.write_all(&[0xff; 4096]).unwrap();
        let status = Status {
            clients: 3,
            ..Status::default()
        };
        socket.asker().unwrap().tell(&status);
        let mut text = Vec::new();
        // A close with unread bytes resets the stream, after what was told.
        let _ = asker.read_to_end(&mut text);
        let heard: serde_json::Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(heard["clients"], 3);
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_socket_left_behind_is_replaced_and_a_living_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("status.sock");
        // A listener without our `Drop`: it leaves its socket behind, as a killed daemon does.
        drop(UnixListener::bind(&path).unwrap());
        let _living = StatusSocket::bind(&path).unwrap();
        assert!(StatusSocket::bind(&path).is_err());
        // Whoever knows that no other daemon runs takes the place of what still listens.
        let (_place, socket) = Place::take(&path).unwrap();
        let _asker = UnixStream::connect(&path).unwrap();
        assert!(socket.accept().is_ok());
    }
}
