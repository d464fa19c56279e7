//! What the daemon is told: a server's whole configuration, right by construction.

use std::path::PathBuf;

use nightlatch_core::{GatePlan, Policy};
use nightlatch_ticket::SecretKey;

use crate::{complaint::Complaint, roster::Roster};

/// A server's configuration, every part of it checked.
pub struct Server {
    /// Services, answers and limits.
    pub policy: Policy,
    /// Which ports are guarded and where knocks come in.
    pub gate: GatePlan,
    /// Who may knock; a client's place in it is its `ClientId`.
    pub roster: Roster,
    /// The server's own key.
    pub server_key: SecretKey,
    /// The folder for what must outlive a restart.
    pub state: PathBuf,
    /// Where `status` is answered.
    pub status_socket: PathBuf,
    /// Where frames are taken from.
    pub interfaces: Interfaces,
    /// Whom the listener becomes.
    pub user: String,
    /// How the log is written.
    pub log: LogForm,
    /// What is odd but not wrong; each one's `Display` points at its line.
    pub warnings: Vec<Complaint>,
}

/// Which interfaces are listened on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Interfaces {
    /// Every one, also those that come later.
    All,
    /// These; one that is not there yet may come later.
    Named(Vec<String>),
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogForm {
    /// Sentences.
    Human,
    /// One JSON object a line.
    Json,
    /// Sentences, with levels where the journal reads along.
    Auto,
}
