//! Whatever the listener claims: to each kind its judge.

use crate::{Claim, Gatekeeper, Judgement, Now};

impl Gatekeeper {
    /// Judges one claim. Call it in the order in which claims came; it never blocks.
    pub fn judge(&mut self, claim: &Claim, now: Now) -> Judgement {
        match claim {
            Claim::Ticket(ticket) => self.judge_ticket(ticket, now),
            Claim::Message(message) => self.judge_message(message, now),
            Claim::Frames(frames) => self.judge_frames(frames, now),
            Claim::Sequence(sequence) => self.judge_sequence(sequence, now),
        }
    }
}
