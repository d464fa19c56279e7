//! What the broker is told once in a while: how often what was ignored, and who fails the most.

use core::time::Duration;

use nightlatch_core::{Instant, Loud, Now};

use crate::channel::{Channel, ChannelError, HeardAt, Hearing, LOUD_A_HALF, Letter, Louder};
use crate::tally::Tally;

/// What was told, so that nothing is told twice.
#[derive(Debug, Default)]
pub(super) struct Telling {
    tally: Tally,
    loudest: Vec<Loud>,
    hearing: Vec<HeardAt>,
    next: Instant,
}

impl Telling {
    /// Whether it is time; if so, it is not for a while.
    pub(super) fn is_due(&mut self, now: Now) -> bool {
        if now.monotonic < self.next {
            return false;
        }
        self.next = now.monotonic.saturating_add(TELL_EVERY);
        true
    }

    /// Tells the numbers, if they have changed and there is room.
    pub(super) fn tell(&mut self, channel: &Channel, tally: &Tally) -> Result<(), ChannelError> {
        if *tally != self.tally && channel.post(&Letter::Tally(Box::new(*tally)))? {
            self.tally = *tally;
        }
        Ok(())
    }

    /// Tells what each source has heard and lost, if that has changed and there is room.
    pub(super) fn tell_hearing(
        &mut self,
        channel: &Channel,
        hearing: Vec<HeardAt>,
    ) -> Result<(), ChannelError> {
        if hearing == self.hearing {
            return Ok(());
        }
        let mut is_told = true;
        for letter in Hearing::letters(&hearing) {
            is_told &= channel.post(&Letter::Hearing(letter))?;
        }
        if is_told {
            self.hearing = hearing;
        }
        Ok(())
    }

    /// Tells who fails the most, if that has changed and there is room.
    pub(super) fn tell_loudest(
        &mut self,
        channel: &Channel,
        mut loudest: Vec<Loud>,
    ) -> Result<(), ChannelError> {
        loudest.truncate(LOUD_A_HALF.saturating_mul(2));
        if loudest == self.loudest {
            return Ok(());
        }
        let (first, second) = loudest.split_at(loudest.len().min(LOUD_A_HALF));
        let mut is_told = true;
        for (half, loud) in [(0, first), (1, second)] {
            let loud = loud.to_vec();
            is_told &= channel.post(&Letter::Louder(Louder { half, loud }))?;
        }
        if is_told {
            self.loudest = loudest;
        }
        Ok(())
    }
}

/// How fresh the numbers of `status` are.
pub(super) const TELL_EVERY: Duration = Duration::from_secs(1);
