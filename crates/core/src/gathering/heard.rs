//! What one source has said of late: for each position the last two values.

use core::cmp::Reverse;
use core::time::Duration;

use nightlatch_ticket::{FRAME_LENGTH, SYMBOLS, Symbol};

use super::parcel::{Values, bit};
use crate::Instant;
use crate::bounded::WAYS;

/// What one source has said of late.
#[derive(Clone, Default)]
pub(super) struct Heard {
    who: u64,
    since: Instant,
    last: Instant,
    /// How many symbols came so far.
    arrivals: u16,
    /// How often they were none of anybody's frames since they last were.
    tries: u16,
    /// At how many positions there is a value.
    positions: u8,
    sounds: [[Sound; SOUNDS]; SYMBOLS],
}

/// One value at one position.
#[derive(Clone, Copy, Default)]
struct Sound {
    /// The how-manieth symbol it was; zero: none.
    arrival: u16,
    /// In whole seconds, since the source was first heard.
    second: u16,
    value: u8,
}

/// Whether a symbol is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Novelty {
    New,
    Old,
}

/// A value for some of the positions.
pub(super) type Symbols = [Option<u8>; SYMBOLS];

impl Heard {
    /// What this source has said; one that is new takes the place of whoever of the others has been
    /// silent longest, except that the four who have come furthest keep theirs.
    ///
    /// So a crowd of sources of one symbol takes no place from somebody who is slow. And a table full
    /// of those who have said much, and nothing to anybody, keeps nobody out: an honest sender says
    /// a symbol every few milliseconds, and is not the one who has been silent longest.
    pub(super) fn among(set: &mut [Self; WAYS], who: u64, now: Instant) -> Option<&mut Self> {
        let place = match set.iter().position(|heard| heard.who == who) {
            Some(place) => place,
            None => Self::place_for_newcomer(set, now)?,
        };
        let heard = set.get_mut(place)?;
        if heard.who != who || heard.is_over(now) || heard.is_full(now) {
            *heard = Self {
                who,
                since: now,
                last: now,
                ..Self::default()
            };
        }
        Some(heard)
    }

    /// Takes a symbol in. One that is there already counts as the latest from now on.
    pub(super) fn hear(&mut self, symbol: Symbol, now: Instant) -> Novelty {
        self.last = now;
        self.arrivals = self.arrivals.saturating_add(1);
        let latest = Sound {
            arrival: self.arrivals,
            second: self.second(now),
            value: symbol.value,
        };
        self.forget_old(latest.second);
        let Some(sounds) = self.sounds.get_mut(usize::from(symbol.position)) else {
            return Novelty::Old;
        };
        let mut same = sounds.iter_mut();
        if let Some(sound) = same.find(|sound| sound.is_there() && sound.value == symbol.value) {
            *sound = latest;
            return Novelty::Old;
        }
        if let Some(older) = sounds.iter_mut().min_by_key(|sound| sound.arrival) {
            *older = latest;
        }
        self.count();
        Novelty::New
    }

    /// The latest value at each of the 17 positions that were heard last, if there are as many.
    pub(super) fn latest(&self) -> Option<Symbols> {
        let newest =
            |sounds: &[Sound; SOUNDS]| sounds.iter().copied().max_by_key(|one| one.arrival);
        let newest = self
            .sounds
            .each_ref()
            .map(newest)
            .map(Option::unwrap_or_default);
        let first = nth_latest(newest.iter(), FRAME_LENGTH)?;
        let is_late = |sound: &Sound| sound.is_there() && sound.arrival >= first;
        Some(newest.map(|sound| is_late(&sound).then_some(sound.value)))
    }

    /// Of the symbols that were heard lately: the value of each position that has but one, if these
    /// are enough.
    pub(super) fn undoubted(&self) -> Option<Symbols> {
        let first = self.arrivals.saturating_sub(LATELY).max(1);
        let only = |sounds: &[Sound; SOUNDS]| {
            let mut late = sounds.iter().filter(|sound| sound.arrival >= first);
            match (late.next(), late.next()) {
                (Some(sound), None) => Some(sound.value),
                _ => None,
            }
        };
        let symbols = self.sounds.each_ref().map(only);
        // Exactly 17 and no others are the latest 17.
        let count = symbols.iter().flatten().count();
        (count >= FRAME_LENGTH && usize::from(self.positions) > FRAME_LENGTH).then_some(symbols)
    }

    /// Whose it is.
    pub(super) const fn who(&self) -> u64 {
        self.who
    }

    /// The positions at which one of the values is that of a frame, as bits.
    pub(super) fn agreement(&self, values: &Values) -> u32 {
        let each = (0_u8..).zip(self.sounds.iter().zip(values));
        each.fold(0, |agreed, (position, (sounds, value))| {
            let mut there = sounds.iter().filter(|sound| sound.is_there());
            let agrees = there.any(|sound| sound.value == *value);
            agreed | if agrees { bit(position) } else { 0 }
        })
    }

    /// Forgets the symbols of a frame that is beyond doubt.
    pub(super) fn forget(&mut self, values: &Values) {
        for (sounds, value) in self.sounds.iter_mut().zip(values) {
            for sound in sounds.iter_mut().filter(|sound| sound.value == *value) {
                *sound = Sound::default();
            }
        }
        self.count();
    }

    /// Whether it is time to try again: a source that touches the span at random and never stops
    /// is tried less often.
    pub(super) fn is_due(&mut self) -> bool {
        let is_enough = usize::from(self.positions) >= FRAME_LENGTH;
        self.tries = self.tries.saturating_add(is_enough.into());
        is_enough && (self.tries < PATIENCE || self.arrivals.is_multiple_of(SELDOM))
    }

    /// A frame of somebody's came of it.
    pub(super) const fn was_worth_it(&mut self) {
        self.tries = 0;
    }

    fn place_for_newcomer(set: &[Self; WAYS], now: Instant) -> Option<usize> {
        let mut places: [usize; WAYS] = core::array::from_fn(|place| place);
        // Among equals who came first has come furthest: a crowd of equals changes nothing.
        places.sort_by_key(|place| {
            let heard = set.get(*place);
            Reverse(heard.map(|heard| (heard.come(now), Reverse(heard.since))))
        });
        let (furthest, others) = places.split_at_checked(KEEP)?;
        let is_no_further =
            |place: &&usize| set.get(**place).is_some_and(|heard| heard.come(now) <= 1);
        let open = furthest.iter().filter(is_no_further).chain(others);
        let silent_since = |place: &&usize| {
            set.get(**place)
                .map(|heard| (heard.positions > 0, heard.last))
        };
        open.min_by_key(silent_since).copied()
    }

    /// How far it has come. What was tried in vain counts against it, and a newcomer comes to one.
    fn come(&self, now: Instant) -> u16 {
        if self.is_over(now) {
            return 0;
        }
        u16::from(self.positions).saturating_sub(self.tries)
    }

    fn forget_old(&mut self, second: u16) {
        for sound in self.sounds.as_flattened_mut() {
            if second.saturating_sub(sound.second) > WINDOW_SECONDS {
                *sound = Sound::default();
            }
        }
    }

    fn count(&mut self) {
        let has_any = |sounds: &&[Sound; SOUNDS]| sounds.iter().any(|sound| sound.is_there());
        let count = self.sounds.iter().filter(has_any).count();
        self.positions = u8::try_from(count).unwrap_or(u8::MAX);
    }

    fn is_over(&self, now: Instant) -> bool {
        now.saturating_since(self.last) > WINDOW
    }

    /// Whether the numbers that order its symbols are used up: after 65,534 symbols or 18 hours
    /// without a minute of silence it starts over.
    fn is_full(&self, now: Instant) -> bool {
        self.arrivals >= u16::MAX.saturating_sub(1) || self.second(now) == u16::MAX
    }

    fn second(&self, now: Instant) -> u16 {
        let seconds = now.saturating_since(self.since).as_secs();
        u16::try_from(seconds).unwrap_or(u16::MAX)
    }
}

/// The arrival of the sound that so many came as late as or later than, if there are as many.
fn nth_latest<'a>(sounds: impl Iterator<Item = &'a Sound>, count: usize) -> Option<u16> {
    let mut arrivals = [0; SYMBOLS];
    for (arrival, sound) in arrivals.iter_mut().zip(sounds) {
        *arrival = sound.arrival;
    }
    arrivals.sort_unstable_by_key(|arrival| Reverse(*arrival));
    let nth = *arrivals.get(count.checked_sub(1)?)?;
    (nth > 0).then_some(nth)
}

impl Sound {
    const fn is_there(self) -> bool {
        self.arrival > 0
    }
}

/// How long a symbol counts: as long as a request is fresh.
pub(super) const WINDOW: Duration = Duration::from_mins(1);
const WINDOW_SECONDS: u16 = 60;
/// Two, so that one stray packet does not take the place of what was said.
const SOUNDS: usize = 2;
/// Half of a set: of those in the other half four have to come between two symbols of somebody
/// before he loses his place.
const KEEP: usize = WAYS / 2;
/// A whole frame, and a third as much besides that is none of it.
const LATELY: u16 = 40;
/// So many tries are free: several knocks that failed.
const PATIENCE: u16 = 64;
/// Of the 31 symbols of a knock three or more are tried all the same when 17 are there.
const SELDOM: u16 = 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Instant {
        Instant::from_duration(Duration::from_secs(seconds))
    }

    fn symbol(position: u8, value: u8) -> Symbol {
        Symbol { position, value }
    }

    fn heard(symbols: impl IntoIterator<Item = (u8, u8)>) -> Heard {
        let mut heard = Heard::default();
        for (position, value) in symbols {
            heard.hear(symbol(position, value), at(0));
        }
        heard
    }

    #[test]
    fn the_latest_are_the_last_seventeen_positions_with_their_newest_values() {
        assert_eq!(heard((0..16).map(|place| (place, 1))).latest(), None);
        let noise = (0..31).map(|place| (place, 1));
        let said = (10..27).map(|place| (place, 2));
        let latest = heard(noise.chain(said)).latest().unwrap();
        for (place, value) in latest.into_iter().enumerate() {
            assert_eq!(value, (10..27).contains(&place).then_some(2));
        }
    }

    #[test]
    fn what_has_two_values_is_in_doubt() {
        let said = (0..31).map(|place| (place, 2));
        let noise = (0..5).map(|place| (place, 1));
        let undoubted = heard(said.clone().chain(noise)).undoubted().unwrap();
        for (place, value) in undoubted.into_iter().enumerate() {
            assert_eq!(value, (place >= 5).then_some(2));
        }
        // What came long before is not in the way.
        let scan = (0..31).map(|place| (place, 1));
        let undoubted = heard(scan.chain(said)).undoubted().unwrap();
        let is_there = undoubted.map(|value| value == Some(2));
        assert_eq!(
            is_there,
            core::array::from_fn(|place| place < 21),
            "{undoubted:?}"
        );
    }

    #[test]
    fn a_third_value_takes_the_place_of_the_oldest() {
        let heard = heard([(3, 1), (3, 2), (3, 1), (3, 7)]);
        let values = heard.sounds[3].map(|sound| sound.value);
        assert_eq!(values, [1, 7]);
    }

    #[test]
    fn a_symbol_that_is_there_is_no_news_until_its_time_is_over() {
        let mut heard = heard([(3, 1)]);
        assert_eq!(heard.hear(symbol(3, 1), at(1)), Novelty::Old);
        assert_eq!(heard.hear(symbol(3, 2), at(61)), Novelty::New);
        assert_eq!(heard.positions, 1);
        assert_eq!(heard.hear(symbol(3, 1), at(62)), Novelty::New);
        assert_eq!(
            heard.hear(symbol(31, 1), at(62)),
            Novelty::Old,
            "no such position"
        );
    }

    #[test]
    fn a_frame_that_is_whole_leaves_what_somebody_else_said() {
        let one = (0..31).map(|place| (place, 1));
        let other = (0..31).map(|place| (place, 2));
        let mut heard = heard(one.chain(other));
        heard.forget(&[1; SYMBOLS]);
        assert_eq!(heard.undoubted(), Some([Some(2); SYMBOLS]));
    }

    /// Eight sources, one after the other, each of which says so many symbols.
    fn full(symbols: [u8; WAYS]) -> [Heard; WAYS] {
        let mut set: [Heard; WAYS] = core::array::from_fn(|_| Heard::default());
        for (who, symbols) in (1..).zip(symbols) {
            let heard = Heard::among(&mut set, who, at(who)).unwrap();
            for position in 0..symbols {
                heard.hear(symbol(position, 0), at(who));
                heard.is_due();
            }
        }
        set
    }

    /// Who is there once somebody else has come.
    fn come(set: &mut [Heard; WAYS], who: u64, now: u64) -> [u64; WAYS] {
        let newcomer = Heard::among(set, who, at(now)).unwrap();
        newcomer.hear(symbol(0, 0), at(now));
        set.each_ref().map(|heard| heard.who)
    }

    #[test]
    fn a_newcomer_takes_the_place_of_the_silent_but_for_the_four_who_have_come_furthest() {
        let mut set = full([9, 8, 7, 6, 5, 4, 3, 2]);
        assert_eq!(come(&mut set, 11, 10), [1, 2, 3, 4, 11, 6, 7, 8]);
        assert_eq!(come(&mut set, 12, 11), [1, 2, 3, 4, 11, 12, 7, 8]);
        assert_eq!(come(&mut set, 13, 12), [1, 2, 3, 4, 11, 12, 13, 8]);
        assert_eq!(come(&mut set, 14, 13), [1, 2, 3, 4, 11, 12, 13, 14]);
        assert_eq!(come(&mut set, 15, 14), [1, 2, 3, 4, 15, 12, 13, 14]);
        // After a minute of silence nobody has come far any more.
        assert_eq!(come(&mut set, 16, 63), [16, 2, 3, 4, 15, 12, 13, 14]);
    }

    #[test]
    fn one_symbol_keeps_no_place() {
        let mut set = full([1; WAYS]);
        assert_eq!(come(&mut set, 11, 10), [11, 2, 3, 4, 5, 6, 7, 8]);
        let mut set = full([1, 1, 1, 1, 1, 1, 2, 1]);
        for newcomer in 11..40 {
            assert_eq!(come(&mut set, newcomer, newcomer)[6], 7);
        }
    }

    #[test]
    fn who_says_much_in_vain_comes_no_further_by_it() {
        // The first four have said the whole span and more, and nobody's frame came of it.
        let mut set = full([31, 31, 31, 31, 14, 14, 14, 14]);
        for who in 1..=4 {
            let heard = Heard::among(&mut set, who, at(who)).unwrap();
            assert_eq!(heard.come(at(9)), 16);
            for _ in 0..31 {
                heard.is_due();
            }
        }
        assert_eq!(come(&mut set, 11, 10), [11, 2, 3, 4, 5, 6, 7, 8]);
    }

    #[test]
    fn a_source_that_never_stops_starts_over_before_its_numbers_end() {
        let mut set: [Heard; WAYS] = core::array::from_fn(|_| Heard::default());
        for number in 0..200_000_u32 {
            let [.., high, low] = number.to_be_bytes();
            let heard = Heard::among(&mut set, 1, at(1)).unwrap();
            heard.hear(symbol(high % 31, low), at(1));
            assert!(heard.arrivals > 0 && heard.arrivals < u16::MAX);
        }
        let late = Heard::among(&mut set, 1, at(70_000)).unwrap();
        assert_eq!((late.second(at(70_000)), late.positions), (0, 0));
    }
}
