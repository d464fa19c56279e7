//! What the server's file means: right by construction, or a complaint at its place.

mod actions;
mod clients;
mod cuts;
mod decoys;
mod encrypted;
mod forwards;
mod guard;
mod inserts;
mod journal;
mod limits;
mod notify;
mod origins;
mod sequences;
mod services;
mod settings;
mod sources;
mod suspects;
mod syslog;
mod unopened;
mod values;
mod webhook_url;
mod whole;

pub(crate) use clients::{key_remark, public_key, secret_path};
pub(crate) use encrypted::{carrier, span};
pub(crate) use services::ServiceBook;
pub(crate) use settings::is_interface;
pub(crate) use values::{MOST_COMPLAINTS, USUAL_KNOCK_PORT, answers, port, word};
#[cfg(test)]
pub(crate) use whole::TABLES;
pub(crate) use whole::server;
