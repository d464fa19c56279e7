//! The person's side: which servers to knock at, with which keys.

pub(crate) mod meaning;
mod sequence;
pub(crate) mod text;

use std::{net::IpAddr, path::PathBuf, time::Duration};

use nightlatch_core::{Answers, Protocol};
use nightlatch_ticket::{PublicKey, Span};

use crate::{complaint::Complaint, spelling::nearest};

/// A person's configuration, every part of it checked. Secret files are named, not yet read.
#[derive(Debug)]
pub struct Person {
    /// The servers that this person knows, in the order of the file.
    pub servers: Vec<KnownServer>,
    /// What is odd but not wrong; each one's `Display` points at its line.
    pub warnings: Vec<Complaint>,
}

impl Person {
    /// The server of that name.
    pub fn server(&self, name: &str) -> Option<&KnownServer> {
        self.servers.iter().find(|server| server.name == name)
    }

    /// The server's name that was most likely meant.
    pub fn nearest(&self, name: &str) -> Option<&str> {
        nearest(name, self.servers.iter().map(|server| server.name.as_str()))
    }
}

/// One server that a person can knock at.
#[derive(Clone, Debug)]
pub struct KnownServer {
    /// What the person calls it.
    pub name: String,
    /// Its host name or address.
    pub host: String,
    /// Where knocks go.
    pub port: u16,
    /// The server's public key.
    pub key: PublicKey,
    /// The file of the person's secret key.
    pub identity: PathBuf,
    /// The secret shared with this server.
    pub preshared: PresharedChoice,
    /// What can be asked for; the first is what is asked for when nothing is said.
    pub services: Vec<String>,
    /// Whether the server answers.
    pub answers: Answers,
    /// Which address the knock claims to come from.
    pub address: AddressChoice,
    /// What a knock is made of when nothing else is said.
    pub method: KnockMethod,
    /// How an encrypted sequence is sent there.
    pub sequence: SequenceWay,
}

impl KnownServer {
    /// What is asked for when nothing is said.
    pub fn usual_service(&self) -> Option<&str> {
        self.services.first().map(String::as_str)
    }
}

/// The secret shared at enrolment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PresharedChoice {
    /// There is none, and the person says so.
    None,
    /// It stands in this file.
    File(PathBuf),
}

/// Which address a knock claims to come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressChoice {
    /// Found out: from the route, from what was learnt, from the server's answer.
    Auto,
    /// Always this one.
    Fixed(IpAddr),
}

/// What a knock is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnockMethod {
    /// One sealed datagram.
    Ticket,
    /// Touches of ports that together say the same.
    EncryptedSequence,
}

/// How an encrypted sequence is sent; span and carrier are those of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SequenceWay {
    /// The ports that say something.
    pub span: Span,
    /// What touches them.
    pub carrier: Protocol,
    /// From one packet to the next.
    pub pace: Duration,
}
