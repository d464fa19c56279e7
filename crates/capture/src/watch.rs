//! What to look for, and where.

use crate::filter::{KnockShape, Touches};

/// What to look for, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// Which interfaces count.
    pub interfaces: Interfaces,
    /// What a knock looks like; `None` where nobody knocks with one packet.
    pub knock: Option<KnockShape>,
    /// What counts beside knocks.
    pub touches: Touches,
}

/// Which interfaces count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Interfaces {
    /// All of them, also those that are yet to come.
    All,
    /// Those with one of these names, whenever they exist.
    Named(Vec<String>),
}

/// Who compares tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum TagCheck {
    /// The kernel drops what begins with no valid tag; the listener sees next to no noise.
    Kernel,
    /// The kernel lets everything of a knock's shape through; the listener looks alone.
    Listener,
}
