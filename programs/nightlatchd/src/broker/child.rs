//! The broker's children: the same program, run again, with their way to the broker as standard input.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::clerk;
use crate::errand::{Plan, Runner, RunnerError};
use crate::events::{Hearer, Role};
use crate::log_groups::group_of_journal;
use crate::privilege::Identity;
use crate::status::Place;
use crate::way::Way;

/// Starts the listener. It still has the broker's privileges, and gives them up by itself. The journal,
/// where it is a source, stands in the place of its standard output.
pub(super) fn start_listener(channel: OwnedFd, journal: Option<OwnedFd>) -> io::Result<Child> {
    let mut command = again(Stdio::from(channel));
    if let Some(journal) = journal {
        command.stdout(journal);
    }
    command.arg("listener").spawn()
}

/// Starts what reads the journal's kernel lines out, from now on, and gives the end that they come out of.
///
/// A reader of our own would have to trust the journal's files, which no library reads that we have;
/// `journalctl` reads them as a user who owns nothing, and ends with us or when nobody listens.
pub(super) fn start_journal(identity: Identity) -> io::Result<OwnedFd> {
    let (lines, theirs) = io::pipe()?;
    let mut command = journalctl(identity);
    command.stdout(theirs).args(["--follow", "--lines=0"]);
    command.spawn()?;
    Ok(lines.into())
}

/// Whether the journal gives the last line of the kernel's to whoever reads it out for us.
pub(crate) fn has_journal(identity: Identity) -> io::Result<bool> {
    let mut command = journalctl(identity);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let output = command.arg("--lines=1").output()?;
    Ok(output.status.success() && !output.stdout.is_empty())
}

fn journalctl(identity: Identity) -> Command {
    let reader = group_of_journal().map_or(identity, |group| identity.in_group(group));
    let (user, group) = reader.numbers();
    let mut command = again(Stdio::null());
    command
        .arg("hand")
        .args([user.to_string(), group.to_string()])
        .args(["--", "/usr/bin/journalctl", "--dmesg", "--quiet"])
        .args(["--no-pager", "--output=short-iso"]);
    command
}

/// Starts the runner. It keeps the broker's privileges: so it has to be started before they go, and
/// before the sandbox closes, in which nothing is started any more.
pub(super) fn start_runner(plan: &Plan, state: &Path) -> Result<Runner, RunnerError> {
    let (way, theirs) = Way::pair().map_err(RunnerError::Start)?;
    // Its own folder is another one.
    let state = std::path::absolute(state).map_err(RunnerError::Start)?;
    let child = again(Stdio::from(theirs)).arg("runner").arg(state).spawn();
    Runner::new(way, child.map_err(RunnerError::Start)?, plan)
}

/// Starts the clerk, with the socket at which it is asked in the place of its standard output.
pub(super) fn start_clerk(plan: &clerk::Plan, at: &Path) -> io::Result<Hearer> {
    let word = plan.to_word()?;
    // The state folder is ours by now: no other daemon of this place runs.
    let (place, socket) = Place::take(at)?;
    let (way, theirs) = Way::pair()?;
    let mut command = again(Stdio::from(theirs));
    command.stdout(OwnedFd::from(socket));
    let child = command.arg("clerk").arg(word).spawn()?;
    Ok(Hearer::new(Role::Clerk, way, child, Some(place)))
}

/// Starts the herald: events come to it on its standard input, plans on its standard output. It gives the
/// broker's privileges up by itself.
pub(super) fn start_herald() -> io::Result<(Hearer, Way)> {
    let (events, theirs) = Way::pair()?;
    let (plans, output) = Way::pair()?;
    let mut command = again(Stdio::from(theirs));
    let child = command.stdout(output).arg("herald").spawn()?;
    Ok((Hearer::new(Role::Herald, events, child, None), plans))
}

/// A new image, not a fork: none of the broker's memory, keys or addresses comes along.
#[expect(
    clippy::disallowed_methods,
    reason = "the one program that the daemon starts is itself"
)]
fn again(input: Stdio) -> Command {
    let mut command = Command::new("/proc/self/exe");
    command
        .arg0("nightlatchd")
        .env_clear()
        .current_dir("/")
        .stdin(input)
        .stdout(Stdio::null());
    command
}
