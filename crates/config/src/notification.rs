//! Whom the daemon tells what happened, and how.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::signing_secret::SigningSecret;

/// Somebody who is told what happens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    /// What the configuration calls it.
    pub name: String,
    /// How he is told.
    pub way: Way,
    /// Which kinds of events he is told of, by their names.
    pub on: Vec<String>,
    /// Of which services; of all, if it is empty.
    pub services: Vec<String>,
    /// How many of one kind he is told in a minute; more are summed up.
    pub per_minute: u32,
}

/// How somebody is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Way {
    /// By a signed `POST`.
    Webhook(Webhook),
    /// By a line to the system's log.
    Syslog(Syslog),
}

/// Where a signed `POST` goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    /// The whole address.
    pub url: String,
    /// What signs.
    pub secret: SigningSecret,
    /// The certificates that are believed (PEM), in the place of the public ones.
    pub ca: Option<String>,
}

/// Where a line goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Syslog {
    /// Facility and severity, as the number that stands in front of the line.
    pub priority: u8,
    /// The socket of the system's log.
    pub socket: PathBuf,
}

/// What can be told: the kinds of events, by their names.
pub const EVENT_KINDS: [&str; 14] = [
    "granted",
    "closed",
    "refused",
    "told",
    "banned",
    "unbanned",
    "bans-untold",
    "started",
    "stopping",
    "reloaded",
    "reload-refused",
    "gate-put-back",
    "answered",
    "refusals-untold",
];

/// What is told where nothing is named: who got in, who should have, who was kept out, and what befell the daemon.
pub(crate) const USUAL_KINDS: [&str; 8] = [
    "granted",
    "refused",
    "refusals-untold",
    "banned",
    "started",
    "stopping",
    "reload-refused",
    "gate-put-back",
];
