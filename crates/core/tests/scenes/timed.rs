//! Time-based sequences: the step of now and its neighbours, each once, whatever the clock does.

use core::time::Duration;

use nightlatch_core::{Limits, Refused, SequenceId, ServiceSet, Step, Warning};
use nightlatch_testkit::{Came, Scene, policy_with, timed};
use nightlatch_ticket::{SequenceSecret, TimeStep};

use crate::{elsewhere, opened, seconds};

fn scene() -> Scene {
    Scene::with_sequences(1, vec![timed("clock", 7)])
}

fn step(scene: &Scene) -> u64 {
    TimeStep::at(scene.now().unix, 30).0
}

fn numbers(scene: &Scene) -> Vec<u64> {
    let watched = scene.watched("clock").into_iter();
    watched.map(|variant| variant.number).collect()
}

#[test]
fn the_step_before_the_one_of_now_and_the_one_after_open() {
    for (by, opens) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
        let mut scene = scene();
        let number = step(&scene).saturating_add_signed(by);
        let came = scene.walk("clock", number, elsewhere());
        if opens {
            opened(&came);
        } else {
            assert_eq!(came, Came::Refused(Refused::NotNow), "{by}");
        }
        assert!(!scene.is_answered());
    }
}

#[test]
fn the_listener_watches_for_the_ports_that_the_secret_says() {
    let scene = scene();
    let now = step(&scene);
    assert_eq!(numbers(&scene), [now - 1, now, now + 1]);
    let ports = SequenceSecret::from_bytes([7; 32]).ports(TimeStep(now), 4, (20_000, 29_999));
    let steps: Vec<Step> = ports.into_iter().map(Step::tcp).collect();
    assert_eq!(scene.watched("clock")[1].steps, steps);
}

#[test]
fn a_used_step_and_all_before_it_are_refused() {
    let mut scene = scene();
    let now = step(&scene);
    opened(&scene.walk("clock", now, elsewhere()));
    assert_eq!(numbers(&scene), [now + 1]);
    for used in [now, now - 1] {
        assert_eq!(
            scene.walk("clock", used, elsewhere()),
            Came::Refused(Refused::Used)
        );
    }
    opened(&scene.walk("clock", now + 1, elsewhere()));
    assert_eq!(numbers(&scene), []);
}

#[test]
fn four_hundred_replays_of_a_step_open_nothing_at_any_time() {
    let mut scene = scene();
    let now = step(&scene);
    opened(&scene.walk("clock", now, elsewhere()));
    for _ in 0..400 {
        let came = scene.walk("clock", now, elsewhere());
        assert!(matches!(
            came,
            Came::Refused(Refused::Used | Refused::NotNow)
        ));
        scene.wait(seconds(1));
    }
    assert_eq!(scene.door.applied(), 1);
}

#[test]
fn time_alone_brings_the_next_step_and_the_deadline_says_when() {
    let mut scene = scene();
    let before = numbers(&scene);
    let generation = scene.gatekeeper.variants_generation(scene.now());
    let deadline = scene.gatekeeper.next_deadline().unwrap();
    let rest = deadline.saturating_since(scene.now().monotonic);
    assert!(rest > Duration::ZERO && rest <= seconds(30));
    scene.wait(rest.saturating_sub(Duration::from_nanos(1)));
    assert_eq!(numbers(&scene), before);
    assert_eq!(
        scene.gatekeeper.variants_generation(scene.now()),
        generation
    );
    scene.wait(Duration::from_nanos(1));
    assert_eq!(numbers(&scene)[0], before[1]);
    assert_ne!(
        scene.gatekeeper.variants_generation(scene.now()),
        generation
    );
    let next = scene.gatekeeper.next_deadline().unwrap();
    assert_eq!(next.saturating_since(scene.now().monotonic), seconds(30));
}

#[test]
fn used_steps_stay_used_after_a_crash_and_a_reload_under_another_name() {
    let mut scene = scene();
    let now = step(&scene);
    opened(&scene.walk("clock", now, elsewhere()));
    scene.crash();
    let policy = policy_with(vec![timed("renamed", 7)], Limits::default());
    scene.reload(policy, &[0], ServiceSet::all());
    assert_eq!(
        scene.walk("renamed", now, elsewhere()),
        Came::Refused(Refused::Used)
    );
    opened(&scene.walk("renamed", now + 1, elsewhere()));
}

#[test]
fn a_clock_that_jumps_back_brings_no_used_step_back() {
    let mut scene = scene();
    let now = step(&scene);
    opened(&scene.walk("clock", now, elsewhere()));
    scene.jump(-60);
    for number in now - 4..=now + 1 {
        assert!(matches!(
            scene.walk("clock", number, elsewhere()),
            Came::Refused(_)
        ));
    }
    assert_eq!(numbers(&scene), []);
    let warnings: Vec<_> = scene.gatekeeper.warnings(scene.now()).collect();
    assert_eq!(warnings, [Warning::StepsAhead(SequenceId(0))]);
    scene.wait(seconds(60));
    opened(&scene.walk("clock", now + 1, elsewhere()));
}

#[test]
fn a_clock_that_jumps_ahead_opens_with_the_ports_of_its_own_time_only() {
    let mut scene = scene();
    let now = step(&scene);
    scene.jump(3600);
    assert_eq!(
        scene.walk("clock", now, elsewhere()),
        Came::Refused(Refused::NotNow)
    );
    opened(&scene.walk("clock", now + 120, elsewhere()));
}

#[test]
fn two_secrets_do_not_use_each_other_up() {
    let mut scene = Scene::with_sequences(1, vec![timed("clock", 7), timed("other", 8)]);
    let now = step(&scene);
    opened(&scene.walk("clock", now, elsewhere()));
    opened(&scene.walk("other", now, elsewhere()));
    assert_eq!(scene.gatekeeper.lines_left(SequenceId(0)), None);
}

#[test]
fn a_lost_state_brings_no_used_step_back_and_locks_out_for_two_periods_at_most() {
    // The first and the last second of a period, and whichever of the three steps was used.
    for (into, ahead) in (0..30)
        .step_by(29)
        .flat_map(|into| [(into, 0), (into, 1), (into, 2)])
    {
        let mut scene = scene();
        scene.wait(seconds(
            30 - scene.now().unix.as_nanos() / 1_000_000_000 % 30 + into,
        ));
        let used = step(&scene) - 1 + ahead;
        opened(&scene.walk("clock", used, elsewhere()));
        scene.lose_state();
        let warnings: Vec<_> = scene.gatekeeper.warnings(scene.now()).collect();
        assert_eq!(warnings, [Warning::StepsForgotten]);
        let mut waited = 0;
        loop {
            assert!(matches!(
                scene.walk("clock", used, elsewhere()),
                Came::Refused(_)
            ));
            let now = step(&scene);
            if matches!(scene.walk("clock", now, elsewhere()), Came::Opened(_)) {
                break;
            }
            scene.wait(seconds(1));
            waited += 1;
        }
        assert!(waited <= 60, "{waited}");
        // Whoever is early next time uses all up that count now: that is nothing to warn of.
        scene.wait(seconds(60));
        opened(&scene.walk("clock", step(&scene) + 1, elsewhere()));
        assert_eq!(scene.gatekeeper.warnings(scene.now()).count(), 0);
    }
}

#[test]
fn a_crash_after_a_lost_state_brings_no_used_step_back_either() {
    let mut scene = scene();
    let now = step(&scene);
    opened(&scene.walk("clock", now, elsewhere()));
    scene.lose_state();
    scene.crash();
    assert_eq!(numbers(&scene), []);
    assert_eq!(
        scene.walk("clock", now, elsewhere()),
        Came::Refused(Refused::Used)
    );
}
