//! The listener's round: wait, look at what came, pass on what carries a tag, send what was answered.

use std::os::fd::AsFd;

use nightlatch_capture::{MOST_TAGS, ReplySocket};
use nightlatch_core::{Claim, Doorstep, Failure, Glance, Now, Sentry, Suspect};
use nightlatch_ticket::TagKey;
use rustix::event::Timespec;

use super::ListenerError;
use super::batch::Batch;
use super::ears::{Counting, Heard, hear, hear_and_count};
use super::echoes::Echoes;
use super::inlet::Filter;
use super::places::Place;
use super::sources::Sources;
use super::telling::{TELL_EVERY, Telling};
use super::watching::Watching;
use crate::attention::{Attention, Notice};
use crate::channel::{Channel, Letter, Word};
use crate::clock;
use crate::tally::Tally;

/// Everything the running listener holds.
pub(super) struct Round {
    /// First, since what stands first is closed first: a daemon that follows at once needs the port,
    /// and packet sockets take their time to close.
    replies: Option<ReplySocket>,
    sources: Sources,
    channel: Channel,
    doorstep: Doorstep,
    sentry: Sentry,
    echoes: Echoes,
    attention: Attention,
    watching: Watching,
    /// Keys of a reload, until the broker says that they are all.
    coming: Vec<TagKey>,
    tags_in_kernel: Option<u64>,
    filter: Filter,
    tally: Tally,
    telling: Telling,
}

impl Round {
    pub(super) fn new(
        channel: Channel,
        (sources, replies): (Sources, Option<ReplySocket>),
        (doorstep, sentry): (Doorstep, Sentry),
        watching: Watching,
    ) -> Self {
        Self {
            channel,
            echoes: Echoes::among(sources.count()),
            sources,
            replies,
            doorstep,
            sentry,
            attention: Attention::default(),
            watching,
            coming: Vec::new(),
            tags_in_kernel: None,
            filter: Filter::Open,
            tally: Tally::default(),
            telling: Telling::default(),
        }
    }

    pub(super) fn run(mut self) -> Result<(), ListenerError> {
        // From here on everything that counts gets through: only then is it said.
        self.follow_tags()?;
        self.channel.post(&Letter::Listening)?;
        loop {
            let now = clock::now();
            self.doorstep.tend(now);
            self.watching.attend(self.attention.notice(now));
            self.follow_tags()?;
            self.tell_tally(now)?;
            self.wait(now)?;
            self.frames()?;
            self.words()?;
        }
    }

    /// While clients are few the kernel itself knows the tags, and noise never wakes us.
    fn follow_tags(&mut self) -> Result<(), ListenerError> {
        let generation = self.doorstep.tags_changed();
        let is_told = self.tags_in_kernel == Some(generation) && !self.watching.has_changed();
        if is_told || self.filter == Filter::Final {
            return Ok(());
        }
        let tags = self
            .doorstep
            .current_tags()
            .take(MOST_TAGS.saturating_add(1));
        let tags: Vec<_> = tags.map(|tag| tag.0).collect();
        // So many clients never fit: then the filter need not change any more, and nobody who takes
        // this process over shall change it to read what else the host receives.
        let is_final =
            tags.len() > MOST_TAGS && self.watching.may_be_final() && self.sources.can_be_final();
        if is_final {
            self.watching.attend(Notice::Knocks);
        }
        self.filter = self
            .sources
            .watch_for(&tags, self.watching.touches(), is_final)?;
        self.tags_in_kernel = Some(generation);
        self.watching.is_told();
        Ok(())
    }

    fn wait(&mut self, now: Now) -> Result<(), ListenerError> {
        let deadline = self.doorstep.next_deadline();
        let patience = deadline.map_or(TELL_EVERY, |deadline| {
            deadline.saturating_since(now.monotonic).min(TELL_EVERY)
        });
        let patience = Timespec {
            tv_sec: patience.as_secs().cast_signed(),
            tv_nsec: patience.subsec_nanos().into(),
        };
        self.sources
            .wait(self.channel.as_fd(), &patience)
            .map_err(|errno| ListenerError::Wait(errno.into()))
    }

    /// One batch of each source a round, so that replies never wait behind a flood.
    fn frames(&mut self) -> Result<(), ListenerError> {
        let now = clock::now();
        let Self {
            sources,
            doorstep,
            sentry,
            echoes,
            attention,
            channel,
            tally,
            ..
        } = self;
        let mut batch = Batch::default();
        sources.hear(&mut |by, arrival| {
            // Who is looked away from is not counted by his source either: it costs what a knock needs.
            let heard = match attention.notice(now) {
                Notice::Failures => {
                    let counting = Counting { sentry, echoes, by };
                    hear_and_count(&arrival, (doorstep, counting), now)
                }
                Notice::Knocks => hear(&arrival, doorstep, now).map(Heard::from),
            };
            let (place, claims, suspect) = match heard {
                Ok(heard) => sorted(heard),
                Err(unreadable) => (Some(Place::from(unreadable)), Vec::new(), None),
            };
            if place.is_some_and(Place::is_failure) {
                attention.count(now);
            }
            if let Some(place) = place {
                tally.count(place.number());
            }
            batch.add(claims, suspect);
        })?;
        Ok(batch.post(channel, tally)?)
    }

    fn words(&mut self) -> Result<(), ListenerError> {
        for _ in 0..WORDS_A_ROUND {
            match self.channel.next_word()? {
                None => break,
                Some(Word::Reply(reply)) => {
                    let sent = self
                        .replies
                        .as_ref()
                        .map(|socket| socket.send(reply.from, reply.to, &reply.sealed));
                    match sent {
                        Some(Ok(())) => self.tally.count(Place::Answered.number()),
                        // An ack that cannot be sent is a lost packet: the client asks again.
                        Some(Err(_)) | None => self.tally.count(Place::AckUnsent.number()),
                    }
                }
                Some(Word::Keys(keys)) => self.coming.extend(keys),
                Some(Word::Begin { .. }) => {
                    self.doorstep
                        .replace_clients(core::mem::take(&mut self.coming), clock::now());
                }
                Some(Word::Variant(variant)) => self.watching.take(&variant)?,
                Some(Word::Guard(guard)) => {
                    let plan = self.watching.guard(&guard)?;
                    self.sentry.replace_plan(plan);
                }
                Some(Word::Addresses(addresses)) => self.sentry.replace_addresses(addresses),
                Some(Word::Watch { edition, in_use }) => {
                    let at = (&mut self.doorstep, &mut self.sentry);
                    self.watching.begin(at, edition, &in_use);
                }
                Some(Word::Plan(_)) => return Err(ListenerError::Disorder),
            }
        }
        Ok(())
    }

    fn tell_tally(&mut self, now: Now) -> Result<(), ListenerError> {
        if !self.telling.is_due(now) {
            return Ok(());
        }
        self.sources.count_losses(&mut self.tally);
        self.telling
            .tell_hearing(&self.channel, self.sources.hearing())?;
        for (failure, count) in Failure::SEEN.iter().zip(self.sentry.counts()) {
            match failure {
                Failure::ClosedPort => self.tally.set(Place::ClosedPort.number(), *count),
                Failure::Decoy => self.tally.set(Place::Decoy.number(), *count),
                // The doorstep's own reasons are counted already.
                _ => {}
            }
        }
        self.telling.tell(&self.channel, &self.tally)?;
        let loudest = self.sentry.loudest(now);
        self.telling.tell_loudest(&self.channel, loudest)?;
        Ok(())
    }
}

/// What a frame counts as unless it is a claim, and what the broker is told of it.
fn sorted(heard: Heard) -> (Option<Place>, Vec<Claim>, Option<Suspect>) {
    let Heard {
        glance,
        suspect,
        is_echo,
    } = heard;
    match glance {
        Glance::Ignore(_) if is_echo => (Some(Place::SeenTwice), Vec::new(), None),
        Glance::Claim(claim) => (None, vec![claim], suspect),
        Glance::Claims(claims) => (None, claims, suspect),
        Glance::Advance(advance) => (Some(Place::from(advance)), Vec::new(), suspect),
        Glance::Ignore(reason) => (Some(Place::from(reason)), Vec::new(), suspect),
    }
}

/// Enough for the acks of one batch of frames.
const WORDS_A_ROUND: usize = 128;
