//! What is watched for: the routes that count now, and the ports that matter.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;

use nightlatch_wire::{Flags, Observation, Transport};

use super::doorway::Doorway;
use super::group::{Group, MOST_ROUTES};
use super::ports::PortSet;
use super::route::Route;
use super::walk::Walk;
use super::{FlagsWanted, SequenceId, Variant};
use crate::{Instant, Port, PortRange};

/// The routes that count now, and the ports that matter.
pub(super) struct Watch {
    routes: Vec<Arc<Route>>,
    /// In the order of their serials.
    groups: Vec<Group>,
    next_serial: u32,
    /// The place of the group that begins at a doorway.
    begins: BTreeMap<Doorway, usize>,
    /// Where a step waits.
    waits: BTreeSet<Doorway>,
    /// The same for ports, which is what most packets are asked.
    ports: PortSet,
    /// Where a touch that is no step makes its source start over.
    closed: PortSet,
    /// The flags of steps that a segment of a connection can take.
    later: Vec<FlagsWanted>,
}

/// What a packet can do to walks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bearing {
    /// It may be a step; if not, nothing.
    Passing,
    /// A segment of a connection, where nothing listens: sources start over on routes of which some
    /// step wants such segments. So what a scan can take steps with also leads it astray.
    Later(Flags),
    /// It is a step, or its source starts over.
    Touch,
}

impl Watch {
    /// Nothing to watch for.
    pub(super) fn nothing() -> Self {
        Self {
            routes: Vec::new(),
            groups: Vec::new(),
            next_serial: 1,
            begins: BTreeMap::new(),
            waits: BTreeSet::new(),
            ports: PortSet::none(),
            closed: PortSet::none(),
            later: Vec::new(),
        }
    }

    /// Whether there is nothing to watch for.
    pub(super) const fn is_empty(&self) -> bool {
        self.routes.is_empty()
    }

    /// Watches for these from now on. A variant that is the same as before keeps its walks.
    pub(super) fn replace(&mut self, variants: Vec<Variant>, in_use: &[PortRange]) {
        self.routes = self.routes_for(variants);
        self.ports = PortSet::none();
        let steps = self.routes.iter().flat_map(|route| &route.variant.steps);
        self.waits = steps.flat_map(|step| Doorway::all_of(step.probe)).collect();
        for doorway in &self.waits {
            if let Doorway::Port(protocol, port) = *doorway {
                self.ports.add(protocol, port);
            }
        }
        let mut beginning: BTreeMap<Doorway, Vec<Arc<Route>>> = BTreeMap::new();
        for route in &self.routes {
            for doorway in route.begins() {
                beginning
                    .entry(doorway)
                    .or_default()
                    .push(Arc::clone(route));
            }
        }
        self.closed = match self.routes.as_slice() {
            [] => PortSet::none(),
            _ => PortSet::all_but(&self.not_stepped_on(in_use)),
        };
        self.later = self.routes.iter().flat_map(|route| route.later()).collect();
        self.later.sort_unstable();
        self.later.dedup();
        self.regroup(beginning);
    }

    /// What this packet can do to walks; none if nothing.
    pub(super) fn bearing(&self, doorway: Doorway, seen: &Observation<'_>) -> Option<Bearing> {
        let is_waited_for = match doorway {
            Doorway::Port(protocol, port) => self.ports.contains(protocol, port),
            Doorway::Icmp(..) => self.waits.contains(&doorway),
        };
        let is_closed = match doorway {
            Doorway::Port(protocol, port) => self.closed.contains(protocol, port),
            Doorway::Icmp(..) => false,
        };
        let of_connection = match &seen.transport {
            Transport::Tcp(segment) => Some(segment.flags).filter(|flags| is_later(*flags)),
            Transport::Udp(_) | Transport::Icmp(_) => None,
        };
        let passing = is_waited_for.then_some(Bearing::Passing);
        match of_connection {
            _ if !is_closed => passing,
            None => Some(Bearing::Touch),
            Some(flags) if self.later.iter().any(|later| later.is_met_by(flags)) => {
                Some(Bearing::Later(flags))
            }
            Some(_) => passing,
        }
    }

    /// The group of which a packet here may be the first step.
    pub(super) fn beginning_at(&self, doorway: Doorway) -> Option<&Group> {
        self.groups.get(*self.begins.get(&doorway)?)
    }

    /// The group with this serial, if it is not gone.
    pub(super) fn group(&self, serial: u32) -> Option<&Group> {
        let place = self
            .groups
            .binary_search_by_key(&serial, |group| group.serial);
        self.groups.get(place.ok()?)
    }

    /// Whether a walk can still come to an end.
    pub(super) fn is_alive(&self, walk: &Walk, now: Instant) -> bool {
        walk.begun != 0
            && self
                .group(walk.group)
                .is_some_and(|group| group.is_alive(walk, now))
    }

    /// The ranges in use where no step waits. A step within a range makes all of it count: else
    /// who scans it would take that step without ever going astray.
    fn not_stepped_on(&self, in_use: &[PortRange]) -> Vec<PortRange> {
        let mut ranges = in_use.to_vec();
        for doorway in &self.waits {
            if let Doorway::Port(protocol, port) = *doorway {
                let port = Port::new(protocol, port);
                ranges.retain(|range| port.is_none_or(|port| !range.contains(port)));
            }
        }
        ranges
    }

    fn routes_for(&self, variants: Vec<Variant>) -> Vec<Arc<Route>> {
        let key = |variant: &Variant| (variant.sequence, variant.number);
        let known: BTreeMap<(SequenceId, u64), &Arc<Route>> = self
            .routes
            .iter()
            .map(|route| (key(&route.variant), route))
            .collect();
        let route = |variant: Variant| match known.get(&key(&variant)) {
            Some(route) if route.variant == variant => Some(Arc::clone(route)),
            _ => Route::new(variant),
        };
        variants.into_iter().filter_map(route).collect()
    }

    fn regroup(&mut self, beginning: BTreeMap<Doorway, Vec<Arc<Route>>>) {
        let mut groups = Vec::with_capacity(beginning.len());
        for (doorway, mut routes) in beginning {
            // The rest is not heard: the configuration refuses so many.
            routes.truncate(MOST_ROUTES);
            let former = self.beginning_at(doorway);
            let group = former.and_then(|group| group.succeeded_by(&routes));
            groups.extend(group.or_else(|| {
                let serial = self.next_serial;
                self.next_serial = serial.wrapping_add(1);
                Group::new(serial, doorway).succeeded_by(&routes)
            }));
        }
        groups.sort_by_key(|group| group.serial);
        let places = groups.iter().map(|group| group.doorway).zip(0..);
        self.begins = places.collect();
        self.groups = groups;
    }
}

/// Whether such a segment belongs to a connection, or claims to.
fn is_later(flags: Flags) -> bool {
    flags.contains(Flags::ACK) || flags.contains(Flags::RST)
}
