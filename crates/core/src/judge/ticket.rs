//! Judges one ticket, in the order of docs/protocol.md; each "no" is a value with its reason.

use core::net::IpAddr;
use core::time::Duration;

use nightlatch_ticket::{Ack, Counter, Kind, OpenError, Request, Status, nonce_of, open, tag_of};

use crate::freshness::is_fresh;
use crate::gatekeeper::plain;
use crate::ledger::Key;
use crate::{
    Answers, Claim, ClientId, Gatekeeper, Judgement, Knocker, Now, Refused, ServiceId, TicketClaim,
    Verdict,
};

/// A request whose seal was opened, and where it came from.
struct Heard {
    client: ClientId,
    source: IpAddr,
    request: Request,
}

impl Gatekeeper {
    /// Judges one claim. Call it in the order in which claims came; it never blocks.
    pub fn judge(&mut self, claim: &Claim, now: Now) -> Judgement {
        match claim {
            Claim::Ticket(claim) => self.judge_ticket(claim, now),
            _ => Judgement::ignore(Refused::Unserved),
        }
    }

    fn judge_ticket(&mut self, claim: &TicketClaim, now: Now) -> Judgement {
        let Some(client) = self.clients.get_mut(claim.client.index()) else {
            return Judgement::ignore(Refused::UnknownClient);
        };
        let request = match open(&claim.sealed, &client.keys) {
            Ok(request) => request,
            Err(OpenError::Forged) => return Judgement::ignore(Refused::Forged),
            Err(_) => return Judgement::ignore(Refused::Malformed),
        };
        let heard = Heard {
            client: claim.client,
            source: plain(claim.source.ip()),
            request,
        };
        // What the listener says about the tag is not believed: a recovery knock that it calls a
        // normal one would open a door.
        if tag_of(&claim.sealed) == client.keys.tags().recovery_tag() {
            return self.recover(&heard, nonce_of(&claim.sealed), now);
        }
        if request.counter <= client.last {
            return Judgement::ignore(Refused::Replayed);
        }
        // From here on this packet is used up, whatever follows: it earns one answer at most.
        client.last = request.counter;
        if self.durable.is_in_doubt(request.counter) {
            return self.answer(&heard, Verdict::Answer(Status::InDoubt), now);
        }
        let record = self.durable.record(heard.client, request.counter, now);
        let verdict = self.weigh(&heard, now);
        Judgement {
            record,
            ..self.answer(&heard, verdict, now)
        }
    }

    /// A client that has lost its way is told time, counter and address; nothing else happens.
    fn recover(&mut self, heard: &Heard, nonce: [u8; 12], now: Now) -> Judgement {
        if self.policy.answers() == Answers::Silent {
            return self.answer(heard, Verdict::Answer(Status::Recovered), now);
        }
        let clients = self.clients.len();
        match self.recovery.take(heard.client, nonce, clients, now) {
            Ok(()) => self.answer(heard, Verdict::Answer(Status::Recovered), now),
            Err(reason) => Judgement::ignore(reason),
        }
    }

    fn weigh(&mut self, heard: &Heard, now: Now) -> Verdict {
        let request = &heard.request;
        if !is_fresh(request.time, self.policy.limits().freshness, now) {
            return Verdict::Answer(Status::Stale);
        }
        match request.kind {
            Kind::AskAddress => return Verdict::Answer(Status::Seen),
            Kind::Message => return Verdict::Ignore(Refused::Unserved),
            Kind::Knock | Kind::Close => {}
        }
        if request.claimed.map(plain) != Some(heard.source) {
            return Verdict::Answer(Status::Elsewhere);
        }
        let Some(service) = self.allowed(heard) else {
            return Verdict::Answer(Status::Forbidden);
        };
        let key = Key {
            knocker: Knocker::Client(heard.client),
            service,
            address: heard.source,
        };
        if request.kind == Kind::Close {
            self.close(key, now)
        } else {
            self.grant(key, request.wanted, now)
        }
    }

    /// A service that does not exist and one that is not his are the same "no".
    fn allowed(&self, heard: &Heard) -> Option<ServiceId> {
        let (id, _) = self.policy.service_by_hash(heard.request.service)?;
        let client = self.clients.get(heard.client.index())?;
        client.may.contains(id).then_some(id)
    }

    fn answer(&self, heard: &Heard, verdict: Verdict, now: Now) -> Judgement {
        let (status, granted) = match &verdict {
            Verdict::Grant(grant) => (Some(Status::Granted), whole_seconds(grant.lasts)),
            Verdict::Close(_) => (Some(Status::Closed), 0),
            Verdict::Tell { .. } => (Some(Status::Taken), 0),
            Verdict::Answer(status) => (Some(*status), 0),
            Verdict::Ignore(_) => (None, 0),
        };
        let status = status.filter(|_| self.policy.answers() == Answers::Sealed);
        Judgement {
            verdict,
            record: None,
            ack: status.map(|status| Ack {
                status,
                counter: heard.request.counter,
                time: now.unix,
                seen: heard.source,
                granted,
                last: self.clear_above(heard.client),
            }),
        }
    }

    fn clear_above(&self, client: ClientId) -> Counter {
        let last = self.clients.get(client.index()).map(|client| client.last);
        self.durable.clear_above(last.unwrap_or_default())
    }
}

fn whole_seconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_secs()).unwrap_or(u32::MAX)
}
