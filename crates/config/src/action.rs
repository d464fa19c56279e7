//! What the administrator has run when something opens or closes.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A command to run, and what undoes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// What the configuration calls it.
    pub name: String,
    /// Runs when a grant begins, or with the text of a message.
    pub start: Command,
    /// Runs when the grant ends.
    pub stop: Option<Command>,
    /// In the place of `start` for an IPv6 address.
    pub start_six: Option<Command>,
    /// In the place of `stop` for an IPv6 address.
    pub stop_six: Option<Command>,
    /// As whom it runs.
    pub user: String,
    /// How long a command may take before it is killed with all that it started.
    pub timeout: Duration,
    /// How many commands of this action may run at once.
    pub at_most: u16,
    /// Whether commands to stop that are still to come run when the daemon ends.
    pub stop_at_shutdown: bool,
}

/// What is run; `%IP%` in it stands for the address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// A program by its whole path, and its arguments: no shell looks at them.
    Argv(Vec<String>),
    /// A line for the shell.
    Shell(String),
}
