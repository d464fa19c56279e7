//! Ending what already runs, when a grant is taken back.

use std::net::IpAddr;

use nightlatch_core::{Opening, Passage, Port};
use thiserror::Error;

use super::abilities::abilities_of;
use super::elements::Element;
use super::list::elements_of;
use super::{Nftables, apply};
use crate::gate::ApplyError;
use crate::key::{Flow, Key, read_opening};
use crate::layout::{CUT_TIME, Set};
use crate::nfnl::NetlinkError;
use crate::sockets;

/// What severing ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Severed {
    /// Sockets of this host that were closed; both sides see a reset.
    pub sockets: usize,
}

/// Why not everything could be ended. Packets of that address to that port are refused all the same, once the cut is in.
#[derive(Debug, Error)]
pub enum SeverError {
    /// The cut could not be put into the gate.
    #[error("the running connections could not be cut")]
    Cut(#[from] ApplyError),
    /// The cut is in, but the sockets of this host still wait for their client.
    #[error("the sockets could not be closed\n  they get no more packets and end by themselves")]
    Sockets(#[source] NetlinkError),
}

impl Nftables {
    /// Ends the connections that `address` has to `port`, and refuses whatever it still sends there until it is granted
    /// anew. Close its openings first.
    ///
    /// A cut stands before everything that conntrack knows. So it also ends connections that are forwarded to other hosts,
    /// and conntrack's habit of taking up a connection in its middle lets none of them back in.
    pub fn sever(&mut self, address: IpAddr, port: Port) -> Result<Severed, SeverError> {
        let cut = Cut {
            opening: Opening {
                address,
                port,
                passage: Passage::Lasting,
            },
        };
        let refresh = abilities_of(self).map_err(apply::sort)?.refresh;
        apply::open(&mut self.channel, refresh, &[cut.element()]).map_err(apply::sort)?;
        self.cuts.insert(cut);
        self.forget_flows(address, port).map_err(apply::sort)?;
        let sockets =
            sockets::destroy(&mut self.diagnosis, address, port).map_err(SeverError::Sockets)?;
        Ok(Severed { sockets })
    }

    fn forget_flows(&mut self, address: IpAddr, port: Port) -> Result<(), NetlinkError> {
        let set = if address.is_ipv4() {
            Set::Flow4
        } else {
            Set::Flow6
        };
        let doomed: Vec<Element> = elements_of(&mut self.channel, set)?
            .into_keys()
            .filter(|key| {
                Flow::read(key.as_bytes())
                    .is_some_and(|flow| flow.address == address && flow.port == port)
            })
            .map(|key| Element {
                set,
                key,
                time: None,
            })
            .collect();
        let refresh = abilities_of(self)?.refresh;
        apply::close(&mut self.channel, refresh, &doomed)
    }
}

/// One address that may not reach one port, whatever conntrack knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cut {
    opening: Opening,
}

impl Cut {
    /// The cut that stands in the way of this opening.
    pub(super) fn of(opening: &Opening) -> Self {
        Self {
            opening: Opening {
                passage: Passage::Lasting,
                ..*opening
            },
        }
    }

    pub(super) fn read(key: &[u8]) -> Option<Self> {
        read_opening(key, Passage::Lasting).map(|opening| Self { opening })
    }

    pub(super) fn element(&self) -> Element {
        let set = Set::of_cut(&self.opening);
        Element {
            set,
            key: Key::of_opening(&self.opening),
            time: Some(CUT_TIME),
        }
    }
}
