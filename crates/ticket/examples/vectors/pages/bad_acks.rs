//! Answers that do not open: wrong in length, in the seal, or in a field.

use super::forge::{Ack, address, seal, seal_beside};
use super::good::{NOW, ack, knock, nonce, pair, strangers};
use super::page::Page;
use super::spoil::{
    ADDRESSES, FLAGS, ORDER, Refused, TIMES, cut_and_padded, flipped, forged, refused, reserved,
    swap,
};

/// acks-bad.toml: what a client does not take for an answer.
pub(crate) fn acks() -> String {
    let mut page = Page::new(&[
        "Answers that do not open, for the first pair in keys.toml, each with the reason; all are read as",
        "answers to the knock with the counter 1800000000123456789.",
        "The first is whole and opens; what follows is made from it. Every single bit of it matters: flip",
        "any in the first 8 bytes, and the outcome is \"not-awaited\"; any other, and it is \"forged\".",
    ]);
    let good = sealed_ack(&ack());
    refused(&mut page, "ack", "whole", &good, "opens");
    for (name, packet, outcome) in cut_and_padded(&good).into_iter().chain(forged_acks(&good)) {
        refused(&mut page, "ack", &name, &packet, outcome);
    }
    page.remark("Sealed with the right key, but what is inside is not an answer of this version.");
    for (name, ack, outcome) in misspelt_acks() {
        refused(&mut page, "ack", &name, &sealed_ack(&ack), outcome);
    }
    page.finish()
}

/// Sealed as the answer that is waited for, whatever counter it echoes.
fn sealed_ack(echo: &Ack) -> Vec<u8> {
    let pair = pair();
    seal(
        &pair.ack_key,
        pair.ack_tag(ack().counter),
        nonce(202),
        &echo.plaintext(),
    )
}

#[expect(clippy::too_many_lines, reason = "a table, one case after the other")]
fn forged_acks(good: &[u8]) -> Vec<Refused> {
    let (pair, other, plain) = (pair(), strangers(), ack().plaintext());
    let (tag, nonce_here) = (pair.ack_tag(ack().counter), nonce(202));
    let (next, echo) = (
        ack().counter + 1,
        Ack {
            counter: ack().counter + 1,
            ..ack()
        },
    );
    let mut all = flipped(good, |at| if at < 8 { "not-awaited" } else { "forged" });
    all.extend(forged([
        (
            "the right tag before nothing",
            [&tag[..], &[0; 92]].concat(),
        ),
        ("an authenticator of zeros", swap(good, 84, &[0; 16])),
        (
            "sealed without its tag beside it",
            seal_beside(&pair.ack_key, (tag, &[]), nonce_here, &plain),
        ),
        (
            "sealed with the key of knocks",
            seal(&pair.knock_key, tag, nonce_here, &plain),
        ),
        (
            "sealed by another pair, with this tag",
            seal(&other.ack_key, tag, nonce_here, &plain),
        ),
        ("the tag of this knock put on the answer to the next", {
            swap(
                &seal(
                    &pair.ack_key,
                    pair.ack_tag(next),
                    nonce_here,
                    &echo.plaintext(),
                ),
                0,
                &tag,
            )
        }),
    ]));
    all.extend(
        [
            ("nothing but zeros", vec![0; 100]),
            ("nothing but ones", vec![0xff; 100]),
            (
                "the knock itself sent back",
                seal(
                    &pair.knock_key,
                    pair.epoch_tag(NOW),
                    nonce_here,
                    &knock().plaintext(),
                ),
            ),
            ("the answer to the next knock", {
                seal(
                    &pair.ack_key,
                    pair.ack_tag(next),
                    nonce_here,
                    &echo.plaintext(),
                )
            }),
            ("the right tag around another counter", sealed_ack(&echo)),
        ]
        .map(|(name, packet)| (name.into(), packet, "not-awaited")),
    );
    all
}

#[expect(clippy::too_many_lines, reason = "a table, one case after the other")]
fn misspelt_acks() -> Vec<(String, Ack, &'static str)> {
    let mut all = Vec::new();
    for version in [0, 2, 255] {
        all.push((
            format!("version {version}"),
            Ack { version, ..ack() },
            "unknown-version",
        ));
    }
    for status in [0, 12, 128, 255] {
        all.push((
            format!("status {status}"),
            Ack { status, ..ack() },
            "unknown-status",
        ));
    }
    for flags in FLAGS {
        all.push((
            format!("flags {flags:#06x}"),
            Ack { flags, ..ack() },
            "unknown-flags",
        ));
    }
    for (at, reserved) in reserved() {
        all.push((
            format!("reserved byte {at}"),
            Ack { reserved, ..ack() },
            "reserved-not-zero",
        ));
    }
    for time in TIMES {
        all.push((format!("time {time}"), Ack { time, ..ack() }, "bad-time"));
    }
    for text in ADDRESSES.into_iter().chain(["::"]) {
        let seen = address(text);
        all.push((format!("seen {text}"), Ack { seen, ..ack() }, "bad-address"));
    }
    let worst = Ack {
        version: 2,
        status: 0,
        flags: 1,
        reserved: [1; 16],
        time: u64::MAX,
        seen: [0xff; 16],
        ..ack()
    };
    let (status, flags, time) = (ack().status, 0, ack().time);
    let second = Ack {
        version: 1,
        ..worst.clone()
    };
    let third = Ack {
        status,
        ..second.clone()
    };
    let fourth = Ack {
        flags,
        ..third.clone()
    };
    let fifth = Ack {
        reserved: [0; 16],
        ..fourth.clone()
    };
    let sixth = Ack {
        time,
        ..fifth.clone()
    };
    let orders = [worst, second, third, fourth, fifth, sixth];
    all.extend(orders.into_iter().zip(ORDER).map(|(ack, (name, outcome))| {
        let outcome = if outcome.is_empty() {
            "unknown-status"
        } else {
            outcome
        };
        (format!("everything wrong from the {name} on"), ack, outcome)
    }));
    all
}
