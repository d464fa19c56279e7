//! The broker: holds the keys and the gate, reads nothing from the network.
//!
//! ```text
//! config ─► state ─► listener proven ─► gate raised ─► privileges gone ─► keys derived ─► ready ─► round
//! ```

mod alarms;
mod bell;
mod child;
mod claims;
mod deafness;
mod doubt;
mod durability;
mod errands;
mod error;
mod guarding;
mod heralding;
mod keys;
mod prepare;
mod rationing;
mod readiness;
mod reload;
mod reporting;
mod round;
mod scribe;
mod seats;
mod sets;
mod severing;
mod signals;
mod start;
mod view;
mod watching;
mod words;

pub(crate) use child::has_journal;
pub(crate) use claims::source;
pub(crate) use error::BrokerError;
pub(crate) use keys::{WeakClient, derive};
pub(crate) use seats::Seats;
pub(crate) use sets::unfit;
pub(crate) use start::run;
pub(crate) use words::{Carried, of_verdict};
