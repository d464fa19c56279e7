//! Encrypted sequences that open, what they say, and the ports that say them.

use super::forge::{address, hex, service};
use super::frames::{
    Fields, cipher_key, code_key, codeword, frames, generator, plaintext, ports, sequence_tag,
};
use super::good::{NOW, pair, readable};
use super::page::Page;

/// sequences.toml: tags, codewords, and requests by way of ports.
pub(crate) fn sequences() -> String {
    let mut page = Page::new(&[
        "Encrypted sequences (docs/protocol.md, \"Encrypted sequences\"), for the first pair in keys.toml.",
        "Frames, codewords and the ports of a frame are separated by blanks.",
    ]);
    keys_and_tags(&mut page);
    codewords(&mut page);
    page.remark(
        "Requests: the fields, sealed for the address in the epoch, and the ports in a span.",
    );
    for (name, epoch, request) in good() {
        said(&mut page, name, epoch, &request);
    }
    page.finish()
}

fn keys_and_tags(page: &mut Page) {
    let pair = pair();
    page.table("key");
    page.line("code", &hex(&code_key(&pair)));
    page.line("cipher", &hex(&cipher_key(&pair)));
    for epoch in [0, 1, NOW - 1, NOW, NOW + 1, u64::MAX] {
        page.table("tag");
        page.line("epoch", &epoch.to_string());
        page.line("tag", &format!("{:07x}", sequence_tag(&pair, epoch)));
    }
}

fn codewords(page: &mut Page) {
    page.remark(&format!(
        "The code. Its generator, the highest power first: {}",
        hex(&generator())
    ));
    let first = || [1].into_iter().chain([0; 16]).collect();
    let last = || [0; 16].into_iter().chain([1]).collect();
    for (name, frame) in [
        ("zeros", vec![0; 17]),
        ("the first byte alone", first()),
        ("the last byte alone", last()),
        ("ones", vec![0xff; 17]),
        ("rising", (0..17).collect::<Vec<u8>>()),
    ] {
        page.table("codeword");
        page.line("name", name);
        page.line("frame", &hex(&frame));
        page.line("symbols", &hex(&codeword(&frame)));
    }
}

/// What is said: fields, text, address.
pub(crate) type Said = (Fields, &'static str, &'static str);

fn said(page: &mut Page, name: &str, epoch: u64, (fields, text, from): &Said) {
    let plain = plaintext(fields, text.as_bytes(), 1 + text.len().div_ceil(13));
    let frames = frames(&plain, address(from), epoch, &pair());
    let words: Vec<_> = frames.iter().map(|frame| codeword(frame)).collect();
    page.table("sequence");
    page.line("name", name);
    page.line("epoch", &epoch.to_string());
    page.line("address", &readable(address(from)));
    page.line("kind", &fields.kind.to_string());
    page.line(
        "counter",
        &(epoch * 600_000_000_000 + (fields.unit << 22)).to_string(),
    );
    page.line("service", &fields.service.to_string());
    page.line("wanted", &wanted(fields).to_string());
    page.line("text", text);
    page.line("plaintext", &hex(&plain));
    page.line("frames", &spaced(frames.iter().map(|frame| hex(frame))));
    page.line("symbols", &spaced(words.iter().map(|word| hex(word))));
    page.line("span", "20000-28191");
    page.line("skip", "20010-20020 22222-22222 27990-30000");
    let ports = words.iter().flat_map(|word| ports(word, SPAN, &SKIP));
    page.line("ports", &spaced(ports.map(|port| port.to_string())));
}

/// Seconds out of six bits: 0 to 3 as they are, above that two bits behind a leading one.
fn wanted(fields: &Fields) -> u64 {
    match (fields.kind, fields.last) {
        (1, bits @ 0..4) => bits,
        (1, bits) => (4 + bits % 4) << (bits / 4 - 1),
        _ => 0,
    }
}

/// The request that the others are made from: ssh for 28 s.
pub(crate) fn fields() -> Fields {
    Fields {
        unit: 29,
        kind: 1,
        service: short("ssh"),
        last: 15,
    }
}

fn short(name: &str) -> u64 {
    let [first, second, ..] = service(name);
    u64::from(u16::from_be_bytes([first, second]) >> 2)
}

/// What a message says that has room for nothing more.
pub(crate) const LONGEST: &str = "the roof of the shed leaks again";

fn message(text: &'static str) -> Said {
    let last = u64::try_from(text.len()).unwrap_or_default();
    let fields = Fields {
        kind: 3,
        service: 0,
        last,
        ..fields()
    };
    (fields, text, HERE)
}

#[expect(clippy::too_many_lines, reason = "a table, one case after the other")]
fn good() -> Vec<(&'static str, u64, Said)> {
    let knock = |fields| (fields, "", HERE);
    vec![
        ("a knock over IPv4", NOW, knock(fields())),
        ("a knock over IPv6", NOW, (fields(), "", "2001:db8::7")),
        (
            "the same one unit later",
            NOW,
            knock(Fields {
                unit: 30,
                ..fields()
            }),
        ),
        (
            "for as long as the service says",
            NOW,
            knock(Fields {
                last: 0,
                ..fields()
            }),
        ),
        (
            "for one second",
            NOW,
            knock(Fields {
                last: 1,
                ..fields()
            }),
        ),
        (
            "for as long as can be said",
            NOW,
            knock(Fields {
                last: 63,
                ..fields()
            }),
        ),
        (
            "a service with another name",
            NOW,
            knock(Fields {
                service: short("tür 7"),
                ..fields()
            }),
        ),
        (
            "a close",
            NOW,
            knock(Fields {
                kind: 2,
                last: 0,
                ..fields()
            }),
        ),
        (
            "the first unit of an epoch",
            NOW + 1,
            knock(Fields {
                unit: 0,
                ..fields()
            }),
        ),
        (
            "the last unit of an epoch",
            NOW - 1,
            knock(Fields {
                unit: 143_051,
                ..fields()
            }),
        ),
        (
            "the first epoch",
            0,
            knock(Fields {
                unit: 0,
                ..fields()
            }),
        ),
        ("a message that says nothing", NOW, message("")),
        ("a message of one letter", NOW, message("x")),
        (
            "a message that fills two frames",
            NOW,
            message("back at seven"),
        ),
        ("a message in three frames", NOW, message("back at eight.")),
        ("a message in another script", NOW, message("дверь открыта")),
        ("the longest message", NOW, message(LONGEST)),
    ]
}

pub(crate) fn spaced(words: impl Iterator<Item = String>) -> String {
    words.collect::<Vec<_>>().join(" ")
}

/// Where most requests come from.
pub(crate) const HERE: &str = "203.0.113.7";

const SPAN: (u16, u16) = (20_000, 28_191);
const SKIP: [(u16, u16); 3] = [(20_010, 20_020), (22_222, 22_222), (27_990, 30_000)];
