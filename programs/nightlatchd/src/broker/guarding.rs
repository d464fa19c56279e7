//! Guarding: what the broker makes of suspects, and of its own refusals.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::net::IpAddr;

use nightlatch_config::{FailureLog, Guarding as Wanted};
use nightlatch_core::{
    Banned, BannedBefore, Banning, Bans, Effect, Loud, Now, Prefix, Refused, Sentence, Sentry,
    Suspect,
};
use nightlatch_firewall::Firewall;

use super::reporting::event;
use super::round::Round;
use super::words::Carried;
use crate::attention::{Attention, Notice};
use crate::channel::{Channel, ChannelError, GuardText, LOUD_A_HALF, Louder, Word};
use crate::clock;
use crate::events::{Event, Kind};
use crate::log::{GuardLine, Line, Log};
use crate::pace::Pace;
use crate::random;
use crate::state::Recorded;

/// Who is banned, and what is known of who fails.
pub(super) struct Guarding {
    pub(super) bans: Bans,
    /// Who was refused here, where the listener could not see it.
    refusals: Sentry,
    /// A flood of them is looked away from, as the listener does.
    attention: Attention,
    /// The loudest by the listener's word, half by half.
    heard: [Vec<Loud>; 2],
    pub(super) banning: Banning,
    failures: FailureLog,
    /// How many suspects came, and why those were spared that were not banned.
    pub(super) suspects: u64,
    pub(super) spared: BTreeMap<&'static str, u64>,
    /// Strangers cause bans: they shall not fill the log by it.
    bans_told: Pace,
    suspects_told: Pace,
}

impl Guarding {
    fn new(wanted: &Wanted) -> Self {
        Self {
            bans: Bans::new(wanted.bans.clone()),
            refusals: Sentry::new(wanted.sentry.clone(), random::draw()),
            attention: Attention::default(),
            heard: [Vec::new(), Vec::new()],
            banning: wanted.bans.banning,
            failures: wanted.failures,
            suspects: 0,
            spared: BTreeMap::new(),
            bans_told: Pace::new(BANS_TOLD_A_MINUTE, 60),
            suspects_told: Pace::new(SUSPECTS_TOLD_A_SECOND, 1),
        }
    }

    /// At the start: with the bans of a life before this one, what the state knows of those before them,
    /// and the listener told what failures are.
    pub(super) fn start(
        (wanted, recorded): (&Wanted, &[Recorded]),
        (channel, firewall): (&Channel, &mut dyn Firewall),
        log: &Log,
        now: Now,
    ) -> Result<Self, ChannelError> {
        let mut guarding = Self::new(wanted);
        guarding.remember(recorded, now);
        guarding.adopt(firewall, log, now);
        tell_of_failures(channel, wanted)?;
        Ok(guarding)
    }

    /// Takes over what the kernel holds from a life before this one, as far as it is still wanted.
    fn adopt(&mut self, firewall: &mut dyn Firewall, log: &Log, now: Now) {
        let banned: Vec<Banned> = match firewall.banned() {
            Ok(banned) => banned,
            // They end by themselves in the kernel; only `status` does not know of them.
            Err(error) => {
                return log.say(Line::GateRefused {
                    cause: crate::because(&error),
                });
            }
        };
        for effect in self.bans.adopt(&banned, now) {
            if let Err(error) = firewall.apply(&effect) {
                log.say(Line::GateRefused {
                    cause: crate::because(&error),
                });
            }
        }
    }

    /// Who was banned before, for the state.
    pub(super) fn recorded(&self, now: Now) -> Vec<Recorded> {
        let recorded = |before: BannedBefore| Recorded {
            prefix: before.prefix,
            times: before.times,
            until: now.unix.saturating_add(before.remaining),
        };
        self.bans.before(now).map(recorded).collect()
    }

    fn remember(&mut self, recorded: &[Recorded], now: Now) {
        let before = recorded.iter().map(|one| BannedBefore {
            prefix: one.prefix,
            times: one.times,
            remaining: one.until.saturating_since(now.unix),
        });
        self.bans.remember(before, now);
    }

    /// Takes another configuration; what it does not want banned any more comes back.
    fn replace(&mut self, wanted: Wanted) -> Vec<Effect> {
        self.refusals.replace_plan(wanted.sentry);
        self.banning = wanted.bans.banning;
        self.failures = wanted.failures;
        self.bans.replace(wanted.bans)
    }

    /// The listener's list, or half of it.
    pub(super) fn hear(&mut self, louder: Louder) {
        if let Some(half) = self.heard.get_mut(usize::from(louder.half)) {
            *half = louder.loud;
        }
    }

    /// The loudest of all, the loudest first.
    pub(super) fn loudest(&mut self, now: Now) -> Vec<Loud> {
        let mut loudest = self.refusals.loudest(now);
        loudest.extend(self.heard.iter().flatten());
        loudest.sort_by_key(|loud| Reverse(loud.count));
        loudest.truncate(LOUD_A_HALF.saturating_mul(2));
        loudest
    }
}

/// Tells the listener what failures are.
pub(super) fn tell_of_failures(channel: &Channel, wanted: &Wanted) -> Result<(), ChannelError> {
    channel.tell(&Word::Guard(GuardText::of(&wanted.sentry, &wanted.bans)))
}

impl Round {
    /// Judges suspects. Their grants, the allow list and all bounds come before the listener's word.
    pub(super) fn suspects(&mut self, suspects: &[Suspect]) {
        for suspect in suspects {
            let now = clock::now();
            self.note(suspect, now);
            match self.guarding.bans.judge(suspect, &self.gatekeeper, now) {
                Err(spared) => {
                    let count = self.guarding.spared.entry(spared.name()).or_default();
                    *count = count.saturating_add(1);
                }
                Ok(sentence) if self.obey(&sentence.effect()) == Carried::Refused => {
                    self.guarding.bans.withdraw(sentence.prefix);
                }
                Ok(sentence) => self.tell_of_ban(&sentence, now),
            }
        }
    }

    /// One claim was refused without a word.
    pub(super) fn refused(&mut self, source: IpAddr, reason: Refused, now: Now) {
        self.guarding.attention.count(now);
        if self.guarding.attention.notice(now) == Notice::Knocks {
            return;
        }
        if let Some(suspect) = self.guarding.refusals.refused(source, reason, now) {
            self.suspects(&[suspect]);
        }
    }

    /// Whoever was granted something is no stranger: what keeps the rest of the host from him ends.
    pub(super) fn release(&mut self, address: IpAddr) {
        if self.guarding.bans.is_empty() {
            return;
        }
        let lifted = self.guarding.bans.lift(address);
        self.pardon(lifted, "knocked");
    }

    /// Takes another configuration; whom it does not want banned any more is released.
    pub(super) fn guard_by(&mut self, wanted: Wanted) {
        let lifted = self.guarding.replace(wanted);
        self.pardon(lifted, "reload");
    }

    /// Ends bans before their time, and says so by the names under which they began.
    fn pardon(&mut self, lifted: Vec<Effect>, why: &'static str) {
        for effect in lifted {
            self.obey(&effect);
            let Effect::Pardon { prefixes } = effect else {
                continue;
            };
            for prefix in prefixes {
                self.tell_of_end(prefix, why, clock::now());
            }
        }
    }

    /// What has ended, the kernel has ended by itself.
    pub(super) fn end_bans(&mut self, now: Now) {
        for prefix in self.guarding.bans.expire(now) {
            self.tell_of_end(prefix, "time is up", now);
        }
    }

    fn note(&mut self, suspect: &Suspect, now: Now) {
        self.guarding.suspects = self.guarding.suspects.saturating_add(1);
        let guarding = &mut self.guarding;
        if guarding.failures == FailureLog::Suspects
            && guarding
                .bans
                .may_be_told(suspect.prefix, &self.gatekeeper, now)
                .is_ok()
            && guarding.suspects_told.take(now).is_some()
        {
            self.log.say(Line::Guard(GuardLine::Suspected {
                source: suspect.prefix.to_string(),
                failure: suspect.failure.name(),
                count: suspect.count,
            }));
        }
    }

    fn tell_of_ban(&mut self, sentence: &Sentence, now: Now) {
        let line = GuardLine::Banned {
            source: sentence.prefix.to_string(),
            failure: sentence.failure.name(),
            count: sentence.count,
            seconds: sentence.lasts.as_secs(),
            nth: sentence.nth,
        };
        let banned = event(Kind::Banned)
            .from(sentence.prefix)
            .lasting(sentence.lasts.as_secs())
            .counting(sentence.count.into())
            .saying(sentence.failure.name());
        self.tell_of_bans(line, &banned, now);
    }

    fn tell_of_end(&mut self, prefix: Prefix, why: &'static str, now: Now) {
        let line = GuardLine::Unbanned {
            source: prefix.to_string(),
            why,
        };
        let unbanned = event(Kind::Unbanned).from(prefix).saying(why);
        self.tell_of_bans(line, &unbanned, now);
    }

    fn tell_of_bans(&mut self, line: GuardLine, event_told: &Event, now: Now) {
        let Some(left_out) = self.guarding.bans_told.take(now) else {
            return;
        };
        if left_out > 0 {
            self.log.say(Line::LeftOut {
                about: "bans".to_owned(),
                lines: left_out,
            });
            self.report(&event(Kind::BansUntold).counting(left_out));
        }
        self.log.say(Line::Guard(line));
        self.report(event_told);
    }
}

/// A page of them in a minute; `status` lists all that are in force.
const BANS_TOLD_A_MINUTE: u32 = 60;
/// As many as the listener tells of.
const SUSPECTS_TOLD_A_SECOND: u32 = 32;
