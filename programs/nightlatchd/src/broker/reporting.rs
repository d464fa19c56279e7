//! Reporting: what the log says of claims, and the one place where events are born and helpers are told of them.

use nightlatch_core::{Answers, Claim, Knocker, Prefix, Verdict};
use nightlatch_ticket::Status;

use super::claims::source;
use super::round::Round;
use super::words::{self, Carried};
use crate::clock;
use crate::events::{Event, Kind, Label, UnixMillis, Who};
use crate::log::{Line, NOT_OPEN};

/// Something of this kind happened just now.
pub(super) fn event(kind: Kind) -> Event {
    Event::new(kind, UnixMillis(clock::now().unix.as_millis()))
}

impl Round {
    /// Tells whoever wants to know. It never waits: what a helper has no room for is lost to it, and counted.
    pub(super) fn report(&mut self, event: &Event) {
        self.hearers.report(event);
        self.tend_hearers();
    }

    /// Takes what helpers say of themselves, and says once of each that it ended.
    pub(super) fn tend_hearers(&mut self) {
        self.hearers.listen();
        let ended: Vec<_> = self.hearers.ended().collect();
        for ended in ended {
            self.log.say(Line::HelperEnded {
                helper: ended.role.name(),
                how: ended.how.to_string(),
            });
        }
    }

    /// Only authentic, first-time knocks reach the log: a recorded one could be sent a million times.
    pub(super) fn tell(&self, claim: &Claim, verdict: &Verdict, micros: u64) {
        let address = source(claim);
        match verdict {
            Verdict::Grant(grant) => self.log.say(Line::Granted {
                client: self.seats.spoken(grant.knocker),
                service: self.seats.service(grant.service),
                address: grant.address,
                seconds: grant.lasts.as_secs(),
                micros,
            }),
            Verdict::Close(grants) => {
                for grant in grants {
                    self.log.say(Line::Closed {
                        client: self.knocker(claim),
                        service: self.seats.service(grant.service),
                        address,
                    });
                }
            }
            Verdict::Tell { client, text } => self.log.say(Line::Told {
                client: self.seats.client(*client),
                address,
                text: text.clone(),
            }),
            Verdict::Answer(status) => {
                self.log.say(Line::Answered {
                    client: self.knocker(claim),
                    address,
                    answer: words::of_nothing(*status).to_owned(),
                });
            }
            Verdict::Ignore(_) => {}
        }
    }

    /// Whose claim it is, by name.
    pub(super) fn knocker(&self, claim: &Claim) -> String {
        self.seats.spoken(knocker(claim))
    }

    /// Reports what became of a claim. What a stranger can send a million times is no event.
    pub(super) fn report_verdict(&mut self, claim: &Claim, verdict: &Verdict, carried: Carried) {
        let address = source(claim);
        match (verdict, carried) {
            (Verdict::Grant(_) | Verdict::Close(_), Carried::Refused) => {
                self.report_refusal(claim, verdict, Status::Unavailable);
            }
            (Verdict::Grant(grant), Carried::Out) => {
                let granted = event(Kind::Granted)
                    .by(self.who(grant.knocker))
                    .about(&self.seats.service(grant.service))
                    .from(Prefix::of(grant.address))
                    .lasting(grant.lasts.as_secs());
                self.report(&granted);
            }
            (Verdict::Close(grants), Carried::Out) => {
                for grant in grants {
                    let closed = event(Kind::Closed)
                        .by(self.who(knocker(claim)))
                        .about(&self.seats.service(grant.service))
                        .from(Prefix::of(address));
                    self.report(&closed);
                }
            }
            (Verdict::Tell { client, .. }, _) => {
                let told = event(Kind::Told).by(self.who(Knocker::Client(*client)));
                self.report(&told.from(Prefix::of(address)));
            }
            (Verdict::Answer(Status::Closed), _) => {
                let closed = self.about(claim, event(Kind::Closed).by(self.who(knocker(claim))));
                self.report(&closed.saying(NOT_OPEN));
            }
            (Verdict::Answer(status), _) if self.is_answered(claim) && words::heals(*status) => {
                let answered = event(Kind::Answered).by(self.who(knocker(claim)));
                let answered = answered.from(Prefix::of(address));
                self.report(&answered.saying(words::of_answer(*status)));
            }
            (Verdict::Answer(status), _) => self.report_refusal(claim, verdict, *status),
            (Verdict::Ignore(_), _) => {}
        }
    }

    fn report_refusal(&mut self, claim: &Claim, verdict: &Verdict, status: Status) {
        let refused = event(Kind::Refused).by(self.who(knocker(claim)));
        let refused = match verdict {
            Verdict::Grant(grant) => refused
                .about(&self.seats.service(grant.service))
                .from(Prefix::of(grant.address)),
            _ => self.about(claim, refused),
        };
        self.report(&refused.saying(words::of_answer(status)));
    }

    /// From where, and about which service, where that is no secret of a seal.
    fn about(&self, claim: &Claim, event: Event) -> Event {
        let event = event.from(Prefix::of(source(claim)));
        match self.service_of(claim) {
            Some(service) => event.about(&service),
            None => event,
        }
    }

    /// Who only touches ports has no ear, and a silent server no mouth.
    fn is_answered(&self, claim: &Claim) -> bool {
        let has_ear = matches!(claim, Claim::Ticket(_) | Claim::Message(_));
        has_ear && self.gatekeeper.policy().answers() == Answers::Sealed
    }

    fn service_of(&self, claim: &Claim) -> Option<String> {
        let Claim::Sequence(claim) = claim else {
            return None;
        };
        let sequence = self.gatekeeper.policy().sequence(claim.sequence)?;
        Some(self.seats.service(sequence.service))
    }

    pub(super) fn who(&self, knocker: Knocker) -> Who {
        let name = Label::of(&self.seats.knocker(knocker));
        match knocker {
            Knocker::Client(_) => Who::Client(name),
            Knocker::Sequence(_) => Who::Sequence(name),
        }
    }
}

/// Whose claim it is.
pub(super) const fn knocker(claim: &Claim) -> Knocker {
    match claim {
        Claim::Ticket(claim) => Knocker::Client(claim.client),
        Claim::Message(claim) => Knocker::Client(claim.client),
        Claim::Frames(claim) => Knocker::Client(claim.client),
        Claim::Sequence(claim) => Knocker::Sequence(claim.sequence),
    }
}
