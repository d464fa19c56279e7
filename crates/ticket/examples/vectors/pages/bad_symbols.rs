//! Symbols that came, and the frame that they give or do not give.

use super::bad_sequences::one_frame;
use super::forge::hex;
use super::frames::{Fields, codeword};
use super::good_sequences::fields;

/// Symbols as they came, and what they give.
#[expect(clippy::too_many_lines, reason = "a table, one case after the other")]
pub(crate) fn gathered() -> Vec<(&'static str, String, String)> {
    let frame = one_frame(&fields(), "").concat();
    let other = one_frame(
        &Fields {
            unit: 30,
            ..fields()
        },
        "",
    )
    .concat();
    let (word, others) = (codeword(&frame), codeword(&other));
    let came = |word: &[u8], lost: &dyn Fn(usize) -> bool| {
        let places = word.iter().enumerate();
        let digits = places.map(|(at, value)| {
            if lost(at) {
                "--".into()
            } else {
                hex(&[*value])
            }
        });
        digits.collect::<String>()
    };
    let wrong = |at: usize| {
        let places = word.iter().enumerate();
        places
            .map(|(here, value)| value ^ u8::from(here == at))
            .collect::<Vec<_>>()
    };
    let mixed: Vec<u8> = word
        .iter()
        .take(20)
        .chain(others.iter().skip(20))
        .copied()
        .collect();
    let (whole, nothing) = (hex(&frame), || "nothing".to_owned());
    vec![
        ("all of them", came(&word, &|_| false), whole.clone()),
        ("the first 17", came(&word, &|at| at > 16), whole.clone()),
        ("the last 17", came(&word, &|at| at < 14), whole.clone()),
        (
            "17 here and there",
            came(&word, &|at| at % 9 % 2 == 1 || at == 30),
            whole.clone(),
        ),
        (
            "20 of them",
            came(&word, &|at| at % 3 == 1 || at == 0),
            whole,
        ),
        ("none", came(&word, &|_| true), nothing()),
        ("one", came(&word, &|at| at != 4), nothing()),
        ("the first 16", came(&word, &|at| at > 15), nothing()),
        ("the last 16", came(&word, &|at| at < 15), nothing()),
        (
            "all, the first of them wrong",
            came(&wrong(0), &|_| false),
            nothing(),
        ),
        (
            "all, the last of them wrong",
            came(&wrong(30), &|_| false),
            nothing(),
        ),
        (
            "18, one of the frame's own wrong",
            came(&wrong(3), &|at| at > 17),
            nothing(),
        ),
        (
            "18, the one of parity wrong",
            came(&wrong(17), &|at| at > 17),
            nothing(),
        ),
        (
            "18 of parity and the end, one wrong",
            came(&wrong(20), &|at| at < 13),
            nothing(),
        ),
        (
            "20 of one frame and 11 of another",
            came(&mixed, &|_| false),
            nothing(),
        ),
    ]
}
