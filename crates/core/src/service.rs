//! What can be opened, and the small names for who may open what.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::net::IpAddr;
use core::time::Duration;

use crate::{AddressSet, Cut, Forward, Member, Opening, Port};

/// A client's place in the roster; it means nothing outside of one loaded configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(pub u32);

impl ClientId {
    /// The place as an index.
    pub(crate) fn index(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

/// A service's place in the policy, below 64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceId(pub u8);

/// An action's place among those that the administrator wrote down: a command to run for a grant.
///
/// What it does, and what undoes it, the core does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActionId(pub u16);

/// The services that one client may open, one bit each: a million clients need them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ServiceSet(u64);

impl ServiceSet {
    /// No service at all.
    pub const EMPTY: Self = Self(0);

    /// Every service, also those that the policy will name after its next reload.
    pub const fn all() -> Self {
        Self(u64::MAX)
    }

    /// This set and one service more; a place that no policy has adds nothing.
    #[must_use]
    pub const fn with(self, service: ServiceId) -> Self {
        Self(self.0 | Self::bit(service))
    }

    /// Whether the service is in it.
    pub const fn contains(self, service: ServiceId) -> bool {
        self.0 & Self::bit(service) != 0
    }

    /// Whether nothing is in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    const fn bit(service: ServiceId) -> u64 {
        match 1_u64.checked_shl(service.0 as u32) {
            Some(bit) => bit,
            None => 0,
        }
    }
}

impl FromIterator<ServiceId> for ServiceSet {
    fn from_iter<I: IntoIterator<Item = ServiceId>>(services: I) -> Self {
        services.into_iter().fold(Self::EMPTY, Self::with)
    }
}

/// How often one grant lets its holder through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Passage {
    /// Any number of connections while it lasts.
    Lasting,
    /// One connection; the kernel takes the grant back when that begins.
    OneShot,
}

/// One thing that a knock can set off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// The name that people and requests call it by.
    pub name: String,
    /// What opens, up to 16 ports; none only where it inserts or runs something.
    pub ports: Vec<Port>,
    /// The administrator's sets that the address is put into, up to 16.
    pub inserts: Vec<Arc<AddressSet>>,
    /// Where they lead, if not to this host: for each port up to one place of each IP version.
    pub forwards: Vec<Forward>,
    /// How long it stays open when the client asks for nothing else.
    pub lasts: Duration,
    /// How long a client may ask for.
    pub at_most: Duration,
    /// How often one grant lets its holder through.
    pub passage: Passage,
    /// What runs when it is granted, and is undone when the grant ends.
    pub runs: Option<ActionId>,
    /// Whether closing it also cuts the connections that run.
    pub cuts: bool,
}

impl Service {
    /// What it opens for an address.
    pub(crate) fn openings(&self, address: IpAddr) -> impl Iterator<Item = Opening> + '_ {
        self.ports.iter().map(move |port| Opening {
            address,
            port: *port,
            passage: self.passage,
        })
    }

    /// Whether anything comes of a grant: a service that only inserts may have no set for addresses
    /// of this IP version.
    pub(crate) fn does_something_for(&self, address: IpAddr) -> bool {
        let opens = !self.ports.is_empty() || self.runs.is_some();
        opens || self.members(address).next().is_some()
    }

    /// Which sets it puts an address into: those of its IP version.
    pub(crate) fn members(&self, address: IpAddr) -> impl Iterator<Item = Member> + '_ {
        let sets = self.inserts.iter().filter(move |set| set.takes(address));
        sets.map(move |set| Member {
            set: Arc::clone(set),
            address,
        })
    }

    /// What is cut when it is closed for an address.
    pub(crate) fn cut(&self, address: IpAddr) -> Vec<Cut> {
        let openings = self.openings(address).filter(|_| self.cuts);
        openings.map(Cut::of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_in_and_nothing_else() {
        let set: ServiceSet = [ServiceId(0), ServiceId(63)].into_iter().collect();
        assert!(set.contains(ServiceId(0)) && set.contains(ServiceId(63)));
        assert!(!set.contains(ServiceId(1)) && !set.contains(ServiceId(62)));
        assert!(ServiceSet::EMPTY.is_empty() && !set.is_empty());
    }

    #[test]
    fn a_place_beyond_the_last_is_in_no_set() {
        assert!(!ServiceSet::all().contains(ServiceId(64)));
        assert!(!ServiceSet::all().contains(ServiceId(255)));
        assert_eq!(ServiceSet::EMPTY.with(ServiceId(64)), ServiceSet::EMPTY);
    }
}
