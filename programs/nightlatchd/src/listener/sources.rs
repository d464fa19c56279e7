//! Sources: everything that the listener hears, waited for together and heard in turn.

use std::os::fd::{AsRawFd, BorrowedFd};

use nightlatch_capture::{
    Arrival, CaptureError, FilterError, LogFollower, ReplyOpenError, ReplySocket, TagCheck, Touches,
};
use nightlatch_config::SourceChoice;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::ListenerError;
use super::inlet::{Filter, Inlet, Keyholes};
use crate::channel::{HeardAt, ListenerPlan};
use crate::sandbox::{Asking, LogAccess};
use crate::tally::Tally;

/// Everything that is heard.
pub(super) struct Sources {
    heard: Vec<Heard>,
}

/// One source, and whether something of it waits.
struct Heard {
    by: Inlet,
    /// Where it stands in the configuration.
    place: usize,
    is_ready: bool,
    /// How much it has handed over, and what it has lost by its own word.
    count: HeardAt,
    /// Whether it was deaf at the last look: a file that is rotated is gone for a moment.
    was_deaf: bool,
}

impl Sources {
    /// Opens all but the logs, while there are the privileges for it.
    pub(super) fn open(plan: &ListenerPlan) -> Result<Self, ListenerError> {
        let mut sources = Self { heard: Vec::new() };
        sources.open_those(plan, |choice| !is_log(choice))?;
        Ok(sources)
    }

    /// Opens the logs, as whom they are opened again when they are rotated: what would fail then
    /// fails now.
    pub(super) fn open_logs(&mut self, plan: &ListenerPlan) -> Result<(), ListenerError> {
        self.open_those(plan, is_log)
    }

    fn open_those(
        &mut self,
        plan: &ListenerPlan,
        is_meant: impl Fn(&SourceChoice) -> bool,
    ) -> Result<(), ListenerError> {
        let at = Keyholes {
            knock_port: plan.knock_port,
            interfaces: &plan.interfaces,
        };
        for (place, text) in plan.sources.iter().enumerate() {
            let choice = text.parse().map_err(|_| ListenerError::Disorder)?;
            if is_meant(&choice) {
                let by = Inlet::open(&choice, &at)?;
                self.heard.push(Heard {
                    by,
                    place,
                    is_ready: false,
                    count: HeardAt::default(),
                    was_deaf: false,
                });
            }
        }
        Ok(())
    }

    /// How many there are.
    pub(super) const fn count(&self) -> usize {
        self.heard.len()
    }

    /// What each has heard and lost, in the order of the configuration.
    pub(super) fn hearing(&self) -> Vec<HeardAt> {
        let mut hearing = vec![HeardAt::default(); self.heard.len()];
        for heard in &self.heard {
            if let Some(place) = hearing.get_mut(heard.place) {
                *place = heard.count;
            }
        }
        hearing
    }

    /// The way back: through the socket that has the knock port, or one of its own.
    pub(super) fn replies(
        &self,
        knock_port: Option<u16>,
    ) -> Result<Option<ReplySocket>, ReplyOpenError> {
        let socket = self.heard.iter().find_map(|heard| match &heard.by {
            Inlet::Udp(socket) => Some(socket),
            _ => None,
        });
        match socket {
            Some(socket) => socket.replies().map(Some),
            None => knock_port.map(ReplySocket::open).transpose(),
        }
    }

    /// What following logs takes once everything else is closed.
    pub(super) fn log_access(&self) -> LogAccess<'_> {
        let logs = self.heard.iter().filter_map(|heard| match &heard.by {
            Inlet::Log(log) => Some(log.as_ref()),
            _ => None,
        });
        let logs: Vec<&LogFollower> = logs.collect();
        LogAccess {
            folders: logs.iter().map(|log| log.folder()).collect(),
            marks: logs.iter().map(|log| log.mark().as_raw_fd()).collect(),
        }
    }

    /// Whether a library asks after links once everything else is closed.
    pub(super) fn asking(&self) -> Asking {
        let mut each = self.heard.iter();
        if each.any(|heard| heard.by.asks_after_links()) {
            Asking::AfterLinks
        } else {
            Asking::ForNothing
        }
    }

    /// Whether there is a source whose filter can be made final.
    pub(super) fn can_be_final(&self) -> bool {
        let mut each = self.heard.iter();
        each.any(|heard| heard.by.shows_all())
    }

    /// Tells the kernel which tags are valid now, and which touches count; that this is final, if it is.
    pub(super) fn watch_for(
        &mut self,
        tags: &[[u8; 8]],
        touches: &Touches,
        is_final: bool,
    ) -> Result<Filter, FilterError> {
        let mut filter = Filter::Open;
        for heard in &mut self.heard {
            let check = heard.by.watch_for(tags, touches)?;
            let is_locked = check == Some(TagCheck::Listener)
                && is_final
                && heard.by.lock_filter()? == Filter::Final;
            if is_locked {
                filter = Filter::Final;
            }
        }
        Ok(filter)
    }

    /// Waits until something can be heard, or the broker has a word.
    pub(super) fn wait(
        &mut self,
        channel: BorrowedFd<'_>,
        patience: &Timespec,
    ) -> Result<(), Errno> {
        let mut fds = vec![PollFd::from_borrowed_fd(channel, PollFlags::IN)];
        let each = self.heard.iter().map(|heard| heard.by.source().fd());
        fds.extend(each.map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN)));
        match poll(&mut fds, Some(patience)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
        let ready = fds.iter().skip(1).map(|fd| !fd.revents().is_empty());
        let ready: Vec<bool> = ready.collect();
        for (heard, is_ready) in self.heard.iter_mut().zip(ready) {
            heard.is_ready = is_ready;
        }
        Ok(())
    }

    /// One batch of each that has something: a flood in one does not keep the others waiting.
    pub(super) fn hear(
        &mut self,
        each: &mut dyn FnMut(usize, Arrival<'_>),
    ) -> Result<(), CaptureError> {
        for heard in self.heard.iter_mut().filter(|heard| heard.is_ready) {
            let place = heard.place;
            let source = heard.by.source_mut();
            let more = source.arrivals(&mut |arrival| each(place, arrival))?;
            let more = u64::try_from(more).unwrap_or(u64::MAX);
            heard.count.heard = heard.count.heard.saturating_add(more);
        }
        Ok(())
    }

    /// Writes down what was lost and what is deaf, all sources of one kind together.
    pub(super) fn count_losses(&mut self, tally: &mut Tally) {
        let mut lost = Vec::new();
        for heard in &mut self.heard {
            let losses = heard.by.losses();
            let counts = losses.iter().map(|(_, count)| *count);
            heard.count.lost = counts.fold(0, u64::saturating_add);
            let deaf = heard.by.deafness();
            if deaf.is_none() || heard.was_deaf {
                heard.count.deaf = deaf;
            }
            heard.was_deaf = deaf.is_some();
            lost.extend(losses);
        }
        for (place, _) in &lost {
            tally.set(place.number(), 0);
        }
        for (place, count) in lost {
            let sum = tally.at(place.number()).saturating_add(count);
            tally.set(place.number(), sum);
        }
    }
}

const fn is_log(choice: &SourceChoice) -> bool {
    matches!(choice, SourceChoice::Log(_))
}
