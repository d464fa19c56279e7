//! Floods: of noise, of one captured tag, of packets that bear an honest address.

use core::net::{IpAddr, Ipv4Addr};
use core::time::Duration;

use nightlatch_core::{Ignored, Refused};
use nightlatch_testkit::{Came, Scene};
use nightlatch_ticket::Kind;

use crate::{ALICE, opened, seconds};

#[test]
fn a_flood_of_noise_keeps_nobody_out() {
    let mut scene = Scene::new();
    for packet in 0..20_000_u32 {
        let noise = noise(packet);
        let came = scene.send(&noise, forged(packet));
        assert_eq!(came, Came::Ignored(Ignored::UnknownTag));
        if packet % 1000 == 0 {
            opened(&scene.knock(ALICE, "ssh"));
            scene.wait(Duration::from_millis(10));
        }
    }
}

#[test]
fn a_flood_under_a_captured_tag_from_forged_addresses_keeps_its_owner_in() {
    let mut scene = Scene::new();
    let captured = scene.ticket(ALICE, Kind::Knock, "ssh");
    opened(&scene.send_from(ALICE, &captured));
    for packet in 0..4_000_u32 {
        let mut forgery = captured;
        forgery[20..24].copy_from_slice(&packet.to_be_bytes());
        let came = scene.send(&forgery, forged(packet));
        assert_eq!(came, Came::Refused(Refused::Forged));
        assert!(!scene.is_answered());
    }
    opened(&scene.knock(ALICE, "ssh"));
}

#[test]
fn a_flood_under_a_captured_tag_from_its_owners_address_ends_at_the_doorstep() {
    let mut scene = Scene::new();
    let mut captured = scene.ticket(ALICE, Kind::Knock, "ssh");
    captured[99] ^= 1;
    let forged: Vec<Came> = (0..2_000)
        .map(|_| scene.send_from(ALICE, &captured))
        .collect();
    let reached = forged
        .iter()
        .filter(|came| **came == Came::Refused(Refused::Forged))
        .count();
    assert_eq!(reached, 1000, "the burst that one address may have");
    // It goes on at once when the flood does not.
    scene.wait(Duration::from_millis(1));
    opened(&scene.knock(ALICE, "ssh"));
}

#[test]
fn whoever_floods_with_an_old_recovery_knock_does_not_use_up_todays_knocks() {
    let mut scene = Scene::new();
    let now = scene.now().unix;
    let (request, _) = scene.person(ALICE).request(Kind::Knock, "ssh", now);
    let old = scene.seal(ALICE, &request, nightlatch_ticket::Tagged::Recovery);
    for _ in 0..1_500 {
        let _ = scene.send_from(ALICE, &old);
    }
    assert_eq!(
        scene.send_from(ALICE, &old),
        Came::Ignored(Ignored::OverQuota)
    );
    opened(&scene.knock(ALICE, "ssh"));
}

#[test]
fn a_flood_leaves_nothing_behind() {
    let mut scene = Scene::new();
    opened(&scene.knock(ALICE, "ssh"));
    let tags = scene.doorstep.current_tags().count();
    for packet in 0..5_000_u32 {
        let _ = scene.send(&noise(packet), forged(packet));
    }
    scene.wait(seconds(1));
    assert_eq!(scene.doorstep.current_tags().count(), tags);
    assert_eq!(scene.gatekeeper.grants(scene.now()).count(), 1);
    assert_eq!(scene.disk.writes(), 1);
}

/// A hundred bytes that look like a knock.
fn noise(packet: u32) -> [u8; 100] {
    let mut state = u64::from(packet) + 1;
    core::array::from_fn(|_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    })
}

fn forged(packet: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from_bits(
        0x0a00_0000 | (packet.wrapping_mul(2_654_435_761) >> 8),
    ))
}
