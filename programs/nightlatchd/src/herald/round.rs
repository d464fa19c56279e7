//! The herald's round: hear what happened, hand it on, say how it went.

use core::time::Duration;
use std::os::fd::AsFd;

use nightlatch_core::Now;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::HeraldError;
use super::plan::{Plan, PlanEar};
use super::receiver::{Became, Receiver, Surroundings};
use crate::channel::ChannelError;
use crate::clock;
use crate::events::{Ear, Event, Tidings};

/// Everything the running herald holds.
pub(super) struct Round {
    pub(super) ear: Ear,
    pub(super) plans: PlanEar,
    pub(super) receivers: Vec<Receiver>,
    pub(super) around: Surroundings,
    pub(super) told: Tidings,
    /// Of receivers that are no more.
    pub(super) before: Tidings,
}

impl Round {
    /// Runs until the broker ends, and then as long as it takes to tell the last of it.
    pub(super) fn run(mut self) -> Result<(), HeraldError> {
        loop {
            let now = clock::now();
            for receiver in &mut self.receivers {
                receiver.tend(&self.around.teller, now);
            }
            self.say_how_it_goes();
            self.wait(now)?;
            if let Some(plan) = self.plan()? {
                self.replan(plan);
            }
            match self.ear.take(EVENTS_A_ROUND) {
                Ok(events) => events.iter().for_each(|event| self.tell(event)),
                Err(ChannelError::Closed) => {
                    self.end();
                    return Ok(());
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn tell(&mut self, event: &Event) {
        let now = clock::now();
        for receiver in &mut self.receivers {
            receiver.tell(event, &self.around.teller, now);
        }
    }

    /// The end of the broker is heard by the other ear, once everything was heard there.
    fn plan(&mut self) -> Result<Option<Plan>, ChannelError> {
        match self.plans.plan() {
            Err(ChannelError::Closed) => Ok(None),
            heard => heard,
        }
    }

    /// Takes other receivers. Who has the same name goes on with what waits; who has none now is let end.
    pub(super) fn replan(&mut self, plan: Plan) {
        let now = clock::now();
        let mut before = core::mem::take(&mut self.receivers);
        for wanted in plan.notifications {
            let name = wanted.name.clone();
            let started = match take_over(&mut before, &wanted, &self.around, now) {
                Ok(Some(receiver)) => Ok(receiver),
                Ok(None) => Receiver::start(wanted, &self.around),
                Err(error) => Err(error),
            };
            match started {
                Ok(receiver) => self.receivers.push(receiver),
                Err(error) => self.around.teller.warn(format!(
                    "notification {name:?} is not told: {}",
                    crate::because(&error)
                )),
            }
        }
        for mut receiver in before {
            receiver.end(&self.around.teller);
            self.before = sum(self.before, receiver.tidings());
        }
        // Who is gone fails no more.
        self.before.is_failing = false;
    }

    fn tidings(&self) -> Tidings {
        let all = self.receivers.iter().map(Receiver::tidings);
        all.fold(self.before, sum)
    }

    fn say_how_it_goes(&mut self) {
        let tidings = self.tidings();
        if tidings != self.told {
            self.ear.tell(tidings);
            self.told = tidings;
        }
    }

    fn wait(&self, now: Now) -> Result<(), HeraldError> {
        let deadlines = self.receivers.iter().filter_map(Receiver::next_deadline);
        let patience = deadlines
            .map(|deadline| deadline.saturating_since(now.monotonic))
            .min()
            .unwrap_or(PATIENCE)
            .min(PATIENCE);
        let mut fds = [
            PollFd::new(&self.ear, PollFlags::IN),
            PollFd::from_borrowed_fd(self.plans.way().as_fd(), PollFlags::IN),
        ];
        wait_for(&mut fds, patience)
    }

    /// Everybody tells what can be told at once; who waits for a receiver is not waited for.
    fn end(&mut self) {
        for receiver in &mut self.receivers {
            receiver.end(&self.around.teller);
        }
        let until = clock::now().monotonic.saturating_add(END_PATIENCE);
        while !self.receivers.iter().all(Receiver::is_over) && clock::now().monotonic < until {
            if wait_for(&mut [], A_MOMENT).is_err() {
                break;
            }
        }
        self.say_how_it_goes();
    }
}

fn wait_for(fds: &mut [PollFd<'_>], patience: Duration) -> Result<(), HeraldError> {
    let patience = Timespec {
        tv_sec: patience.as_secs().cast_signed(),
        tv_nsec: patience.subsec_nanos().into(),
    };
    match poll(fds, Some(&patience)) {
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(errno) => Err(HeraldError::Wait(errno.into())),
    }
}

/// The running receiver that becomes what is wanted, if there is one.
fn take_over(
    before: &mut Vec<Receiver>,
    wanted: &nightlatch_config::Notification,
    around: &Surroundings,
    now: Now,
) -> Result<Option<Receiver>, super::webhook::StartError> {
    for place in 0..before.len() {
        let Some(receiver) = before.get_mut(place) else {
            break;
        };
        if receiver.become_one(wanted, around, now)? == Became::This {
            return Ok(Some(before.swap_remove(place)));
        }
    }
    Ok(None)
}

const fn sum(one: Tidings, other: Tidings) -> Tidings {
    Tidings {
        done: one.done.saturating_add(other.done),
        lost: one.lost.saturating_add(other.lost),
        is_failing: one.is_failing || other.is_failing,
    }
}

/// How it went is said about once a second: webhooks do not wake the round.
const PATIENCE: Duration = Duration::from_secs(1);
const EVENTS_A_ROUND: usize = 256;
/// Less than the broker waits for us.
const END_PATIENCE: Duration = Duration::from_secs(4);
const A_MOMENT: Duration = Duration::from_millis(20);
