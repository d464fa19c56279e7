//! How often one client's tag is believed from one address, counted only behind a valid tag.

use alloc::boxed::Box;
use alloc::vec;
use core::hash::Hasher;
use core::net::IpAddr;
use core::time::Duration;

use nightlatch_ticket::Tagged;
use siphasher::sip::SipHasher13;

use crate::{ClientId, Instant};

/// A fixed array of buckets that fill up with time: nobody can make it grow.
///
/// Whoever has seen a knock can repeat its tag until the epoch is over. He cannot be told from the
/// client before the broker opens the seal, so the broker's time is shared out by address: what he
/// sends from elsewhere falls into other buckets than the client's, and which ones he cannot know.
pub(crate) struct Quota {
    /// For each bucket the nanosecond at which it is full again.
    full_at: Box<[u64]>,
    secret: [u8; 16],
}

impl Quota {
    /// Full buckets; the secret keeps strangers from aiming at one of them.
    pub(crate) fn new(secret: [u8; 16]) -> Self {
        Self {
            // Not zero, which would be memory that the first packet from each address has to wait for.
            full_at: vec![1; BUCKETS].into_boxed_slice(),
            secret,
        }
    }

    /// Takes one drop out of the bucket of this client at this address, if there is one.
    pub(crate) fn take(
        &mut self,
        client: ClientId,
        tagged: Tagged,
        source: IpAddr,
        now: Instant,
    ) -> bool {
        let place = self.place(client, tagged, source);
        let Some(full_at) = self.full_at.get_mut(place) else {
            return false;
        };
        let now = nanoseconds(now.since_start());
        let after = (*full_at).max(now).saturating_add(DROP);
        if after > now.saturating_add(BUCKET) {
            return false;
        }
        *full_at = after;
        true
    }

    fn place(&self, client: ClientId, tagged: Tagged, source: IpAddr) -> usize {
        let mut hasher = SipHasher13::new_with_key(&self.secret);
        hasher.write_u32(client.0);
        // The recovery tag never changes: somebody who floods with an old one must not use up
        // what the client's knocks of today need.
        hasher.write_u8(u8::from(tagged == Tagged::Recovery));
        match source {
            IpAddr::V4(address) => hasher.write_u32(address.to_bits()),
            IpAddr::V6(address) => hasher.write_u128(address.to_bits()),
        }
        usize::try_from(hasher.finish() % BUCKETS_U64).unwrap_or(0)
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// So many that 100,000 packets a second under one captured tag, from as many forged addresses,
/// leave every bucket all but full; half a MiB.
const BUCKETS: usize = 65_536;
const BUCKETS_U64: u64 = 65_536;
/// 10,000 a second. The broker opens a seal in a few microseconds, so one address takes at most
/// some per cent of a core; and the more it may send, the better are the chances of the honest
/// knock among forged ones that bear the client's own address.
const DROP: u64 = 100_000;
/// A thousand at once: nobody knocks like that, but a busy NAT may look like it.
const BUCKET: u64 = 1_000 * DROP;

#[cfg(test)]
mod tests {
    use nightlatch_ticket::Epoch;

    use super::*;

    const NOW: Tagged = Tagged::Now(Epoch(1));

    fn at(milliseconds: u64) -> Instant {
        Instant::from_duration(Duration::from_millis(milliseconds))
    }

    fn here() -> IpAddr {
        "192.0.2.1".parse().unwrap()
    }

    fn emptied() -> Quota {
        let mut quota = Quota::new([1; 16]);
        while quota.take(ClientId(1), NOW, here(), at(0)) {}
        quota
    }

    #[test]
    fn a_thousand_at_once_are_believed_and_ten_thousand_a_second() {
        let mut quota = Quota::new([1; 16]);
        let believed = |quota: &mut Quota, now| {
            (0..5000)
                .filter(|_| quota.take(ClientId(1), NOW, here(), now))
                .count()
        };
        assert_eq!(believed(&mut quota, at(1)), 1000);
        assert_eq!(believed(&mut quota, at(11)), 100);
        assert_eq!(believed(&mut quota, at(10_000)), 1000);
    }

    #[test]
    fn a_flood_from_one_address_leaves_the_client_at_another_alone() {
        let mut quota = emptied();
        assert!(!quota.take(ClientId(1), NOW, here(), at(0)));
        assert!(quota.take(ClientId(1), NOW, "192.0.2.2".parse().unwrap(), at(0)));
        assert!(quota.take(ClientId(2), NOW, here(), at(0)));
        assert!(quota.take(ClientId(1), Tagged::Recovery, here(), at(0)));
    }

    #[test]
    fn a_flood_from_many_forged_addresses_leaves_the_client_his_bucket() {
        // One second of 100,000 packets, each from another address.
        let mut quota = Quota::new([1; 16]);
        for packet in 0..100_000_u32 {
            let forged = IpAddr::V4(packet.wrapping_mul(2_654_435_761).into());
            quota.take(ClientId(1), NOW, forged, at(u64::from(packet / 100)));
        }
        assert!(quota.take(ClientId(1), NOW, here(), at(1000)));
    }

    #[test]
    fn which_bucket_an_address_has_depends_on_the_secret() {
        let places: alloc::collections::BTreeSet<usize> = (0..20)
            .map(|secret| Quota::new([secret; 16]).place(ClientId(1), NOW, here()))
            .collect();
        assert!(places.len() > 15);
    }
}
