//! Symbols that give no frame, and frames that do not open.

use super::bad_fields::misspelt;
use super::bad_symbols::gathered;
use super::forge::{address, hex};
use super::frames::{
    Fields, beheaded, cipher_key, code_key, frames, head, plaintext, sealed, sequence_tag,
};
use super::good::{NOW, pair, strangers};
use super::good_sequences::{HERE, LONGEST, fields, spaced};
use super::page::Page;

/// sequences-bad.toml: what a server does not take for a request by way of ports.
pub(crate) fn sequences() -> String {
    let mut page = Page::new(&[
        "Symbols, each with the frame that they give, or \"nothing\"; \"--\" is a symbol that did not come.",
    ]);
    for (name, symbols, frame) in gathered() {
        page.table("symbols");
        page.line("name", name);
        page.line("frame", &frame);
        page.line("symbols", &symbols);
    }
    page.remark("Frames that do not open, for the first pair in keys.toml, each with the reason. The first is");
    page.remark("whole and opens. Every single bit of it matters: flip any of the first 32, and the outcome is");
    page.remark("\"wrong-frames\"; any other, and it is \"forged\" (the tests flip them all).");
    for bad in spoilt().into_iter().chain(misspelt()) {
        page.table("sequence");
        page.line("name", &bad.name);
        page.line("outcome", bad.outcome);
        page.line("epoch", &bad.epoch.to_string());
        page.line("address", bad.address);
        page.line("frames", &spaced(bad.frames.iter().map(|frame| hex(frame))));
    }
    page.finish()
}

type Frames = Vec<Vec<u8>>;

/// Frames that are refused, where and when they come in, and the reason.
pub(crate) struct Bad {
    name: String,
    outcome: &'static str,
    epoch: u64,
    address: &'static str,
    frames: Frames,
}

pub(crate) fn one_frame(fields: &Fields, text: &str) -> Frames {
    request(fields, text.as_bytes(), 1 + text.len().div_ceil(13))
}

pub(crate) fn request(fields: &Fields, text: &[u8], count: usize) -> Frames {
    frames(&plaintext(fields, text, count), address(HERE), NOW, &pair())
}

pub(crate) fn bad(name: &str, outcome: &'static str, frames: Frames) -> Bad {
    Bad {
        name: name.into(),
        outcome,
        epoch: NOW,
        address: HERE,
        frames,
    }
}

/// Right inside, but cut, swapped, flipped, from elsewhere, or sealed with something else.
fn spoilt() -> Vec<Bad> {
    let (good, long) = (one_frame(&fields(), ""), message());
    let flipped = [0, 3, 4, 11, 12, 16]
        .into_iter()
        .flat_map(|at| [(at, 0x01_u8), (at, 0x80)]);
    let flipped = flipped.map(|(at, bit)| {
        let mut frames = good.clone();
        frames
            .iter_mut()
            .flat_map(|frame| frame.iter_mut().skip(at).take(1))
            .for_each(|byte| *byte ^= bit);
        let outcome = if at < 4 { "wrong-frames" } else { "forged" };
        bad(
            &format!("byte {at} with {bit:#04x} flipped"),
            outcome,
            frames,
        )
    });
    let elsewhere = [
        ("from another address", "203.0.113.8"),
        ("from an IPv6 address that ends like it", "::cb00:7107"),
    ]
    .map(|(name, address)| Bad {
        address,
        ..bad(name, "forged", good.clone())
    });
    let epochs =
        [("an epoch late", NOW + 1), ("an epoch early", NOW - 1)].map(|(name, epoch)| Bad {
            epoch,
            ..bad(name, "wrong-frames", good.clone())
        });
    let all = [
        bad("whole", "opens", good.clone()),
        bad("whole in four frames", "opens", long.clone()),
    ];
    all.into_iter()
        .chain(flipped)
        .chain(elsewhere)
        .chain(epochs)
        .chain(numbered(&good, &long))
        .chain(forged())
        .collect()
}

/// Frames that are missing, too many, in another order, or with another head.
fn numbered(good: &Frames, long: &Frames) -> Vec<Bad> {
    let tag = sequence_tag(&pair(), NOW);
    let headed = |index, is_last| {
        good.iter()
            .map(|frame| {
                [
                    &head(tag, index, is_last)[..],
                    frame.get(4..).unwrap_or_default(),
                ]
                .concat()
            })
            .collect()
    };
    let picked = |places: &[usize]| {
        places
            .iter()
            .filter_map(|at| long.get(*at).cloned())
            .collect::<Frames>()
    };
    [
        ("no frame", Vec::new()),
        (
            "the same frame twice",
            [good.clone(), good.clone()].concat(),
        ),
        ("index 1", headed(1, true)),
        ("index 7", headed(7, true)),
        ("not the last", headed(0, false)),
        ("four frames without the first", picked(&[1, 2, 3])),
        ("four frames without the last", picked(&[0, 1, 2])),
        ("four frames without the third", picked(&[0, 1, 3])),
        ("four frames, two of them swapped", picked(&[0, 2, 1, 3])),
        (
            "four frames and one of them again",
            picked(&[0, 1, 2, 3, 3]),
        ),
        ("five frames", {
            let plain = plaintext(
                &Fields {
                    kind: 3,
                    service: 0,
                    last: 32,
                    ..fields()
                },
                LONGEST.as_bytes(),
                5,
            );
            frames(&plain, address(HERE), NOW, &pair())
        }),
    ]
    .map(|(name, frames)| bad(name, "wrong-frames", frames))
    .into()
}

/// With the right head, and not what the holder of the keys has sealed.
fn forged() -> Vec<Bad> {
    let (pair, other) = (pair(), strangers());
    let plain = plaintext(&fields(), b"", 1);
    let tag = sequence_tag(&pair, NOW);
    let with = |code: &[u8; 32], cipher: &[u8; 32]| {
        beheaded(&sealed(&plain, address(HERE), NOW, (code, cipher)), tag)
    };
    let (code, cipher) = (code_key(&pair), cipher_key(&pair));
    let late = beheaded(
        &sealed(&plain, address(HERE), NOW + 1, (&code, &cipher)),
        tag,
    );
    [
        ("the right head before nothing", beheaded(&[0; 13], tag)),
        ("the two keys exchanged", with(&cipher, &code)),
        (
            "sealed with the key of knocks",
            with(&pair.knock_key, &pair.knock_key),
        ),
        (
            "sealed with the key of tags",
            with(&pair.tag_key, &pair.tag_key),
        ),
        (
            "sealed by another pair",
            with(&code_key(&other), &cipher_key(&other)),
        ),
        ("sealed for the next epoch", late),
        ("the last frame of another message", {
            let mut mixed = message();
            let end = one_frame(
                &Fields {
                    unit: 30,
                    ..text_fields()
                },
                LONGEST,
            )
            .pop();
            mixed.pop();
            mixed.into_iter().chain(end).collect()
        }),
    ]
    .map(|(name, frames)| bad(name, "forged", frames))
    .into_iter()
    .chain([bad(
        "another pair's frames",
        "wrong-frames",
        frames(&plain, address(HERE), NOW, &other),
    )])
    .collect()
}

pub(crate) fn text_fields() -> Fields {
    Fields {
        kind: 3,
        service: 0,
        last: 32,
        ..fields()
    }
}

fn message() -> Frames {
    one_frame(&text_fields(), LONGEST)
}
