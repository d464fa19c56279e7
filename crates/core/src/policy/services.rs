//! What makes a service one that can be granted, and told from every other.

use alloc::vec::Vec;
use core::time::Duration;

use nightlatch_ticket::ServiceHash;

use super::PolicyError;
use crate::{Passage, Service};

/// How many services a policy can have: one bit each in a [`ServiceSet`](crate::ServiceSet).
pub const MOST_SERVICES: usize = 64;

/// How many ports one service can open: they go to the kernel in one message.
pub const MOST_PORTS: usize = 16;

/// How many sets one service can insert into: they go to the kernel in one message, nearly.
pub const MOST_SETS: usize = 16;

/// The longest that any grant lasts: what is open for longer is not guarded but forgotten.
pub const LONGEST: Duration = Duration::from_hours(30 * 24);

pub(super) fn check_service(service: &Service) -> Result<(), PolicyError> {
    let name = || service.name.clone();
    if service.name.is_empty() {
        return Err(PolicyError::NoName);
    }
    if service.ports.is_empty() && service.inserts.is_empty() && service.runs.is_none() {
        return Err(PolicyError::NoPorts(name()));
    }
    check_sets(service)?;
    if service.ports.len() > MOST_PORTS {
        return Err(PolicyError::TooManyPorts(name(), service.ports.len()));
    }
    for (place, port) in service.ports.iter().enumerate() {
        if service.ports.iter().take(place).any(|other| other == port) {
            return Err(PolicyError::SamePort(name(), *port));
        }
    }
    if service.lasts < SHORTEST {
        return Err(PolicyError::TooShort(name()));
    }
    if service.at_most > LONGEST {
        return Err(PolicyError::TooLong(name()));
    }
    if service.at_most < service.lasts {
        return Err(PolicyError::LongerThanAllowed(name()));
    }
    Ok(())
}

fn check_sets(service: &Service) -> Result<(), PolicyError> {
    let (name, sets) = (|| service.name.clone(), &service.inserts);
    if sets.len() > MOST_SETS {
        return Err(PolicyError::TooManySets(name(), sets.len()));
    }
    for (place, set) in sets.iter().enumerate() {
        let mut before = sets.iter().take(place);
        if before.any(|other| other.place == set.place) {
            return Err(PolicyError::SameSet(name(), set.place.clone()));
        }
    }
    let counts = service.passage == Passage::OneShot && service.ports.is_empty();
    if counts && !sets.is_empty() {
        return Err(PolicyError::OneShotSet(name()));
    }
    if service.at_most > LONGEST_IN_IPSET && sets.iter().any(|set| set.is_ipset()) {
        return Err(PolicyError::TooLongForIpset(name()));
    }
    Ok(())
}

/// Two names with one hash would be one service on the wire; only the administrator can part them.
pub(super) fn distinct_hashes(services: &[Service]) -> Result<Vec<ServiceHash>, PolicyError> {
    let mut hashes: Vec<ServiceHash> = Vec::with_capacity(services.len());
    for service in services {
        let hash = ServiceHash::of(&service.name);
        if let Some(place) = hashes.iter().position(|known| *known == hash) {
            let other = services.get(place).map(|service| service.name.clone());
            return Err(PolicyError::SameName(
                other.unwrap_or_default(),
                service.name.clone(),
            ));
        }
        hashes.push(hash);
    }
    Ok(hashes)
}

/// An encrypted sequence says the beginning of the hash only.
pub(super) fn check_short_names(
    services: &[Service],
    hashes: &[ServiceHash],
) -> Result<(), PolicyError> {
    for (place, hash) in hashes.iter().enumerate() {
        let mut before = hashes.iter().take(place);
        if let Some(other) = before.position(|known| known.short() == hash.short()) {
            let name = |place| {
                services
                    .get(place)
                    .map(|service: &Service| service.name.clone())
            };
            return Err(PolicyError::SameShortName(
                name(other).unwrap_or_default(),
                name(place).unwrap_or_default(),
            ));
        }
    }
    Ok(())
}

/// Its kernel part counts milliseconds in 31 bits.
const LONGEST_IN_IPSET: Duration = Duration::from_hours(24 * 24);
/// Times on the wire are whole seconds, and a grant of none would be no grant.
const SHORTEST: Duration = Duration::from_secs(1);
