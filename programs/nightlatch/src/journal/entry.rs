//! One event, as far as we know its form: a newer daemon may say more.

use serde::Deserialize;

/// One line of the journal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Entry {
    /// When.
    pub(super) unix_ms: u64,
    /// What.
    pub(super) event: String,
    /// Which client's doing it was.
    pub(super) client: Option<String>,
    /// Which sequence was walked.
    pub(super) sequence: Option<String>,
    /// Which service it was about.
    pub(super) service: Option<String>,
    /// From where.
    pub(super) address: Option<String>,
    /// For how long.
    pub(super) seconds: u64,
    /// How many.
    pub(super) count: u64,
    /// In a few words.
    pub(super) detail: Option<String>,
}
