//! Corrections: where the kernel was told something else than the ledger says now.

use alloc::vec::Vec;

use crate::ledger::Ledger;
use crate::{Effect, Grant, Now};

impl Ledger {
    /// The kernel did not end these grants, or not all of them: what it holds is put right.
    pub(crate) fn put_right(&mut self, ended: &[Grant]) {
        for grant in ended {
            for opening in &grant.openings {
                self.holds.correct(*opening);
            }
            for stay in &grant.stays {
                self.members.correct(stay.member.clone());
            }
        }
    }

    /// Where the kernel holds open for longer, or shorter, than all grants together say.
    pub(crate) fn corrections(&mut self, now: Now) -> Vec<Effect> {
        let mut effects = self.holds.corrections(now);
        effects.extend(self.members.corrections(now));
        effects
    }

    /// Whether there is something to correct.
    pub(crate) fn has_corrections(&self) -> bool {
        self.holds.has_corrections() || self.members.has_corrections()
    }
}
