//! Keys, tags and the hashes of names.

use super::forge::{Pair, hex, service, unhex};
use super::good::{ALICE, BOB, knock, pair, strangers};
use super::page::Page;

/// keys.toml: secrets in, keys out; and public keys that must be refused.
pub(crate) fn keys() -> String {
    let mut page = Page::new(&[
        "Key derivation (docs/protocol.md, \"Keys\"). The first pair sealed every packet in the other files.",
    ]);
    for (name, pair) in [
        ("Alice and Bob of RFC 7748 with a pre-shared secret", pair()),
        (
            "the same without a pre-shared secret",
            Pair::new(unhex(ALICE), unhex(BOB), [0; 32]),
        ),
        ("another pair", strangers()),
        (
            "the roles exchanged",
            Pair::new(unhex(BOB), unhex(ALICE), pair().preshared),
        ),
    ] {
        page.table("pair");
        page.line("name", name);
        page.line("client_secret", &hex(&pair.client_secret));
        page.line("client_public", &hex(&pair.client_public));
        page.line("server_secret", &hex(&pair.server_secret));
        page.line("server_public", &hex(&pair.server_public));
        page.line("preshared", &hex(&pair.preshared));
        page.line("tag_key", &hex(&pair.tag_key));
        page.line("knock_key", &hex(&pair.knock_key));
        page.line("ack_key", &hex(&pair.ack_key));
    }
    page.remark("Public keys that agree on zero with every secret: refused.");
    for (name, public) in WEAK {
        page.table("weak");
        page.line("name", name);
        page.line("public", public);
    }
    page.finish()
}

/// hashes.toml: tags and service names.
pub(crate) fn hashes() -> String {
    let mut page =
        Page::new(&["Tags (docs/protocol.md, \"Tags\") of the first pair in keys.toml."]);
    let pair = pair();
    let mut tag = |of: &str, number: &str, tag: [u8; 8]| {
        page.table("tag");
        page.line("of", of);
        page.line("number", number);
        page.line("tag", &hex(&tag));
    };
    for epoch in [0, 1, 2_999_999, 3_000_000, 3_000_001, u64::MAX] {
        tag("epoch", &epoch.to_string(), pair.epoch_tag(epoch));
    }
    tag("recovery", "", pair.recovery_tag());
    for counter in [0, 1, 3_000_000, knock().counter, u64::MAX] {
        tag("ack", &counter.to_string(), pair.ack_tag(counter));
    }
    page.remark("Service names (docs/protocol.md, \"Knock\").");
    for name in [
        "ssh",
        "SSH",
        "web",
        "",
        "a-longer-name.with_everything:else",
        "tür 7",
    ] {
        page.table("service");
        page.line("name", name);
        page.line("hash", &hex(&service(name)));
    }
    page.finish()
}

/// The points of small order, and the ways of writing them that are not reduced.
const WEAK: [(&str, &str); 7] = [
    (
        "zero",
        "0000000000000000000000000000000000000000000000000000000000000000",
    ),
    (
        "one",
        "0100000000000000000000000000000000000000000000000000000000000000",
    ),
    (
        "order eight",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    ),
    (
        "order eight, the other",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    ),
    (
        "p - 1",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ),
    (
        "p",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ),
    (
        "p + 1",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ),
];
