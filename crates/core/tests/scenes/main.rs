//! Scenes: what people, strangers and accidents do to a server, told with real packets.
#![cfg(test)]

mod attackers;
mod bans;
mod clocks;
mod cuts;
mod days;
mod floods;
mod jobs;
mod knocks;
mod liars;
mod limits;
mod lines;
mod messages;
mod neighbours;
mod ports;
mod reloads;
mod repairs;
mod restarts;
mod sequences;
mod sets;
mod strangers;
mod timed;
mod touches;

use core::net::IpAddr;
use core::time::Duration;

use nightlatch_core::{Limits, ServiceId};
use nightlatch_testkit::{Came, Scene};

/// The person that a story is about, unless it says otherwise.
const ALICE: usize = 0;
/// Another one.
const BOB: usize = 1;

fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// Nobody in any story has this address.
fn elsewhere() -> IpAddr {
    address("203.0.113.66")
}

fn home(scene: &mut Scene, who: usize) -> IpAddr {
    scene.person(who).seen_at
}

/// Whether somebody would get through to ssh from where he is.
fn is_in(scene: &mut Scene, who: usize) -> bool {
    let here = home(scene, who);
    scene.is_open(here, 22)
}

/// For how long a knock opened, and which service; panics if it did not.
fn opened(came: &Came) -> (ServiceId, Duration) {
    match came {
        Came::Opened(grant) => (grant.service, grant.lasts),
        other => panic!("nothing opened: {other:?}"),
    }
}

fn limits(grants: usize, per_client: u32) -> Limits {
    Limits {
        grants,
        per_client,
        ..Limits::default()
    }
}
