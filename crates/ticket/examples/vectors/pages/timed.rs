//! Ports that follow from a secret and the time, made from HMAC alone.

use super::forge::{hex, hmac};
use super::page::Page;
use super::texts::text;

/// timed.toml: secret, period and time, and the ports to touch.
pub(crate) fn timed() -> String {
    let mut page = Page::new(&[
        "Time-based sequences (docs/protocol.md, \"Time-based sequences\"): the ports of a moment, in the",
        "order to touch them. Time is in seconds since 1970.",
    ]);
    for (name, secret, (period, time), (count, first, last)) in moments() {
        let step = time / period;
        let ports = ports(&secret, step, count, (first, last));
        page.table("moment");
        page.line("name", name);
        page.line("secret", &hex(&secret));
        page.line("text", &text("nightlatch-seq", &secret));
        page.line("period", &period.to_string());
        page.line("time", &time.to_string());
        page.line("step", &step.to_string());
        page.line("span", &format!("{first}-{last}"));
        page.line("count", &count.to_string());
        let ports: Vec<_> = ports.iter().map(u16::to_string).collect();
        page.line("ports", &ports.join(" "));
    }
    page.finish()
}

type Moment = (&'static str, [u8; 32], (u64, u64), (usize, u16, u16));

fn moments() -> Vec<Moment> {
    let rising = std::array::from_fn(|at| u8::try_from(at).unwrap_or_default());
    let usual = (4, 20_000, 29_999);
    vec![
        ("the usual", rising, (30, NOW), usual),
        (
            "the last second of that step",
            rising,
            (30, NOW + 29),
            usual,
        ),
        ("the step after", rising, (30, NOW + 30), usual),
        ("the step before", rising, (30, NOW - 1), usual),
        ("another secret", [0xff; 32], (30, NOW), usual),
        ("a longer period", rising, (300, NOW), usual),
        ("three ports", rising, (30, NOW), (3, 20_000, 29_999)),
        ("eight ports", rising, (30, NOW), (8, 20_000, 29_999)),
        ("another span", rising, (30, NOW), (4, 1_024, 65_535)),
        ("all ports there are", rising, (30, NOW), (4, 1, 65_535)),
        (
            "a span with no port to spare",
            rising,
            (30, NOW),
            (8, 7_000, 7_007),
        ),
        (
            "a span with fewer ports than are wanted",
            rising,
            (30, NOW),
            (4, 7_000, 7_001),
        ),
        ("the first step", [0; 32], (30, 0), usual),
        (
            "a moment far away",
            rising,
            (1, u64::MAX / 1_000_000_000),
            usual,
        ),
    ]
}

fn ports(secret: &[u8; 32], step: u64, count: usize, (first, last): (u16, u16)) -> Vec<u16> {
    let size = u32::from(last - first) + 1;
    let mut ports = Vec::new();
    for index in 0_u32.. {
        if ports.len() == count.min(size as usize) {
            break;
        }
        let port = first + u16::try_from(truncated(secret, step, index) % size).unwrap_or_default();
        if !ports.contains(&port) {
            ports.push(port);
        }
    }
    ports
}

/// RFC 4226 §5.3, with SHA-256.
fn truncated(secret: &[u8; 32], step: u64, index: u32) -> u32 {
    let label = b"nightlatch timed sequence";
    let said = [&label[..], &step.to_be_bytes(), &index.to_be_bytes()].concat();
    let mac = hmac(secret, &said);
    let offset = usize::from(mac[31] & 0x0f);
    let four = mac.iter().skip(offset).take(4);
    four.fold(0, |number, byte| number << 8 | u32::from(*byte)) & 0x7fff_ffff
}

const NOW: u64 = 1_800_000_000;
