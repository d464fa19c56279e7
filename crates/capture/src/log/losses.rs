//! What was lost of a log, and why.

/// What was lost, and why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogLosses {
    /// Lines of more than 64 KiB, left out.
    pub too_long: u64,
    /// How often the file vanished.
    pub vanished: u64,
    /// How often a folder, a pipe or a device stood in its place.
    pub not_a_file: u64,
    /// How often the file could not be opened or read.
    pub unreadable: u64,
}
