//! What comes to all other ports: steps of sequences, symbols of encrypted ones, and scans.

use alloc::vec::Vec;
use core::net::IpAddr;

use nightlatch_ticket::Tagged;
use nightlatch_wire::Observation;

use super::threshold::hosts;
use super::{Advance, Doorstep, Glance, Ignored};
use crate::gathering::{Gathered, Letter};
use crate::sequence::Stride;
use crate::{Claim, FramesClaim, Now, SequenceClaim};

impl Doorstep {
    /// One packet may be a step and a symbol at the same time.
    pub(super) fn touch(&mut self, seen: &Observation<'_>, now: Now) -> Glance {
        let gathering = self.gathering.as_ref();
        let symbol = gathering.and_then(|gathering| gathering.symbol(&seen.transport));
        let bearing = self.walks.bearing(seen);
        if symbol.is_none() && bearing.is_none() {
            return Glance::Ignore(Ignored::NotForUs);
        }
        let ends = match hosts(seen.source, seen.destination) {
            Ok(ends) => ends,
            Err(reason) => return Glance::Ignore(reason),
        };
        let who = self.faces.who(seen);
        let stride = bearing.map_or(Stride::Nothing, |bearing| {
            let print = self.faces.print(seen);
            self.walks.look(seen, (who, print), bearing, now.monotonic)
        });
        let gathered = match symbol {
            Some(symbol) => self.gather(symbol, who, now),
            None => Gathered::Nothing,
        };
        self.judge(stride, gathered, ends, now)
    }

    fn gather(&mut self, symbol: nightlatch_ticket::Symbol, who: u64, now: Now) -> Gathered {
        self.catch_up(now);
        match &mut self.gathering {
            Some(gathering) => gathering.hear(symbol, who, &self.shelves, now.monotonic),
            None => Gathered::Nothing,
        }
    }

    fn judge(
        &mut self,
        stride: Stride,
        gathered: Gathered,
        (source, destination): (IpAddr, IpAddr),
        now: Now,
    ) -> Glance {
        match (stride, gathered) {
            (Stride::Whole(whole), _) => Glance::Claim(Claim::Sequence(SequenceClaim {
                edition: self.edition,
                sequence: whole.sequence,
                number: whole.number,
                source,
                destination,
            })),
            (_, Gathered::Whole(letter)) => self.hand_on(&letter, (source, destination), now),
            (Stride::Onward, _) => Glance::Advance(Advance::NextStep),
            (Stride::First, _) => Glance::Advance(Advance::FirstStep),
            (_, Gathered::Kept) => Glance::Advance(Advance::Symbol),
            (Stride::Crowded, _) => Glance::Ignore(Ignored::Crowded),
            (Stride::Again, _) | (_, Gathered::Again) => Glance::Ignore(Ignored::Repeated),
            (Stride::Astray, _) => Glance::Ignore(Ignored::Astray),
            (Stride::Nothing, Gathered::Nothing) => Glance::Ignore(Ignored::NotForUs),
        }
    }

    /// Claims a letter for everybody whose it may be: one of them opens it, or nobody does.
    fn hand_on(
        &mut self,
        letter: &Letter,
        (source, destination): (IpAddr, IpAddr),
        now: Now,
    ) -> Glance {
        let mut claims = Vec::new();
        for (client, epoch) in letter.senders.iter().copied() {
            let tagged = Tagged::Now(epoch);
            if self.quota.take(client, tagged, source, now.monotonic) {
                claims.push(Claim::Frames(FramesClaim {
                    client,
                    epoch,
                    source,
                    destination,
                    frames: letter.frames,
                }));
            }
        }
        match <[Claim; 1]>::try_from(claims) {
            Ok([claim]) => Glance::Claim(claim),
            Err(claims) if claims.is_empty() => Glance::Ignore(Ignored::OverQuota),
            Err(claims) => Glance::Claims(claims),
        }
    }
}
