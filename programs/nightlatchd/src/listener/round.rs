//! The listener's round: wait, look at what came, pass on what carries a tag, send what was answered.

use core::time::Duration;
use std::os::fd::AsFd;

use nightlatch_capture::{MOST_TAGS, PacketSocket, ReplySocket, Source, TagCheck, Touches};
use nightlatch_core::{Doorstep, Glance, Instant, Now};
use nightlatch_ticket::TagKey;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::ears::hear;
use super::places::Place;
use super::watching::Watching;
use super::{ListenerError, Sockets};
use crate::channel::{Channel, Letter, Word};
use crate::clock;
use crate::tally::Tally;

/// Everything the running listener holds.
pub(super) struct Round {
    channel: Channel,
    packets: PacketSocket,
    replies: Option<ReplySocket>,
    doorstep: Doorstep,
    watching: Watching,
    /// Keys of a reload, until the broker says that they are all.
    coming: Vec<TagKey>,
    tags_in_kernel: Option<u64>,
    is_filter_final: bool,
    tally: Tally,
    told: Tally,
    tell_at: Instant,
}

impl Round {
    pub(super) fn new(
        channel: Channel,
        sockets: Sockets,
        doorstep: Doorstep,
        watching: Watching,
    ) -> Self {
        Self {
            channel,
            packets: sockets.packets,
            replies: sockets.replies,
            doorstep,
            watching,
            coming: Vec::new(),
            tags_in_kernel: None,
            is_filter_final: false,
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
        if is_told || self.is_filter_final {
            return Ok(());
        }
        let tags = self
            .doorstep
            .current_tags()
            .take(MOST_TAGS.saturating_add(1));
        let tags: Vec<_> = tags.map(|tag| tag.0).collect();
        let touches = self.watching.touches();
        let check = self.packets.watch_for(Some(&tags), touches)?;
        let is_constant = *touches == Touches::default();
        if check == TagCheck::Listener && tags.len() > MOST_TAGS && is_constant {
            // So many clients never fit: then the filter need not change any more, and nobody who
            // takes this process over shall change it to read what else the host receives.
            self.packets.lock_filter()?;
            self.is_filter_final = true;
        }
        self.tags_in_kernel = Some(generation);
        self.watching.is_told();
        Ok(())
    }

    fn wait(&self, now: Now) -> Result<(), ListenerError> {
        let deadline = self.doorstep.next_deadline().unwrap_or(self.tell_at);
        let patience = deadline.saturating_since(now.monotonic).min(TELL_EVERY);
        let patience = Timespec {
            tv_sec: patience.as_secs().cast_signed(),
            tv_nsec: patience.subsec_nanos().into(),
        };
        let packets = self.packets.fd();
        let mut fds = [
            PollFd::new(&packets, PollFlags::IN),
            PollFd::from_borrowed_fd(self.channel.as_fd(), PollFlags::IN),
        ];
        match poll(&mut fds, Some(&patience)) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(errno) => Err(ListenerError::Wait(errno.into())),
        }
    }

    /// One batch a round, so that replies never wait behind a flood.
    fn frames(&mut self) -> Result<(), ListenerError> {
        let now = clock::now();
        let Self {
            packets,
            doorstep,
            channel,
            tally,
            ..
        } = self;
        let mut broken = None;
        packets.arrivals(&mut |arrival| match hear(&arrival, doorstep, now) {
            Ok(Glance::Claim(claim)) => match channel.post(&Letter::Claim(claim)) {
                Ok(true) => tally.count(Place::Claimed.number()),
                Ok(false) => tally.count(Place::BrokerBusy.number()),
                Err(error) => broken = Some(error),
            },
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
        if let Ok(drops) = self.packets.drops() {
            self.tally.set(Place::KernelLost.number(), drops);
        }
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
