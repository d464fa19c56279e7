//! The queue of one webhook: what still has to be told, and when to try again.

use core::time::Duration;

use nightlatch_core::Instant;

use super::letter::Letter;

/// What waits to be told to one receiver. It never holds more than [`ROOM`].
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// In the order in which they came.
    waiting: Vec<Waiting>,
    /// Failures in a row, whatever was to be told.
    failures: u32,
    /// The receiver is left alone before this.
    rest_until: Instant,
    /// The receiver has said that it will never take anything again.
    is_gone: bool,
}

/// A letter on its way.
#[derive(Debug)]
struct Waiting {
    letter: Letter,
    since: Instant,
    /// Not before this.
    due: Instant,
    tries: u32,
    /// Whether the last try met nobody, rather than a refusal of this letter.
    met_nobody: bool,
}

/// There is no room for a letter, and it is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NoRoom;

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// This is to be told now.
    Tell(Letter),
    /// Nothing before this.
    WaitUntil(Instant),
    /// Nothing until something comes in.
    Sleep,
}

/// Why a letter did not come over, though it may another time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// Nobody answered.
    Unreached,
    /// The receiver was there and did not take it; it may have asked for a pause.
    Refused {
        /// How long it wants to be left alone.
        pause: Option<Duration>,
    },
}

/// What becomes of a letter that did not come over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is tried again.
    Kept,
    /// It was tried for long enough.
    GivenUp,
}

impl Queue {
    /// Takes a letter in. The latest is the one that is lost where there is no room: what waits keeps its
    /// place. And no kind takes more than half of it, so that what strangers cause does not push out the rest.
    pub(super) fn push(&mut self, letter: Letter, now: Instant) -> Result<(), NoRoom> {
        let of_kind = self.waiting.iter();
        let of_kind = of_kind.filter(|other| other.letter.kind == letter.kind);
        if self.is_gone || self.waiting.len() >= ROOM || of_kind.count() >= ROOM_OF_A_KIND {
            return Err(NoRoom);
        }
        self.waiting.push(Waiting {
            letter,
            since: now,
            due: now,
            tries: 0,
            met_nobody: false,
        });
        Ok(())
    }

    /// What is to be told now, or when to ask again.
    pub(super) fn next(&self, now: Instant) -> Next {
        // The first of those that are due at the same time is the oldest.
        let Some(first) = self.waiting.iter().min_by_key(|waiting| waiting.due) else {
            return Next::Sleep;
        };
        let at = first.due.max(self.rest_until);
        if at <= now {
            Next::Tell(first.letter.clone())
        } else {
            Next::WaitUntil(at)
        }
    }

    /// It came over. Whatever met nobody before may meet somebody now.
    pub(super) fn told(&mut self, id: &str, now: Instant) {
        self.forget(id);
        self.failures = 0;
        self.rest_until = now;
        for waiting in self.waiting.iter_mut().filter(|one| one.met_nobody) {
            waiting.due = now;
        }
    }

    /// The receiver does not want this one, and would not another time.
    pub(super) fn forget(&mut self, id: &str) {
        self.waiting.retain(|waiting| waiting.letter.id != id);
    }

    /// It did not come over. `luck` is random, so that many senders do not come back in the same moment.
    pub(super) fn failed(&mut self, id: &str, why: Failure, luck: u32, now: Instant) -> Fate {
        self.failures = self.failures.saturating_add(1);
        let pause = match why {
            Failure::Unreached => None,
            Failure::Refused { pause } => pause,
        };
        let pause = pause.unwrap_or_default().min(LONGEST_PAUSE);
        let rest = back_off(self.failures, luck).max(pause);
        self.rest_until = now.saturating_add(rest);
        let Some(waiting) = self.waiting.iter_mut().find(|one| one.letter.id == id) else {
            return Fate::GivenUp;
        };
        waiting.tries = waiting.tries.saturating_add(1);
        waiting.met_nobody = why == Failure::Unreached;
        waiting.due = now.saturating_add(back_off(waiting.tries, luck).max(pause));
        if waiting.tries >= MOST_TRIES || now.saturating_since(waiting.since) >= LONGEST_WAIT {
            self.forget(id);
            return Fate::GivenUp;
        }
        Fate::Kept
    }

    /// The receiver says that it is gone for good: nothing is told until [`Queue::revive`]. Says how much is lost.
    pub(super) fn gone(&mut self) -> usize {
        self.is_gone = true;
        let lost = self.waiting.len();
        self.waiting.clear();
        lost
    }

    /// The administrator has looked at it: tries again, and at once.
    pub(super) fn revive(&mut self, now: Instant) {
        self.is_gone = false;
        self.failures = 0;
        self.rest_until = now;
        for waiting in &mut self.waiting {
            waiting.due = now;
        }
    }

    /// Failures in a row.
    pub(super) const fn failures(&self) -> u32 {
        self.failures
    }
}

/// Twice as long each time, up to a bound; of the second half of it, as much as luck wants.
fn back_off(failures: u32, luck: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(MOST_DOUBLINGS);
    let seconds = 1_u32.checked_shl(doublings).unwrap_or(u32::MAX);
    let whole = Duration::from_secs(seconds.into()).min(LONGEST_BACK_OFF);
    let half = whole.checked_div(2).unwrap_or(whole);
    half.saturating_add(half.mul_f64(f64::from(luck) / f64::from(u32::MAX)))
}

/// Two hours of one event each half minute.
pub(super) const ROOM: usize = 256;
const ROOM_OF_A_KIND: usize = ROOM / 2;
/// A receiver that comes back is told within this.
const LONGEST_BACK_OFF: Duration = Duration::from_mins(10);
/// 2^10 seconds is beyond the longest.
const MOST_DOUBLINGS: u32 = 10;
/// What a receiver may ask for; it cannot silence us for ever.
const LONGEST_PAUSE: Duration = Duration::from_hours(1);
/// News of yesterday is none.
const LONGEST_WAIT: Duration = Duration::from_hours(24);
/// A day of tries, and some more: for a letter that is refused again and again among others that are not.
const MOST_TRIES: u32 = 200;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Instant {
        Instant::from_duration(Duration::from_secs(seconds))
    }

    fn letter(id: &str, kind: &str) -> Letter {
        Letter {
            id: id.to_owned(),
            kind: kind.to_owned(),
            body: "{}".to_owned(),
        }
    }

    fn with(letters: &[&str]) -> Queue {
        let mut queue = Queue::default();
        for id in letters {
            queue.push(letter(id, "granted"), at(0)).unwrap();
        }
        queue
    }

    fn told(queue: &Queue, seconds: u64) -> Option<String> {
        match queue.next(at(seconds)) {
            Next::Tell(letter) => Some(letter.id),
            Next::WaitUntil(_) | Next::Sleep => None,
        }
    }

    const LOST: Failure = Failure::Unreached;
    const BUSY: Failure = Failure::Refused { pause: None };

    #[test]
    fn letters_go_in_the_order_in_which_they_came() {
        let mut queue = with(&["a", "b"]);
        assert_eq!(told(&queue, 0).unwrap(), "a");
        queue.told("a", at(0));
        assert_eq!(told(&queue, 0).unwrap(), "b");
        queue.told("b", at(0));
        assert_eq!(queue.next(at(0)), Next::Sleep);
    }

    #[test]
    fn a_receiver_that_is_away_is_asked_less_and_less_often() {
        let mut queue = with(&["a"]);
        let (mut now, mut waits) = (0, Vec::new());
        for _ in 0..13 {
            assert_eq!(queue.failed("a", LOST, u32::MAX, at(now)), Fate::Kept);
            let Next::WaitUntil(next) = queue.next(at(now)) else {
                panic!("no pause")
            };
            let next = next.since_start().as_secs();
            waits.push(next - now);
            now = next;
        }
        assert_eq!(
            waits,
            [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600, 600]
        );
    }

    #[test]
    fn luck_takes_up_to_a_half_off() {
        assert_eq!(back_off(4, 0), Duration::from_secs(4));
        assert_eq!(back_off(4, u32::MAX), Duration::from_secs(8));
        assert_eq!(back_off(u32::MAX, u32::MAX), LONGEST_BACK_OFF);
        assert_eq!(back_off(0, 0), Duration::from_millis(500));
    }

    #[test]
    fn the_pause_is_the_receivers_and_not_the_letters() {
        let mut queue = with(&["a", "b"]);
        queue.failed("a", LOST, u32::MAX, at(0));
        assert_eq!(told(&queue, 0), None, "b waits for the receiver, too");
        // a is due at the same moment as b may go, and b has waited longer.
        assert_eq!(told(&queue, 1).unwrap(), "b");
    }

    #[test]
    fn whoever_is_back_gets_everything_at_once_and_what_he_refused_later() {
        let mut queue = with(&["refused", "lost", "new"]);
        for now in 0..3 {
            queue.failed("refused", BUSY, u32::MAX, at(now));
            queue.failed("lost", LOST, u32::MAX, at(now));
        }
        queue.told("new", at(3));
        assert_eq!(told(&queue, 3).unwrap(), "lost");
        queue.told("lost", at(3));
        assert_eq!(queue.next(at(3)), Next::WaitUntil(at(6)));
        assert_eq!(queue.failures(), 0);
    }

    #[test]
    fn a_pause_that_is_asked_for_is_kept_within_bounds() {
        for (asked, kept) in [(90, 90), (0, 1), (1_000_000, 3600)] {
            let mut queue = with(&["a"]);
            let pause = Some(Duration::from_secs(asked));
            queue.failed("a", Failure::Refused { pause }, u32::MAX, at(0));
            assert_eq!(queue.next(at(0)), Next::WaitUntil(at(kept)), "{asked}");
        }
    }

    #[test]
    fn a_day_is_long_enough_and_so_are_two_hundred_tries() {
        const DAY: u64 = 24 * 60 * 60;
        let mut queue = with(&["a"]);
        assert_eq!(queue.failed("a", LOST, 0, at(DAY - 1)), Fate::Kept);
        assert_eq!(queue.failed("a", LOST, 0, at(DAY)), Fate::GivenUp);
        assert_eq!(queue.next(at(DAY)), Next::Sleep);
        let mut queue = with(&["a"]);
        let tries = (1..=1000).find(|_| queue.failed("a", BUSY, 0, at(1)) == Fate::GivenUp);
        assert_eq!(tries, Some(MOST_TRIES));
    }

    #[test]
    fn the_latest_is_lost_and_no_kind_takes_all_the_room() {
        let mut queue = Queue::default();
        let pushed = |queue: &mut Queue, kind: &str| {
            let ids = (0..ROOM).map(|number| format!("{kind}{number}"));
            ids.filter(|id| queue.push(letter(id, kind), at(0)).is_ok())
                .count()
        };
        assert_eq!(pushed(&mut queue, "banned"), ROOM / 2);
        assert_eq!(pushed(&mut queue, "granted"), ROOM / 2);
        assert_eq!(pushed(&mut queue, "closed"), 0);
        assert_eq!(told(&queue, 0).unwrap(), "banned0");
    }

    #[test]
    fn whoever_is_gone_is_told_nothing_until_the_administrator_says_so() {
        let mut queue = with(&["a", "b"]);
        assert_eq!(queue.gone(), 2);
        assert_eq!(queue.push(letter("c", "granted"), at(1)), Err(NoRoom));
        queue.revive(at(2));
        queue.push(letter("d", "granted"), at(2)).unwrap();
        assert_eq!(told(&queue, 2).unwrap(), "d");
    }

    #[test]
    fn a_letter_that_is_not_wanted_holds_nobody_up() {
        let mut queue = with(&["a", "b"]);
        queue.forget("a");
        assert_eq!(told(&queue, 0).unwrap(), "b");
    }
}
