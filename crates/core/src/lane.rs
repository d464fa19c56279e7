//! One lane of a shelf: the tags of one epoch, or those of recovery.

use nightlatch_ticket::Tagged;

/// What one lane is for, and how far it has come.
#[derive(Clone, Copy)]
pub(crate) struct Lane {
    pub(crate) tagged: Tagged,
    /// Rows wiped of what the lane held before; it is not read before all are.
    pub(crate) wiped: usize,
    /// Clients whose tags are in.
    pub(crate) filled: usize,
}

impl Lane {
    /// Begins to hold something else.
    pub(crate) fn turn(&mut self, tagged: Tagged) {
        // What was never filled needs no wiping.
        if self.filled > 0 {
            self.wiped = 0;
        }
        self.filled = 0;
        self.tagged = tagged;
    }
}
