//! A listener that was taken over says what it likes of sequences: how far that goes.

use core::net::{IpAddr, Ipv4Addr};
use std::collections::BTreeSet;

use nightlatch_core::{Limits, Refused, Sequence, SequenceId, ServiceSet};
use nightlatch_testkit::{Came, Scene, closing, listed, plain, policy_with, timed};
use nightlatch_ticket::{Status, TimeStep};
use proptest::prelude::*;

use crate::{ALICE, BOB, elsewhere, is_in, limits, opened, seconds};

fn all_kinds() -> Vec<Sequence> {
    vec![
        plain("plain", &[7000, 9000, 8000]),
        listed("list", 1, 100),
        timed("clock", 7),
        closing(plain("shut", &[1, 3, 2])),
    ]
}

fn stranger(number: u32) -> IpAddr {
    Ipv4Addr::from_bits(0xcb00_0000 | number).into()
}

#[test]
fn sequences_that_do_not_exist_and_numbers_that_do_not_count_open_nothing() {
    let mut scene = Scene::with_sequences(1, all_kinds());
    for id in [4, 255, 256, u16::MAX] {
        assert_eq!(
            scene.walked(SequenceId(id), 0, elsewhere()),
            Came::Refused(Refused::UnknownSequence)
        );
    }
    for number in [1, 100, 101, u64::from(u32::MAX), u64::MAX] {
        for name in ["plain", "list", "clock", "shut"] {
            assert_eq!(
                scene.walk(name, number, elsewhere()),
                Came::Refused(Refused::NotNow),
                "{name} {number}"
            );
        }
    }
    assert_eq!(scene.door.applied(), 0);
}

#[test]
fn for_a_source_that_no_host_has_nothing_opens() {
    let mut scene = Scene::with_sequences(1, all_kinds());
    for source in ["0.0.0.0", "255.255.255.255", "224.0.0.1", "::", "ff02::1"] {
        let came = scene.walk("list", 0, source.parse().unwrap());
        assert_eq!(came, Came::Refused(Refused::NoHost), "{source}");
    }
    opened(&scene.walk("list", 0, elsewhere()));
}

#[test]
fn what_does_not_count_uses_up_nobodys_budget() {
    let mut scene = Scene::with_sequences(1, all_kinds());
    for _ in 0..1000 {
        for name in ["plain", "list", "clock"] {
            let _ = scene.walk(name, u64::MAX, elsewhere());
        }
    }
    opened(&scene.walk("plain", 0, elsewhere()));
    opened(&scene.walk("list", 0, elsewhere()));
}

#[test]
fn a_sequence_succeeds_so_often_in_a_minute_and_no_more() {
    let often = Sequence {
        per_minute: 3,
        ..plain("plain", &[7000, 9000, 8000])
    };
    let mut scene = Scene::with_sequences(1, vec![often, plain("other", &[1, 3, 2])]);
    let opened_in_a_minute = |scene: &mut Scene| {
        let came = (0..200).map(|number| scene.walk("plain", 0, stranger(number)));
        let opened = came.filter(|came| matches!(came, Came::Opened(_))).count();
        scene.wait(seconds(60));
        opened
    };
    assert_eq!(opened_in_a_minute(&mut scene), 3);
    assert_eq!(opened_in_a_minute(&mut scene), 3);
    for number in 0..4 {
        let came = scene.walk("plain", 0, stranger(number));
        assert_eq!(came == Came::Refused(Refused::TooOften), number == 3);
    }
    opened(&scene.walk("other", 0, elsewhere()));
    opened(&scene.knock(ALICE, "ssh"));
}

#[test]
fn a_budget_that_is_used_up_uses_up_no_lines() {
    let list = Sequence {
        per_minute: 3,
        ..listed("list", 1, 100)
    };
    let mut scene = Scene::with_sequences(1, vec![list]);
    for line in 0..100 {
        let _ = scene.walk("list", line, elsewhere());
    }
    let id = scene.sequence("list");
    assert_eq!(scene.gatekeeper.lines_left(id), Some(97));
}

#[test]
fn strangers_by_sequences_leave_half_the_ledger_to_those_with_keys() {
    let policy = policy_with(all_kinds(), limits(4, 64));
    let mut scene = Scene::governed(2, policy);
    opened(&scene.walk("plain", 0, stranger(0)));
    opened(&scene.walk("list", 0, stranger(1)));
    for (name, number) in [("plain", 0), ("list", 1)] {
        let came = scene.walk(name, number, stranger(2));
        assert_eq!(came, Came::Answered(Status::Full));
        assert!(!scene.is_answered());
    }
    opened(&scene.walk("plain", 0, stranger(0)));
    opened(&scene.knock(ALICE, "ssh"));
    opened(&scene.knock(BOB, "ssh"));
    // What ended, and what was closed, makes room again.
    assert!(matches!(
        scene.walk("shut", 0, stranger(0)),
        Came::Closed(_)
    ));
    opened(&scene.walk("plain", 0, stranger(2)));
    scene.wait(seconds(31));
    opened(&scene.walk("plain", 0, stranger(3)));
    opened(&scene.walk("plain", 0, stranger(4)));
}

#[test]
fn an_honest_client_does_not_notice_a_listener_that_lies_about_sequences() {
    let policy = policy_with(all_kinds(), Limits::default());
    let mut scene = Scene::governed(1, policy);
    for round in 0..200_u32 {
        for id in 0..6 {
            for number in [0, 1, u64::from(round), u64::MAX] {
                let _ = scene.walked(SequenceId(id), number, stranger(round));
            }
            let here = scene.person(ALICE).seen_at;
            let _ = scene.walked(SequenceId(id), 0, here);
        }
        opened(&scene.knock(ALICE, "ssh"));
        assert!(scene.is_answered());
        let here = scene.person(ALICE).seen_at;
        let _ = scene.walk("shut", 0, here);
        assert!(is_in(&mut scene, ALICE));
        scene.wait(seconds(1));
    }
}

#[derive(Clone, Debug)]
enum Whim {
    Claim(u16, i8),
    Wait(u8),
    Jump(i8),
    Crash,
    Reload,
}

fn deeds() -> impl Strategy<Value = Vec<Whim>> {
    let deed = prop_oneof![
        12 => (0..4_u16, -3..8_i8).prop_map(|(id, number)| Whim::Claim(id, number)),
        3 => (0..90_u8).prop_map(Whim::Wait),
        1 => any::<i8>().prop_map(Whim::Jump),
        1 => Just(Whim::Crash),
        1 => Just(Whim::Reload),
    ];
    proptest::collection::vec(deed, 0..120)
}

/// What a listener says that is about right, most of the time.
fn lie(scene: &mut Scene, id: u16, number: i8) -> (u64, Came) {
    let around = match id {
        2 => TimeStep::at(scene.now().unix, 30).0,
        _ => 0,
    };
    let number = around.saturating_add_signed(number.into());
    let source = stranger(u32::try_from(number % 7).unwrap());
    (number, scene.walked(SequenceId(id), number, source))
}

proptest! {
    #[test]
    fn whatever_a_listener_says_no_line_and_no_step_counts_twice(deeds in deeds()) {
        let mut scene = Scene::with_sequences(1, all_kinds());
        let mut used = BTreeSet::new();
        for deed in deeds {
            match deed {
                Whim::Claim(id, number) => {
                    let (number, came) = lie(&mut scene, id, number);
                    if matches!(came, Came::Opened(_)) && id != 0 {
                        prop_assert!(used.insert((id, number)), "{} {}", id, number);
                    }
                }
                Whim::Wait(time) => scene.wait(seconds(time.into())),
                Whim::Jump(by) => scene.jump(by.into()),
                Whim::Crash => scene.crash(),
                Whim::Reload => {
                    let policy = policy_with(all_kinds(), Limits::default());
                    scene.reload(policy, &[0], ServiceSet::all());
                }
            }
            let latest = scene.gatekeeper.used().find(|(mark, _)| *mark == [7; 16]);
            let variants = scene.gatekeeper.variants(scene.now());
            for variant in variants.iter().filter(|variant| variant.sequence.0 != 0) {
                prop_assert!(!used.contains(&(variant.sequence.0, variant.number)));
                prop_assert!(variant.sequence.0 != 2 || latest.is_none_or(|(_, last)| variant.number > last));
            }
        }
        scene.wait(seconds(61));
        opened(&scene.knock(ALICE, "ssh"));
    }
}
