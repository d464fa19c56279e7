//! The listener's round: wait, look at what came, pass on what carries a tag, send what was answered.

use core::time::Duration;
use std::os::fd::AsFd;

use nightlatch_capture::{MOST_TAGS, ReplySocket};
use nightlatch_core::{Doorstep, Glance, Instant, Now};
use nightlatch_ticket::TagKey;
use rustix::event::Timespec;

use super::ListenerError;
use super::ears::hear;
use super::inlet::Filter;
use super::places::Place;
use super::sources::Sources;
use super::watching::Watching;
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
    watching: Watching,
    /// Keys of a reload, until the broker says that they are all.
    coming: Vec<TagKey>,
    tags_in_kernel: Option<u64>,
    filter: Filter,
    tally: Tally,
    told: Tally,
    tell_at: Instant,
}

impl Round {
    pub(super) fn new(
        channel: Channel,
        (sources, replies): (Sources, Option<ReplySocket>),
        doorstep: Doorstep,
        watching: Watching,
    ) -> Self {
        Self {
            channel,
            sources,
            replies,
            doorstep,
            watching,
            coming: Vec::new(),
            tags_in_kernel: None,
            filter: Filter::Open,
            tally: Tally::default(),
            told: Tally::default(),
            tell_at: Instant::from_duration(Duration::ZERO),
        }
    }

    pub(super) fn run(mut self) -> Result<(), ListenerError> {
        // From here on everything that counts gets through: only then is it said.
        self.follow_tags()?;
        self.channel.post(&Letter::Listening)?;
        loop {
            let now = clock::now();
            self.doorstep.tend(now);
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
        self.filter = self.sources.watch_for(&tags, self.watching.touches())?;
        self.tags_in_kernel = Some(generation);
        self.watching.is_told();
        Ok(())
    }

    fn wait(&mut self, now: Now) -> Result<(), ListenerError> {
        let deadline = self.doorstep.next_deadline().unwrap_or(self.tell_at);
        let patience = deadline.saturating_since(now.monotonic).min(TELL_EVERY);
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
            channel,
            tally,
            ..
        } = self;
        let mut broken = None;
        let mut hand_on = |claim, tally: &mut Tally| match channel.post(&Letter::Claim(claim)) {
            Ok(true) => tally.count(Place::Claimed.number()),
            Ok(false) => tally.count(Place::BrokerBusy.number()),
            Err(error) => broken = Some(error),
        };
        sources.hear(&mut |arrival| match hear(&arrival, doorstep, now) {
            Ok(Glance::Claim(claim)) => hand_on(claim, tally),
            Ok(Glance::Claims(claims)) => {
                for claim in claims {
                    hand_on(claim, tally);
                }
            }
            Ok(Glance::Advance(advance)) => tally.count(Place::from(advance).number()),
            Ok(Glance::Ignore(reason)) => tally.count(Place::from(reason).number()),
            Err(unreadable) => tally.count(Place::from(unreadable).number()),
        })?;
        broken.map_or(Ok(()), |error| Err(error.into()))
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
                Some(Word::Watch { edition, in_use }) => {
                    self.watching.begin(&mut self.doorstep, edition, &in_use);
                }
                Some(Word::Plan(_)) => return Err(ListenerError::Disorder),
            }
        }
        Ok(())
    }

    fn tell_tally(&mut self, now: Now) -> Result<(), ListenerError> {
        if now.monotonic < self.tell_at {
            return Ok(());
        }
        self.tell_at = now.monotonic.saturating_add(TELL_EVERY);
        self.sources.count_losses(&mut self.tally);
        if self.tally != self.told && self.channel.post(&Letter::Tally(self.tally))? {
            self.told = self.tally;
        }
        Ok(())
    }
}

/// How fresh the numbers of `status` are.
const TELL_EVERY: Duration = Duration::from_secs(1);
/// Enough for the acks of one batch of frames.
const WORDS_A_ROUND: usize = 128;
