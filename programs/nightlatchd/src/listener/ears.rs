//! Ears: one frame, as the kernel gave it, to what the doorstep thinks of it.

use std::net::SocketAddr;

use nightlatch_capture::Arrival;
use nightlatch_core::{Claim, Doorstep, Glance, Now};
use nightlatch_wire::{Unreadable, read};

/// Reads a frame once and shows it to the doorstep.
pub(super) fn hear(
    arrival: &Arrival<'_>,
    doorstep: &mut Doorstep,
    now: Now,
) -> Result<Glance, Unreadable> {
    let observation = read(arrival.frame, arrival.link)?;
    let mut glance = doorstep.observe(&observation, now);
    let asks = match &mut glance {
        Glance::Claim(Claim::Ticket(claim)) => Some(&mut claim.source),
        Glance::Claim(Claim::Message(claim)) => Some(&mut claim.source),
        // Nobody is answered who knocks with ports.
        _ => None,
    };
    if let (Some(SocketAddr::V6(source)), Some(interface)) = (asks, arrival.interface)
        && source.ip().is_unicast_link_local()
    {
        // A link-local address means nothing without its link, and the ack has to find the way back.
        source.set_scope_id(interface.get());
    }
    Ok(glance)
}
