//! A receiver: who is told, of what, on which way.

use std::sync::Arc;

use nightlatch_config::{Notification, Way};
use nightlatch_core::{Instant, Now};

use super::syslog::SystemLog;
use super::teller::Teller;
use super::webhook::{END_OF_TIME, Start, StartError, Webhook};
use crate::events::{Event, Kind, Tidings};
use crate::ration::Ration;

/// Somebody who is told.
#[derive(Debug)]
pub(super) struct Receiver {
    wanted: Notification,
    tells: Tells,
}

#[derive(Debug)]
enum Tells {
    Webhook(Webhook),
    Syslog(Box<Lines>),
}

/// Lines to the system's log, written by the round itself: that never waits.
#[derive(Debug)]
struct Lines {
    log: SystemLog,
    ration: Ration<String>,
    tidings: Tidings,
}

/// What every receiver is started with.
#[derive(Clone, Debug)]
pub(super) struct Surroundings {
    pub(super) host: Arc<str>,
    /// The broker's process, which lines are from.
    pub(super) pid: u32,
    pub(super) teller: Arc<Teller>,
}

impl Receiver {
    pub(super) fn start(wanted: Notification, around: &Surroundings) -> Result<Self, StartError> {
        let tells = match &wanted.way {
            Way::Webhook(webhook) => {
                let start = Start {
                    name: &wanted.name,
                    webhook,
                    per_minute: wanted.per_minute,
                    host: Arc::clone(&around.host),
                };
                Tells::Webhook(Webhook::start(start, Arc::clone(&around.teller))?)
            }
            Way::Syslog(syslog) => Tells::Syslog(Box::new(Lines {
                log: SystemLog::new(syslog.clone(), around.pid),
                ration: Ration::new(wanted.per_minute),
                tidings: Tidings::default(),
            })),
        };
        Ok(Self { wanted, tells })
    }

    /// Becomes what is wanted now, if it goes the same way under the same name; what waits is told there.
    pub(super) fn become_one(
        &mut self,
        wanted: &Notification,
        around: &Surroundings,
        now: Now,
    ) -> Result<Became, StartError> {
        if self.wanted.name != wanted.name {
            return Ok(Became::Another);
        }
        match (&mut self.tells, &wanted.way) {
            (Tells::Webhook(running), Way::Webhook(webhook)) => {
                let start = Start {
                    name: &wanted.name,
                    webhook,
                    per_minute: wanted.per_minute,
                    host: Arc::clone(&around.host),
                };
                running.replace(&start, now)?;
            }
            (Tells::Syslog(lines), Way::Syslog(syslog)) => {
                lines.log = SystemLog::new(syslog.clone(), around.pid);
                lines.ration.replace(wanted.per_minute);
            }
            (Tells::Webhook(_), Way::Syslog(_)) | (Tells::Syslog(_), Way::Webhook(_)) => {
                return Ok(Became::Another);
            }
        }
        self.wanted = wanted.clone();
        Ok(Became::This)
    }

    /// Tells what it wants to be told.
    pub(super) fn tell(&mut self, event: &Event, teller: &Teller, now: Now) {
        if event.kind == Kind::JournalLost {
            return self.leave_out(event.count, now);
        }
        if !wants(&self.wanted, event) {
            return;
        }
        match &mut self.tells {
            Tells::Webhook(webhook) => webhook.tell(event, now),
            Tells::Syslog(lines) => lines.tell(event, &self.wanted.name, teller, now),
        }
    }

    /// What the broker had no room for is told as a number.
    fn leave_out(&mut self, how_many: u64, now: Now) {
        match &mut self.tells {
            Tells::Webhook(webhook) => webhook.leave_out(LOST, how_many, now),
            Tells::Syslog(lines) => {
                let ration = &mut lines.ration;
                ration.leave_out(LOST.to_owned(), how_many, now.monotonic);
            }
        }
    }

    /// Sums up what is due.
    pub(super) fn tend(&mut self, teller: &Teller, now: Now) {
        if let Tells::Syslog(lines) = &mut self.tells {
            lines.sum_up(&self.wanted.name, teller, now.monotonic);
        }
    }

    /// When there is something to sum up; webhooks do it by themselves.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        match &self.tells {
            Tells::Webhook(_) => None,
            Tells::Syslog(lines) => lines.ration.next_deadline(),
        }
    }

    /// Lets it tell what can be told at once, and end.
    pub(super) fn end(&mut self, teller: &Teller) {
        match &mut self.tells {
            Tells::Webhook(webhook) => webhook.end(),
            Tells::Syslog(lines) => lines.sum_up(&self.wanted.name, teller, END_OF_TIME),
        }
    }

    pub(super) fn is_over(&self) -> bool {
        match &self.tells {
            Tells::Webhook(webhook) => webhook.is_over(),
            Tells::Syslog(_) => true,
        }
    }

    pub(super) fn tidings(&self) -> Tidings {
        match &self.tells {
            Tells::Webhook(webhook) => webhook.tidings(),
            Tells::Syslog(lines) => lines.tidings,
        }
    }
}

/// Whether a running receiver took something over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Became {
    /// It did.
    This,
    /// It is somebody else.
    Another,
}

impl Lines {
    fn tell(&mut self, event: &Event, name: &str, teller: &Teller, now: Now) {
        if self
            .ration
            .take(event.kind.name().to_owned(), now.monotonic)
        {
            let told = self.log.tell(event);
            self.count(told, name, teller);
        }
    }

    fn sum_up(&mut self, name: &str, teller: &Teller, now: Instant) {
        if let Some(sums) = self.ration.sums(now) {
            let told = self.log.sum_up(&sums);
            self.count(told, name, teller);
        }
    }

    fn count(&mut self, told: std::io::Result<()>, name: &str, teller: &Teller) {
        let was_failing = core::mem::replace(&mut self.tidings.is_failing, told.is_err());
        match told {
            Ok(()) => {
                self.tidings.done = self.tidings.done.saturating_add(1);
                teller.works(name, u32::from(was_failing));
            }
            Err(cause) => {
                self.tidings.lost = self.tidings.lost.saturating_add(1);
                if !was_failing {
                    teller.failing(name, &cause.to_string(), "such lines are lost");
                }
            }
        }
    }
}

/// What is about no service is told whatever services are named.
fn wants(wanted: &Notification, event: &Event) -> bool {
    let service = event.service.as_str();
    let is_of_service = wanted.services.is_empty()
        || service.is_empty()
        || wanted.services.iter().any(|name| name == service);
    is_of_service && wanted.on.iter().any(|kind| kind == event.kind.name())
}

/// What never came to us, in a sum.
const LOST: &str = "lost";

#[cfg(test)]
mod tests {
    use nightlatch_config::{EVENT_KINDS, Syslog};

    use super::*;
    use crate::events::UnixMillis;

    fn wanted(on: &[&str], services: &[&str]) -> Notification {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Notification {
            name: "ops".to_owned(),
            way: Way::Syslog(Syslog {
                priority: 85,
                socket: "/dev/log".into(),
            }),
            on: words(on),
            services: words(services),
            per_minute: 30,
        }
    }

    #[test]
    fn who_named_kinds_and_services_is_told_of_nothing_else() {
        let event = |kind, service| Event::new(kind, UnixMillis(0)).about(service);
        let wanted = wanted(&["granted", "banned"], &["ssh"]);
        assert!(wants(&wanted, &event(Kind::Granted, "ssh")));
        assert!(!wants(&wanted, &event(Kind::Granted, "web")));
        assert!(!wants(&wanted, &event(Kind::Closed, "ssh")));
        assert!(wants(&wanted, &event(Kind::Banned, "")));
    }

    #[test]
    fn what_can_be_asked_for_is_what_can_happen() {
        let of_the_journal = [Kind::JournalLost, Kind::JournalSetAside];
        let kinds = Kind::ALL.into_iter();
        let kinds = kinds.filter(|kind| !of_the_journal.contains(kind));
        let names: Vec<&str> = kinds.map(Kind::name).collect();
        assert_eq!(EVENT_KINDS.as_slice(), names);
    }
}
