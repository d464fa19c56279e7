//! Opens the two packets that a client seals: a ticket, and a message.

use nightlatch_ticket::{OpenError, nonce_of, open, open_message, tag_of};

use super::heard::Heard;
use crate::gatekeeper::plain;
use crate::{Gatekeeper, Judgement, MessageClaim, Now, Refused, TicketClaim};

impl Gatekeeper {
    pub(super) fn judge_ticket(&mut self, claim: &TicketClaim, now: Now) -> Judgement {
        let Some(client) = self.clients.get(claim.client.index()) else {
            return Judgement::ignore(Refused::UnknownClient);
        };
        let request = match open(&claim.sealed, &client.keys) {
            Ok(request) => request,
            Err(error) => return Judgement::ignore(reason(error)),
        };
        let heard = Heard {
            client: claim.client,
            source: plain(claim.source.ip()),
            request,
            text: None,
        };
        self.judge_heard(&heard, tag_of(&claim.sealed), nonce_of(&claim.sealed), now)
    }

    pub(super) fn judge_message(&mut self, claim: &MessageClaim, now: Now) -> Judgement {
        let Some(client) = self.clients.get(claim.client.index()) else {
            return Judgement::ignore(Refused::UnknownClient);
        };
        let (request, text) = match open_message(&claim.sealed, &client.keys) {
            Ok(opened) => opened,
            Err(error) => return Judgement::ignore(reason(error)),
        };
        let heard = Heard {
            client: claim.client,
            source: plain(claim.source.ip()),
            request,
            text: Some(text.as_str().into()),
        };
        self.judge_heard(&heard, tag_of(&claim.sealed), nonce_of(&claim.sealed), now)
    }
}

const fn reason(error: OpenError) -> Refused {
    match error {
        OpenError::Forged => Refused::Forged,
        _ => Refused::Malformed,
    }
}
