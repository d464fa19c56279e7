//! Judges what a client sealed, in the order of docs/protocol.md, and answers it.

use alloc::string::String;
use core::net::IpAddr;
use core::time::Duration;

use nightlatch_ticket::{Ack, Counter, Kind, Request, Status, Tag};

use super::counter::Counted;
use crate::freshness::is_fresh;
use crate::gatekeeper::plain;
use crate::ledger::Key;
use crate::{Answers, ClientId, Gatekeeper, Judgement, Knocker, Now, Refused, ServiceId, Verdict};

/// A request whose seal was opened, and where it came from.
pub(super) struct Heard {
    pub(super) client: ClientId,
    pub(super) source: IpAddr,
    pub(super) request: Request,
    /// What a message says.
    pub(super) text: Option<String>,
}

impl Gatekeeper {
    /// Judges a request by what was sealed in it, and by the tag and the nonce of its packet.
    pub(super) fn judge_heard(
        &mut self,
        heard: &Heard,
        tag: Tag,
        nonce: [u8; 12],
        now: Now,
    ) -> Judgement {
        // What the listener says about the tag is not believed: a recovery knock that it calls a
        // normal one would open a door.
        if self.is_recovery(heard.client, tag) {
            return match heard.text {
                None => self.recover(heard, nonce, now),
                // A client that has lost its way sends no text: it would be said for nothing.
                Some(_) => Judgement::ignore(Refused::Unserved),
            };
        }
        match self.count(heard.client, heard.request.counter, now) {
            Counted::Before => Judgement::ignore(Refused::Replayed),
            Counted::InDoubt => self.answer(heard, Verdict::Answer(Status::InDoubt), now),
            Counted::Now(record) => {
                let verdict = self.weigh(heard, now);
                Judgement {
                    record,
                    ..self.answer(heard, verdict, now)
                }
            }
        }
    }

    fn is_recovery(&self, client: ClientId, tag: Tag) -> bool {
        let client = self.clients.get(client.index());
        client.is_some_and(|client| client.keys.tags().recovery_tag() == tag)
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
            // One without a text has no room for it.
            Kind::Message if heard.text.is_none() => return Verdict::Ignore(Refused::Unserved),
            Kind::Message | Kind::Knock | Kind::Close => {}
        }
        if request.claimed.map(plain) != Some(heard.source) {
            return Verdict::Answer(Status::Elsewhere);
        }
        if let Some(text) = &heard.text {
            return self.tell(heard.client, text.clone());
        }
        let named = self.policy.service_by_hash(request.service);
        let named = named.map(|(service, _)| service);
        let Some(key) = self.allowed(heard.client, named, heard.source) else {
            return Verdict::Answer(Status::Forbidden);
        };
        if request.kind == Kind::Close {
            self.close(key, now)
        } else {
            self.grant(key, request.wanted, now)
        }
    }

    /// A service that does not exist and one that is not his are the same "no".
    pub(super) fn allowed(
        &self,
        client: ClientId,
        named: Option<ServiceId>,
        address: IpAddr,
    ) -> Option<Key> {
        let may = self.clients.get(client.index())?.may;
        let service = named.filter(|service| may.contains(*service))?;
        Some(Key {
            knocker: Knocker::Client(client),
            service,
            address,
        })
    }

    /// Hands on what a client says, if he may say anything.
    pub(super) fn tell(&self, client: ClientId, text: String) -> Verdict {
        match self.clients.get(client.index()) {
            Some(teller) if teller.may_tell => Verdict::Tell { client, text },
            _ => Verdict::Answer(Status::Forbidden),
        }
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
