//! Judges an encrypted sequence: as good as a ticket, but that nobody is ever answered.

use nightlatch_ticket::{SequenceError, SequenceKind, SequenceRequest, Status, open_sequence};

use super::counter::Counted;
use crate::freshness::is_fresh;
use crate::gatekeeper::plain;
use crate::{FramesClaim, Gatekeeper, Judgement, Now, Refused, Verdict};

impl Gatekeeper {
    pub(super) fn judge_frames(&mut self, claim: &FramesClaim, now: Now) -> Judgement {
        if !self.policy.hears_encrypted_sequences() {
            return Judgement::ignore(Refused::Unserved);
        }
        let Some(client) = self.clients.get(claim.client.index()) else {
            return Judgement::ignore(Refused::UnknownClient);
        };
        // The seal binds the address: frames that came from elsewhere do not open.
        let source = plain(claim.source);
        let frames = claim.frames.as_slice();
        let request = match open_sequence(frames, claim.epoch, source, &client.keys) {
            Ok(request) => request,
            Err(SequenceError::Forged | SequenceError::WrongFrames) => {
                return Judgement::ignore(Refused::Forged);
            }
            Err(_) => return Judgement::ignore(Refused::Malformed),
        };
        match self.count(claim.client, request.counter, now) {
            Counted::Before => Judgement::ignore(Refused::Replayed),
            Counted::InDoubt => Judgement::silent(Verdict::Answer(Status::InDoubt), None),
            Counted::Now(record) => {
                Judgement::silent(self.weigh_frames(claim, &request, now), record)
            }
        }
    }

    fn weigh_frames(
        &mut self,
        claim: &FramesClaim,
        request: &SequenceRequest,
        now: Now,
    ) -> Verdict {
        if !is_fresh(request.time, self.policy.limits().freshness, now) {
            return Verdict::Answer(Status::Stale);
        }
        let named = self.policy.service_by_short_hash(request.service);
        let named = named.map(|(service, _)| service);
        let key = self.allowed(claim.client, named, plain(claim.source));
        match (request.kind, key) {
            (SequenceKind::Message, _) => self.tell(claim.client, request.text.as_str().into()),
            (_, None) => Verdict::Answer(Status::Forbidden),
            (SequenceKind::Close, Some(key)) => self.close(key, now),
            (SequenceKind::Knock, Some(key)) => self.grant(key, request.wanted, now),
        }
    }
}
