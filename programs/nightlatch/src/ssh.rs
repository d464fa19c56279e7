//! Becoming ssh, once the knock has been heard.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::knock::Family;

/// The host in what ssh is told: `[user@]host` or `ssh://[user@]host[:port]`.
pub(crate) fn host_in(destination: &str) -> &str {
    let (is_url, place) = match destination.strip_prefix("ssh://") {
        Some(place) => (true, place),
        None => (false, destination),
    };
    let host = place.rsplit_once('@').map_or(place, |(_, host)| host);
    if !is_url {
        return host;
    }
    let host = host.split_once('/').map_or(host, |(host, _)| host);
    match host.strip_prefix('[').and_then(|host| host.split_once(']')) {
        Some((bracketed, _)) => bracketed,
        None => host.split_once(':').map_or(host, |(host, _)| host),
    }
}

/// Replaces this process by ssh; comes back only when that fails.
///
/// `really` is the host's address or DNS name where the person uses a name that only our
/// configuration knows; `family` the only one over which the door is open.
#[expect(
    clippy::disallowed_methods,
    reason = "running ssh is what was asked for, by name and without a shell"
)]
pub(crate) fn become_ssh(
    really: Option<&str>,
    family: Option<Family>,
    line: &[OsString],
) -> SshError {
    let mut ssh = Command::new("ssh");
    match family {
        Some(Family::V4) => ssh.arg("-4"),
        Some(Family::V6) => ssh.arg("-6"),
        None => &mut ssh,
    };
    if let Some(host) = really {
        ssh.arg("-o").arg(format!("HostName={host}"));
    }
    SshError(ssh.args(line).exec())
}

/// Why ssh could not be run.
#[derive(Debug, thiserror::Error)]
#[error(
    "the door is open, but ssh cannot be run: {0}\n  install an OpenSSH client, or use `nightlatch knock` and any other"
)]
pub(crate) struct SshError(io::Error);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_host_in_every_form_that_ssh_takes() {
        for told in [
            "home",
            "alice@home",
            "a@b@home",
            "ssh://home",
            "ssh://alice@home:22",
            "ssh://home/",
        ] {
            assert_eq!(host_in(told), "home", "{told}");
        }
        assert_eq!(host_in("alice@fd77::1"), "fd77::1");
        assert_eq!(host_in("ssh://alice@[fd77::1]:22"), "fd77::1");
    }
}
