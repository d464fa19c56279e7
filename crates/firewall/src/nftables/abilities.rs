//! What this kernel can do, found out by trying: version numbers lie where distributions port things back.

use std::time::Duration;

use super::Nftables;
use super::build::{OWNED, OWNED_AND_PERSISTENT, TABLE_FLAGS};
use super::elements::{self, LIST_ELEMENTS, LIST_SET};
use super::list::each_of;
use super::verbs::{
    DELETE_TABLE, DESTROY_ELEMENT, GET_ELEMENT, NEW_ELEMENT, NEW_SET, NEW_TABLE, OF_TABLE, asking,
};
use crate::nfnl::{Batch, Channel, Envelope, FAMILY_INET, NetlinkError, Writer};

/// What this kernel can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Abilities {
    /// A table can have an owner and outlive him (kernel 6.9 and later).
    pub owned_tables_persist: bool,
    /// How the time of a standing element is set anew.
    pub refresh: Refresh,
}

/// How the time of a standing element is set anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresh {
    /// By adding it again (kernel 6.12 and later).
    InPlace,
    /// By taking it out and putting it in, in one transaction (kernel 6.3 and later).
    DestroyFirst,
    /// By taking it out, then putting it in.
    DeleteFirst,
}

/// Tries it once, in a table of its own that no packet ever meets.
pub(super) fn abilities_of(gate: &mut Nftables) -> Result<Abilities, NetlinkError> {
    if let Some(known) = gate.abilities {
        return Ok(known);
    }
    let found = attempt(&mut gate.channel)?;
    gate.abilities = Some(found);
    Ok(found)
}

fn attempt(channel: &mut Channel) -> Result<Abilities, NetlinkError> {
    let trial = Trial {
        table: format!("nightlatch-trial-{}", channel.port()),
    };
    let owned_tables_persist = trial.persists(channel)?;
    trial.set_up(channel, owned_tables_persist)?;
    let refresh = trial.refresh(channel);
    trial.tear_down(channel)?;
    Ok(Abilities {
        owned_tables_persist,
        refresh: refresh?,
    })
}

struct Trial {
    table: String,
}

impl Trial {
    fn persists(&self, channel: &mut Channel) -> Result<bool, NetlinkError> {
        let mut batch = channel.batch();
        self.new_table(&mut batch, OWNED_AND_PERSISTENT);
        batch.message(DELETE_TABLE, |writer| writer.text(OF_TABLE, &self.table));
        accepted(batch.commit())
    }

    fn set_up(&self, channel: &mut Channel, can_be_owned: bool) -> Result<(), NetlinkError> {
        let mut batch = channel.batch();
        // An owned table goes when we go, also when we are killed in the middle.
        self.new_table(&mut batch, if can_be_owned { OWNED } else { 0 });
        batch.message(NEW_SET, |writer| {
            writer.text(OF_TABLE, &self.table);
            writer.text(LIST_SET, SET);
            writer.number32(SET_FLAGS, SET_WITH_TIMES);
            writer.number32(SET_KEY_TYPE, PORT_TYPE);
            writer.number32(SET_KEY_LENGTH, 2);
            writer.number32(SET_ID, 1);
        });
        self.element(&mut batch, NEW_ELEMENT, Some(SHORT));
        batch.commit()
    }

    fn refresh(&self, channel: &mut Channel) -> Result<Refresh, NetlinkError> {
        let mut batch = channel.batch();
        self.element(&mut batch, NEW_ELEMENT, Some(LONG));
        batch.commit()?;
        if self.remaining(channel)? > SHORT {
            return Ok(Refresh::InPlace);
        }
        let mut batch = channel.batch();
        self.element(&mut batch, DESTROY_ELEMENT, None);
        Ok(if accepted(batch.commit())? {
            Refresh::DestroyFirst
        } else {
            Refresh::DeleteFirst
        })
    }

    fn remaining(&self, channel: &mut Channel) -> Result<Duration, NetlinkError> {
        let mut remaining = Duration::ZERO;
        let question = |writer: &mut Writer| {
            writer.netfilter(FAMILY_INET, 0);
            writer.text(OF_TABLE, &self.table);
            writer.text(LIST_SET, SET);
        };
        channel.dump(asking(GET_ELEMENT), question, |body| {
            each_of(body, &mut |element| {
                remaining = element.remaining.unwrap_or_default();
            });
        })?;
        Ok(remaining)
    }

    fn tear_down(&self, channel: &mut Channel) -> Result<(), NetlinkError> {
        let mut batch = channel.batch();
        batch.message(DELETE_TABLE, |writer| writer.text(OF_TABLE, &self.table));
        batch.commit()
    }

    fn new_table(&self, batch: &mut Batch<'_>, flags: u32) {
        batch.message(NEW_TABLE, |writer| {
            writer.text(OF_TABLE, &self.table);
            writer.number32(TABLE_FLAGS, flags);
        });
    }

    fn element(&self, batch: &mut Batch<'_>, envelope: Envelope, time: Option<Duration>) {
        batch.message(envelope, |writer| {
            writer.text(OF_TABLE, &self.table);
            writer.text(LIST_SET, SET);
            writer.nested(LIST_ELEMENTS, |list| {
                elements::write_one(list, &[0, 1], time);
            });
        });
    }
}

/// A refusal is an answer here; anything else is an error.
fn accepted(outcome: Result<(), NetlinkError>) -> Result<bool, NetlinkError> {
    match outcome {
        Ok(()) => Ok(true),
        Err(NetlinkError::Refused { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

const SET: &str = "trial";
pub(crate) const SET_FLAGS: u16 = 3;
pub(crate) const SET_KEY_TYPE: u16 = 4;
pub(crate) const SET_KEY_LENGTH: u16 = 5;
pub(super) const SET_ID: u16 = 10;
pub(super) const SET_WITH_TIMES: u32 = 0x10;
pub(super) const PORT_TYPE: u32 = 13;
const SHORT: Duration = Duration::from_hours(1);
const LONG: Duration = Duration::from_hours(2);
