//! Anything at all, from anybody: it is a value, and it opens nothing.

use std::net::IpAddr;

use nightlatch_core::{Claim, ClientId, TicketClaim};
use nightlatch_testkit::{Came, Scene, frame_of};
use nightlatch_ticket::{Epoch, Kind, Tagged};
use proptest::prelude::*;

use crate::{ALICE, opened};

fn opens_nothing(scene: &Scene, came: &Came) {
    assert!(
        !matches!(came, Came::Opened(_) | Came::Closed(_) | Came::Answered(_)),
        "{came:?}"
    );
    assert!(!scene.is_answered());
    assert_eq!(scene.door.applied(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_frame_is_noise(frames in proptest::collection::vec(
        proptest::collection::vec(any::<u8>(), 0..200), 1..20,
    )) {
        let mut scene = Scene::new();
        for frame in frames {
            let came = scene.deliver(&frame);
            opens_nothing(&scene, &came);
        }
        opened(&scene.knock(ALICE, "ssh"));
    }

    #[test]
    fn any_payload_from_any_address_is_noise(
        payload in prop_oneof![
            proptest::collection::vec(any::<u8>(), 100),
            proptest::collection::vec(any::<u8>(), 0..300),
        ],
        source: IpAddr,
    ) {
        let mut scene = Scene::new();
        let came = scene.send(&payload, source);
        opens_nothing(&scene, &came);
        opened(&scene.knock(ALICE, "ssh"));
    }

    #[test]
    fn a_good_tag_on_anything_opens_nothing(
        rest in proptest::collection::vec(any::<u8>(), 92),
        is_recovery: bool,
    ) {
        let mut scene = Scene::new();
        let now = scene.now().unix;
        let (request, normal) = scene.person(ALICE).request(Kind::Knock, "ssh", now);
        let tagged = if is_recovery { Tagged::Recovery } else { normal };
        let mut packet = scene.seal(ALICE, &request, tagged);
        packet[8..].copy_from_slice(&rest);
        let came = scene.send_from(ALICE, &packet);
        opens_nothing(&scene, &came);
    }

    #[test]
    fn any_claim_of_a_listener_gone_mad_opens_nothing(
        client: u32,
        epoch: u64,
        source: std::net::SocketAddr,
        destination: std::net::SocketAddr,
        bytes in proptest::collection::vec(any::<u8>(), 100),
    ) {
        let mut scene = Scene::new();
        let claim = TicketClaim {
            client: ClientId(client % 2),
            tagged: Tagged::Now(Epoch(epoch)),
            source,
            destination,
            sealed: bytes.try_into().unwrap(),
        };
        let came = scene.judge(&Claim::Ticket(claim));
        opens_nothing(&scene, &came);
    }

    #[test]
    fn a_knock_with_a_byte_changed_anywhere_in_its_frame_opens_for_nobody_else(
        place in 0..128_usize,
        byte: u8,
    ) {
        let mut scene = Scene::new();
        let here = crate::home(&mut scene, ALICE);
        let ticket = scene.ticket(ALICE, Kind::Knock, "ssh");
        let mut frame = frame_of(&ticket, std::net::SocketAddr::new(here, 4000));
        frame[place] = byte;
        if let Came::Opened(grant) = scene.deliver(&frame) {
            assert_eq!(grant.address, here);
        }
    }
}
