//! Frames whose seal is good, and whose content is not.

use super::bad_sequences::{Bad, bad, request, text_fields};
use super::frames::Fields;
use super::good_sequences::fields;

/// Sealed with the right keys, but what is inside is no request of this version.
#[expect(clippy::too_many_lines, reason = "a table, one case after the other")]
pub(crate) fn misspelt() -> Vec<Bad> {
    let close = Fields {
        kind: 2,
        last: 0,
        ..fields()
    };
    let tell = |last| Fields {
        last,
        ..text_fields()
    };
    [
        (
            "kind 0",
            "unknown-kind",
            request(
                &Fields {
                    kind: 0,
                    ..fields()
                },
                b"",
                1,
            ),
        ),
        (
            "kind 0 and a unit too late",
            "unknown-kind",
            request(
                &Fields {
                    kind: 0,
                    unit: 200_000,
                    ..fields()
                },
                b"",
                1,
            ),
        ),
        (
            "one unit after the epoch",
            "bad-time",
            request(
                &Fields {
                    unit: 143_052,
                    ..fields()
                },
                b"",
                1,
            ),
        ),
        (
            "the largest unit",
            "bad-time",
            request(
                &Fields {
                    unit: 0x3_ffff,
                    ..fields()
                },
                b"",
                1,
            ),
        ),
        (
            "a close that wants seconds",
            "reserved-not-zero",
            request(
                &Fields {
                    last: 1,
                    ..close.clone()
                },
                b"",
                1,
            ),
        ),
        (
            "a message for a service",
            "reserved-not-zero",
            request(
                &Fields {
                    service: 1,
                    ..tell(1)
                },
                b"x",
                2,
            ),
        ),
        (
            "a knock with a second frame",
            "wrong-frames",
            request(&fields(), b"", 2),
        ),
        (
            "a close with a second frame",
            "wrong-frames",
            request(&close, b"", 2),
        ),
        (
            "a message of nothing in two frames",
            "wrong-frames",
            request(&tell(0), b"", 2),
        ),
        (
            "a message of 13 bytes in three frames",
            "wrong-frames",
            request(&tell(13), b"back at seven", 3),
        ),
        (
            "a message of 14 bytes in two frames",
            "bad-text",
            request(&tell(14), b"back at seven", 2),
        ),
        (
            "a message of 33 bytes",
            "bad-text",
            request(&tell(33), b"the roof of the shed leaks again!", 4),
        ),
        (
            "a message of 63 bytes",
            "bad-text",
            request(&tell(63), b"", 4),
        ),
        (
            "a message that goes on behind its end",
            "reserved-not-zero",
            request(&tell(1), b"xy", 2),
        ),
        (
            "a message with something in its last byte",
            "reserved-not-zero",
            request(&tell(1), b"x\0\0\0\0\0\0\0\0\0\0\0\x01", 2),
        ),
        (
            "a message that is not UTF-8",
            "bad-text",
            request(&tell(2), b"\xff\xfe", 2),
        ),
        (
            "a message that ends within a letter",
            "bad-text",
            request(&tell(1), b"\xd0", 2),
        ),
    ]
    .map(|(name, outcome, frames)| bad(name, outcome, frames))
    .into()
}
