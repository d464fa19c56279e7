//! A crate's place in the house, and the floors.

/// A crate's place in the house.
pub(super) struct Room {
    pub(super) name: &'static str,
    pub(super) folder: &'static str,
    pub(super) floor: Floor,
    pub(super) role: &'static str,
    /// The part of the world it may touch.
    pub(super) touches: &'static str,
    /// Crates of ours that it may import.
    pub(super) ours: &'static [&'static str],
    /// Crates of others that it may import; each is a decision (docs/decisions/0007).
    pub(super) theirs: &'static [&'static str],
}

/// From the cellar up; an arrow only ever points down.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Floor {
    /// Reads packets, or proves who asks.
    Pure,
    /// Decides.
    Core,
    Edge,
    Program,
    /// Beside the house: nothing inside imports it.
    Beside,
}

impl Floor {
    pub(super) const fn is_pure(self) -> bool {
        matches!(self, Self::Pure | Self::Core)
    }

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Pure | Self::Core => "pure",
            Self::Edge => "edge",
            Self::Program => "program",
            Self::Beside => "beside",
        }
    }
}

impl Room {
    pub(super) fn manifest(&self) -> String {
        format!("{}/Cargo.toml", self.folder)
    }
}
