//! The listener as the broker's child: the same program, run again, with the channel as its standard input.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

/// Starts the listener. It still has the broker's privileges, and gives them up by itself.
///
/// A new image, not a fork: none of the broker's memory, keys or addresses comes along.
#[expect(
    clippy::disallowed_methods,
    reason = "the one program that the daemon starts is itself"
)]
pub(super) fn start_listener(channel: OwnedFd) -> io::Result<Child> {
    Command::new("/proc/self/exe")
        .arg0("nightlatchd")
        .arg("listener")
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::from(channel))
        .stdout(Stdio::null())
        .spawn()
}
