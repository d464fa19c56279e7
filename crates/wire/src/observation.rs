//! What one packet says about itself.

use core::net::IpAddr;

use crate::{Transport, Unseen};

/// What one packet says about itself; nothing of it is proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observation<'a> {
    /// The address that the packet claims to come from.
    pub source: IpAddr,
    /// The address that it was sent to.
    pub destination: IpAddr,
    /// How many hops it had left when we saw it: IPv4's time to live, IPv6's hop limit.
    pub hops: u8,
    /// IPv4's identification; IPv6 has none outside of fragments.
    pub identification: Option<u16>,
    /// IPv4's "don't fragment"; IPv6 has none, since nobody on the way may fragment it.
    pub unfragmentable: Option<bool>,
    /// The length of the whole IP packet in bytes, its header included, padding not.
    pub length: u32,
    /// What the packet carries.
    pub transport: Transport<'a>,
    /// What of all that the source did not show.
    pub unseen: Unseen,
}
