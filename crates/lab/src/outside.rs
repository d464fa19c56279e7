//! The outer process: makes the namespaces, runs itself inside them, and takes all away at the end.

use std::env;
use std::fs;
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ExitStatus, exit};

use nix::sched::{CloneFlags, unshare};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::unistd::{getegid, geteuid};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use crate::enter::{EnterError, INSIDE, Standing, mark};
use crate::mounts;
use crate::process::program;

/// Runs this program inside and leaves with its exit code; returns only what kept it from that.
pub(crate) fn stay() -> Result<EnterError, EnterError> {
    alone()?;
    // Before the first namespace: a signal from here on ends the run with everything in it.
    let signals = hold_signals().map_err(|cause| EnterError::step("hold signals", cause))?;
    let standing = separate()?;
    let folder = mounts::private_folder()
        .map_err(|cause| EnterError::step("mount a folder in memory", cause))?;
    let me = env::current_exe().map_err(|cause| EnterError::step("find our program", cause))?;
    let mut arguments = env::args_os();
    let mut command = program(&me);
    command.arg0(arguments.next().unwrap_or_else(|| me.into_os_string()));
    command.args(arguments).env(INSIDE, mark(standing, &folder));
    let child = command
        .spawn()
        .map_err(|cause| EnterError::step("run ourselves inside", cause))?;
    match watch(child, &signals) {
        Ok(code) => exit(code),
        Err(cause) => Ok(EnterError::step("watch the inner process", cause)),
    }
}

/// Gives the inner process the signals back that the outer one held when it started it.
pub(crate) fn listen_to_signals() -> nix::Result<()> {
    ending_signals().thread_unblock()
}

/// Threads would stay behind in the old namespaces, and the kernel refuses the new ones.
fn alone() -> Result<(), EnterError> {
    match fs::read_dir("/proc/self/task").map(Iterator::count) {
        Ok(threads) if threads > 1 => Err(EnterError::Threads(threads)),
        _ => Ok(()),
    }
}

fn separate() -> Result<Standing, EnterError> {
    let spaces = CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWPID;
    // Root in a container may lack the right that namespaces need: then he goes the users' way.
    if geteuid().is_root() && unshare(spaces).is_ok() {
        return Ok(Standing::Root);
    }
    let (user, group) = (geteuid(), getegid());
    unshare(CloneFlags::CLONE_NEWUSER | spaces).map_err(|cause| why(cause.into()))?;
    // The kernel wants this before a group is mapped, so that nobody drops a group that bars him.
    let denied = fs::write("/proc/self/setgroups", "deny");
    denied
        .and_then(|()| fs::write("/proc/self/uid_map", format!("0 {user} 1")))
        .and_then(|()| fs::write("/proc/self/gid_map", format!("0 {group} 1")))
        .map_err(why)?;
    Ok(Standing::Mapped)
}

/// Names the setting that forbids namespaces, or hands on what the kernel said.
fn why(cause: io::Error) -> EnterError {
    let sudo = as_root();
    let read = |path: &str| fs::read_to_string(path).ok();
    match forbidding(read) {
        Some((bar, value)) => EnterError::Forbidden {
            setting: bar.setting,
            value,
            wanted: bar.wanted,
            sudo,
        },
        None => EnterError::Refused { sudo, cause },
    }
}

/// A setting that can keep ordinary users from namespaces.
struct Bar {
    setting: &'static str,
    path: &'static str,
    forbids: &'static str,
    wanted: &'static str,
}

const BARS: [Bar; 4] = [
    Bar {
        setting: "kernel.unprivileged_userns_clone",
        path: "/proc/sys/kernel/unprivileged_userns_clone",
        forbids: "0",
        wanted: "1",
    },
    Bar {
        setting: "kernel.apparmor_restrict_unprivileged_userns",
        path: "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        forbids: "1",
        wanted: "0",
    },
    Bar {
        setting: "user.max_user_namespaces",
        path: "/proc/sys/user/max_user_namespaces",
        forbids: "0",
        wanted: "10000",
    },
    Bar {
        setting: "user.max_net_namespaces",
        path: "/proc/sys/user/max_net_namespaces",
        forbids: "0",
        wanted: "10000",
    },
];

fn forbidding(read: impl Fn(&str) -> Option<String>) -> Option<(&'static Bar, String)> {
    BARS.iter().find_map(|bar| {
        let value = read(bar.path)?.trim().to_owned();
        (value == bar.forbids).then_some((bar, value))
    })
}

/// This very call as root would type it.
fn as_root() -> String {
    let program = env::current_exe().unwrap_or_default();
    let arguments = env::args().skip(1);
    let words = std::iter::once(program.display().to_string()).chain(arguments);
    std::iter::once("sudo".to_owned())
        .chain(words)
        .collect::<Vec<_>>()
        .join(" ")
}

fn ending_signals() -> SigSet {
    [
        Signal::SIGINT,
        Signal::SIGTERM,
        Signal::SIGHUP,
        Signal::SIGQUIT,
    ]
    .into_iter()
    .collect()
}

fn hold_signals() -> nix::Result<SignalFd> {
    let signals = ending_signals();
    signals.thread_block()?;
    SignalFd::with_flags(&signals, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)
}

/// Waits until the inner process ends or somebody ends us; answers with our exit code.
fn watch(mut child: Child, signals: &SignalFd) -> io::Result<i32> {
    let id = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let life = pidfd_open(id.ok_or(io::ErrorKind::NotFound)?, PidfdFlags::empty())?;
    loop {
        let mut both = [
            PollFd::new(&life, PollFlags::IN),
            PollFd::new(signals, PollFlags::IN),
        ];
        match poll(&mut both, None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(cause) => return Err(cause.into()),
        }
        if let Some(status) = child.try_wait()? {
            return Ok(code_of(status));
        }
        if let Some(signal) = signals.read_signal()? {
            // Process 1 takes every process of its namespace with it.
            child.kill()?;
            child.wait()?;
            return Ok(SIGNALLED.saturating_add(i32::try_from(signal.ssi_signo).unwrap_or(0)));
        }
    }
}

fn code_of(status: ExitStatus) -> i32 {
    let signalled = status
        .signal()
        .map(|signal| SIGNALLED.saturating_add(signal));
    status.code().or(signalled).unwrap_or(SIGNALLED)
}

/// What shells add to the number of a signal.
const SIGNALLED: i32 = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_setting_that_forbids_is_named() {
        let read = |path: &str| {
            path.ends_with("apparmor_restrict_unprivileged_userns")
                .then(|| "1\n".to_owned())
        };
        let (bar, value) = forbidding(read).unwrap();
        assert_eq!(
            (bar.setting, value.as_str()),
            ("kernel.apparmor_restrict_unprivileged_userns", "1")
        );
    }

    #[test]
    fn a_system_that_allows_it_is_not_blamed() {
        assert!(forbidding(|_| Some("65536".to_owned())).is_none());
        assert!(forbidding(|_| None).is_none());
    }
}
