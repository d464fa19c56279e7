//! Ears: one frame, as the kernel gave it, to what the doorstep thinks of it.

use std::net::SocketAddr;

use nightlatch_capture::Arrival;
use nightlatch_core::{Claim, Doorstep, Glance, Now, Sentry, Suspect};
use nightlatch_wire::{MOST_OPTIONS, Observation, Unreadable, read_in};

/// What is thought of one frame.
pub(super) struct Heard {
    pub(super) glance: Glance,
    pub(super) suspect: Option<Suspect>,
}

impl From<Glance> for Heard {
    fn from(glance: Glance) -> Self {
        Self {
            glance,
            suspect: None,
        }
    }
}

/// Reads a frame once and shows it to the doorstep.
pub(crate) fn hear(
    arrival: &Arrival<'_>,
    doorstep: &mut Doorstep,
    now: Now,
) -> Result<Glance, Unreadable> {
    observed(arrival, doorstep, now, |_, _| None).map(|heard| heard.glance)
}

/// The same, and shows the sentry what the doorstep made of it.
pub(super) fn hear_and_count(
    arrival: &Arrival<'_>,
    (doorstep, sentry): (&mut Doorstep, &mut Sentry),
    now: Now,
) -> Result<Heard, Unreadable> {
    observed(arrival, doorstep, now, |observation, glance| {
        sentry.observe(observation, glance, now)
    })
}

fn observed(
    arrival: &Arrival<'_>,
    doorstep: &mut Doorstep,
    now: Now,
    suspect: impl FnOnce(&Observation<'_>, &Glance) -> Option<Suspect>,
) -> Result<Heard, Unreadable> {
    let mut room = [0; MOST_OPTIONS];
    let observation = read_in(arrival.frame, arrival.link, &mut room)?;
    let mut glance = doorstep.observe(&observation, now);
    let suspect = suspect(&observation, &glance);
    if let (Glance::Claim(claim), Some(interface)) = (&mut glance, arrival.interface)
        && let Some(SocketAddr::V6(source)) = answered_at(claim)
        && source.ip().is_unicast_link_local()
    {
        // A link-local address means nothing without its link, and the ack has to find the way back.
        source.set_scope_id(interface.get());
    }
    Ok(Heard { glance, suspect })
}

/// Where an answer to this claim would go; sequences have none.
fn answered_at(claim: &mut Claim) -> Option<&mut SocketAddr> {
    match claim {
        Claim::Ticket(claim) => Some(&mut claim.source),
        Claim::Message(claim) => Some(&mut claim.source),
        Claim::Frames(_) | Claim::Sequence(_) => None,
    }
}
