//! Reporting: the one place where events are born, and where helpers are told of them.

use nightlatch_core::{Claim, Knocker, Prefix, Verdict};
use nightlatch_ticket::Status;

use super::claims::source;
use super::round::Round;
use super::words::{self, Carried};
use crate::clock;
use crate::events::{Event, Kind, Label, UnixMillis, Who};
use crate::log::Line;

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
            (Verdict::Answer(status), _) => self.report_refusal(claim, verdict, *status),
            (Verdict::Ignore(_), _) => {}
        }
    }

    fn report_refusal(&mut self, claim: &Claim, verdict: &Verdict, status: Status) {
        let refused = event(Kind::Refused)
            .by(self.who(knocker(claim)))
            .from(Prefix::of(source(claim)))
            .saying(words::of_answer(status));
        let refused = match verdict {
            Verdict::Grant(grant) => refused.about(&self.seats.service(grant.service)),
            _ => refused,
        };
        self.report(&refused);
    }

    fn who(&self, knocker: Knocker) -> Who {
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
