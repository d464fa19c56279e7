//! What the daemon is told: a server's whole configuration, right by construction.

use std::path::PathBuf;

use nightlatch_core::{ActionId, GatePlan, Policy, PortRange, Protocol};
use nightlatch_ticket::{SecretKey, Span};

use crate::{
    action::Action, complaint::Complaint, guarding::Guarding, journal::Journal,
    notification::Notification, roster::Roster, source_choice::SourceChoice,
};

/// A server's configuration, every part of it checked.
pub struct Server {
    /// Services, sequences, answers and limits.
    pub policy: Policy,
    /// Which ports are guarded, and what is dropped unseen.
    pub gate: GatePlan,
    /// Where knocks come in over UDP; nowhere without a key.
    pub knock_port: Option<u16>,
    /// Where it is seen what strangers send.
    pub sources: Vec<SourceChoice>,
    /// Who may knock; a client's place in it is its `ClientId`.
    pub roster: Roster,
    /// The server's own key; none where there is no client to knock with one.
    pub server_key: Option<SecretKey>,
    /// Where encrypted sequences are heard, and what their packets are; none where they are not.
    pub span: Option<(Span, Protocol)>,
    /// The ports where touches shall not count, besides those where something listens.
    pub in_use: Vec<PortRange>,
    /// What can be run; an [`ActionId`](nightlatch_core::ActionId) is a place in it.
    pub actions: Vec<Action>,
    /// What gets the text of messages on its standard input; without one they are only logged.
    pub messages: Option<ActionId>,
    /// What failures lead to.
    pub guarding: Guarding,
    /// How it is kept what happened; none where it is not.
    pub journal: Option<Journal>,
    /// Who is told what happens.
    pub notifications: Vec<Notification>,
    /// The folder for what must outlive a restart.
    pub state: PathBuf,
    /// Where `status` is answered.
    pub status_socket: PathBuf,
    /// Where packet sockets take frames from.
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
