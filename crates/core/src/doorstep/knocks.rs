//! What comes to the knock port: tickets and messages, told apart by their length.

use alloc::boxed::Box;
use core::net::{IpAddr, SocketAddr};

use nightlatch_ticket::{Tagged, as_sealed, as_sealed_message, nonce_of, tag_of};
use nightlatch_wire::Datagram;

use super::threshold::hosts;
use super::{Doorstep, Glance, Ignored};
use crate::{Claim, ClientId, MessageClaim, Now, TicketClaim};

/// Whose packet this is, and between which ends it went.
struct Known {
    client: ClientId,
    tagged: Tagged,
    source: SocketAddr,
    destination: SocketAddr,
}

impl Doorstep {
    /// Noise costs one walk over neighbouring memory, and leaves no trace.
    pub(super) fn knock(
        &mut self,
        datagram: &Datagram<'_>,
        ends: (IpAddr, IpAddr),
        now: Now,
    ) -> Glance {
        match self.claim(datagram, ends, now) {
            Ok(claim) => Glance::Claim(claim),
            Err(reason) => Glance::Ignore(reason),
        }
    }

    fn claim(
        &mut self,
        datagram: &Datagram<'_>,
        ends: (IpAddr, IpAddr),
        now: Now,
    ) -> Result<Claim, Ignored> {
        if let Ok(sealed) = as_sealed(datagram.payload) {
            let known = self.known(sealed, datagram, ends, now)?;
            return Ok(Claim::Ticket(TicketClaim {
                client: known.client,
                tagged: known.tagged,
                source: known.source,
                destination: known.destination,
                sealed: *sealed,
            }));
        }
        let sealed = as_sealed_message(datagram.payload).map_err(|_| Ignored::WrongLength)?;
        let known = self.known(sealed, datagram, ends, now)?;
        Ok(Claim::Message(Box::new(MessageClaim {
            client: known.client,
            tagged: known.tagged,
            source: known.source,
            destination: known.destination,
            sealed: *sealed,
        })))
    }

    fn known<const LENGTH: usize>(
        &mut self,
        sealed: &[u8; LENGTH],
        datagram: &Datagram<'_>,
        (source, destination): (IpAddr, IpAddr),
        now: Now,
    ) -> Result<Known, Ignored> {
        self.catch_up(now);
        let [draw, ..] = nonce_of(sealed);
        let found = self.shelves.by_ticket(tag_of(sealed), draw);
        let (client, tagged) = found.ok_or(Ignored::UnknownTag)?;
        let (source, destination) = hosts(source, destination)?;
        if !self.quota.take(client, tagged, source, now.monotonic) {
            return Err(Ignored::OverQuota);
        }
        Ok(Known {
            client,
            tagged,
            source: SocketAddr::new(source, datagram.source_port),
            destination: SocketAddr::new(destination, datagram.destination_port),
        })
    }
}
