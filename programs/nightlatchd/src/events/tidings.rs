//! Tidings: what a helper says of itself, for `status`.

/// How a helper fares, counted since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tidings {
    /// How many events it did what it is for with.
    pub(crate) done: u64,
    /// How many events it took and could do nothing with.
    pub(crate) lost: u64,
    /// Whether it cannot do what it is for just now.
    pub(crate) is_failing: bool,
}

impl Tidings {
    /// `version 1 ‖ failing 1 ‖ zero 6 ‖ done 8 ‖ lost 8`, big-endian.
    pub(super) fn to_bytes(self) -> [u8; TIDINGS_LENGTH] {
        let mut bytes = [0; TIDINGS_LENGTH];
        let head = [VERSION, self.is_failing.into(), 0, 0, 0, 0, 0, 0];
        let parts: [&[u8]; 3] = [&head, &self.done.to_be_bytes(), &self.lost.to_be_bytes()];
        for (place, byte) in bytes.iter_mut().zip(parts.into_iter().flatten()) {
            *place = *byte;
        }
        bytes
    }

    /// Tidings, if every byte is as they are written.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (head, rest) = bytes.split_first_chunk::<8>()?;
        let (done, rest) = rest.split_first_chunk::<8>()?;
        let (lost, _) = rest.split_first_chunk::<8>()?;
        let tidings = Self {
            done: u64::from_be_bytes(*done),
            lost: u64::from_be_bytes(*lost),
            is_failing: head.get(1) == Some(&1),
        };
        (tidings.to_bytes() == *bytes).then_some(tidings)
    }
}

/// 8 + 8 + 8.
pub(super) const TIDINGS_LENGTH: usize = 24;
const VERSION: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tidings_come_over_as_they_were_sent_and_nothing_else_is_taken_for_them() {
        let tidings = Tidings {
            done: 7,
            lost: u64::MAX,
            is_failing: true,
        };
        let bytes = tidings.to_bytes();
        assert_eq!(Tidings::from_bytes(&bytes), Some(tidings));
        for place in [0, 1, 2, 7] {
            let mut bent = bytes;
            bent[place] ^= 4;
            assert_eq!(Tidings::from_bytes(&bent), None, "{place}");
        }
        assert_eq!(Tidings::from_bytes(&bytes[..23]), None);
        assert_eq!(Tidings::from_bytes(&[1; 25]), None);
    }
}
