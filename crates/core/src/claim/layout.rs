//! Which number stands for what in a claim, and how long its parts are.

/// The shape of all claims; another one is another release.
pub(super) const VERSION: u8 = 1;

/// A sealed ticket.
pub(super) const TICKET: u8 = 1;
/// A sealed ticket with a text.
pub(super) const MESSAGE: u8 = 2;
/// The frames of an encrypted sequence.
pub(super) const FRAMES: u8 = 3;
/// A sequence that was walked to its end.
pub(super) const SEQUENCE: u8 = 4;

pub(super) const TAGGED_NOW: u8 = 1;
pub(super) const TAGGED_RECOVERY: u8 = 2;

pub(super) const FAMILY_V4: u8 = 4;
pub(super) const FAMILY_V6: u8 = 6;
