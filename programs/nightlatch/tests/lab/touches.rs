//! Stories about touches: exactly one packet each, whoever answers or does not.

use std::collections::BTreeSet;
use std::time::Duration;

use nightlatch_lab::{Entered, Kind, Recorder, connect};

use crate::Story;
use crate::street::{SERVER, SILENT, Street, arrivals, at, is_attempt};

pub(crate) const STORIES: &[Story] = &[
    (
        "a_touch_is_one_syn_and_is_never_sent_again",
        never_sent_again,
    ),
    ("a_refused_touch_leaves_no_second_packet", refused),
    ("touches_come_in_their_order_with_their_pause", in_order),
];

/// The kernel sends an unanswered SYN again after one second; long enough to see that, and a second time.
const LONG_ENOUGH: Duration = Duration::from_millis(3_500);

fn never_sent_again(_: &Entered) {
    let street = Street::new();
    for ip in SILENT {
        let mut recorder = Recorder::open(&street.server).unwrap();
        street.run(&["knock", "--sequence", "7000,8000:udp,9000", ip]);
        let first = arrivals(&mut recorder);
        let seen: Vec<_> = first
            .iter()
            .map(|packet| {
                (
                    packet.destination,
                    is_attempt(packet),
                    packet.payload.clone(),
                )
            })
            .collect();
        assert_eq!(
            seen,
            [
                (at(ip, 7000), true, vec![]),
                (at(ip, 8000), false, vec![0]),
                (at(ip, 9000), true, vec![]),
            ]
        );
        let again = recorder.await_frame(LONG_ENOUGH, |frame| frame.arrival().is_some());
        assert!(again.unwrap().is_none(), "{ip}");
    }
    // That the recorder would have seen it: an ordinary attempt is sent again.
    let mut recorder = Recorder::open(&street.server).unwrap();
    let _ = connect(
        &street.client,
        at(SILENT[0], 7000),
        Duration::from_millis(1_500),
    );
    assert!(arrivals(&mut recorder).len() > 1);
}

fn refused(_: &Entered) {
    let street = Street::new();
    for ip in SERVER {
        let mut recorder = Recorder::open(&street.server).unwrap();
        street.run(&[
            "knock",
            "--sequence",
            "7000,8000,9000",
            "--pause",
            "20ms",
            ip,
        ]);
        let came = arrivals(&mut recorder);
        assert_eq!(came.len(), 3, "{ip}: {came:?}");
        assert!(came.iter().all(is_attempt), "{ip}: {came:?}");
    }
}

fn in_order(_: &Entered) {
    let street = Street::new();
    let ports: Vec<u16> = (0..32).map(|step| 7000 + step * 37 % 32).collect();
    let list: Vec<_> = ports.iter().map(u16::to_string).collect();
    for ip in SILENT {
        let mut recorder = Recorder::open(&street.server).unwrap();
        let line = ["knock", "--sequence", &list.join(","), "-d", "5ms", ip];
        street.run(&line);
        let frames = recorder.take().unwrap();
        let came: Vec<_> = frames
            .iter()
            .filter_map(|frame| Some((frame.at, frame.arrival()?)))
            .collect();
        let order: Vec<_> = came
            .iter()
            .map(|(_, packet)| packet.destination.port())
            .collect();
        assert_eq!(order, ports, "{ip}");
        let sources: BTreeSet<_> = came.iter().map(|(_, packet)| packet.source.ip()).collect();
        assert_eq!(sources.len(), 1, "{ip}");
        let sequences: BTreeSet<_> = came
            .iter()
            .filter_map(|(_, packet)| match packet.kind {
                Kind::Tcp { sequence, .. } => Some((packet.source.port(), sequence)),
                _ => None,
            })
            .collect();
        // The server would take a packet with the same port and number for a retransmission.
        assert_eq!(sequences.len(), 32, "{ip}");
        assert!(
            came.windows(2)
                .all(|two| two[1].0.saturating_sub(two[0].0) >= Duration::from_millis(5)),
            "{ip}"
        );
    }
}
