//! Messages that do not open: wrong in length, in the seal, or in a field.

use super::forge::{Knock, address, seal, seal_beside};
use super::good::{LAST_MILLISECOND, NOW, nonce, pair, strangers};
use super::good_messages::{message, plaintext, with_length};
use super::page::Page;
use super::spoil::{Refused, forged, part, refused};

/// messages-bad.toml: what a server does not take for a message.
pub(crate) fn messages() -> String {
    let mut page = Page::new(&[
        "Messages that do not open, for the first pair in keys.toml, each with the reason.",
        "The first is whole and opens; what follows is made from it. Every single bit of it matters:",
        "flip any, and the outcome is \"forged\" (the tests flip one in every byte).",
    ]);
    let good = sealed(&message(), TEXT);
    refused(&mut page, "message", "whole", &good, "opens");
    for (name, packet, outcome) in outside(&good) {
        refused(&mut page, "message", &name, &packet, outcome);
    }
    page.remark("Sealed with the right key, but what is inside is not a message of this version.");
    for (name, packet, outcome) in inside() {
        refused(&mut page, "message", name, &packet, outcome);
    }
    page.finish()
}

fn sealed(head: &Knock, text: &[u8]) -> Vec<u8> {
    closed(&plaintext(head, text))
}

fn closed(plain: &[u8]) -> Vec<u8> {
    seal(&pair().knock_key, pair().epoch_tag(NOW), nonce(204), plain)
}

fn outside(good: &[u8]) -> Vec<Refused> {
    let (pair, other, plain) = (pair(), strangers(), plaintext(&message(), TEXT));
    let (tag, nonce_here) = (pair.epoch_tag(NOW), nonce(204));
    let lengths = [0, 100, 1_123, 1_125, 1_232].into_iter().map(|length| {
        let packet = good.repeat(2).into_iter().take(length).collect();
        (format!("{length} bytes"), packet, "wrong-length")
    });
    let flips = [0, 7, 8, 19, 20, 67, 68, 69, 83, 84, 98, 1_107, 1_108, 1_123]
        .into_iter()
        .map(|at| {
            let mut packet = good.to_vec();
            packet
                .iter_mut()
                .skip(at)
                .take(1)
                .for_each(|byte| *byte ^= 1);
            (format!("byte {at} with 0x01 flipped"), packet, "forged")
        });
    let others = forged([
        (
            "the tag of the next epoch put on it",
            swap(good, 0, &pair.epoch_tag(NOW + 1)),
        ),
        (
            "the recovery tag put on it",
            swap(good, 0, &pair.recovery_tag()),
        ),
        (
            "sealed without its tag beside it",
            seal_beside(&pair.knock_key, (tag, &[]), nonce_here, &plain),
        ),
        (
            "sealed with the key of answers",
            seal(&pair.ack_key, tag, nonce_here, &plain),
        ),
        (
            "sealed by another pair, with this tag",
            seal(&other.knock_key, tag, nonce_here, &plain),
        ),
        ("a knock's packet with zeros in its middle", {
            let knock = seal(&pair.knock_key, tag, nonce_here, &message().plaintext());
            [part(&knock, 0, 84), vec![0; 1_024], part(&knock, 84, 16)].concat()
        }),
    ]);
    lengths.chain(flips).chain(others).collect()
}

#[expect(clippy::too_many_lines, reason = "a table, one case after the other")]
fn inside() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let with = |head: Knock| sealed(&head, TEXT);
    let mut behind = plaintext(&message(), TEXT);
    behind.last_mut().into_iter().for_each(|byte| *byte = 1);
    let mut reserved = [0; 16];
    reserved[2] = 1;
    let long = "m".repeat(1_024);
    vec![
        (
            "version 2",
            with(Knock {
                version: 2,
                ..message()
            }),
            "unknown-version",
        ),
        (
            "kind 0",
            with(Knock {
                kind: 0,
                ..message()
            }),
            "unknown-kind",
        ),
        (
            "kind 1, a knock",
            with(Knock {
                kind: 1,
                ..message()
            }),
            "unknown-kind",
        ),
        (
            "kind 3, an ask for the address",
            with(Knock {
                kind: 3,
                ..message()
            }),
            "unknown-kind",
        ),
        (
            "a flag",
            with(Knock {
                flags: 1,
                ..message()
            }),
            "unknown-flags",
        ),
        (
            "a reserved byte behind the length",
            with(Knock {
                reserved,
                ..message()
            }),
            "reserved-not-zero",
        ),
        (
            "the last millisecond and one",
            with(Knock {
                time: LAST_MILLISECOND + 1,
                ..message()
            }),
            "bad-time",
        ),
        (
            "claimed 255.255.255.255",
            with(Knock {
                claimed: address("255.255.255.255"),
                ..message()
            }),
            "bad-address",
        ),
        (
            "a text of 1025 bytes",
            closed(&with_length(&message(), [4, 1], long.as_bytes())),
            "bad-text",
        ),
        (
            "a text of 65535 bytes",
            closed(&with_length(&message(), [255, 255], long.as_bytes())),
            "bad-text",
        ),
        (
            "a text that is not UTF-8",
            sealed(&message(), b"\xff\xfe"),
            "bad-text",
        ),
        (
            "a text that ends within a letter",
            sealed(&message(), b"caf\xc3"),
            "bad-text",
        ),
        (
            "a text that goes on behind its end",
            closed(&with_length(&message(), [0, 3], TEXT)),
            "reserved-not-zero",
        ),
        (
            "something in the last byte",
            closed(&behind),
            "reserved-not-zero",
        ),
    ]
}

/// The packet with other bytes from `at` on.
fn swap(packet: &[u8], at: usize, bytes: &[u8]) -> Vec<u8> {
    let end = at + bytes.len();
    [
        part(packet, 0, at),
        bytes.to_vec(),
        part(packet, end, packet.len()),
    ]
    .concat()
}

const TEXT: &[u8] = b"the roof leaks";
