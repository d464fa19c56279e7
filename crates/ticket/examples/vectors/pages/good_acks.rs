//! Answers that open, and what they say.

use super::forge::{Ack, address, hex, seal};
use super::good::{LAST_MILLISECOND, ack, nonce, pair, readable};
use super::page::Page;

/// acks.toml: answers that open, and what they say.
pub(crate) fn acks() -> String {
    let mut page = Page::new(&[
        "Answers that open (docs/protocol.md, \"Ack\"), sealed for the first pair in keys.toml.",
    ]);
    for (number, (name, ack)) in (101..).zip(good_acks()) {
        let pair = pair();
        let packet = seal(
            &pair.ack_key,
            pair.ack_tag(ack.counter),
            nonce(number),
            &ack.plaintext(),
        );
        page.table("ack");
        page.line("name", name);
        page.line("status", &ack.status.to_string());
        page.line("counter", &ack.counter.to_string());
        page.line("time", &ack.time.to_string());
        page.line("seen", &readable(ack.seen));
        page.line("granted", &ack.granted.to_string());
        page.line("last", &ack.last.to_string());
        page.line("nonce", &hex(&nonce(number)));
        page.line("plaintext", &hex(&ack.plaintext()));
        page.line("packet", &hex(&packet));
    }
    page.finish()
}

#[expect(clippy::too_many_lines, reason = "a table, one case after the other")]
fn good_acks() -> Vec<(&'static str, Ack)> {
    let refused = |status| Ack {
        status,
        granted: 0,
        ..ack()
    };
    vec![
        ("granted", ack()),
        ("closed", refused(2)),
        ("seen", refused(3)),
        (
            "in doubt",
            Ack {
                last: ack().counter + 5_000_000_000,
                ..refused(4)
            },
        ),
        (
            "stale",
            Ack {
                time: ack().time + 61_000,
                ..refused(5)
            },
        ),
        (
            "elsewhere",
            Ack {
                seen: address("198.51.100.9"),
                ..refused(6)
            },
        ),
        ("forbidden", refused(7)),
        (
            "recovered",
            Ack {
                counter: 1,
                ..refused(8)
            },
        ),
        ("unavailable", refused(9)),
        ("full", refused(10)),
        (
            "seen over IPv6",
            Ack {
                seen: address("2001:db8::7"),
                ..ack()
            },
        ),
        (
            "all that is largest",
            Ack {
                counter: u64::MAX,
                time: LAST_MILLISECOND,
                granted: u32::MAX,
                last: u64::MAX,
                ..ack()
            },
        ),
        (
            "all that is smallest",
            Ack {
                counter: 0,
                time: 0,
                granted: 0,
                last: 0,
                ..ack()
            },
        ),
        ("taken", refused(11)),
    ]
}
