//! Seconds in six bits: a floating number with two bits after the leading one.

/// The largest number that is not above `seconds`; anything above 0 stays above it.
pub(super) fn to_bits(seconds: u32) -> u8 {
    (0..=MOST)
        .rev()
        .find(|bits| from_bits(*bits) <= seconds)
        .unwrap_or_default()
}

/// What six bits say: four of exponent, two of mantissa.
pub(super) fn from_bits(bits: u8) -> u32 {
    let (exponent, mantissa) = (bits >> 2 & 0b1111, u32::from(bits & 0b11));
    match exponent.checked_sub(1) {
        None => mantissa,
        Some(by) => (mantissa | 0b100) << by,
    }
}

/// All six bits: 31 hours and 51 minutes.
const MOST: u8 = 0b11_1111;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_said_by_the_bits_that_say_it() {
        for bits in 0..=MOST {
            assert_eq!(to_bits(from_bits(bits)), bits);
        }
        let all: [u32; 8] = core::array::from_fn(|bits| from_bits(u8::try_from(bits).unwrap()));
        assert_eq!(all, [0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(from_bits(MOST), 114_688);
    }

    #[test]
    fn what_cannot_be_said_is_rounded_down_by_less_than_a_fifth() {
        for seconds in 1..100_000 {
            let said = from_bits(to_bits(seconds));
            assert!(
                said <= seconds && said * 5 > seconds * 4,
                "{seconds}: {said}"
            );
        }
        assert_eq!(from_bits(to_bits(30)), 28);
        assert_eq!(from_bits(to_bits(u32::MAX)), 114_688);
    }
}
