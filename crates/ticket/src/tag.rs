//! The first eight bytes of a packet: noise to everybody but the two who share a key.

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::layout::leading;
use crate::mac::hmac;
use crate::{Counter, Epoch, UnixTime};

/// Eight bytes by which one look-up tells a client from noise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(pub [u8; 8]);

/// Which tag a client puts on its knock, or which one the server found on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tagged {
    /// The tag of an epoch: the knock may be honoured.
    Now(Epoch),
    /// The recovery tag: the knock earns an answer at most, and never opens anything.
    Recovery,
}

/// The key that makes tags: it recognises a client and seals nothing.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct TagKey([u8; 32]);

impl TagKey {
    /// The key made of these bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key itself, for handing it to the process that recognises clients.
    pub const fn expose_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A second copy. Copies of secrets are made on purpose, so this is not `Clone`.
    #[must_use]
    pub const fn duplicate(&self) -> Self {
        Self(self.0)
    }

    /// The tag of a normal knock in an epoch.
    pub fn epoch_tag(&self, epoch: Epoch) -> Tag {
        self.tag(b"epoch", &epoch.0.to_be_bytes())
    }

    /// The tag of a client whose clock or counter has gone wrong; always the same.
    pub fn recovery_tag(&self) -> Tag {
        self.tag(b"recovery", &[])
    }

    /// The tag of the answer to the knock with this counter.
    pub fn ack_tag(&self, counter: Counter) -> Tag {
        self.tag(b"ack", &counter.0.to_be_bytes())
    }

    /// The tag that a knock tagged like this carries.
    pub fn tag_for(&self, tagged: Tagged) -> Tag {
        match tagged {
            Tagged::Now(epoch) => self.epoch_tag(epoch),
            Tagged::Recovery => self.recovery_tag(),
        }
    }

    /// What a tag says when it came in at `now`: the previous, the current or the next epoch, recovery, or nothing.
    ///
    /// Who does not want to believe a look-up done elsewhere asks this, at the cost of four hashes.
    pub fn recognise(&self, tag: Tag, now: UnixTime) -> Option<Tagged> {
        let epoch = Epoch::at(now);
        [
            Tagged::Now(epoch),
            Tagged::Now(epoch.previous()),
            Tagged::Now(epoch.next()),
            Tagged::Recovery,
        ]
        .into_iter()
        .find(|tagged| self.tag_for(*tagged) == tag)
    }

    pub(crate) fn tag(&self, label: &[u8], number: &[u8]) -> Tag {
        Tag(leading(&hmac(&self.0, &[label, number])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_use_has_its_own_tags() {
        let key = TagKey::from_bytes([7; 32]);
        assert_ne!(key.epoch_tag(Epoch(1)), key.epoch_tag(Epoch(2)));
        assert_ne!(key.epoch_tag(Epoch(1)), key.ack_tag(Counter(1)));
        assert_ne!(key.recovery_tag(), key.epoch_tag(Epoch(1)));
        assert_ne!(
            key.recovery_tag(),
            TagKey::from_bytes([8; 32]).recovery_tag()
        );
    }

    #[test]
    fn a_tag_is_recognised_one_epoch_to_either_side() {
        let key = TagKey::from_bytes([7; 32]);
        let now = Epoch(100).begins();
        for epoch in 99..=101 {
            let found = key.recognise(key.epoch_tag(Epoch(epoch)), now);
            assert_eq!(found, Some(Tagged::Now(Epoch(epoch))));
        }
        assert_eq!(key.recognise(key.epoch_tag(Epoch(98)), now), None);
        assert_eq!(key.recognise(key.epoch_tag(Epoch(102)), now), None);
        assert_eq!(
            key.recognise(key.recovery_tag(), now),
            Some(Tagged::Recovery)
        );
        assert_eq!(key.recognise(key.ack_tag(Counter(100)), now), None);
    }
}
