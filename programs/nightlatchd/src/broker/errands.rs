//! Errands: what a verdict has the runner do. The path of a knock never waits for it.

use std::path::Path;

use nightlatch_core::{ActionId, Claim, Grant, InForce, Now, Verdict};

use super::child::start_runner;
use super::claims::source;
use super::error::BrokerError;
use super::round::Round;
use crate::clock;
use crate::errand::{Errand, Notice, Plan, Runner};
use crate::log::Line;
use crate::runner::has_stops;

/// The runner, where there is something to run, and what it was told about.
pub(super) struct Errands {
    runner: Option<Runner>,
    names: Vec<String>,
    /// What gets the text of messages.
    messages: Option<ActionId>,
}

impl Errands {
    /// Starts the runner if there is an action, or a stop that waits for one. It has to be before the
    /// privileges go.
    pub(super) fn start(
        plan: &Plan,
        messages: Option<ActionId>,
        state: &Path,
    ) -> Result<Self, BrokerError> {
        let is_needed = !plan.actions.is_empty() || has_stops(state);
        let runner = is_needed.then(|| start_runner(plan, state)).transpose()?;
        Ok(Self {
            runner,
            ..Self::on_paper(plan, messages)
        })
    }

    /// Only tells what would be run.
    pub(super) fn on_paper(plan: &Plan, messages: Option<ActionId>) -> Self {
        Self {
            runner: None,
            names: names(plan),
            messages,
        }
    }

    /// Takes other actions; the runner has to be there if there are any.
    pub(super) fn replace(
        &mut self,
        plan: &Plan,
        messages: Option<ActionId>,
    ) -> Result<(), BrokerError> {
        if let Some(runner) = &mut self.runner {
            runner.replan(plan)?;
        }
        self.names = names(plan);
        self.messages = messages;
        Ok(())
    }

    pub(super) const fn runner(&self) -> Option<&Runner> {
        self.runner.as_ref()
    }

    /// For the end, which it outlives for as long as its commands take.
    pub(super) const fn take_runner(&mut self) -> Option<Runner> {
        self.runner.take()
    }

    fn name(&self, action: u16) -> String {
        let name = self.names.get(usize::from(action));
        name.map_or_else(|| "?".to_owned(), Clone::clone)
    }
}

impl Round {
    /// Has run what belongs to a verdict that was carried out.
    pub(super) fn set_off(&mut self, claim: &Claim, verdict: &Verdict) -> Result<(), BrokerError> {
        match verdict {
            Verdict::Grant(grant) => {
                let Some(ActionId(action)) = grant.runs else {
                    return Ok(());
                };
                let (knocker, service) = self.names(grant);
                self.order(&Errand::start(
                    action,
                    grant.address,
                    &knocker,
                    &service,
                    grant.lasts,
                ))
            }
            Verdict::Close(grants) => self.undo(grants, clock::now()),
            Verdict::Tell { client, text } => {
                let Some(ActionId(action)) = self.errands.messages else {
                    return Ok(());
                };
                let client = self.seats.client(*client);
                self.order(&Errand::tell(
                    action,
                    source(claim),
                    &client,
                    text.as_bytes(),
                ))
            }
            Verdict::Answer(_) | Verdict::Ignore(_) => Ok(()),
        }
    }

    /// Undoes what runs for grants that ended before their time, unless somebody else behind the same
    /// address still holds the same service.
    pub(super) fn undo(&mut self, grants: &[Grant], now: Now) -> Result<(), BrokerError> {
        for grant in grants {
            let Some(ActionId(action)) = grant.runs else {
                continue;
            };
            // By name: a reload gives services other places, and what runs is known by the name.
            let (knocker, service) = self.names(grant);
            let policy = self.gatekeeper.policy();
            let is_held = |other: InForce| {
                let its = policy.service(other.service);
                other.address == grant.address && its.is_some_and(|its| its.name == service)
            };
            if !self.gatekeeper.grants(now).any(is_held) {
                self.order(&Errand::stop(action, grant.address, &knocker, &service))?;
            }
        }
        Ok(())
    }

    /// What the runner says of its commands, for `status`.
    pub(super) fn hear_runner(&mut self) -> Result<(), BrokerError> {
        let Some(runner) = &mut self.errands.runner else {
            return Ok(());
        };
        for notice in runner.notices()? {
            match notice {
                Notice::Undurable => self.tallies.stops_failing = Some(UNDURABLE),
                Notice::Durable => self.tallies.stops_failing = None,
                Notice::Orphaned(stops) => self.tallies.stops_orphaned = stops,
                notice => {
                    let count = self.tallies.commands.entry(notice.name()).or_default();
                    *count = count.saturating_add(notice.count().into());
                }
            }
        }
        Ok(())
    }

    fn names(&self, grant: &Grant) -> (String, String) {
        let knocker = self.seats.knocker(grant.knocker);
        (knocker, self.seats.service(grant.service))
    }

    fn order(&mut self, errand: &Errand) -> Result<(), BrokerError> {
        let Some(runner) = &mut self.errands.runner else {
            self.log.say(Line::WouldRun {
                action: self.errands.name(errand.action),
                client: errand.client.as_str().to_owned(),
                address: errand.address,
            });
            return Ok(());
        };
        if !runner.order(errand)? {
            let count = self.tallies.commands.entry("refused").or_default();
            *count = count.saturating_add(1);
        }
        Ok(())
    }
}

const UNDURABLE: &str = "the state folder does not take which commands are due later";

fn names(plan: &Plan) -> Vec<String> {
    let actions = plan.actions.iter();
    actions
        .map(|action| action.name.as_str().to_owned())
        .collect()
}
