//! Touching a host's ports: nothing is answered, so nothing is awaited.

use std::time::Duration;

use crate::clock::Clock;
use crate::knock::{Family, ResolveError, resolve};
use crate::touch::{Order, Touches, Walk, walk};
use crate::voice::remark;

/// What is to be touched, and what is told meanwhile.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Touching<'a> {
    /// The host's name or address.
    pub(crate) host: &'a str,
    /// Its ports in their order.
    pub(crate) touches: &'a Touches,
    /// From one touch to the next.
    pub(crate) pause: Duration,
    /// The only family to use.
    pub(crate) family: Option<Family>,
    /// Whether each touch is told.
    pub(crate) telling: Telling,
}

/// How much is told on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Telling {
    /// Nothing.
    Nothing,
    /// Every touch.
    Touches,
}

/// Touches the ports over each family that the host has, one after the other.
///
/// The name is looked up once: a sequence that is spread over two addresses counts at neither.
pub(crate) fn touch_host(touching: Touching<'_>) -> Result<Vec<Walk>, ResolveError> {
    let routes = resolve(bare(touching.host), 0, touching.family)?;
    let order = Order {
        touches: touching.touches,
        pause: touching.pause,
        clock: Clock::system(),
    };
    Ok(walk(order, &routes, |place, port| {
        if touching.telling == Telling::Touches {
            let (protocol, number) = (port.protocol, port.number());
            remark(&format!("touching {protocol} {number} of {}", place.ip()));
        }
    }))
}

/// An IPv6 address without the brackets that people copy from elsewhere.
fn bare(host: &str) -> &str {
    host.strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(host)
}
