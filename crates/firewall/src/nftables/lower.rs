//! Taking the gate away.

use rustix::io::Errno;

use super::verbs::{DELETE_TABLE, of_our_table};
use crate::gate::{LowerError, Lowered};
use crate::nfnl::Channel;

/// Deletes the table; a table that a living process owns stays.
pub(super) fn lower(channel: &mut Channel) -> Result<Lowered, LowerError> {
    let mut batch = channel.batch();
    batch.message(DELETE_TABLE, of_our_table);
    match batch.commit() {
        Ok(()) => Ok(Lowered::Removed),
        Err(error) => match error.code().map(Errno::from_raw_os_error) {
            Some(Errno::NOENT) => Ok(Lowered::NotThere),
            Some(Errno::PERM) => Err(LowerError::HeldByAnother),
            _ => Err(LowerError::Netlink(error)),
        },
    }
}
