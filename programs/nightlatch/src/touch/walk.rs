//! From port to port: every port of one address, then of the host's address in the other family.

use std::net::SocketAddr;
use std::time::Duration;

use nightlatch_core::Port;

use super::{Hand, TouchError, Touches};
use crate::clock::Clock;
use crate::route::{Family, Route};

/// What is to be touched, and how fast.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// The ports.
    pub touches: &'a Touches,
    /// From one to the next.
    pub pause: Duration,
    /// The clock to wait by.
    pub clock: Clock,
}

/// How it went in one family.
#[derive(Debug)]
pub struct Walk {
    /// The family.
    pub family: Family,
    /// The address; its port means nothing.
    pub place: SocketAddr,
    /// Whether every port was touched.
    pub end: Result<(), TouchError>,
}

/// Touches every port of the best address in each family, one family after the other.
///
/// `tell` hears of each touch before it is made.
pub fn walk(
    order: Order<'_>,
    routes: &[Route],
    mut tell: impl FnMut(SocketAddr, Port),
) -> Vec<Walk> {
    let mut walks = Vec::new();
    for (place, family) in routes
        .iter()
        .filter_map(|route| Some((*route.places.first()?, route.family)))
    {
        let end = along(order, place, &mut tell);
        walks.push(Walk { family, place, end });
    }
    walks
}

fn along(
    order: Order<'_>,
    place: SocketAddr,
    tell: &mut impl FnMut(SocketAddr, Port),
) -> Result<(), TouchError> {
    let hand = Hand::towards(place)?;
    for (step, port) in order.touches.ports().iter().enumerate() {
        if step > 0 {
            order.clock.pause(order.pause);
        }
        tell(place, *port);
        hand.touch(*port)?;
    }
    Ok(())
}
