//! Who may knock: one client or a million, in a few flat arrays.

use std::collections::BTreeMap;

use nightlatch_core::{ClientId, ServiceId, ServiceSet};
use nightlatch_ticket::{PresharedSecret, PublicKey};
use zeroize::Zeroizing;

/// Everybody who may knock. A client's place in it is its `ClientId`.
///
/// A million clients take 60 MiB, and 30 more if each has a pre-shared secret of its own.
#[derive(Default)]
pub struct Roster {
    names: String,
    name_ends: Vec<u32>,
    keys: Vec<PublicKey>,
    /// Index into `leaves`: a million clients share a handful of them.
    may: Vec<u32>,
    leaves: Vec<Leave>,
    secrets: Secrets,
    by_name: Vec<u32>,
    by_key: Vec<u32>,
}

/// One client, as the daemon needs it at start.
pub struct RosterLine<'a> {
    /// What people call it.
    pub name: &'a str,
    /// Its public key.
    pub key: PublicKey,
    /// The secret shared with it; all zero if the administrator said `none`.
    pub shared: PresharedSecret,
    /// What it may open.
    pub may: ServiceSet,
    /// Whether it may send messages.
    pub may_tell: bool,
}

/// What a client may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Leave {
    /// The services that it may open.
    pub(crate) services: ServiceSet,
    /// Whether it may send messages.
    pub(crate) may_tell: bool,
}

impl Roster {
    /// How many clients there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether nobody may knock.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// All clients, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = RosterLine<'_>> {
        (0..self.len()).filter_map(|place| self.at(place))
    }

    /// One client.
    pub fn line(&self, client: ClientId) -> Option<RosterLine<'_>> {
        self.at(usize::try_from(client.0).ok()?)
    }

    /// What people call a client.
    pub fn name_of(&self, client: ClientId) -> Option<&str> {
        self.name_at(usize::try_from(client.0).ok()?)
    }

    /// The public key of a client.
    pub fn key_of(&self, client: ClientId) -> Option<&PublicKey> {
        self.keys.get(usize::try_from(client.0).ok()?)
    }

    /// The client of that name.
    pub fn id_of(&self, name: &str) -> Option<ClientId> {
        search(&self.by_name, |place| {
            self.name_at(place).unwrap_or_default().cmp(name)
        })
    }

    /// The client with that key: how counters find their client again after a change of the file.
    pub fn id_of_key(&self, key: &PublicKey) -> Option<ClientId> {
        search(&self.by_key, |place| self.keys.get(place).cmp(&Some(key)))
    }

    fn at(&self, place: usize) -> Option<RosterLine<'_>> {
        let leave = self.leaves.get(widen(*self.may.get(place)?))?;
        Some(RosterLine {
            name: self.name_at(place)?,
            key: *self.keys.get(place)?,
            shared: self.secrets.at(place),
            may: leave.services,
            may_tell: leave.may_tell,
        })
    }

    fn name_at(&self, place: usize) -> Option<&str> {
        let end = widen(*self.name_ends.get(place)?);
        let start = match place.checked_sub(1) {
            Some(before) => widen(*self.name_ends.get(before)?),
            None => 0,
        };
        self.names.get(start..end)
    }
}

fn search(index: &[u32], order: impl Fn(usize) -> std::cmp::Ordering) -> Option<ClientId> {
    let found = index.binary_search_by(|place| order(widen(*place))).ok()?;
    index.get(found).copied().map(ClientId)
}

/// A roster while clients are still being added to it.
#[derive(Default)]
pub(crate) struct RosterDraft {
    roster: Roster,
    numbers: BTreeMap<(u64, bool), u32>,
}

impl RosterDraft {
    /// Adds a client; `false` if there is no room for another.
    pub(crate) fn push(
        &mut self,
        name: &str,
        key: PublicKey,
        shared: &PresharedSecret,
        leave: Leave,
    ) -> bool {
        let roster = &mut self.roster;
        let (Some(end), Ok(next)) = (
            roster
                .names
                .len()
                .checked_add(name.len())
                .and_then(|end| u32::try_from(end).ok()),
            u32::try_from(roster.leaves.len()),
        ) else {
            return false;
        };
        if roster.len() >= MOST_CLIENTS {
            return false;
        }
        let kind = (bits(leave.services), leave.may_tell);
        let number = *self.numbers.entry(kind).or_insert_with(|| {
            roster.leaves.push(leave);
            next
        });
        roster.names.push_str(name);
        roster.name_ends.push(end);
        roster.keys.push(key);
        roster.may.push(number);
        roster.secrets.push(shared);
        true
    }

    /// Sorts it for look-ups. The second part tells who has a name or a key that somebody before has, too.
    pub(crate) fn finish(mut self) -> (Roster, Vec<Twin>) {
        let roster = &mut self.roster;
        roster.names.shrink_to_fit();
        roster.name_ends.shrink_to_fit();
        roster.keys.shrink_to_fit();
        roster.may.shrink_to_fit();
        let everybody = u32::try_from(roster.len()).unwrap_or(u32::MAX);
        let mut by_name: Vec<u32> = (0..everybody).collect();
        let mut by_key = by_name.clone();
        by_name.sort_unstable_by_key(|place| (roster.name_at(widen(*place)), *place));
        by_key.sort_unstable_by_key(|place| (roster.keys.get(widen(*place)), *place));
        let mut twins = twins(&by_name, Likeness::Name, |place| roster.name_at(place));
        twins.extend(self::twins(&by_key, Likeness::Key, |place| {
            roster.keys.get(place)
        }));
        roster.by_name = by_name;
        roster.by_key = by_key;
        (self.roster, twins)
    }
}

/// A set as a number, for sorting.
fn bits(set: ServiceSet) -> u64 {
    (0..64)
        .filter(|place| set.contains(ServiceId(*place)))
        .fold(0, |bits, place| bits | 1 << place)
}

/// Two clients that cannot be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Twin {
    pub(crate) first: usize,
    pub(crate) second: usize,
    pub(crate) likeness: Likeness,
}

/// What two clients have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Likeness {
    Name,
    Key,
}

fn twins<T: PartialEq>(
    index: &[u32],
    likeness: Likeness,
    of: impl Fn(usize) -> Option<T>,
) -> Vec<Twin> {
    let mut found = Vec::new();
    let mut first = None;
    for place in index.iter().copied().map(widen) {
        match first {
            Some(first) if of(first) == of(place) => found.push(Twin {
                first,
                second: place,
                likeness,
            }),
            _ => first = Some(place),
        }
    }
    found
}

fn widen(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Pre-shared secrets in blocks that never move: a growing vector would leave copies behind in freed memory.
#[derive(Default)]
struct Secrets {
    /// For each client: its number in the blocks, plus one; zero has none.
    numbers: Vec<u32>,
    blocks: Vec<Zeroizing<Vec<[u8; 32]>>>,
}

impl Secrets {
    fn push(&mut self, secret: &PresharedSecret) {
        if secret.is_none() {
            return self.numbers.push(0);
        }
        if self.blocks.last().is_none_or(|block| block.len() == BLOCK) {
            self.blocks.push(Zeroizing::new(Vec::with_capacity(BLOCK)));
        }
        let before = self.blocks.len().saturating_sub(1).saturating_mul(BLOCK);
        if let Some(block) = self.blocks.last_mut() {
            block.push(*secret.expose_bytes());
            let number = before.saturating_add(block.len());
            self.numbers.push(u32::try_from(number).unwrap_or_default());
        }
    }

    fn at(&self, place: usize) -> PresharedSecret {
        self.numbers
            .get(place)
            .and_then(|number| widen(*number).checked_sub(1))
            .and_then(|number| {
                self.blocks
                    .get(number.checked_div(BLOCK)?)?
                    .get(number.checked_rem(BLOCK)?)
            })
            .map_or_else(PresharedSecret::none, |bytes| {
                PresharedSecret::from_bytes(*bytes)
            })
    }
}

/// 32 KiB of secrets each: little waste for ten clients, few blocks for a million.
const BLOCK: usize = 1024;

/// Sixteen times the number that we measure with; keeps every index in 32 bits.
pub(crate) const MOST_CLIENTS: usize = 1 << 24;

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u32) -> PublicKey {
        let mut bytes = [9; 32];
        bytes[..4].copy_from_slice(&number.to_be_bytes());
        PublicKey::from_bytes(bytes)
    }

    fn roster(names: &[&str]) -> (Roster, Vec<Twin>) {
        let mut draft = RosterDraft::default();
        for (number, name) in (0..).zip(names) {
            let secret = PresharedSecret::from_bytes([u8::try_from(number).unwrap(); 32]);
            let secret = if number % 2 == 1 {
                secret
            } else {
                PresharedSecret::none()
            };
            let leave = Leave {
                services: ServiceSet::EMPTY,
                may_tell: number == 2,
            };
            assert!(draft.push(name, key(number), &secret, leave));
        }
        draft.finish()
    }

    #[test]
    fn everybody_is_found_by_name_by_key_and_by_id() {
        let (roster, twins) = roster(&["dora", "alice", "carol", "bob"]);
        assert!(twins.is_empty());
        for (number, name) in (0..).zip(["dora", "alice", "carol", "bob"]) {
            let id = roster.id_of(name).unwrap();
            assert_eq!(id.0, number);
            assert_eq!(roster.name_of(id), Some(name));
            assert_eq!(roster.id_of_key(&key(number)), Some(id));
            let line = roster.line(id).unwrap();
            let secret = if number % 2 == 1 {
                [u8::try_from(number).unwrap(); 32]
            } else {
                [0; 32]
            };
            assert_eq!(line.shared.expose_bytes(), &secret);
            assert_eq!(line.may_tell, number == 2);
        }
        assert!(roster.id_of("eve").is_none());
        assert!(roster.name_of(ClientId(4)).is_none());
        assert_eq!(roster.iter().count(), roster.len());
    }

    #[test]
    fn an_empty_roster_answers_too() {
        let (roster, _) = roster(&[]);
        assert!(roster.is_empty());
        assert!(roster.id_of("").is_none());
    }

    #[test]
    fn twins_are_named_in_order() {
        let (_, twins) = roster(&["bob", "alice", "bob", "bob"]);
        let pair = |second| Twin {
            first: 0,
            second,
            likeness: Likeness::Name,
        };
        assert_eq!(twins, [pair(2), pair(3)]);
    }

    #[test]
    fn more_secrets_than_a_block_holds_stay_in_order() {
        let mut secrets = Secrets::default();
        for number in 0..2500_u32 {
            let mut bytes = [1; 32];
            bytes[..4].copy_from_slice(&number.to_be_bytes());
            secrets.push(&PresharedSecret::from_bytes(bytes));
        }
        for number in [0_u32, 1023, 1024, 2047, 2048, 2499] {
            let secret = secrets.at(usize::try_from(number).unwrap());
            assert_eq!(secret.expose_bytes()[..4], number.to_be_bytes());
        }
    }

    #[test]
    fn a_public_key_takes_no_more_than_its_bytes() {
        assert_eq!(size_of::<PublicKey>(), 32);
    }
}
