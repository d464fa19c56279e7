//! Knocks that open, and what they say.

use super::forge::{Knock, address, hex, seal, service};
use super::good::{LAST_MILLISECOND, NOW, knock, nonce, pair, readable};
use super::page::Page;

/// knocks.toml: knocks that open, and what they say.
pub(crate) fn knocks() -> String {
    let mut page = Page::new(&[
        "Knocks that open (docs/protocol.md, \"Knock\"), sealed for the first pair in keys.toml.",
        "tag_of is the epoch's number, or \"recovery\"; claimed is empty where sixteen zero bytes stand.",
    ]);
    for (number, (name, epoch, knock)) in (1..).zip(good_knocks()) {
        let pair = pair();
        let tag = epoch.map_or_else(|| pair.recovery_tag(), |epoch| pair.epoch_tag(epoch));
        page.table("knock");
        page.line("name", name);
        page.line(
            "tag_of",
            &epoch.map_or_else(|| "recovery".into(), |epoch| epoch.to_string()),
        );
        page.line("kind", &knock.kind.to_string());
        page.line("counter", &knock.counter.to_string());
        page.line("time", &knock.time.to_string());
        page.line("service", &hex(&knock.service));
        page.line("claimed", &readable(knock.claimed));
        page.line("wanted", &knock.wanted.to_string());
        page.line("nonce", &hex(&nonce(number)));
        page.line("plaintext", &hex(&knock.plaintext()));
        page.line(
            "packet",
            &hex(&seal(
                &pair.knock_key,
                tag,
                nonce(number),
                &knock.plaintext(),
            )),
        );
    }
    page.finish()
}

#[expect(clippy::too_many_lines, reason = "a table, one case after the other")]
fn good_knocks() -> Vec<(&'static str, Option<u64>, Knock)> {
    let base = knock();
    let now = Some(NOW);
    let claiming = |text| Knock {
        claimed: address(text),
        ..knock()
    };
    let asking = Knock {
        kind: 3,
        service: [0; 8],
        claimed: [0; 16],
        wanted: 0,
        ..knock()
    };
    vec![
        ("a knock over IPv4", now, base.clone()),
        ("a knock over IPv6", now, claiming("2001:db8::7")),
        (
            "a knock from a link-local address",
            now,
            claiming("fe80::1"),
        ),
        ("a knock from this host", now, claiming("::1")),
        ("a knock without an address", now, claiming("::")),
        (
            "for as long as the service says",
            now,
            Knock {
                wanted: 0,
                ..knock()
            },
        ),
        (
            "for longer than anybody allows",
            now,
            Knock {
                wanted: u32::MAX,
                ..knock()
            },
        ),
        (
            "a service with another name",
            now,
            Knock {
                service: service("tür 7"),
                ..knock()
            },
        ),
        ("a close", now, Knock { kind: 2, ..knock() }),
        ("an ask for the address", now, asking),
        (
            "a message in a packet without room for one",
            now,
            Knock { kind: 4, ..knock() },
        ),
        (
            "the epoch before",
            Some(NOW - 1),
            Knock {
                time: NOW * 600_000 - 1,
                ..knock()
            },
        ),
        (
            "recovery, with the clock at its beginning",
            None,
            Knock {
                counter: 1,
                time: 0,
                ..knock()
            },
        ),
        ("recovery, with a clock that is right", None, base),
        (
            "all that is largest",
            now,
            Knock {
                counter: u64::MAX,
                time: LAST_MILLISECOND,
                ..knock()
            },
        ),
        (
            "all that is smallest",
            Some(0),
            Knock {
                counter: 0,
                time: 0,
                ..knock()
            },
        ),
    ]
}
