//! What the runner says: what became of the commands of actions.

use std::net::IpAddr;

use derive_more::Display;
use serde::Serialize;

/// One line of the log about commands.
#[derive(Clone, Debug, PartialEq, Eq, Display, Serialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub(crate) enum CommandLine {
    /// A command of an action wrote a line.
    #[display("{action}: {text}")]
    #[serde(rename = "command-said")]
    Said {
        /// The action.
        action: String,
        /// What it wrote.
        text: String,
    },
    /// A command of an action ended well.
    #[display("{action}: {part} for {client} at {address}: done ({millis} ms)")]
    #[serde(rename = "command-done")]
    Done {
        /// The action.
        action: String,
        /// Which part of it, or that it was about a message.
        part: &'static str,
        /// The client, or the sequence.
        client: String,
        /// The service, if it was about one.
        service: String,
        /// For which address.
        address: IpAddr,
        /// How long it took.
        millis: u64,
    },
    /// A command of an action did not end well.
    #[display("{action}: {part} for {client} at {address}: {outcome}")]
    #[serde(rename = "command-failed")]
    Failed {
        /// The action.
        action: String,
        /// Which part of it, or that it was about a message.
        part: &'static str,
        /// The client, or the sequence.
        client: String,
        /// The service, if it was about one.
        service: String,
        /// For which address.
        address: IpAddr,
        /// How it ended.
        outcome: String,
    },
    /// Commands were not run, because too many of their action run or wait.
    #[display("{commands} commands were not run: too many of their action run or wait already")]
    #[serde(rename = "commands-dropped")]
    Dropped {
        /// How many, since it was last said.
        commands: u64,
    },
    /// The state folder does not take which stop commands are still to come.
    #[display(
        "the state folder does not take which stop commands are due later: {cause}\n  commands run all the same; until it does, a crash forgets what they have to undo"
    )]
    StopsFailing {
        /// What the system said.
        cause: String,
    },
}
