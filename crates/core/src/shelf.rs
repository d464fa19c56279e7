//! The tags of every client for three epochs and for recovery, in one table with four lanes.

use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use nightlatch_ticket::{Epoch, Tag, TagKey, Tagged, UnixTime};

use crate::ClientId;
use crate::labels::Labels;
use crate::lane::Lane;

/// A table of tags: one walk over a few neighbouring rows tells a client from noise.
///
/// Every row holds one cell of each lane, and a tag has the same home row in all of them, so that
/// one walk asks for all epochs at once. A lane is open addressing by itself: a tag stands in its
/// home row or in the first free one behind it. Lanes change one at a time, a slice at a time,
/// while the others go on answering.
///
/// In front of the rows stand hints, a few bits for each tag: small enough to stay in the cache
/// where the rows of a million clients do not, they turn nine strangers out of ten away.
pub(crate) struct Shelf {
    keys: Arc<[TagKey]>,
    labels: Labels,
    hints: Vec<[u16; LANES]>,
    cells: Vec<[u64; LANES]>,
    owners: Vec<[u32; LANES]>,
    lanes: [Lane; LANES],
}

impl Shelf {
    /// An empty shelf for these clients; [`Shelf::build`] fills it.
    pub(crate) fn new(keys: Arc<[TagKey]>, labels: Labels, now: UnixTime) -> Self {
        let count = keys.len().min(labels.most());
        // Half of the cells stay free: a walk for noise then ends after two or three rows.
        let rows = count.saturating_mul(2).max(FEWEST_ROWS);
        let lane = |tagged| Lane {
            tagged,
            wiped: rows,
            filled: 0,
        };
        let mut shelf = Self {
            hints: vec![[0; LANES]; count.max(1)],
            keys,
            labels,
            cells: vec![[0; LANES]; rows],
            owners: vec![[0; LANES]; rows],
            lanes: [
                lane(Tagged::Now(Epoch(0))),
                lane(Tagged::Now(Epoch(1))),
                lane(Tagged::Now(Epoch(2))),
                lane(Tagged::Recovery),
            ],
        };
        shelf.aim(Epoch::at(now).max(Epoch(1)));
        shelf
    }

    /// Whose label this is, and which; `draw` parts two clients who have the same. That happens once
    /// in an age, and then a sender's next nonce draws again: nobody is hidden behind another.
    pub(crate) fn find(&self, wanted: u64, draw: u8) -> Option<(ClientId, Tagged)> {
        let all = self.all(wanted);
        let drawn = usize::from(draw).checked_rem(all.len())?;
        all.get(drawn).copied()
    }

    /// Everybody whose label this is, four at most.
    ///
    /// The stranger chooses the tag, but not where ours stand: to lead us on a long walk he would
    /// have to know them.
    pub(crate) fn all(&self, wanted: u64) -> Vec<(ClientId, Tagged)> {
        let mut all = Vec::new();
        let mut open = self.hinted(wanted) & self.readable();
        if open == 0 {
            return all;
        }
        let home = place_among(self.cells.len(), wanted);
        for row in (home..self.cells.len()).chain(0..home) {
            let Some((cells, owners)) = self.cells.get(row).zip(self.owners.get(row)) else {
                break;
            };
            let (same, free) = compare(cells, wanted);
            let lanes = BITS.iter().zip(owners).zip(&self.lanes);
            let here = lanes.filter(|((bit, _), _)| *bit & same & open != 0);
            all.extend(here.map(|((_, owner), lane)| (ClientId(*owner), lane.tagged)));
            open &= !free;
            if open == 0 {
                break;
            }
        }
        all.truncate(NAMESAKES);
        all
    }

    /// Does some of what is to be done at `now`; true if a tag came or went.
    pub(crate) fn build(&mut self, steps: usize, now: UnixTime) -> bool {
        // The first epoch of all has none before it: there the three lanes begin with it.
        let epoch = Epoch::at(now).max(Epoch(1));
        let aimed = self.aim(epoch);
        let mut left = steps;
        for place in urgent_first(epoch) {
            left = self.advance(place, left);
        }
        aimed || left < steps
    }

    /// Whether everything is in.
    pub(crate) fn is_complete(&self) -> bool {
        self.lanes.iter().all(|lane| lane.filled >= self.count())
    }

    /// Whether a client with a right clock may be taken for noise at `now`.
    pub(crate) fn is_behind(&self, now: UnixTime) -> bool {
        let epoch = Epoch::at(now);
        let waits = |place: usize, tagged: Tagged| {
            self.lanes
                .get(place)
                .is_none_or(|lane| lane.tagged != tagged || lane.filled < self.count())
        };
        waits(RECOVERY, Tagged::Recovery) || waits(place_of(epoch), Tagged::Now(epoch))
    }

    /// Every tag that is recognised now.
    pub(crate) fn tags(&self) -> impl Iterator<Item = Tag> + '_ {
        let readable = self.readable();
        self.cells.iter().flat_map(move |row| {
            let lanes = BITS.iter().zip(row);
            lanes
                .filter(move |(bit, cell)| *bit & readable != 0 && **cell != 0)
                .map(|(_, cell)| Tag(cell.to_be_bytes()))
        })
    }

    /// Gives each lane the epoch it should hold now; true if one has to change.
    fn aim(&mut self, epoch: Epoch) -> bool {
        let mut changed = false;
        for wanted in [epoch.previous(), epoch, epoch.next()] {
            let tagged = Tagged::Now(wanted);
            let Some(lane) = self.lanes.get_mut(place_of(wanted)) else {
                continue;
            };
            if lane.tagged != tagged {
                changed = true;
                lane.turn(tagged);
            }
        }
        changed
    }

    /// Wipes and fills one lane as far as the steps go; says how many are left.
    fn advance(&mut self, place: usize, steps: usize) -> usize {
        let count = self.count();
        let Some(lane) = self.lanes.get_mut(place) else {
            return steps;
        };
        let rows = self.cells.iter_mut().skip(lane.wiped);
        for hint in self
            .hints
            .iter_mut()
            .skip(lane.wiped)
            .take(steps.saturating_mul(WIPED_PER_STEP))
        {
            if let Some(bits) = hint.get_mut(place) {
                *bits = 0;
            }
        }
        let mut wiped = 0_usize;
        for row in rows.take(steps.saturating_mul(WIPED_PER_STEP)) {
            if let Some(cell) = row.get_mut(place) {
                *cell = 0;
            }
            wiped = wiped.saturating_add(1);
        }
        lane.wiped = lane.wiped.saturating_add(wiped);
        let left = steps.saturating_sub(wiped.div_ceil(WIPED_PER_STEP));
        if lane.wiped < self.cells.len() {
            return left;
        }
        let (from, tagged) = (lane.filled, lane.tagged);
        let to = from.saturating_add(left).min(count);
        lane.filled = to;
        for client in from..to {
            self.shelve(client, place, tagged);
        }
        left.saturating_sub(to.saturating_sub(from))
    }

    /// Puts one client's tag into the first free cell from its home on.
    fn shelve(&mut self, client: usize, place: usize, tagged: Tagged) {
        let (Some(key), Ok(owner)) = (self.keys.get(client), u32::try_from(client)) else {
            return;
        };
        let Some(tag) = self.labels.label(key, tagged) else {
            return;
        };
        let hinting = place_among(self.hints.len(), tag);
        let hints = self.hints.get_mut(hinting);
        if let Some(bits) = hints.and_then(|lanes| lanes.get_mut(place)) {
            *bits |= hint_of(tag);
        }
        let home = place_among(self.cells.len(), tag);
        for row in (home..self.cells.len()).chain(0..home) {
            let cells = self.cells.get_mut(row).and_then(|row| row.get_mut(place));
            let owners = self.owners.get_mut(row).and_then(|row| row.get_mut(place));
            if let (Some(here @ 0), Some(whose)) = (cells, owners) {
                (*here, *whose) = (tag, owner);
                return;
            }
        }
    }

    fn count(&self) -> usize {
        self.keys.len().min(self.labels.most())
    }

    /// The lanes that may hold this tag; most often, for a stranger's, none.
    fn hinted(&self, tag: u64) -> u8 {
        let bits = hint_of(tag);
        let lanes = self.hints.get(place_among(self.hints.len(), tag));
        let lanes = lanes.into_iter().flatten().zip(BITS);
        lanes.fold(0, |hinted, (lane, bit)| {
            hinted | if lane & bits == bits { bit } else { 0 }
        })
    }

    /// The lanes that may be read: those without remains of an epoch that is over.
    fn readable(&self) -> u8 {
        let lanes = BITS.iter().zip(&self.lanes);
        lanes
            .filter(|(_, lane)| lane.wiped >= self.cells.len())
            .fold(0, |open, (bit, _)| open | bit)
    }
}

/// Which cells of a row hold the tag, and which are free, as bits.
fn compare(row: &[u64; LANES], wanted: u64) -> (u8, u8) {
    let cells = BITS.iter().zip(row);
    cells.fold((0, 0), |(same, free), (bit, cell)| {
        (
            same | if *cell == wanted { *bit } else { 0 },
            free | if *cell == 0 { *bit } else { 0 },
        )
    })
}

/// Two of sixteen bits, by the end of the tag that its place does not depend on.
fn hint_of(tag: u64) -> u16 {
    let [.., low] = tag.to_be_bytes();
    1_u16.rotate_left(u32::from(low)) | 1_u16.rotate_left(u32::from(low.rotate_left(4)))
}

/// Tags are as good as random, so their upper bits spread them evenly.
fn place_among(places: usize, tag: u64) -> usize {
    let places = u64::try_from(places).unwrap_or(u64::MAX);
    let place = u128::from(tag).wrapping_mul(u128::from(places)) >> 64;
    usize::try_from(place).unwrap_or(0)
}

/// Three epochs in a row never share a lane.
fn place_of(epoch: Epoch) -> usize {
    usize::try_from(epoch.0 % 3).unwrap_or(0)
}

/// The order of work: who has lost his way, who is on time, who is early, who is late.
fn urgent_first(epoch: Epoch) -> [usize; LANES] {
    [
        RECOVERY,
        place_of(epoch),
        place_of(epoch.next()),
        place_of(epoch.previous()),
    ]
}

const LANES: usize = 4;
const BITS: [u8; LANES] = [1, 2, 4, 8];
/// The lane behind those of the three epochs.
const RECOVERY: usize = 3;
/// Room for a household without a walk ever being long.
const FEWEST_ROWS: usize = 16;
/// Of 65,536 clients some 70 pairs have one tag in three epochs, and hardly ever three.
const NAMESAKES: usize = 4;
/// One tag costs some 300 ns, one wiped cell some 5.
const WIPED_PER_STEP: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn key(client: u32) -> TagKey {
        let mut bytes = [7; 32];
        bytes[..4].copy_from_slice(&client.to_be_bytes());
        TagKey::from_bytes(bytes)
    }

    fn shelf(clients: u32, epoch: u64) -> Shelf {
        let keys = (0..clients).map(key).collect();
        let mut shelf = Shelf::new(keys, Labels::Tickets, Epoch(epoch).begins());
        shelf.build(usize::MAX, Epoch(epoch).begins());
        shelf
    }

    fn found(shelf: &Shelf, client: u32, tagged: Tagged) -> bool {
        shelf.find(Labels::of_ticket(key(client).tag_for(tagged)), 0)
            == Some((ClientId(client), tagged))
    }

    #[test]
    fn every_client_is_found_by_each_of_its_tags() {
        let shelf = shelf(300, 50);
        for client in 0..300 {
            for epoch in 49..=51 {
                assert!(found(&shelf, client, Tagged::Now(Epoch(epoch))));
            }
            assert!(found(&shelf, client, Tagged::Recovery));
            assert!(!found(&shelf, client, Tagged::Now(Epoch(48))));
            assert!(!found(&shelf, client, Tagged::Now(Epoch(52))));
        }
        assert_eq!(shelf.tags().count(), 1200);
    }

    #[test]
    fn a_stranger_is_found_nowhere() {
        let shelf = shelf(300, 50);
        assert_eq!(shelf.find(Labels::of_ticket(Tag([0; 8])), 0), None);
        assert_eq!(shelf.find(u64::MAX, 0), None);
        assert_eq!(
            shelf.find(Labels::of_ticket(key(300).recovery_tag()), 0),
            None
        );
    }

    #[test]
    fn an_empty_shelf_knows_nobody() {
        let shelf = shelf(0, 50);
        assert!(shelf.is_complete());
        assert_eq!(
            shelf.find(Labels::of_ticket(key(0).recovery_tag()), 0),
            None
        );
    }

    #[test]
    fn the_next_epoch_is_there_before_it_begins_and_the_turn_hides_nobody() {
        let mut shelf = shelf(100, 50);
        let turn = Epoch(51).begins();
        assert!(
            !shelf.is_behind(turn),
            "the epoch that begins is there already"
        );
        while shelf.build(7, turn) {
            assert!(!shelf.is_behind(turn));
            for client in 0..100 {
                assert!(found(&shelf, client, Tagged::Now(Epoch(50))));
                assert!(found(&shelf, client, Tagged::Now(Epoch(51))));
            }
        }
        for client in 0..100 {
            assert!(found(&shelf, client, Tagged::Now(Epoch(52))));
            assert!(!found(&shelf, client, Tagged::Now(Epoch(49))));
        }
        assert_eq!(shelf.tags().count(), 400);
    }

    #[test]
    fn after_a_jump_of_the_clock_the_present_comes_first_and_recovery_never_goes() {
        let mut shelf = shelf(100, 50);
        let there = Epoch(7000).begins();
        assert!(shelf.is_behind(there));
        let mut steps = 0;
        while shelf.is_behind(there) {
            shelf.build(10, there);
            steps += 1;
            assert!((0..100).all(|client| found(&shelf, client, Tagged::Recovery)));
        }
        // 200 rows wiped at 64 a step, then 100 tags.
        assert!(steps <= 12, "{steps} slices for the present epoch");
        assert!((0..100).all(|client| found(&shelf, client, Tagged::Now(Epoch(7000)))));
    }

    #[test]
    fn nothing_of_an_epoch_that_is_over_is_read_while_it_is_wiped() {
        let mut shelf = shelf(1000, 50);
        let there = Epoch(56).begins();
        shelf.build(1, there);
        assert!((0..1000).all(|client| !found(&shelf, client, Tagged::Now(Epoch(50)))));
    }

    #[test]
    fn two_clients_with_one_tag_are_both_reached() {
        let twins = [key(1), key(1)];
        let mut shelf = Shelf::new(twins.into(), Labels::Tickets, Epoch(9).begins());
        shelf.build(usize::MAX, Epoch(9).begins());
        let label = Labels::of_ticket(key(1).epoch_tag(Epoch(9)));
        let whose = |draw| shelf.find(label, draw).unwrap().0;
        assert_eq!(whose(0), ClientId(0));
        assert_eq!(whose(1), ClientId(1));
    }

    #[test]
    fn all_who_have_one_tag_are_told_and_four_at_most() {
        for twins in 0..6 {
            let mut keys: Vec<TagKey> = (10..20).map(key).collect();
            keys.extend((0..twins).map(|_| key(1)));
            let mut shelf = Shelf::new(keys.into(), Labels::Frames, Epoch(9).begins());
            shelf.build(usize::MAX, Epoch(9).begins());
            for epoch in 8..=10 {
                let all = shelf.all(Labels::of_frame(key(1).sequence_tag(Epoch(epoch))));
                let all = all.into_iter().map(|(client, tagged)| (client.0, tagged));
                let tagged = Tagged::Now(Epoch(epoch));
                let twins = (10..10 + twins).map(|client| (client, tagged));
                assert!(all.eq(twins.take(4)));
            }
        }
    }

    #[test]
    fn the_tags_of_frames_stand_on_a_shelf_of_their_own_and_have_no_recovery() {
        let keys = (0..300).map(key).collect();
        let mut shelf = Shelf::new(keys, Labels::Frames, Epoch(50).begins());
        shelf.build(usize::MAX, Epoch(50).begins());
        assert!(shelf.is_complete() && !shelf.is_behind(Epoch(50).begins()));
        for client in 0..300 {
            for epoch in 49..=51 {
                let label = Labels::of_frame(key(client).sequence_tag(Epoch(epoch)));
                let found = Some((ClientId(client), Tagged::Now(Epoch(epoch))));
                assert_eq!(shelf.find(label, 0), found);
            }
        }
        assert_eq!(shelf.tags().count(), 900);
    }

    #[test]
    fn the_first_epochs_of_all_time_have_a_shelf_too() {
        let shelf = shelf(3, 0);
        assert!(found(&shelf, 2, Tagged::Now(Epoch(0))));
        assert!(found(&shelf, 2, Tagged::Now(Epoch(1))));
    }
}
