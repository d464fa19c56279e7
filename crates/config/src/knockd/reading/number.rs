//! Numbers as C's `atoi` reads them, where an `int` has 32 bits and a `long` 64.

use super::lines::is_blank;

/// What `atoi` makes of a text: blanks, a sign, digits, and whatever follows is not looked at.
pub(crate) fn atoi(text: &str) -> i32 {
    let text = text.trim_start_matches(is_blank);
    let (is_negative, digits) = match text.strip_prefix(['+', '-']) {
        Some(digits) => (text.starts_with('-'), digits),
        None => (false, text),
    };
    let sign = if is_negative { -1 } else { 1 };
    let long = digits
        .bytes()
        .take_while(u8::is_ascii_digit)
        .fold(0_i64, |number, digit| {
            let digit = i64::from(digit.wrapping_sub(b'0')).saturating_mul(sign);
            number.saturating_mul(10).saturating_add(digit)
        });
    // A number that is too long for an `int` loses its upper half there, too.
    i32::from_le_bytes(first_half(long.to_le_bytes()))
}

const fn first_half(long: [u8; 8]) -> [u8; 4] {
    let [a, b, c, d, ..] = long;
    [a, b, c, d]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_what_c_makes_of_them() {
        for (text, number) in [
            ("22", 22),
            (" \t+5", 5),
            ("-1", -1),
            ("12ab", 12),
            ("0x10", 0),
            ("", 0),
            ("abc", 0),
            ("+ 5", 0),
            ("--1", 0),
            ("4294967318", 22),
            ("2147483648", i32::MIN),
            ("-2147483649", i32::MAX),
            ("99999999999", 1_215_752_191),
            ("99999999999999999999", -1),
            ("-99999999999999999999", 0),
        ] {
            assert_eq!(atoi(text), number, "{text}");
        }
    }
}
