//! Gathers the symbols of encrypted sequences: enough of them from one source make a frame whole.
//!
//! ```text
//! port ─► symbol ─► Heard (one source, 60 s) ─ 17 positions ─► frame ─ a tag that is known ─► Parcel
//!                                                                 └ noise                      └ all frames: Letter
//! ```

#[cfg(test)]
mod crowds;
mod gather;
mod heard;
mod parcel;

pub(crate) use gather::{Gathered, Gathering, Letter};
