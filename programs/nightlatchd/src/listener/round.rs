//! The listener's round: wait, look at what came, pass on what carries a tag, send what was answered.

use std::os::fd::AsFd;

use nightlatch_capture::{MOST_TAGS, PacketSocket, ReplySocket, Source, TagCheck};
use nightlatch_core::{Doorstep, Failure, Glance, Now, Sentry};
use nightlatch_ticket::TagKey;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::attention::{Attention, Notice};
use super::ears::{Heard, hear};
use super::places::Place;
use super::telling::{TELL_EVERY, Telling};
use super::watching::Watching;
use super::{ListenerError, Sockets};
use crate::channel::{Channel, ChannelError, Letter, Word};
use crate::clock;
use crate::tally::Tally;

/// Everything the running listener holds.
pub(super) struct Round {
    channel: Channel,
    packets: PacketSocket,
    replies: Option<ReplySocket>,
    doorstep: Doorstep,
    sentry: Sentry,
    attention: Attention,
    watching: Watching,
    /// Keys of a reload, until the broker says that they are all.
    coming: Vec<TagKey>,
    tags_in_kernel: Option<u64>,
    is_filter_final: bool,
    tally: Tally,
    telling: Telling,
}

impl Round {
    pub(super) fn new(
        channel: Channel,
        sockets: Sockets,
        (doorstep, sentry): (Doorstep, Sentry),
        watching: Watching,
    ) -> Self {
        Self {
            channel,
            packets: sockets.packets,
            replies: sockets.replies,
            doorstep,
            sentry,
            attention: Attention::default(),
            watching,
            coming: Vec::new(),
            tags_in_kernel: None,
            is_filter_final: false,
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
        if is_told || self.is_filter_final {
            return Ok(());
        }
        let tags = self
            .doorstep
            .current_tags()
            .take(MOST_TAGS.saturating_add(1));
        let tags: Vec<_> = tags.map(|tag| tag.0).collect();
        let is_final = tags.len() > MOST_TAGS && self.watching.may_be_final();
        if is_final {
            self.watching.attend(Notice::Knocks);
        }
        let check = self
            .packets
            .watch_for(Some(&tags), self.watching.touches())?;
        if check == TagCheck::Listener && is_final {
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
        let deadline = self.doorstep.next_deadline();
        let patience = deadline.map_or(TELL_EVERY, |deadline| {
            deadline.saturating_since(now.monotonic).min(TELL_EVERY)
        });
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
            sentry,
            attention,
            channel,
            tally,
            ..
        } = self;
        let mut broken = None;
        packets.arrivals(&mut |arrival| {
            let (place, letters) = match hear(&arrival, (doorstep, sentry), now) {
                Ok(heard) => sorted(heard),
                Err(unreadable) => (Place::from(unreadable), [None, None]),
            };
            if place.is_failure() {
                attention.count(now);
            }
            let posted = post(channel, place, letters);
            tally.count(posted.as_ref().map_or(place, |place| *place).number());
            broken = posted.err().or_else(|| broken.take());
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
                Some(Word::Guard(guard)) => {
                    let plan = self.watching.guard(&guard)?;
                    self.sentry.replace_plan(plan);
                }
                Some(Word::Watch { in_use }) => {
                    let Self {
                        doorstep, sentry, ..
                    } = self;
                    self.watching.begin(doorstep, sentry, &in_use);
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
        if let Ok(drops) = self.packets.drops() {
            self.tally.set(Place::KernelLost.number(), drops);
        }
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

/// What a frame counts as, and what the broker is told of it.
fn sorted(heard: Heard) -> (Place, [Option<Letter>; 2]) {
    let suspect = heard.suspect.map(Letter::Suspect);
    match heard.glance {
        Glance::Claim(claim) => (Place::Claimed, [Some(Letter::Claim(claim)), suspect]),
        Glance::Advance(advance) => (Place::from(advance), [None, suspect]),
        Glance::Ignore(reason) => (Place::from(reason), [None, suspect]),
    }
}

/// Posts them without waiting; says as what the frame counts then.
fn post(
    channel: &Channel,
    place: Place,
    letters: [Option<Letter>; 2],
) -> Result<Place, ChannelError> {
    let mut place = place;
    for letter in letters.into_iter().flatten() {
        // A suspect who was not told of is told of again.
        if !channel.post(&letter)? && matches!(letter, Letter::Claim(_)) {
            place = Place::BrokerBusy;
        }
    }
    Ok(place)
}

/// Enough for the acks of one batch of frames.
const WORDS_A_ROUND: usize = 128;
