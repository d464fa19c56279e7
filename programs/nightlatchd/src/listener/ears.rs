//! Ears: one frame, as the kernel gave it, to what the doorstep thinks of it.

use std::net::SocketAddr;

use nightlatch_capture::Arrival;
use nightlatch_core::{Claim, Doorstep, Glance, Now, Sentry, Suspect};
use nightlatch_wire::{MOST_OPTIONS, Observation, Unreadable, read_in};

use super::echoes::Echoes;
use super::places::Place;

/// What is thought of one frame.
pub(super) struct Heard {
    pub(super) glance: Glance,
    pub(super) suspect: Option<Suspect>,
    /// Whether it is a failure that another source has shown already.
    pub(super) is_echo: bool,
}

/// Who counts failures, and for which source.
pub(super) struct Counting<'a> {
    pub(super) sentry: &'a mut Sentry,
    pub(super) echoes: &'a mut Echoes,
    pub(super) by: usize,
}

impl From<Glance> for Heard {
    fn from(glance: Glance) -> Self {
        Self {
            glance,
            suspect: None,
            is_echo: false,
        }
    }
}

/// Reads a frame once and shows it to the doorstep.
pub(super) fn hear(
    arrival: &Arrival<'_>,
    doorstep: &mut Doorstep,
    now: Now,
) -> Result<Glance, Unreadable> {
    observed(arrival, doorstep, now, |_, _| (None, false)).map(|heard| heard.glance)
}

/// The same, and shows what was seen and what the doorstep made of it.
pub(crate) fn hear_and_show(
    arrival: &Arrival<'_>,
    doorstep: &mut Doorstep,
    now: Now,
    show: impl FnOnce(&Observation<'_>, &Glance),
) -> Result<Glance, Unreadable> {
    let heard = observed(arrival, doorstep, now, |observation, glance| {
        show(observation, glance);
        (None, false)
    });
    heard.map(|heard| heard.glance)
}

/// The same, and shows the sentry what the doorstep made of it.
pub(super) fn hear_and_count(
    arrival: &Arrival<'_>,
    (doorstep, counting): (&mut Doorstep, Counting<'_>),
    now: Now,
) -> Result<Heard, Unreadable> {
    let Counting { sentry, echoes, by } = counting;
    observed(arrival, doorstep, now, |observation, glance| {
        let is_failure =
            matches!(glance, Glance::Ignore(reason) if Place::from(*reason).is_failure());
        if is_failure && echoes.has_heard(observation, by, now) {
            return (None, true);
        }
        (sentry.observe(observation, glance, now), false)
    })
}

fn observed(
    arrival: &Arrival<'_>,
    doorstep: &mut Doorstep,
    now: Now,
    count: impl FnOnce(&Observation<'_>, &Glance) -> (Option<Suspect>, bool),
) -> Result<Heard, Unreadable> {
    let mut room = [0; MOST_OPTIONS];
    let observation = read_in(arrival.frame, arrival.link, &mut room)?;
    let mut glance = doorstep.observe(&observation, now);
    let (suspect, is_echo) = count(&observation, &glance);
    if let (Glance::Claim(claim), Some(interface)) = (&mut glance, arrival.interface)
        && let Some(SocketAddr::V6(source)) = answered_at(claim)
        && source.ip().is_unicast_link_local()
    {
        // A link-local address means nothing without its link, and the ack has to find the way back.
        source.set_scope_id(interface.get());
    }
    Ok(Heard {
        glance,
        suspect,
        is_echo,
    })
}

/// Where an answer to this claim would go; sequences have none.
fn answered_at(claim: &mut Claim) -> Option<&mut SocketAddr> {
    match claim {
        Claim::Ticket(claim) => Some(&mut claim.source),
        Claim::Message(claim) => Some(&mut claim.source),
        Claim::Frames(_) | Claim::Sequence(_) => None,
    }
}
