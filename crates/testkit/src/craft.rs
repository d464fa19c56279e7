//! Tickets and claims as they are made by hand, and answers as they are read.

use core::net::{IpAddr, SocketAddr};

use nightlatch_core::{ClientId, TicketClaim};
use nightlatch_ticket::{Ack, Counter, Epoch, Kind, Request, Sealed, Tagged, open_ack, seal};

use crate::scene::SOURCE_PORT;
use crate::{KNOCK_PORT, SERVER_V4, Scene};

impl Scene {
    /// Seals a request with a person's keys.
    pub fn seal(&mut self, who: usize, request: &Request, tagged: Tagged) -> Sealed {
        let mut rng = self.rng.clone();
        let sealed = seal(request, tagged, self.keys(who), &mut rng);
        self.rng = rng;
        sealed
    }

    /// A ticket as the person would make it now, not sent yet.
    pub fn ticket(&mut self, who: usize, kind: Kind, service: &str) -> Sealed {
        let now = self.now.unix;
        let (request, tagged) = self.person(who).request(kind, service, now);
        self.seal(who, &request, tagged)
    }

    /// Opens an answer to the knock with this counter, as the person would.
    pub fn read_answer(&self, who: usize, answer: &Sealed, to: Counter) -> Option<Ack> {
        open_ack(answer, to, self.keys(who)).ok()
    }

    /// What the doorstep would hand on of a ticket that a person sends now.
    pub fn claim_of(&mut self, who: usize, sealed: &Sealed) -> TicketClaim {
        TicketClaim {
            client: ClientId(u32::try_from(who).unwrap_or(u32::MAX)),
            tagged: Tagged::Now(Epoch::at(self.now.unix)),
            source: SocketAddr::new(self.person(who).seen_at, SOURCE_PORT),
            destination: SocketAddr::new(IpAddr::V4(SERVER_V4), KNOCK_PORT),
            sealed: *sealed,
        }
    }
}
