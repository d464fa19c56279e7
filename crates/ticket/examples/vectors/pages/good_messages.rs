//! Messages that open, and what they say.

use super::forge::{Knock, address, hex, seal};
use super::good::{NOW, knock, nonce, pair, readable};
use super::page::Page;
use super::spoil::part;

/// messages.toml: messages that open, and what they say.
pub(crate) fn messages() -> String {
    let mut page = Page::new(&[
        "Messages that open (docs/protocol.md, \"Messages\"), sealed for the first pair in keys.toml.",
        "The plaintext is the first 64 bytes; after it come the text and zeros, 1024 bytes in all.",
    ]);
    for (number, (name, epoch, knock, text)) in (1..).zip(said()) {
        let nonce = nonce(number);
        page.table("message");
        page.line("name", name);
        page.line("epoch", &epoch.to_string());
        page.line("counter", &knock.counter.to_string());
        page.line("time", &knock.time.to_string());
        page.line("claimed", &readable(knock.claimed));
        page.line("text", &text);
        page.line("nonce", &hex(&nonce));
        page.line(
            "plaintext",
            &hex(&part(&plaintext(&knock, text.as_bytes()), 0, 64)),
        );
        let tag = pair().epoch_tag(epoch);
        page.line(
            "packet",
            &hex(&seal(
                &pair().knock_key,
                tag,
                nonce,
                &plaintext(&knock, text.as_bytes()),
            )),
        );
    }
    page.finish()
}

/// The message that the others are made from, but for its text.
pub(crate) fn message() -> Knock {
    Knock {
        kind: 4,
        service: [0; 8],
        wanted: 0,
        ..knock()
    }
}

/// 64 bytes of head, the text's length in the first two of those that a knock keeps at zero.
pub(crate) fn plaintext(head: &Knock, text: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(text.len()).unwrap_or_default().to_be_bytes();
    with_length(head, [high, low], text)
}

/// The same with any two bytes in the place of the length.
pub(crate) fn with_length(head: &Knock, [high, low]: [u8; 2], text: &[u8]) -> Vec<u8> {
    let [_, _, rest @ ..] = head.reserved;
    let head = [
        part(&head.plaintext(), 0, 48),
        vec![high, low],
        rest.to_vec(),
    ]
    .concat();
    let mut plain = [head, text.to_vec()].concat();
    plain.resize(1_088, 0);
    plain
}

fn said() -> Vec<(&'static str, u64, Knock, String)> {
    let over_six = Knock {
        claimed: address("2001:db8::7"),
        ..message()
    };
    let unknown = Knock {
        claimed: [0; 16],
        ..message()
    };
    vec![
        (
            "a message over IPv4",
            NOW,
            message(),
            "the roof leaks".into(),
        ),
        (
            "a message over IPv6",
            NOW + 1,
            over_six,
            "the roof leaks".into(),
        ),
        (
            "a message without an address",
            NOW,
            unknown,
            "the roof leaks".into(),
        ),
        ("a message that says nothing", NOW, message(), String::new()),
        (
            "a message in another script",
            NOW,
            message(),
            "дверь открыта до семи".into(),
        ),
        (
            "a message of two lines",
            NOW,
            message(),
            "one\ntwo \"quoted\" \\".into(),
        ),
        (
            "the longest message",
            NOW,
            message(),
            "0123456789abcdef".repeat(64),
        ),
    ]
}
