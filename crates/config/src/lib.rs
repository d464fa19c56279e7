//! The administrator's text becomes a policy that is right by construction.
//!
//! ```text
//!  nightlatchd.toml ─trust─► document ─► text (written) ─► meaning (meant) ─► Server ─► Policy, GatePlan, Roster
//!  knockd.conf      ─trust─► knockd (translated) ─► document …
//!  clients          ─trust─► clients_file ────────────────────┘
//!  nightlatch.toml  ─trust─► document ─► person::text ─► person::meaning ─► Person
//!  *.key, *.psk     ─trust─► key_file ─► SecretKey, SealedKey, PresharedSecret, SequenceSecret
//! ```
//!
//! What is wrong comes out as [`Complaint`]s that point at file, line and column and say what to do.

#![forbid(unsafe_code)]

mod action;
mod beginning;
mod clients_file;
mod complaint;
mod desk;
mod document;
#[cfg(test)]
mod example_files;
mod fields;
mod guarding;
mod journal;
mod key_file;
mod knockd;
mod lines;
mod load;
mod meaning;
mod names;
mod notification;
mod person;
mod ports;
mod remark;
mod remembered;
mod roster;
mod scanned;
mod sealed_key;
mod secret_file;
mod server;
mod signing_secret;
mod size;
mod source;
mod source_choice;
mod spelling;
mod strength;
mod sweep;
mod text;
mod time_span;
mod trust;
mod webhook_files;

pub use action::{Action, Command};
pub use complaint::{Complaint, Complaints};
pub use guarding::{FailureLog, Guarding};
pub use journal::Journal;
pub use key_file::{
    KeyFileError, StoredKey, WriteFileError, read_preshared, read_secret_key, read_sequence_secret,
    write_preshared, write_secret_key, write_sequence_list, write_sequence_secret,
};
pub use knockd::{Commands, Converted, Imported, convert_knockd, import_knockd, load_knockd};
pub use load::{ConfigError, load_person, load_server};
pub use names::is_name;
pub use notification::{EVENT_KINDS, Notification, Syslog, Way, Webhook};
pub use person::{AddressChoice, KnockMethod, KnownServer, Person, PresharedChoice, SequenceWay};
pub use remembered::{Remembered, SaveError};
pub use roster::{Roster, RosterLine};
pub use sealed_key::{SealedKey, UnsealError};
pub use server::{Interfaces, LogForm, Server};
pub use signing_secret::{SigningSecret, SigningSecretError};
pub use source_choice::{Shows, SourceChoice, SourceError};
pub use spelling::nearest;
pub use strength::Strength;
pub use time_span::{TimeSpanError, read_long_time_span, read_time_span};
pub use trust::ReadError;
