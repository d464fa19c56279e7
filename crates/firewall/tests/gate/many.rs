//! Large numbers: nothing overflows, nothing grows faster than what it holds.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use nightlatch_core::{Opening, Passage};
use nightlatch_firewall::{ApplyError, Firewall, How, Refresh};

use crate::Story;
use crate::scene::{LONG, Scene, Version, close, old_kernel, once, open, plan};

pub(crate) const STORIES: &[Story] = &[
    (
        "large_numbers_open_and_close_in_one_effect",
        open_and_close_in_one_effect,
    ),
    ("large_numbers_are_carried_over", are_carried_over),
    (
        "large_numbers_are_left_out_where_the_gate_does_not_hold_them",
        are_left_out_where_the_gate_does_not_hold_them,
    ),
    (
        "large_numbers_are_refused_when_the_gate_is_full",
        are_refused_when_the_gate_is_full,
    ),
];

fn crowd(count: u32, passage: Passage) -> Vec<Opening> {
    let port = "tcp/22".parse().unwrap();
    (0..count)
        .map(|number| {
            let address = if number % 2 == 0 {
                IpAddr::V4(Ipv4Addr::from_bits(0x0b00_0000 + number))
            } else {
                IpAddr::V6(Ipv6Addr::from_bits((0xfd00 << 112) + u128::from(number)))
            };
            Opening {
                address,
                port,
                passage,
            }
        })
        .collect()
}

fn open_and_close_in_one_effect() {
    let scene = Scene::new();
    let mut gate = scene.gate();
    let openings = crowd(CROWD, Passage::Lasting);
    gate.apply(&open(&openings, Duration::from_mins(10)))
        .unwrap();
    assert_eq!(gate.standing().unwrap().len(), openings.len());
    gate.apply(&open(&openings, Duration::from_mins(10)))
        .unwrap();
    gate.apply(&close(&openings)).unwrap();
    assert!(gate.standing().unwrap().is_empty());
}

fn are_carried_over() {
    let scene = Scene::new();
    let mut earlier = scene.open_with(old_kernel(Refresh::DestroyFirst));
    let _ = earlier.raise(&plan()).unwrap();
    let openings = crowd(CROWD, Passage::Lasting);
    earlier
        .apply(&open(&openings, Duration::from_mins(10)))
        .unwrap();
    let mut gate = scene.open();
    let raised = gate.raise(&plan()).unwrap();
    assert_eq!((raised.how, raised.carried), (How::Rebuilt, openings.len()));
    assert_eq!(gate.standing().unwrap().len(), openings.len());
}

/// A table of another shape with more in it than our sets hold: the gate stands all the same.
fn are_left_out_where_the_gate_does_not_hold_them() {
    let scene = Scene::new();
    let _service = scene.service(22);
    let roomy = "add table inet nightlatch; add set inet nightlatch once4 { \
        type ipv4_addr . inet_proto . inet_service; size 131072; flags timeout; }";
    let Some((text, done)) = scene.nft(&[roomy]) else {
        return crate::skip_one("no `nft` here to make a roomy table with");
    };
    assert!(done, "{text}");
    let mut openings = crowd(2 * 70_000, Passage::OneShot);
    openings.retain(|opening| opening.address.is_ipv4());
    let mut earlier = scene.open_with(old_kernel(Refresh::InPlace));
    earlier
        .apply(&open(&openings, Duration::from_mins(10)))
        .unwrap();
    let mut gate = scene.open();
    let raised = gate.raise(&plan()).unwrap();
    assert_eq!(
        (raised.how, raised.carried, raised.left_out),
        (How::Rebuilt, 65_536, 70_000 - 65_536)
    );
    assert_eq!(gate.standing().unwrap().len(), 65_536);
    assert!(scene.is_dropped(&scene.mallory, Version::Four, 22));
}

fn are_refused_when_the_gate_is_full() {
    let scene = Scene::new();
    let _service = scene.service(22);
    let mut gate = scene.gate();
    let passage = Passage::OneShot;
    let mut openings = crowd(2 * 65_536, passage);
    openings.retain(|opening| opening.address.is_ipv4());
    let last = once(&scene.alice, Version::Four, "tcp/22");
    let more = [last, openings[65_534], openings[65_535]];
    gate.apply(&open(&openings[..65_534], LONG)).unwrap();
    assert!(matches!(
        gate.apply(&open(&more, LONG)),
        Err(ApplyError::Full)
    ));
    assert!(
        scene.is_dropped(&scene.alice, Version::Four, 22),
        "nothing of it is in force"
    );
    gate.apply(&close(&openings[..100])).unwrap();
    gate.apply(&open(&more, LONG)).unwrap();
    assert!(scene.gets_in(&scene.alice, Version::Four, 22));
}

/// Many times what one answer of the kernel holds, and more than an ordinary user's transaction.
const CROWD: u32 = 20_000;
