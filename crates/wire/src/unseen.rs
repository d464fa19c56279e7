//! What a source does not show of a packet.

/// What a source does not show of a packet.
///
/// What is unseen is empty or zero in an observation, and means nothing there: no condition on it is
/// met, not even that it be empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unseen(u8);

impl Unseen {
    /// All of the packet was there.
    pub const NOTHING: Self = Self(0);
    /// What TCP, UDP or the ICMP message carries.
    pub const PAYLOAD: Self = Self(1);
    /// TCP's options.
    pub const OPTIONS: Self = Self(2);
    /// TCP's sequence and acknowledgement numbers.
    pub const NUMBERS: Self = Self(4);

    /// Whether something of `others` is unseen.
    pub const fn contains(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }

    /// Both together.
    #[must_use]
    pub const fn with(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// These without the others.
    #[must_use]
    pub const fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }
}
