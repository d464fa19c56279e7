//! What comes to the knock port: tickets and messages, and nothing of any other length.

use nightlatch_core::{Claim, ClientId, DoorstepPlan, Glance, Ignored};
use nightlatch_testkit::{Packet, Street};
use nightlatch_ticket::{Epoch, MESSAGE_LENGTH, SEALED_LENGTH, TagKey, Tagged};

use crate::{NOTHING, OPENS};

fn key() -> TagKey {
    TagKey::from_bytes([7; 32])
}

fn street() -> Street {
    let plan = DoorstepPlan {
        knock_port: Some(Street::KNOCK_PORT),
        span: None,
    };
    Street::with(plan, vec![key()])
}

/// So many bytes that begin with a tag which is valid now.
fn tagged(street: &Street, length: usize) -> Packet {
    let tag = key().epoch_tag(Epoch::at(street.now().unix));
    let mut payload = vec![0xa5; length];
    payload[..8].copy_from_slice(&tag.0);
    Packet::udp(Street::KNOCK_PORT).with(&payload)
}

#[test]
fn the_length_tells_a_message_from_a_knock() {
    let mut street = street();
    let now = Tagged::Now(Epoch::at(street.now().unix));
    let knock = tagged(&street, SEALED_LENGTH);
    let Glance::Claim(Claim::Ticket(claim)) = street.send(&knock) else {
        panic!("no ticket");
    };
    assert_eq!((claim.client, claim.tagged), (ClientId(0), now));
    let message = tagged(&street, MESSAGE_LENGTH);
    let Glance::Claim(Claim::Message(claim)) = street.send(&message) else {
        panic!("no message");
    };
    assert_eq!((claim.client, claim.tagged), (ClientId(0), now));
    assert_eq!(claim.source.ip(), Street::WALKER);
    assert_eq!(claim.sealed[8..], [0xa5; MESSAGE_LENGTH - 8]);
}

#[test]
fn nothing_else_is_looked_at() {
    let mut street = street();
    for length in [8, 99, 101, 1123, 1125] {
        let packet = tagged(&street, length);
        assert_eq!(street.send(&packet), Glance::Ignore(Ignored::WrongLength));
    }
    let noise = Packet::udp(Street::KNOCK_PORT).with(&[0x5a; MESSAGE_LENGTH]);
    assert_eq!(street.send(&noise), Glance::Ignore(Ignored::UnknownTag));
}

#[test]
fn knocks_and_messages_share_one_quota() {
    let mut street = street();
    let (knock, message) = (
        tagged(&street, SEALED_LENGTH),
        tagged(&street, MESSAGE_LENGTH),
    );
    for _ in 0..500 {
        assert!(matches!(street.send(&knock), Glance::Claim(_)));
        assert!(matches!(street.send(&message), Glance::Claim(_)));
    }
    let over = Glance::Ignore(Ignored::OverQuota);
    assert_eq!(
        [street.send(&knock), street.send(&message)],
        [over.clone(), over]
    );
}

#[test]
fn the_knock_port_is_no_step_and_leads_nobody_astray() {
    let mut street = street();
    street.watch(Street::plain(&[&[7000, 8000, 9000]]));
    assert_eq!(street.knock(&[7000, 8000]), NOTHING);
    let noise = Packet::udp(Street::KNOCK_PORT).with(&[0; SEALED_LENGTH]);
    assert_eq!(street.send(&noise), Glance::Ignore(Ignored::UnknownTag));
    assert_eq!(street.knock(&[9000]), OPENS);
}

#[test]
fn without_a_knock_port_no_tag_is_looked_for() {
    let mut street = Street::with(DoorstepPlan::default(), vec![key()]);
    let knock = tagged(&street, SEALED_LENGTH);
    assert_eq!(street.send(&knock), Glance::Ignore(Ignored::NotForUs));
}
