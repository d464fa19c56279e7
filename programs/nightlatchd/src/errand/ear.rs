//! The ear: the runner's end of the way.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use super::notice::Notice;
use super::plan::Plan;
use super::{ERRAND_LENGTH, Errand};
use crate::channel::ChannelError;
use crate::way::Way;

/// Where the runner hears the broker.
#[derive(Debug)]
pub(crate) struct Ear {
    way: Way,
    /// The beginning of a plan whose end is still to come.
    coming: Vec<u8>,
    place: Vec<u8>,
}

/// What the broker says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    /// How things are run from now on.
    Plan(Plan),
    /// Something to do.
    Errand(Box<Errand>),
}

impl Ear {
    /// On the standard input.
    pub(crate) fn from_stdin() -> io::Result<Self> {
        Way::from_stdin().map(Self::over)
    }

    pub(super) fn over(way: Way) -> Self {
        Self {
            way,
            coming: Vec::new(),
            place: vec![0; 1_usize.saturating_add(PART_LENGTH)],
        }
    }

    /// The next word, if one is there whole.
    pub(crate) fn word(&mut self) -> Result<Option<Word>, ChannelError> {
        while let Some(heard) = self.way.take(&mut self.place)? {
            let (kind, part) = heard.split_first().ok_or(ChannelError::Malformed)?;
            match *kind {
                PLAN_PART | PLAN_END if self.coming.len() > LONGEST_PLAN => {
                    return Err(ChannelError::Malformed);
                }
                PLAN_PART => self.coming.extend_from_slice(part),
                PLAN_END => {
                    self.coming.extend_from_slice(part);
                    return plan(&core::mem::take(&mut self.coming)).map(Some);
                }
                _ => return errand(heard).map(Some),
            }
        }
        Ok(None)
    }

    /// Tells the broker something, unless it has no room for it or is gone: then it has no use for it.
    pub(crate) fn tell(&self, notice: Notice) {
        let _ = self.way.send(&notice.to_bytes());
    }
}

impl AsFd for Ear {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.way.as_fd()
    }
}

fn plan(text: &[u8]) -> Result<Word, ChannelError> {
    serde_json::from_slice(text)
        .map(Word::Plan)
        .map_err(|_| ChannelError::Malformed)
}

fn errand(bytes: &[u8]) -> Result<Word, ChannelError> {
    let bytes: Option<&[u8; ERRAND_LENGTH]> = bytes.try_into().ok();
    bytes
        .and_then(Errand::from_bytes)
        .map(|errand| Word::Errand(Box::new(errand)))
        .ok_or(ChannelError::Malformed)
}

/// The pieces that a plan is sent in, in the order in which they are to be sent.
pub(super) fn pieces(plan: &Plan) -> io::Result<Vec<Vec<u8>>> {
    let text = serde_json::to_vec(plan)?;
    let mut pieces: Vec<Vec<u8>> = text
        .chunks(PART_LENGTH)
        .map(|part| [&[PLAN_PART], part].concat())
        .collect();
    if let Some(kind) = pieces.last_mut().and_then(|piece| piece.first_mut()) {
        *kind = PLAN_END;
    }
    Ok(pieces)
}

/// Below the largest message that every kernel takes.
const PART_LENGTH: usize = 32 << 10;
/// Far beyond any configuration.
const LONGEST_PLAN: usize = 64 << 20;
const PLAN_PART: u8 = 1;
const PLAN_END: u8 = 2;
