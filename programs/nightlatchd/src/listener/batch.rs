//! What a batch of frames has to tell the broker, told in few letters.

use nightlatch_core::{Claim, Suspect};

use super::places::Place;
use crate::channel::{Channel, ChannelError, Letter};
use crate::tally::Tally;

/// Claims and suspects, in the order in which they were heard.
#[derive(Default)]
pub(super) struct Batch {
    claims: Vec<Claim>,
    suspects: Vec<Suspect>,
}

impl Batch {
    pub(super) fn add(
        &mut self,
        claims: impl IntoIterator<Item = Claim>,
        suspect: Option<Suspect>,
    ) {
        self.claims.extend(claims);
        self.suspects.extend(suspect);
    }

    /// Tells them. Suspects come last: who knocks rightly in the same moment is not banned first. One
    /// whom there was no room for is told of again.
    pub(super) fn post(self, channel: &Channel, tally: &mut Tally) -> Result<(), ChannelError> {
        for together in Letter::together(&self.claims) {
            let place = if channel.post(&Letter::Claims(together.to_vec()))? {
                Place::Claimed
            } else {
                Place::BrokerBusy
            };
            tally.add(place.number(), together.len());
        }
        for suspect in self.suspects {
            channel.post(&Letter::Suspect(suspect))?;
        }
        Ok(())
    }
}
