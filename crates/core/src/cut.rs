//! Cuts: what runs on although the grant that let it in has ended, and shall not.

use core::net::IpAddr;

use crate::{Gatekeeper, Now, Opening, Passage, Port};

/// All connections of one address to one port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cut {
    /// Whose; an IPv4 address is never written as an IPv6 one.
    pub address: IpAddr,
    /// To what.
    pub port: Port,
}

impl Cut {
    /// What runs through an opening, however often that lets through.
    pub const fn of(opening: Opening) -> Self {
        Self {
            address: opening.address,
            port: opening.port,
        }
    }
}

impl Gatekeeper {
    /// Whether nobody holds a grant for what this would cut: people behind one NAT have one address.
    ///
    /// Ask when you are about to cut: whoever closes may knock again before that.
    pub fn may_cut(&self, cut: Cut, now: Now) -> bool {
        let is_held = |passage| {
            let opening = Opening {
                address: cut.address,
                port: cut.port,
                passage,
            };
            let until = self.ledger.holds.until(opening);
            until.is_some_and(|until| until > now.monotonic)
        };
        ![Passage::Lasting, Passage::OneShot]
            .into_iter()
            .any(is_held)
    }
}
