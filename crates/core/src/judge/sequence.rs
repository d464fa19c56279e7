//! Judges one sequence that the listener says was walked: it proves nothing, so little is believed.

use crate::doorstep::hosts;
use crate::ledger::Key;
use crate::{Deed, Gatekeeper, Judgement, Knocker, Now, Refused, SequenceClaim};

impl Gatekeeper {
    pub(super) fn judge_sequence(&mut self, claim: &SequenceClaim, now: Now) -> Judgement {
        // It was on its way when the policy changed: its places are those of the one before.
        if claim.edition != self.edition {
            return Judgement::ignore(Refused::NotNow);
        }
        let (id, number) = (claim.sequence, claim.number);
        let Some(sequence) = self.policy.sequence(id) else {
            return Judgement::ignore(Refused::UnknownSequence);
        };
        // A ticket has the address in its seal; here it is all the listener's word.
        let Ok((source, _)) = hosts(claim.source, claim.destination) else {
            return Judgement::ignore(Refused::NoHost);
        };
        if let Err(reason) = self.spent.check(id, &sequence.method, number, now) {
            return Judgement::ignore(reason);
        }
        // The budget comes before the number is used up: else whoever has taken the listener over
        // uses up a whole list at once.
        if !self.budgets.take(id, sequence.per_minute, now) {
            return Judgement::ignore(Refused::TooOften);
        }
        let key = Key {
            knocker: Knocker::Sequence(id),
            service: sequence.service,
            address: source,
        };
        let deed = sequence.deed;
        // From here on this number is used up, whatever follows: it was seen on its way.
        let record = self.spent.spend(id, number, &self.policy);
        if record.is_some() {
            self.changing.change();
        }
        let verdict = match deed {
            Deed::Open => self.grant(key, 0, now),
            Deed::Close => self.close(key, now),
        };
        Judgement::silent(verdict, record)
    }
}
