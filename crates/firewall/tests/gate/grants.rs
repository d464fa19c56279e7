//! Lasting grants: opened, lengthened, closed by the kernel or by us.

use std::time::Duration;

use nightlatch_firewall::{ApplyError, Firewall, Nftables, Refresh};
use nightlatch_lab::wait_until;

use crate::Story;
use crate::scene::{
    LONG, PATIENCE, Scene, VERSIONS, Version, close, connected, lasting, old_kernel, once, open,
    plan, still_talks, udp,
};

pub(crate) const STORIES: &[Story] = &[
    (
        "grants_end_by_the_kernel_and_spare_what_runs",
        end_by_the_kernel_and_spare_what_runs,
    ),
    (
        "grants_end_when_they_are_closed_and_spare_what_runs",
        end_when_they_are_closed_and_spare_what_runs,
    ),
    (
        "grants_are_listed_with_what_is_left_of_them",
        are_listed_with_what_is_left_of_them,
    ),
    (
        "grants_are_lengthened_and_shortened_in_place",
        are_lengthened_and_shortened_in_place,
    ),
    (
        "grants_are_lengthened_and_shortened_on_older_kernels",
        are_lengthened_and_shortened_on_older_kernels,
    ),
    (
        "grants_renewed_for_as_long_begin_anew",
        renewed_for_as_long_begin_anew,
    ),
    (
        "grants_let_datagrams_in_and_answers_out",
        let_datagrams_in_and_answers_out,
    ),
    (
        "grants_end_for_datagrams_that_nobody_answers",
        end_for_datagrams_that_nobody_answers,
    ),
    (
        "grants_are_refused_without_a_gate",
        are_refused_without_a_gate,
    ),
];

const SHORT: Duration = Duration::from_secs(1);

fn end_by_the_kernel_and_spare_what_runs() {
    let scene = Scene::new();
    let _service = scene.service(22);
    let mut gate = scene.gate();
    for version in VERSIONS {
        gate.apply(&open(&[lasting(&scene.alice, version, "tcp/22")], SHORT))
            .unwrap();
        let mut stream = connected(scene.try_tcp(&scene.alice, version, 22));
        assert!(wait_until(PATIENCE, || gate.standing().unwrap().is_empty()));
        assert!(scene.is_dropped(&scene.alice, version, 22));
        assert!(still_talks(&mut stream));
    }
}

fn renewed_for_as_long_begin_anew() {
    let scene = Scene::new();
    let mut gate = scene.gate();
    let opening = lasting(&scene.alice, Version::Four, "tcp/22");
    let left = |gate: &mut Nftables| gate.standing().unwrap()[0].remaining;
    gate.apply(&open(&[opening], LONG)).unwrap();
    assert!(wait_until(PATIENCE, || left(&mut gate) + SHORT < LONG));
    gate.apply(&open(&[opening], LONG)).unwrap();
    assert!(left(&mut gate) + SHORT > LONG, "it begins anew");
}

fn end_when_they_are_closed_and_spare_what_runs() {
    let scene = Scene::new();
    let _service = scene.service(22);
    let mut gate = scene.gate();
    for version in VERSIONS {
        let opening = lasting(&scene.alice, version, "tcp/22");
        gate.apply(&open(&[opening], LONG)).unwrap();
        let mut stream = connected(scene.try_tcp(&scene.alice, version, 22));
        gate.apply(&close(&[opening])).unwrap();
        assert!(scene.is_dropped(&scene.alice, version, 22));
        assert!(still_talks(&mut stream));
        gate.apply(&close(&[opening])).unwrap();
    }
}

fn are_listed_with_what_is_left_of_them() {
    let scene = Scene::new();
    let mut gate = scene.gate();
    let mut openings = vec![
        lasting(&scene.alice, Version::Four, "tcp/22"),
        lasting(&scene.alice, Version::Six, "udp/53"),
        once(&scene.mallory, Version::Four, "tcp/80"),
        once(&scene.mallory, Version::Six, "tcp/80"),
    ];
    openings.sort();
    gate.apply(&open(&openings, LONG)).unwrap();
    let standing = gate.standing().unwrap();
    let listed: Vec<_> = standing.iter().map(|standing| standing.opening).collect();
    assert_eq!(listed, openings);
    let all_but_a_bit = LONG.mul_f64(0.9)..=LONG;
    assert!(
        standing
            .iter()
            .all(|standing| all_but_a_bit.contains(&standing.remaining))
    );
}

fn remaining(gate: &mut Nftables) -> Duration {
    let standing = gate.standing().unwrap();
    assert_eq!(standing.len(), 1);
    standing[0].remaining
}

fn are_set_anew(scene: &Scene, gate: &mut Nftables) {
    let _ = gate.raise(&plan()).unwrap();
    for opening in [
        lasting(&scene.alice, Version::Four, "tcp/22"),
        once(&scene.alice, Version::Six, "tcp/22"),
    ] {
        for seconds in [100, 1000, 10] {
            let wanted = Duration::from_secs(seconds);
            gate.apply(&open(&[opening], wanted)).unwrap();
            let left = remaining(gate);
            assert!(left <= wanted && left > wanted.mul_f64(0.5), "{left:?}");
        }
        gate.apply(&close(&[opening])).unwrap();
        gate.apply(&close(&[opening])).unwrap();
        assert!(gate.standing().unwrap().is_empty());
    }
}

fn are_lengthened_and_shortened_in_place() {
    let scene = Scene::new();
    are_set_anew(&scene, &mut scene.open());
}

fn are_lengthened_and_shortened_on_older_kernels() {
    for refresh in [
        Refresh::InPlace,
        Refresh::DestroyFirst,
        Refresh::DeleteFirst,
    ] {
        let scene = Scene::new();
        let mut gate = scene.open_with(old_kernel(refresh));
        are_set_anew(&scene, &mut gate);
    }
}

fn let_datagrams_in_and_answers_out() {
    let scene = Scene::new();
    let mut gate = scene.gate();
    for version in VERSIONS {
        let echo = scene.echo(version, 53);
        let opening = lasting(&scene.alice, version, "udp/53");
        gate.apply(&open(&[opening], LONG)).unwrap();
        let [alice, mallory] = [&scene.alice, &scene.mallory].map(|host| udp(host, version, 0));
        mallory.send_to(b"query", scene.to(version, 53)).unwrap();
        assert!(!echo.hears());
        alice.send_to(b"query", scene.to(version, 53)).unwrap();
        assert!(echo.hears());
        assert!(alice.recv_from(&mut [0; 16]).is_ok());
        // Both sides have spoken: this goes on, and only from this very socket.
        gate.apply(&close(&[opening])).unwrap();
        alice.send_to(b"query", scene.to(version, 53)).unwrap();
        assert!(echo.hears());
        udp(&scene.alice, version, 0)
            .send_to(b"query", scene.to(version, 53))
            .unwrap();
        assert!(!echo.hears());
    }
}

/// One side speaks, the other never answers: no connection comes of it that could outlive the grant.
fn end_for_datagrams_that_nobody_answers() {
    let scene = Scene::new();
    let mut gate = scene.gate();
    let echo = scene.echo(Version::Four, 53);
    let opening = lasting(&scene.alice, Version::Four, "udp/53");
    gate.apply(&open(&[opening], LONG)).unwrap();
    let alice = udp(&scene.alice, Version::Four, 0);
    alice.send_to(b"line", scene.to(Version::Four, 53)).unwrap();
    assert!(echo.hears_and_is_silent());
    gate.apply(&close(&[opening])).unwrap();
    alice.send_to(b"line", scene.to(Version::Four, 53)).unwrap();
    assert!(!echo.hears_and_is_silent());
}

fn are_refused_without_a_gate() {
    let scene = Scene::new();
    let mut gate = scene.open();
    let effect = open(&[lasting(&scene.alice, Version::Four, "tcp/22")], LONG);
    assert!(matches!(gate.apply(&effect), Err(ApplyError::NoGate)));
    assert!(matches!(
        gate.standing(),
        Err(nightlatch_firewall::ListError::NoGate)
    ));
    assert!(matches!(
        gate.noise(),
        Err(nightlatch_firewall::NoiseError::NoGate)
    ));
}
