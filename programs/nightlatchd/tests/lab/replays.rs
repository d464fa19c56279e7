//! Stories of recorded, wrong and forged knocks: none of them opens anything for anybody.

use nightlatch_lab::{Entered, Forger, Packet, Recorder};
use nightlatch_ticket::{PairKeys, PresharedSecret, Reason, SecretKey};
use std::net::SocketAddr;

use crate::daemon::let_pass;
use crate::person::{NEARBY, Person, answers, is_answered, knocks, random, send};
use crate::stage::Family::{V4, V6};
use crate::stage::{SHORT, Stage, address, assert_silent, is_in, keyhole};
use crate::{Story, Told};

pub(crate) const STORIES: &[Story] = &[
    (
        "a_recorded_knock_opens_nothing_from_the_same_or_another_address",
        replay,
    ),
    (
        "a_recorded_knock_opens_nothing_after_a_restart",
        replay_after_restart,
    ),
    ("a_wrong_key_is_a_stranger", wrong_key),
    ("a_wrong_shared_secret_is_a_stranger", wrong_secret),
    (
        "an_unsent_knock_that_a_stranger_sends_first_opens_nothing_for_him",
        stolen,
    ),
    (
        "a_knock_from_a_forged_source_is_answered_to_nobody_else",
        forged_source,
    ),
    (
        "cut_padded_and_flipped_knocks_are_not_answered_and_do_no_harm",
        broken,
    ),
];

fn replay(entered: &Entered) -> Told {
    let (mut stage, _daemon) = Stage::running(entered, "replay");
    let mut alices_wire = Recorder::open(&stage.alice.host).unwrap();
    let mut strangers_wire = Recorder::open(&stage.stranger).unwrap();
    stage.alice.knock("ssh", V4).unwrap();
    let recorded = knocks(&alices_wire.take().unwrap());
    assert!(!recorded.is_empty());
    let_pass(SHORT);
    for knock in &recorded {
        send(&stage.alice.host, knock, V4);
        send(&stage.alice.host, knock, V6);
        send(&stage.stranger, knock, V4);
        send(&stage.bob.host, knock, V4);
    }
    assert_eq!(answers(&mut alices_wire), 0);
    assert_eq!(answers(&mut strangers_wire), 0);
    assert_silent(&stage.alice.host, 22, V4);
    assert_silent(&stage.stranger, 22, V4);
    stage.alice.knock("ssh", V4).unwrap();
    assert!(
        is_in(&stage.alice.host, 22, V4),
        "the replays did not lock alice out"
    );
    Told::Whole
}

fn replay_after_restart(entered: &Entered) -> Told {
    let (mut stage, mut daemon) = Stage::running(entered, "replay-restart");
    let mut wire = Recorder::open(&stage.alice.host).unwrap();
    stage.alice.knock("ssh", V4).unwrap();
    let recorded = knocks(&wire.take().unwrap());
    let_pass(SHORT);
    assert!(daemon.stop().success());
    let mut daemon = stage.start();
    for knock in &recorded {
        send(&stage.alice.host, knock, V4);
    }
    assert_eq!(
        answers(&mut wire),
        0,
        "a clean stop remembers every counter"
    );
    assert_silent(&stage.alice.host, 22, V4);
    stage.alice.knock("ssh", V4).unwrap();
    let recorded = knocks(&wire.take().unwrap());
    daemon.kill();
    let_pass(SHORT);
    let _daemon = stage.start();
    for knock in &recorded {
        send(&stage.alice.host, knock, V4);
    }
    assert!(
        answers(&mut wire) <= 1,
        "a crash leaves doubt, which is told once and opens nothing"
    );
    assert_silent(&stage.alice.host, 22, V4);
    Told::Whole
}

fn wrong_key(entered: &Entered) -> Told {
    let (stage, daemon) = Stage::running(entered, "wrong-key");
    let rng = &mut random();
    let key = SecretKey::generate(rng);
    let shared = PresharedSecret::generate(rng);
    let keys = PairKeys::of_client(&key, &stage.server_key.public(), &shared).unwrap();
    assert_stranger(&stage, keys);
    let status = daemon.status();
    // With few clients the kernel's own filter drops unknown tags before the listener sees them.
    assert!(
        status["gate"]["knock_port_packets"].as_u64().unwrap() >= 4,
        "{status}"
    );
    assert_eq!(
        status["knocks"],
        serde_json::json!({}),
        "the broker heard of none: {status}"
    );
    Told::Whole
}

fn wrong_secret(entered: &Entered) -> Told {
    let (stage, _daemon) = Stage::running(entered, "wrong-secret");
    let stored = nightlatch_config::read_secret_key(&stage.folder.join("alice.key")).unwrap();
    let nightlatch_config::StoredKey::Open(key) = stored else {
        panic!("the key is not locked");
    };
    let shared = PresharedSecret::generate(&mut random());
    let keys = PairKeys::of_client(&key, &stage.server_key.public(), &shared).unwrap();
    assert_stranger(&stage, keys);
    Told::Whole
}

/// Fails unless the holder of these keys is treated as somebody without any.
fn assert_stranger(stage: &Stage, keys: PairKeys) {
    let mut wire = Recorder::open(&stage.stranger).unwrap();
    let mut mallory = Person::new(stage.stranger.clone(), keys);
    mallory.patience = NEARBY;
    assert_eq!(mallory.knock("ssh", V4), Err(Reason::Silence));
    assert_eq!(answers(&mut wire), 0);
    assert_silent(&stage.stranger, 22, V4);
}

fn stolen(entered: &Entered) -> Told {
    let (mut stage, _daemon) = Stage::running(entered, "stolen");
    stage.alice.knock("ssh", V4).unwrap();
    let_pass(SHORT);
    let knock = stage.alice.sealed("office", V4);
    send(&stage.stranger, &knock, V4);
    assert_silent(&stage.stranger, 443, V4);
    assert_silent(&stage.alice.host, 443, V4);
    send(&stage.alice.host, &knock, V4);
    assert_silent(&stage.alice.host, 443, V4);
    stage.alice.knock("office", V4).unwrap();
    assert!(is_in(&stage.alice.host, 443, V4));
    Told::Whole
}

fn forged_source(entered: &Entered) -> Told {
    let (mut stage, _daemon) = Stage::running(entered, "forged");
    stage.alice.knock("ssh", V4).unwrap();
    let_pass(SHORT);
    let mut wire = Recorder::open(&stage.stranger).unwrap();
    let forger = Forger::open(&stage.stranger).unwrap();
    let from = SocketAddr::new(address("bob", V4), 5555);
    let knock = stage.alice.sealed("office", V4);
    forger.send(&Packet::udp(from, keyhole(V4), knock)).unwrap();
    assert_silent(&stage.bob.host, 443, V4);
    assert_silent(&stage.stranger, 443, V4);
    assert_silent(&stage.alice.host, 443, V4);
    assert_eq!(answers(&mut wire), 0);
    Told::Whole
}

fn broken(entered: &Entered) -> Told {
    let (mut stage, mut daemon) = Stage::running(entered, "broken");
    stage.alice.knock("ssh", V4).unwrap();
    let_pass(SHORT);
    let mut wire = Recorder::open(&stage.alice.host).unwrap();
    let knock = stage.alice.sealed("office", V4);
    let mut sent = 0_usize;
    for length in 0..knock.len() {
        stage.alice.send(&knock[..length], V4);
        sent += 1;
    }
    for more in [1, 2, 28, 100, 1300] {
        stage.alice.send(&[&knock[..], &vec![0; more]].concat(), V4);
        sent += 1;
    }
    for bit in 0..knock.len() * 8 {
        let mut flipped = knock;
        flipped[bit / 8] ^= 1 << (bit % 8);
        stage.alice.send(&flipped, V4);
        sent += 1;
    }
    assert_eq!(answers(&mut wire), 0);
    assert_eq!(
        knocks(&wire.take().unwrap()).len(),
        0,
        "all were seen before"
    );
    assert!(sent > 900);
    assert!(daemon.is_running());
    assert_silent(&stage.alice.host, 443, V4);
    stage.alice.send(&knock, V4);
    assert!(is_answered(&mut wire), "the whole one is still good");
    assert_eq!(answers(&mut wire), 0, "and answered once");
    assert!(is_in(&stage.alice.host, 443, V4));
    Told::Whole
}
