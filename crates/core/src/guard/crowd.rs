//! The crowd: who fails, in a table of fixed size in which the loud displace the quiet.

use core::hash::Hasher;
use core::net::IpAddr;
use core::time::Duration;

use siphasher::sip::SipHasher13;

use super::suspicion::{Instance, Suspicion};
use super::{Failure, Prefix};
use crate::Instant;
use crate::bounded::Bounded;

/// Space-Saving (Metwally, Agrawal, El Abbadi 2005) in each set of a set-associative table.
///
/// Whoever comes and finds no room takes the place of the quietest and inherits his count, which is
/// remembered as what may not be his. So a count is never too low while its owner is in, and never
/// too high by more than what was inherited. In a set of eight the quietest has at most an eighth of
/// all that came to the set: a million sources that fail once each leave some 30 in each place, and
/// everybody who fails more often than that stays. Which set a source is in depends on a secret, so
/// nobody can crowd out a chosen one. Beside Count-Min it needs no second structure that remembers
/// names, names are what it keeps, and one look costs one set.
pub(super) struct Crowd {
    table: Bounded<Suspicion>,
    secret: [u8; 16],
}

impl Crowd {
    /// An empty one. The secret is random.
    pub(super) fn new(secret: [u8; 16]) -> Self {
        Self {
            table: Bounded::new(SETS),
            secret,
        }
    }

    /// Counts one failure; what is known by now comes back.
    pub(super) fn count(
        &mut self,
        instance: &Instance,
        window: Duration,
        now: Instant,
    ) -> Option<&mut Suspicion> {
        let who = self.who(instance.prefix, instance.failure);
        let set = self.table.room(who)?;
        let known = set.iter().position(|known| known.is_of(instance));
        let place = known.or_else(|| quietest(set, window, now))?;
        let suspicion = set.get_mut(place)?;
        if suspicion.is_over(window, now) {
            *suspicion = Suspicion::begin(instance, 0, now);
        } else if known.is_none() {
            *suspicion = Suspicion::begin(instance, suspicion.at_most(), now);
        }
        suspicion.add(instance);
        Some(suspicion)
    }

    /// A number for an address that strangers cannot foresee.
    pub(super) fn print(&self, address: IpAddr) -> u32 {
        let [a, b, c, d, ..] = self
            .who(Prefix::of(address), Failure::WrongLength)
            .to_be_bytes();
        u32::from_be_bytes([a, b, c, d])
    }

    /// Which mark a port makes. Nobody can foresee it: else one could scan by ports that make the same.
    pub(super) fn mark(&self, port: u16) -> u8 {
        let mut hasher = SipHasher13::new_with_key(&self.secret);
        hasher.write_u16(port);
        let [mark, ..] = hasher.finish().to_be_bytes();
        mark
    }

    #[cfg(test)]
    pub(super) fn places(&self) -> usize {
        self.table.places().count()
    }

    fn who(&self, prefix: Prefix, failure: Failure) -> u64 {
        let mut hasher = SipHasher13::new_with_key(&self.secret);
        match prefix.first() {
            IpAddr::V4(address) => hasher.write_u32(address.to_bits()),
            IpAddr::V6(address) => hasher.write_u128(address.to_bits()),
        }
        hasher.write_u8(prefix.length());
        hasher.write_u8(failure.number());
        hasher.finish()
    }
}

fn quietest(set: &[Suspicion], window: Duration, now: Instant) -> Option<usize> {
    let places = set.iter().enumerate();
    let quietest = places.min_by_key(|(_, known)| known.weight(window, now));
    quietest.map(|(place, _)| place)
}

/// With eight places of 88 bytes each, 2.8 MiB when strangers have filled it; nothing before.
pub(super) const SETS: usize = 4096;
