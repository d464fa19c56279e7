//! Knocks that do not open: wrong in length, in the seal, or in a field.

use super::forge::{Knock, address, seal, seal_beside};
use super::good::{NOW, ack, knock, nonce, pair, strangers};
use super::page::Page;
use super::spoil::{
    ADDRESSES, FLAGS, ORDER, Refused, TIMES, cut_and_padded, flipped, forged, part, refused,
    reserved, swap,
};

/// knocks-bad.toml: what a server refuses before it judges.
pub(crate) fn knocks() -> String {
    let mut page = Page::new(&[
        "Knocks that do not open, for the first pair in keys.toml, each with the reason.",
        "The first is whole and opens; what follows is made from it. Every single bit of it matters:",
        "flip any, and the outcome is \"forged\" (the tests flip them all).",
    ]);
    let good = sealed_knock(&knock());
    refused(&mut page, "knock", "whole", &good, "opens");
    for (name, packet, outcome) in cut_and_padded(&good)
        .into_iter()
        .chain(forged_knocks(&good))
    {
        refused(&mut page, "knock", &name, &packet, outcome);
    }
    page.remark("Sealed with the right key, but what is inside is not a knock of this version.");
    for (name, knock, outcome) in misspelt_knocks() {
        refused(&mut page, "knock", &name, &sealed_knock(&knock), outcome);
    }
    page.finish()
}

fn sealed_knock(knock: &Knock) -> Vec<u8> {
    let pair = pair();
    seal(
        &pair.knock_key,
        pair.epoch_tag(NOW),
        nonce(201),
        &knock.plaintext(),
    )
}

fn forged_knocks(good: &[u8]) -> Vec<Refused> {
    let (pair, other, plain) = (pair(), strangers(), knock().plaintext());
    let (tag, nonce_here) = (pair.epoch_tag(NOW), nonce(201));
    let later = seal(&pair.knock_key, tag, nonce(203), &plain);
    let mut all = flipped(good, |_| "forged");
    all.extend(forged([
        ("nothing but zeros", vec![0; 100]),
        ("nothing but ones", vec![0xff; 100]),
        (
            "the right tag before nothing",
            [&tag[..], &[0; 92]].concat(),
        ),
        (
            "the tag of the next epoch put on it",
            swap(good, 0, &pair.epoch_tag(NOW + 1)),
        ),
        (
            "the recovery tag put on it",
            swap(good, 0, &pair.recovery_tag()),
        ),
        ("the nonce of another knock", swap(good, 8, &nonce(203))),
        (
            "the authenticator of another knock",
            [part(good, 0, 84), part(&later, 84, 16)].concat(),
        ),
        ("an authenticator of zeros", swap(good, 84, &[0; 16])),
        (
            "sealed without its tag beside it",
            seal_beside(&pair.knock_key, (tag, &[]), nonce_here, &plain),
        ),
        (
            "sealed with the key of answers",
            seal(&pair.ack_key, tag, nonce_here, &plain),
        ),
        (
            "sealed with the key of tags",
            seal(&pair.tag_key, tag, nonce_here, &plain),
        ),
        (
            "sealed by another pair",
            seal(&other.knock_key, other.epoch_tag(NOW), nonce_here, &plain),
        ),
        (
            "sealed by another pair, with this tag",
            seal(&other.knock_key, tag, nonce_here, &plain),
        ),
        (
            "an answer sent back",
            seal(
                &pair.ack_key,
                pair.ack_tag(ack().counter),
                nonce_here,
                &ack().plaintext(),
            ),
        ),
        (
            "a plaintext that is not sealed",
            [&tag[..], &nonce_here, &plain, &[0; 16]].concat(),
        ),
    ]));
    all
}

#[expect(clippy::too_many_lines, reason = "a table, one case after the other")]
fn misspelt_knocks() -> Vec<(String, Knock, &'static str)> {
    let mut all = Vec::new();
    for version in [0, 2, 255] {
        all.push((
            format!("version {version}"),
            Knock { version, ..knock() },
            "unknown-version",
        ));
    }
    for kind in [0, 5, 128, 255] {
        all.push((
            format!("kind {kind}"),
            Knock { kind, ..knock() },
            "unknown-kind",
        ));
    }
    for flags in FLAGS {
        all.push((
            format!("flags {flags:#06x}"),
            Knock { flags, ..knock() },
            "unknown-flags",
        ));
    }
    for (at, reserved) in reserved() {
        all.push((
            format!("reserved byte {at}"),
            Knock {
                reserved,
                ..knock()
            },
            "reserved-not-zero",
        ));
    }
    for time in TIMES {
        all.push((
            format!("time {time}"),
            Knock { time, ..knock() },
            "bad-time",
        ));
    }
    for text in ADDRESSES {
        let claimed = address(text);
        all.push((
            format!("claimed {text}"),
            Knock { claimed, ..knock() },
            "bad-address",
        ));
    }
    let worst = Knock {
        version: 2,
        kind: 0,
        flags: 1,
        reserved: [1; 16],
        time: u64::MAX,
        claimed: [0xff; 16],
        ..knock()
    };
    let (kind, flags, time) = (knock().kind, 0, knock().time);
    let second = Knock {
        version: 1,
        ..worst.clone()
    };
    let third = Knock {
        kind,
        ..second.clone()
    };
    let fourth = Knock {
        flags,
        ..third.clone()
    };
    let fifth = Knock {
        reserved: [0; 16],
        ..fourth.clone()
    };
    let sixth = Knock {
        time,
        ..fifth.clone()
    };
    let orders = [worst, second, third, fourth, fifth, sixth];
    all.extend(
        orders
            .into_iter()
            .zip(ORDER)
            .map(|(knock, (name, outcome))| {
                let outcome = if outcome.is_empty() {
                    "unknown-kind"
                } else {
                    outcome
                };
                (
                    format!("everything wrong from the {name} on"),
                    knock,
                    outcome,
                )
            }),
    );
    all
}
