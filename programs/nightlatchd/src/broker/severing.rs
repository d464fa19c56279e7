//! Severing: connections that run are cut after their grant was closed, behind everything that waits for an answer.

use std::collections::BTreeSet;

use nightlatch_core::{Cut, Grant, Instant, Now};

use super::round::Round;
use crate::log::Line;

/// What is to be cut still: never more than grants were closed.
#[derive(Debug, Default)]
pub(super) struct Severing {
    due: BTreeSet<Cut>,
}

impl Severing {
    /// Notes what these grants, which were closed, shall not leave running.
    pub(super) fn note(&mut self, closed: &[Grant]) {
        self.due.extend(closed.iter().flat_map(|grant| &grant.cuts));
    }

    /// When there is something to cut: at once.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        (!self.due.is_empty()).then(Instant::default)
    }
}

impl Round {
    /// Cuts some of what is due, but for what somebody holds a grant for by now. While there is no gate to
    /// put a cut into, it waits.
    pub(super) fn sever(&mut self, now: Now) {
        if self.severing.due.is_empty() || self.mend_at.is_some() {
            return;
        }
        let mut some = Vec::new();
        while some.len() < CUTS_AT_ONCE {
            match self.severing.due.pop_first() {
                Some(cut) if self.gatekeeper.may_cut(cut, now) => some.push(cut),
                Some(_) => {}
                None => break,
            }
        }
        match self.firewall.sever(&some) {
            Ok(_) => self.tell_of(&some),
            Err(error) => self.log.say(Line::CutRefused {
                cause: crate::because(&error),
            }),
        }
    }

    fn tell_of(&self, cuts: &[Cut]) {
        for cut in cuts {
            self.log.say(Line::Cut {
                address: cut.address,
                port: cut.port.to_string(),
            });
        }
    }
}

/// All connections of the host are looked through once, however many of them are cut: a service has up to
/// 16 ports. Knocks that come meanwhile wait for that.
const CUTS_AT_ONCE: usize = 64;
