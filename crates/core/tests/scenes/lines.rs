//! One-time sequences: each line once, in order, across crashes and reloads.

use nightlatch_core::{Limits, Refused, Sequence, ServiceSet, Warning};
use nightlatch_testkit::{Came, Scene, listed, policy_with};
use nightlatch_ticket::Status;

use crate::{ALICE, address, elsewhere, limits, opened};

fn scene(lines: u16) -> Scene {
    Scene::with_sequences(1, vec![listed("list", 1, lines)])
}

fn turn(scene: &Scene) -> Option<u64> {
    let watched = scene.watched("list");
    assert!(watched.len() <= 1);
    watched.first().map(|variant| variant.number)
}

fn reload(scene: &mut Scene, sequences: Vec<Sequence>) {
    let policy = policy_with(sequences, Limits::default());
    scene.reload(policy, &[0], ServiceSet::all());
}

#[test]
fn a_line_counts_once_and_then_it_is_the_next_ones_turn() {
    let mut scene = scene(8);
    for line in 0..8 {
        assert_eq!(turn(&scene), Some(line));
        assert_eq!(
            scene.walk("list", line + 1, elsewhere()),
            Came::Refused(Refused::NotNow)
        );
        let generation = scene.gatekeeper.variants_generation(scene.now());
        opened(&scene.walk("list", line, elsewhere()));
        let after = scene.gatekeeper.variants_generation(scene.now());
        assert_ne!(
            generation, after,
            "the listener is to watch for the next one"
        );
        assert_eq!(
            scene.walk("list", line, elsewhere()),
            Came::Refused(Refused::Used)
        );
    }
}

#[test]
fn four_hundred_replays_of_a_line_open_nothing() {
    let mut scene = scene(8);
    opened(&scene.walk("list", 0, elsewhere()));
    let applied = scene.door.applied();
    for number in 0..400_u32 {
        let source = std::net::Ipv4Addr::from_bits(0xcb00_7100 | (number % 200)).into();
        assert_eq!(scene.walk("list", 0, source), Came::Refused(Refused::Used));
    }
    assert_eq!(scene.door.applied(), applied);
    opened(&scene.walk("list", 1, elsewhere()));
}

#[test]
fn a_line_is_on_disk_before_it_opens_and_stays_used_after_a_crash() {
    let mut scene = scene(8);
    opened(&scene.walk("list", 0, elsewhere()));
    opened(&scene.walk("list", 1, elsewhere()));
    assert_eq!(scene.disk.used().count(), 2);
    scene.crash();
    assert_eq!(turn(&scene), Some(2));
    for line in [0, 1] {
        assert_eq!(
            scene.walk("list", line, elsewhere()),
            Came::Refused(Refused::Used)
        );
    }
    opened(&scene.walk("list", 2, elsewhere()));
}

#[test]
fn a_list_that_runs_out_is_said_and_one_that_is_used_up_locks_nobody_else_out() {
    let mut scene = Scene::with_sequences(1, vec![listed("list", 1, 7), listed("other", 100, 9)]);
    let warnings = |scene: &Scene| scene.gatekeeper.warnings(scene.now()).collect::<Vec<_>>();
    let id = scene.sequence("list");
    assert_eq!(scene.gatekeeper.lines_left(id), Some(7));
    opened(&scene.walk("list", 0, elsewhere()));
    assert_eq!(warnings(&scene), []);
    opened(&scene.walk("list", 1, elsewhere()));
    assert_eq!(scene.gatekeeper.lines_left(id), Some(5));
    assert_eq!(warnings(&scene), [Warning::LinesRunningOut(id)]);
    for line in 2..7 {
        opened(&scene.walk("list", line, elsewhere()));
    }
    assert_eq!(scene.gatekeeper.lines_left(id), Some(0));
    assert_eq!(warnings(&scene), [Warning::LinesUsedUp(id)]);
    assert_eq!(turn(&scene), None);
    for line in [6, 7, u64::MAX] {
        assert!(matches!(
            scene.walk("list", line, elsewhere()),
            Came::Refused(_)
        ));
    }
    opened(&scene.walk("other", 0, elsewhere()));
    opened(&scene.knock(ALICE, "ssh"));
}

#[test]
fn more_lines_behind_the_used_ones_go_on_where_the_list_was() {
    let mut scene = scene(2);
    opened(&scene.walk("list", 0, elsewhere()));
    opened(&scene.walk("list", 1, elsewhere()));
    assert_eq!(turn(&scene), None);
    reload(&mut scene, vec![listed("list", 1, 4)]);
    assert_eq!(turn(&scene), Some(2));
    opened(&scene.walk("list", 2, elsewhere()));
}

#[test]
fn a_used_line_stays_used_under_another_name_in_another_place_and_when_it_comes_back() {
    let mut scene = Scene::with_sequences(1, vec![listed("list", 10, 3)]);
    opened(&scene.walk("list", 0, elsewhere()));
    reload(&mut scene, vec![]);
    assert_eq!(scene.gatekeeper.variants(scene.now()), []);
    // The line that was first stands last now.
    let mut renamed = listed("renamed", 9, 2);
    renamed.service = nightlatch_core::ServiceId(1);
    reload(&mut scene, vec![renamed]);
    assert_eq!(
        scene.walk("renamed", 1, elsewhere()),
        Came::Refused(Refused::Used)
    );
    opened(&scene.walk("renamed", 0, elsewhere()));
    assert_eq!(scene.gatekeeper.used().count(), 2);
}

#[test]
fn a_line_that_met_a_full_house_is_used_up_all_the_same() {
    let policy = policy_with(vec![listed("list", 1, 8)], limits(1, 1));
    let mut scene = Scene::governed(1, policy);
    opened(&scene.walk("list", 0, elsewhere()));
    assert_eq!(
        scene.walk("list", 1, address("203.0.113.67")),
        Came::Answered(Status::Full)
    );
    scene.wait(crate::seconds(60));
    assert_eq!(
        scene.walk("list", 1, address("203.0.113.67")),
        Came::Refused(Refused::Used)
    );
}

#[test]
fn after_a_lost_state_it_is_said_that_used_lines_count_again_until_they_are_taken_out() {
    let mut scene = scene(8);
    let warnings = |scene: &Scene| scene.gatekeeper.warnings(scene.now()).collect::<Vec<_>>();
    opened(&scene.walk("list", 0, elsewhere()));
    scene.lose_state();
    assert_eq!(warnings(&scene), [Warning::LinesForgotten]);
    // Nobody can know it: that is why it is said.
    assert_eq!(turn(&scene), Some(0));
    reload(&mut scene, vec![listed("list", 2, 7)]);
    assert_eq!(warnings(&scene), []);
    assert_eq!(turn(&scene), Some(0));
    opened(&scene.walk("list", 0, elsewhere()));
}

#[test]
fn where_there_are_no_lines_a_lost_state_is_no_matter_of_lines() {
    let mut scene = scene(1);
    opened(&scene.walk("list", 0, elsewhere()));
    reload(&mut scene, vec![]);
    scene.lose_state();
    assert_eq!(scene.gatekeeper.warnings(scene.now()).count(), 0);
}
