//! The broker's round: wait; judge what the listener claims; obey what the core decides.

use core::time::Duration;
use std::os::fd::AsFd;

use nightlatch_core::{Effect, GatePlan, Gatekeeper, Instant, Now};
use nightlatch_firewall::{Disturbance, Firewall};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::alarms::Alarms;
use super::bell::Bell;
use super::errands::Errands;
use super::error::BrokerError;
use super::guarding::Guarding;
use super::heralding::Heralding;
use super::rationing::Rationing;
use super::reload::{Reloaded, Reloading};
use super::reporting::event;
use super::scribe::Scribe;
use super::seats::Seats;
use super::severing::Severing;
use super::signals::Signals;
use super::view::Tallies;
use super::watching::Watching;
use crate::channel::{Channel, Letter};
use crate::clock;
use crate::events::{Hearers, Kind};
use crate::log::{Line, Log};
use crate::status::StatusSocket;
use crate::watchdog::Watchdog;

/// Everything the running broker holds.
pub(super) struct Round {
    pub(super) channel: Channel,
    pub(super) gatekeeper: Gatekeeper,
    pub(super) firewall: Box<dyn Firewall>,
    pub(super) plan: GatePlan,
    pub(super) watching: Watching,
    pub(super) errands: Errands,
    pub(super) guarding: Guarding,
    pub(super) hearers: Hearers,
    pub(super) severing: Severing,
    pub(super) heralding: Heralding,
    pub(super) seats: Seats,
    pub(super) scribe: Scribe,
    pub(super) reloads: Bell<Reloaded>,
    pub(super) signals: Signals,
    pub(super) socket: StatusSocket,
    pub(super) reloading: Reloading,
    pub(super) log: Log,
    pub(super) watchdog: Watchdog,
    pub(super) tallies: Tallies,
    pub(super) alarms: Alarms,
    pub(super) rationing: Rationing,
    /// When the administrator's sets are looked at again.
    pub(super) look_after_sets_at: Instant,
    /// When the background may ask the disk again.
    pub(super) renew_from: Instant,
    /// When the gate is to be put up again, while it is not as it should be.
    pub(super) mend_at: Option<Instant>,
}

/// Why the round ended well.
pub(super) struct Ended;

impl Round {
    pub(super) fn run(&mut self) -> Result<Ended, BrokerError> {
        loop {
            let now = clock::now();
            self.expire(now);
            self.watching.follow(&self.gatekeeper, &self.channel, now)?;
            self.raise_alarms(now);
            self.sum_refusals_up(now);
            self.look_after_sets(now);
            self.watchdog.pat(now);
            let woken = self.wait(now)?;
            if woken.end && self.signals.asked_to_end() {
                return Ok(Ended);
            }
            self.letters()?;
            if woken.rest {
                self.rest()?;
            } else if self.hearers.lose_one() {
                self.tend_hearers();
            }
            if woken.rest || self.mend_at.is_some() {
                self.mend_gate(clock::now());
            }
            self.sever(clock::now());
        }
    }

    /// What comes seldom, looked at only when something of it came.
    fn rest(&mut self) -> Result<(), BrokerError> {
        if self.signals.asked_to_reload() {
            self.reloading.begin();
        }
        self.written(clock::now());
        self.hear_runner()?;
        self.tend_hearers();
        self.heralding.send();
        let fresh: Vec<Reloaded> = self.reloads.answer().collect();
        for fresh in fresh {
            self.reloaded(fresh)?;
        }
        for _ in 0..ANSWERS_A_ROUND {
            let Some(asker) = self.socket.asker() else {
                break;
            };
            let noise = self.firewall.noise().ok();
            let status = self.view(noise.as_ref(), clock::now());
            asker.tell(&status);
        }
        Ok(())
    }

    /// The kernel has closed what ran out; what it would keep open for too long is closed here.
    fn expire(&mut self, now: Now) {
        for effect in self.gatekeeper.expire(now) {
            self.obey(&effect);
        }
        self.end_bans(now);
    }

    fn wait(&self, now: Now) -> Result<Woken, BrokerError> {
        let deadlines = [
            self.gatekeeper.next_deadline(),
            self.mend_at.or_else(|| self.severing.next_deadline()),
            self.watching.next_deadline(),
            self.guarding.bans.next_deadline(),
            self.hearers
                .lose_one()
                .then(|| now.monotonic.saturating_add(ASK_AGAIN)),
        ];
        let deadline = deadlines.into_iter().flatten().min();
        let patience = deadline
            .map_or(PATIENCE, |deadline: Instant| {
                deadline.saturating_since(now.monotonic)
            })
            .min(PATIENCE);
        let patience = Timespec {
            tv_sec: patience.as_secs().cast_signed(),
            tv_nsec: patience.subsec_nanos().into(),
        };
        let watched = self.firewall.watch();
        let runner = self.errands.runner();
        let mut fds = vec![
            PollFd::new(&self.channel, PollFlags::IN),
            PollFd::from_borrowed_fd(self.signals.end_fd(), PollFlags::IN),
            PollFd::from_borrowed_fd(self.signals.reload_fd(), PollFlags::IN),
            PollFd::new(&self.scribe.bell, PollFlags::IN),
            PollFd::new(&self.reloads, PollFlags::IN),
            PollFd::new(&self.socket, PollFlags::IN),
            PollFd::from_borrowed_fd(
                watched.unwrap_or_else(|| self.reloads.as_fd()),
                PollFlags::IN,
            ),
            PollFd::from_borrowed_fd(
                runner.map_or_else(|| self.reloads.as_fd(), AsFd::as_fd),
                PollFlags::IN,
            ),
        ];
        fds.extend(
            self.hearers
                .watched()
                .map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN)),
        );
        match poll(&mut fds, Some(&patience)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(errno) => return Err(BrokerError::Wait(errno.into())),
        }
        let came = |fd: &PollFd<'_>| !fd.revents().is_empty();
        let mut rest = fds.iter().skip(1).map(came);
        Ok(Woken {
            end: rest.next() == Some(true),
            rest: rest.any(core::convert::identity),
        })
    }

    /// A bounded number of letters, so that nothing else waits behind a flood of them.
    fn letters(&mut self) -> Result<(), BrokerError> {
        let (mut claims, mut suspects) = (Vec::new(), Vec::new());
        for _ in 0..LETTERS_A_ROUND {
            if claims.len() >= CLAIMS_A_ROUND {
                break;
            }
            match self.channel.letter()? {
                None => break,
                Some(Letter::Claims(more)) => claims.extend(more),
                Some(Letter::Tally(tally)) => self.tallies.listener = *tally,
                Some(Letter::Suspect(suspect)) => suspects.push(suspect),
                Some(Letter::Louder(louder)) => self.guarding.hear(louder),
                Some(Letter::Hearing(hearing)) => self.hear(hearing, clock::now()),
                Some(Letter::Ready(..) | Letter::Listening) => {
                    return Err(crate::channel::ChannelError::Malformed.into());
                }
            }
        }
        self.claims(claims)?;
        // Behind the claims: who knocks rightly in the same moment is not banned first.
        self.suspects(&suspects);
        self.renew();
        Ok(())
    }

    /// Puts the gate back when another program took it away, with the grants in force. What does not
    /// succeed at once is tried again until it does: without a gate every guarded port is open.
    fn mend_gate(&mut self, now: Now) {
        match self.firewall.disturbed() {
            Ok(Disturbance::Nothing) => {}
            Ok(Disturbance::SetsMade) => self.fill_sets(now),
            Ok(Disturbance::Gone | Disturbance::Changed) | Err(_) => {
                self.mend_at = Some(now.monotonic);
            }
        }
        if self.mend_at.is_none_or(|at| at > now.monotonic) {
            return;
        }
        match self.firewall.raise(&self.plan) {
            Ok(_) => {
                let effects = self.gatekeeper.restore(now);
                let is_done = |effect: &&Effect| self.firewall.apply(effect).is_ok();
                let grants = effects.iter().filter(is_done).count();
                for effect in self.guarding.bans.restore(now) {
                    self.obey(&effect);
                }
                self.mend_at = None;
                self.tallies.put_back = self.tallies.put_back.saturating_add(1);
                self.log.say(Line::GatePutBack { grants });
                let grants = u64::try_from(grants).unwrap_or(u64::MAX);
                self.report(&event(Kind::GatePutBack).counting(grants));
            }
            Err(error) => {
                self.mend_at = Some(now.monotonic.saturating_add(MEND_AGAIN));
                self.log.say(Line::GateRefused {
                    cause: crate::because(&error),
                });
            }
        }
    }
}

struct Woken {
    end: bool,
    rest: bool,
}

/// How long the round waits when nothing is due.
const PATIENCE: Duration = Duration::from_secs(5);
const LETTERS_A_ROUND: usize = 64;
/// A batch of frames' worth; the letter that brings the last of them is read to its end.
const CLAIMS_A_ROUND: usize = 64;
/// Who asks for the status cannot hold up knocks.
const ANSWERS_A_ROUND: usize = 4;
/// A process that closed its ears ends a moment later.
const ASK_AGAIN: Duration = Duration::from_millis(50);
/// Soon, but not as a busy loop.
const MEND_AGAIN: Duration = Duration::from_secs(1);
