//! The story of somebody who holds a key, and is refused as often as he can.

use std::net::UdpSocket;

use nightlatch_journal::{Kind, Label, Shelf, Who};
use nightlatch_lab::Entered;
use serde_json::Value;

use crate::stage::Family::V4;
use crate::stage::{Stage, address, is_in, keyhole};
use crate::{Story, Told};

pub(crate) const STORIES: &[Story] = &[
    (
        "refusals_without_end_are_summed_up_and_hold_nobody_up",
        refused,
    ),
    ("what_fails_for_each_knock_fills_no_log", failing),
];

fn failing(entered: &Entered) -> Told {
    let mut stage = Stage::new(entered, "failing");
    let missing = "open = [\"tcp/443\"]\ninsert = [\"ipv4 into nftables inet none nobody\"]";
    stage.write_config(&stage.config.replace("open = [\"tcp/443\"]", missing));
    let mut daemon = stage.start();
    stage.alice.knock("ssh", V4).unwrap();
    let open = || {
        let socket = UdpSocket::bind((address("alice", V4), 0))?;
        socket.connect(keyhole(V4)).map(|()| socket)
    };
    let socket = stage.alice.host.run(open).unwrap().unwrap();
    for _ in 0..1_000 {
        socket.send(&stage.alice.sealed("office", V4)).unwrap();
    }
    stage.alice.knock("ssh", V4).unwrap();
    assert!(daemon.stop().success());
    let log = daemon.log();
    let told = log.matches("\"what\":\"set-refused\"").count();
    // As many in each minute.
    assert!((1..=300).contains(&told), "{told}: {log}");
    Told::Whole
}

fn refused(entered: &Entered) -> Told {
    let (mut stage, mut daemon) = Stage::running(entered, "refusals");
    stage.alice.knock("ssh", V4).unwrap();
    let open = || {
        let socket = UdpSocket::bind((address("bob", V4), 0))?;
        socket.connect(keyhole(V4)).map(|()| socket)
    };
    let socket = stage.bob.host.run(open).unwrap().unwrap();
    for _ in 0..10 {
        for _ in 0..1_000 {
            socket.send(&stage.bob.sealed("office", V4)).unwrap();
        }
        stage.alice.knock("ssh", V4).unwrap();
        assert!(is_in(&stage.alice.host, 22, V4));
    }
    assert!(daemon.stop().success());
    let log = daemon.log();
    let lines: Vec<Value> = log
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let told = lines.iter().filter(|line| line["client"] == "bob");
    let told = told.filter(|line| line["what"] == "answered").count();
    let left_out = lines
        .iter()
        .filter(|line| line["about"] == "refusals of bob");
    let counted: u64 = left_out.filter_map(|line| line["lines"].as_u64()).sum();
    // As many in each minute, however slow this machine is, and however many of them it loses.
    assert!(told < 1_000, "{told}");
    assert!(counted > 500, "{log}");
    let shelf = Shelf::open(&stage.state().join("journal")).unwrap();
    let events = shelf.read(0, usize::MAX).unwrap();
    let of = |kind| events.iter().filter(move |(_, event)| event.kind == kind);
    let bob = Some(Who::Client(Label::of("bob")));
    let refused = of(Kind::Refused).chain(of(Kind::Answered));
    assert_eq!(refused.filter(|(_, event)| event.who == bob).count(), told);
    let kept: u64 = of(Kind::RefusalsUntold).map(|(_, event)| event.count).sum();
    assert_eq!(kept, counted);
    assert_eq!(of(Kind::Granted).count(), 11);
    Told::Whole
}
