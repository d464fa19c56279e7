//! How a knock names the service that it wants, at a fixed length.

use sha2::{Digest, Sha256};

use crate::layout::leading;

/// A service's name, hashed to eight bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceHash(pub [u8; 8]);

impl ServiceHash {
    /// No service: what a knock carries that asks for none.
    pub const NONE: Self = Self([0; 8]);

    /// The hash of a name: the first eight bytes of SHA-256("nightlatch service" ‖ name in UTF-8).
    pub fn of(name: &str) -> Self {
        let digest = Sha256::new()
            .chain_update(b"nightlatch service")
            .chain_update(name)
            .finalize();
        Self(leading(&digest.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_have_hashes_that_differ() {
        assert_ne!(ServiceHash::of("ssh"), ServiceHash::of("SSH"));
        assert_ne!(ServiceHash::of(""), ServiceHash::NONE);
    }
}
