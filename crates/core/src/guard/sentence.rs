//! What the broker makes of a suspect: a ban, or a reason not to.

use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use super::{Failure, Prefix};

/// Whether suspects are banned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Banning {
    /// They are counted, and nothing happens to them.
    #[default]
    CountOnly,
    /// They are banned.
    Ban,
}

/// Who is banned, for how long, and who never is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BanPlan {
    /// Whether suspects are banned.
    pub banning: Banning,
    /// How long the first ban of a source lasts, the second, and so on; the last one ever after.
    /// What is longer than [`LONGEST_BAN`] is cut.
    pub times: Vec<Duration>,
    /// Who is never banned.
    pub allow: Vec<Prefix>,
    /// How many bans may be in force at once, up to [`MOST_BANS`].
    pub at_most: usize,
}

impl Default for BanPlan {
    fn default() -> Self {
        Self {
            banning: Banning::CountOnly,
            times: vec![
                Duration::from_mins(10),
                Duration::from_hours(1),
                Duration::from_hours(24),
            ],
            allow: Vec::new(),
            at_most: 4096,
        }
    }
}

/// A ban that begins now.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// Who.
    pub prefix: Prefix,
    /// For what.
    pub failure: Failure,
    /// How often, by the listener's word.
    pub count: u32,
    /// For how long.
    pub lasts: Duration,
    /// The how-manieth in a row.
    pub nth: u32,
}

/// Why a suspect is not banned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Spared {
    /// Nobody is.
    CountOnly,
    /// More than one address, and not one network of IPv6.
    TooWide,
    /// No host of elsewhere has this address.
    NoHost,
    /// The administrator said never.
    Allowed,
    /// A grant is in force there.
    HoldsGrant,
    /// Banned already.
    InForce,
    /// As many are banned as may be.
    Full,
    /// Too many were banned a moment ago.
    TooOften,
}

impl Spared {
    /// Every reason in its order: `reason as usize`.
    pub const ALL: [Self; 8] = [
        Self::CountOnly,
        Self::TooWide,
        Self::NoHost,
        Self::Allowed,
        Self::HoldsGrant,
        Self::InForce,
        Self::Full,
        Self::TooOften,
    ];

    /// Its name in `status`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CountOnly => "count-only",
            Self::TooWide => "too-wide",
            Self::NoHost => "no-host",
            Self::Allowed => "allowed",
            Self::HoldsGrant => "holds-grant",
            Self::InForce => "in-force",
            Self::Full => "full",
            Self::TooOften => "too-often",
        }
    }
}

/// Addresses change hands: nobody pays for his predecessor longer than a day.
pub const LONGEST_BAN: Duration = Duration::from_hours(24);
/// As many as the kernel's sets hold.
pub const MOST_BANS: usize = 65_536;
