//! Readiness: what the listener says of itself before it hears the first knock.

use nightlatch_config::SourceChoice;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

use super::error::BrokerError;
use super::signals::Signals;
use crate::channel::{Channel, ChannelError, Letter};
use crate::privilege::Becoming;
use crate::sandbox::Landlocked;

/// Waits until the listener has its sockets and nothing else; says how it describes itself.
pub(super) fn wait_until_ready(
    channel: &Channel,
    signals: &Signals,
    sources: &[SourceChoice],
) -> Result<String, BrokerError> {
    match next_letter(channel, signals)? {
        Letter::Ready(becoming, landlocked) => Ok(describe(becoming, landlocked, sources)),
        _ => Err(ChannelError::Malformed.into()),
    }
}

/// Waits until the listener has its keys.
pub(super) fn wait_until_listening(
    channel: &Channel,
    signals: &Signals,
) -> Result<(), BrokerError> {
    match next_letter(channel, signals)? {
        Letter::Listening => Ok(()),
        _ => Err(ChannelError::Malformed.into()),
    }
}

/// The next letter, unless the daemon is asked to end before it comes.
fn next_letter(channel: &Channel, signals: &Signals) -> Result<Letter, BrokerError> {
    loop {
        let mut fds = [
            PollFd::new(channel, PollFlags::IN),
            PollFd::from_borrowed_fd(signals.end_fd(), PollFlags::IN),
        ];
        match poll(&mut fds, None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(errno) => return Err(BrokerError::Wait(errno.into())),
        }
        let [_, end] = &fds;
        if !end.revents().is_empty() {
            return Err(BrokerError::Early);
        }
        if let Some(letter) = channel.letter()? {
            return Ok(letter);
        }
    }
}

fn describe(becoming: Becoming, landlocked: Landlocked, sources: &[SourceChoice]) -> String {
    let is_log = |source: &SourceChoice| matches!(source, SourceChoice::Log(_));
    let who = match becoming {
        Becoming::User(user) | Becoming::AlreadyUnprivileged(user) => format!("as user {user}"),
        Becoming::NamespaceRoot => "as root of a namespace without other users".to_owned(),
    };
    let files = match landlocked {
        Landlocked::Fully if sources.iter().any(is_log) => "no files but its logs",
        Landlocked::Fully => "no files",
        Landlocked::Partly => "hardly any files (an older Landlock)",
        Landlocked::Not => "no Landlock in this kernel",
    };
    format!("{who}, no capabilities, {files}, system calls filtered")
}
