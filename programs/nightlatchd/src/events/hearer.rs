//! One hearer: a helper of the broker's that is told of events, as the broker has it.

use core::time::Duration;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::process::{Child, ExitStatus};

use nightlatch_core::Instant;
use nightlatch_journal::{Event, Kind};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::Tidings;
use super::tidings::TIDINGS_LENGTH;
use crate::clock;
use crate::status::Place;
use crate::way::Way;

/// What a helper does with events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// It keeps them.
    Clerk,
    /// It tells others.
    Herald,
}

impl Role {
    /// What is missing without it, as the log names it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Clerk => "journal",
            Self::Herald => "notifications",
        }
    }
}

/// The broker's end of a helper.
#[derive(Debug)]
pub(crate) struct Hearer {
    role: Role,
    child: Child,
    life: Life,
    /// Events that it had no room for, or that came after its end.
    lost: u64,
    /// Those of them that it was not told of.
    untold: u64,
    tidings: Tidings,
    /// Where others meet it; it goes when the broker does.
    _place: Option<Place>,
}

#[derive(Debug)]
enum Life {
    Hears(Way),
    /// Its way broke; how it ended is still to be learnt.
    Deaf,
    /// That was said.
    Over,
}

/// A helper that is no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    /// What it was for.
    pub(crate) role: Role,
    /// How it ended.
    pub(crate) how: ExitStatus,
}

impl Hearer {
    /// A helper that was just started at the other end of the way.
    pub(crate) const fn new(role: Role, way: Way, child: Child, place: Option<Place>) -> Self {
        Self {
            role,
            child,
            life: Life::Hears(way),
            lost: 0,
            untold: 0,
            tidings: Tidings {
                done: 0,
                lost: 0,
                is_failing: false,
            },
            _place: place,
        }
    }

    /// What it does with events.
    pub(crate) const fn role(&self) -> Role {
        self.role
    }

    /// Offers an event and never waits. `false`: it is lost to this hearer, and counted.
    pub(crate) fn offer(&mut self, event: &Event) -> bool {
        let is_up_to_date = self.untold == 0 || self.tell_of_losses(event);
        let is_taken = is_up_to_date && self.send(event);
        if !is_taken {
            self.lost = self.lost.saturating_add(1);
            self.untold = self.untold.saturating_add(1);
        }
        is_taken
    }

    /// First of all it hears how much it has missed.
    fn tell_of_losses(&mut self, before: &Event) -> bool {
        let losses = Event::new(Kind::JournalLost, before.at).counting(self.untold);
        let is_told = self.send(&losses);
        if is_told {
            self.untold = 0;
        }
        is_told
    }

    fn send(&mut self, event: &Event) -> bool {
        let Life::Hears(way) = &self.life else {
            return false;
        };
        way.send(&event.to_bytes()).unwrap_or_else(|_| {
            self.life = Life::Deaf;
            false
        })
    }

    /// Takes what it says of itself, up to so much that the broker's round goes on.
    pub(crate) fn listen(&mut self) {
        for _ in 0..TIDINGS_AT_ONCE {
            let Life::Hears(way) = &self.life else {
                return;
            };
            let mut place = [0; TIDINGS_LENGTH];
            match way
                .take(&mut place)
                .map(|heard| heard.map(Tidings::from_bytes))
            {
                Ok(None) => return,
                Ok(Some(Some(tidings))) => self.tidings = tidings,
                // What says things that do not exist is not what was started.
                Ok(Some(None)) => {
                    self.life = Life::Deaf;
                    let _ = self.child.kill();
                }
                Err(_) => self.life = Life::Deaf,
            }
        }
    }

    /// How it ended, once. It is not waited for: what closes its ears and lives on has still to end.
    pub(crate) fn ended(&mut self) -> Option<Ended> {
        if !matches!(self.life, Life::Deaf) {
            return None;
        }
        let how = self.child.try_wait().ok()??;
        self.life = Life::Over;
        Some(Ended {
            role: self.role,
            how,
        })
    }

    /// Whether its end is seen, and not yet how.
    pub(crate) const fn is_ending(&self) -> bool {
        matches!(self.life, Life::Deaf)
    }

    /// Whether it is there.
    pub(crate) const fn is_there(&self) -> bool {
        matches!(self.life, Life::Hears(_))
    }

    /// What it said last, with what never reached it.
    pub(crate) const fn tidings(&self) -> Tidings {
        Tidings {
            lost: self.tidings.lost.saturating_add(self.lost),
            ..self.tidings
        }
    }

    /// What is to be watched for what it says.
    pub(crate) fn watched(&self) -> Option<BorrowedFd<'_>> {
        match &self.life {
            Life::Hears(way) => Some(way.as_fd()),
            Life::Deaf | Life::Over => None,
        }
    }

    /// Says that nothing more will come.
    pub(crate) fn finish(&self) {
        if let Life::Hears(way) = &self.life {
            way.finish();
        }
    }

    /// Lets it finish what it has, and end; waits so long at most.
    pub(crate) fn end(mut self, until: Instant) -> io::Result<Option<ExitStatus>> {
        self.finish();
        if let Life::Hears(way) = &self.life {
            wait_for_the_end_of(way, until);
        }
        self.child.try_wait()
    }
}

/// Until the other end is closed, or it is too late. What is said meanwhile is let go.
fn wait_for_the_end_of(way: &Way, until: Instant) {
    let mut place = [0; TIDINGS_LENGTH];
    while !is_broken(way, &mut place) {
        let left = until.saturating_since(clock::now().monotonic);
        if left == Duration::ZERO {
            return;
        }
        let patience = Timespec {
            tv_sec: left.as_secs().cast_signed(),
            tv_nsec: left.subsec_nanos().into(),
        };
        let _ = poll(&mut [PollFd::new(way, PollFlags::IN)], Some(&patience));
    }
}

/// Takes all that is there; says whether nothing can come any more.
fn is_broken(way: &Way, place: &mut [u8]) -> bool {
    loop {
        match way.take(place) {
            Ok(Some(_)) => {}
            Ok(None) => return false,
            Err(_) => return true,
        }
    }
}

/// More than a helper says in a round.
const TIDINGS_AT_ONCE: usize = 64;

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use nightlatch_journal::UnixMillis;

    use super::super::Ear;
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);

    /// Some process in the place of the helper, with its end of the way.
    #[expect(clippy::disallowed_methods, reason = "a helper has to be some process")]
    fn instead(line: &str) -> Hearer {
        let (way, theirs) = Way::pair().unwrap();
        let mut command = Command::new("/bin/sh");
        command.args(["-c", line]).stdin(Stdio::from(theirs));
        let child = command.stdout(Stdio::null()).spawn().unwrap();
        drop(command);
        Hearer::new(Role::Clerk, way, child, None)
    }

    /// A hearer whose other end is in this test.
    fn overheard() -> (Hearer, Ear) {
        let mut hearer = instead("exec sleep 60");
        let (ours, theirs) = Way::pair().unwrap();
        hearer.life = Life::Hears(ours);
        (hearer, Ear::over(Way::over(theirs)))
    }

    fn event(number: u64) -> Event {
        Event::new(Kind::Granted, UnixMillis(number))
    }

    fn kill(mut hearer: Hearer) {
        hearer.child.kill().unwrap();
        hearer.child.wait().unwrap();
    }

    fn end_of(hearer: &mut Hearer) -> Ended {
        let until = clock::now().monotonic.saturating_add(PATIENCE);
        loop {
            hearer.listen();
            if let Some(ended) = hearer.ended() {
                return ended;
            }
            assert!(clock::now().monotonic < until, "nobody hears its end");
        }
    }

    #[test]
    fn events_come_over_in_their_order_and_tidings_come_back() {
        let (mut hearer, mut ear) = overheard();
        assert!(hearer.offer(&event(1)) && hearer.offer(&event(2)));
        assert_eq!(ear.take(1).unwrap(), [event(1)]);
        assert_eq!(ear.take(9).unwrap(), [event(2)]);
        assert!(ear.take(9).unwrap().is_empty());
        let tidings = Tidings {
            done: 2,
            lost: 3,
            is_failing: true,
        };
        ear.tell(tidings);
        hearer.listen();
        assert_eq!(hearer.tidings(), tidings);
        kill(hearer);
    }

    #[test]
    fn a_hearer_without_room_is_not_waited_for_and_hears_what_it_missed() {
        let (mut hearer, mut ear) = overheard();
        let taken = (0..1_000_000).take_while(|number| hearer.offer(&event(*number)));
        let taken = taken.count();
        assert!((100..1_000_000).contains(&taken), "{taken}");
        assert!(!hearer.offer(&event(7)));
        assert_eq!(hearer.tidings().lost, 2);
        assert_eq!(ear.take(usize::MAX).unwrap().len(), taken);
        assert!(hearer.offer(&event(8)));
        let losses = Event::new(Kind::JournalLost, UnixMillis(8)).counting(2);
        assert_eq!(ear.take(9).unwrap(), [losses, event(8)]);
        assert_eq!(hearer.tidings().lost, 2);
        kill(hearer);
    }

    #[test]
    fn the_end_of_a_hearer_is_told_once_and_what_comes_later_is_lost() {
        let mut hearer = instead("exec 0<&-; exit 3");
        assert_eq!(end_of(&mut hearer).how.code(), Some(3));
        assert!(hearer.ended().is_none() && !hearer.is_there());
        assert!(!hearer.offer(&event(1)));
        assert_eq!(hearer.tidings().lost, 1);
    }

    #[test]
    fn what_says_things_that_do_not_exist_is_ended() {
        let (mut hearer, ear) = overheard();
        drop(ear);
        let (ours, theirs) = Way::pair().unwrap();
        hearer.life = Life::Hears(ours);
        let other = Way::over(theirs);
        other.send(&[9; TIDINGS_LENGTH]).unwrap();
        hearer.listen();
        assert!(!hearer.is_there());
        assert_eq!(end_of(&mut hearer).how.code(), None);
    }

    #[test]
    fn everything_that_was_said_is_heard_before_the_end() {
        let (mut hearer, mut ear) = overheard();
        assert!(hearer.offer(&event(1)));
        if let Life::Hears(way) = &hearer.life {
            way.finish();
        }
        assert_eq!(ear.take(9).unwrap(), [event(1)]);
        assert!(ear.take(9).is_err());
        kill(hearer);
    }

    #[test]
    fn a_hearer_that_is_let_end_is_waited_for_as_long_as_there_is_patience() {
        let soon = || {
            clock::now()
                .monotonic
                .saturating_add(Duration::from_millis(50))
        };
        assert_eq!(
            instead("exec sleep 5 2>/dev/null").end(soon()).unwrap(),
            None
        );
        let late = clock::now().monotonic.saturating_add(PATIENCE);
        instead("cat >/dev/null").end(late).unwrap();
        assert!(clock::now().monotonic < late);
    }
}
