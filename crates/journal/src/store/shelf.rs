//! The store where nobody writes to it: for the tool, while no daemon runs.

use std::io::ErrorKind;
use std::path::Path;

use super::error::StoreError;
use super::names::{list, path_of};
use super::segment::Segment;
use crate::event::Event;

/// A store to read.
#[derive(Debug)]
pub struct Shelf {
    segments: Vec<Segment>,
}

impl Shelf {
    /// Opens what stands in the folder. A daemon that runs has it open by itself: [`StoreError::Busy`].
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let listing = list(folder).map_err(|cause| match cause.kind() {
            ErrorKind::NotFound => StoreError::None(folder.to_path_buf()),
            _ => StoreError::Io(folder.to_path_buf(), cause),
        })?;
        if listing.files.is_empty() {
            return Err(StoreError::None(folder.to_path_buf()));
        }
        let files = listing.files.into_iter();
        let segments = files.map(|first| Segment::open_to_read(path_of(folder, first), first));
        Ok(Self {
            segments: segments.collect::<Result<_, _>>()?,
        })
    }

    /// Some events in the order of their numbers, from this one on; none where there are no more.
    pub fn read(&self, from: u64, most: usize) -> Result<Vec<(u64, Event)>, StoreError> {
        read(&self.segments, from, most)
    }
}

/// From the first file that has any of them.
pub(super) fn read(
    segments: &[Segment],
    from: u64,
    most: usize,
) -> Result<Vec<(u64, Event)>, StoreError> {
    // The last that begins before it, and all behind that one.
    let start = segments
        .partition_point(|segment| segment.first() <= from)
        .saturating_sub(1);
    for segment in segments.iter().skip(start) {
        let found = segment.read(from.., most)?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
}
