//! Why nothing more is heard of a log.

use super::followed::Unfollowable;

/// Why nothing more is heard of a log: it is looked for again whenever something changes at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deafness {
    /// There is no file.
    Absent,
    /// A folder, a pipe or a device stands in its place.
    NotAFile,
    /// It may not be read.
    Unreadable,
}

impl From<&Unfollowable> for Deafness {
    fn from(why: &Unfollowable) -> Self {
        match why {
            Unfollowable::Absent => Self::Absent,
            Unfollowable::NotAFile => Self::NotAFile,
            Unfollowable::Closed(_) => Self::Unreadable,
        }
    }
}
