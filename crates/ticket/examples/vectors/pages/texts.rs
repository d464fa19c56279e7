//! Keys as text: good ones, and every way of spoiling one.

use bech32::primitives::iter::Fe32IterExt;
use bech32::{Bech32, Bech32m, Fe32, Hrp};

use super::forge::hex;
use super::good::pair;
use super::page::Page;

/// texts.toml: the four kinds of key, and what is said about a spoilt one.
pub(crate) fn texts() -> String {
    let mut page = Page::new(&["Keys as text (docs/protocol.md, \"Keys as text\")."]);
    let pair = pair();
    for (kind, bytes) in [
        ("public", pair.client_public),
        ("public", pair.server_public),
        ("public", [0xff; 32]),
        ("secret", pair.client_secret),
        ("secret", [0; 32]),
        ("preshared", pair.preshared),
        ("sequence", [0x5e; 32]),
    ] {
        page.table("good");
        page.line("kind", kind);
        page.line("bytes", &hex(&bytes));
        page.line("text", &text(prefix(kind), &bytes));
    }
    page.remark("Texts in which a public key is wanted and not found, with what is wrong.");
    for (name, text, wrong) in spoilt() {
        page.table("bad");
        page.line("name", name);
        page.line("wrong", wrong);
        page.line("text", &text);
    }
    page.finish()
}

#[expect(clippy::too_many_lines, reason = "a table, one case after the other")]
fn spoilt() -> Vec<(&'static str, String, &'static str)> {
    let pair = pair();
    let good = text("nightlatch-pub", &pair.client_public);
    let last = good.len() - 1;
    vec![
        ("nothing", String::new(), "empty"),
        ("blanks", "  \t".into(), "empty"),
        (
            "a secret key",
            text("nightlatch-secret", &pair.client_secret),
            "other-kind",
        ),
        (
            "a pre-shared secret",
            text("nightlatch-psk", &pair.preshared),
            "other-kind",
        ),
        (
            "a sequence secret",
            text("nightlatch-seq", &[0x5e; 32]),
            "other-kind",
        ),
        (
            "a secret key with a typo",
            change(&text("nightlatch-secret", &[7; 32]), 40),
            "other-kind",
        ),
        (
            "another program's key",
            text("age", &pair.client_public),
            "not-ours",
        ),
        (
            "an SSH key",
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDkQ alice".into(),
            "not-ours",
        ),
        ("the prefix alone", "nightlatch-pub".into(), "not-ours"),
        (
            "the prefix with its 1",
            "nightlatch-pub1".into(),
            "wrong-length",
        ),
        (
            "half of it",
            good.chars().take(40).collect(),
            "wrong-length",
        ),
        (
            "one character short",
            good.chars().take(last).collect(),
            "wrong-length",
        ),
        ("one character more", format!("{good}q"), "wrong-length"),
        ("31 bytes", text("nightlatch-pub", &[7; 31]), "wrong-length"),
        ("33 bytes", text("nightlatch-pub", &[7; 33]), "wrong-length"),
        ("a typo at its beginning", change(&good, 15), "typo-at 16"),
        ("a typo in its middle", change(&good, 44), "typo-at 45"),
        ("a typo at its end", change(&good, last), "typo-at 73"),
        (
            "three typos",
            change(&change(&change(&good, 20), 33), 60),
            "typo",
        ),
        (
            "a letter that no key has",
            replace(&good, 30, 'b'),
            "strange-character 31",
        ),
        (
            "a 1 inside it",
            replace(&good, 30, '1'),
            "strange-character 31",
        ),
        (
            "a blank inside it",
            replace(&good, 30, ' '),
            "strange-character 31",
        ),
        (
            "a letter from elsewhere",
            replace(&good, 30, 'ä'),
            "strange-character 31",
        ),
        ("one capital", capital(&good, 17), "mixed-case"),
        (
            "the older checksum",
            older("nightlatch-pub", &pair.client_public),
            "typo",
        ),
        ("bits left over that are not zero", left_over(), "typo"),
    ]
}

fn prefix(kind: &str) -> &'static str {
    match kind {
        "public" => "nightlatch-pub",
        "secret" => "nightlatch-secret",
        "sequence" => "nightlatch-seq",
        _ => "nightlatch-psk",
    }
}

pub(crate) fn text(prefix: &str, bytes: &[u8]) -> String {
    bech32::encode::<Bech32m>(Hrp::parse_unchecked(prefix), bytes).unwrap_or_default()
}

/// The checksum of bech32, which bech32m replaced.
fn older(prefix: &str, bytes: &[u8]) -> String {
    bech32::encode::<Bech32>(Hrp::parse_unchecked(prefix), bytes).unwrap_or_default()
}

/// A good checksum over 52 characters whose last one says more than 32 bytes.
fn left_over() -> String {
    let values = [Fe32::Q; 51].into_iter().chain([Fe32::P]);
    let hrp = Hrp::parse_unchecked("nightlatch-pub");
    values.with_checksum::<Bech32m>(&hrp).chars().collect()
}

/// The text with another good character at that place.
fn change(text: &str, at: usize) -> String {
    let other = if text.chars().nth(at) == Some('q') {
        'p'
    } else {
        'q'
    };
    replace(text, at, other)
}

fn replace(text: &str, at: usize, other: char) -> String {
    text.chars()
        .enumerate()
        .map(|(here, was)| if here == at { other } else { was })
        .collect()
}

fn capital(text: &str, at: usize) -> String {
    let change = |(here, was): (usize, char)| {
        if here == at {
            was.to_ascii_uppercase()
        } else {
            was
        }
    };
    text.chars().enumerate().map(change).collect()
}
