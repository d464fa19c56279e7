//! Whether TCP's options are the ones that a step wants, in their order.

use nightlatch_wire::Reader;

use super::OptionWanted;

/// Whether these bytes are exactly the wanted options; what follows the end is not looked at.
pub(super) fn are_met(wanted: &[OptionWanted], options: &[u8]) -> bool {
    let mut reader = Reader::new(options);
    for want in wanted {
        // Options that lie about their length are not what anybody wants.
        let Some((kind, value)) = next(&mut reader) else {
            return false;
        };
        if kind != want.kind || want.value.is_some_and(|number| value != Some(number)) {
            return false;
        }
    }
    let has_ended = wanted.last().is_some_and(|last| last.kind == END);
    has_ended || reader.is_empty()
}

/// The next option, and the number in it where it holds one.
fn next(reader: &mut Reader<'_>) -> Option<(u8, Option<u32>)> {
    let kind = reader.u8().ok()?;
    if kind == END || kind == FILLER {
        return Some((kind, None));
    }
    let length = usize::from(reader.u8().ok()?).checked_sub(2)?;
    let value = match *reader.take(length).ok()? {
        [one] => Some(one.into()),
        [high, low] => Some(u16::from_be_bytes([high, low]).into()),
        [a, b, c, d] => Some(u32::from_be_bytes([a, b, c, d])),
        _ => None,
    };
    Some((kind, value))
}

const END: u8 = 0;
const FILLER: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    /// As Linux sends them: mss 1460, sack, time stamps, a filler, scale 7.
    const LINUX: [u8; 20] = [
        2, 4, 5, 0xb4, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 7,
    ];

    fn wanted(all: &[(u8, Option<u32>)]) -> alloc::vec::Vec<OptionWanted> {
        all.iter()
            .map(|&(kind, value)| OptionWanted { kind, value })
            .collect()
    }

    #[test]
    fn the_options_of_linux_are_met_with_and_without_their_numbers() {
        let exactly = [
            (2, Some(1460)),
            (4, None),
            (8, None),
            (1, None),
            (3, Some(7)),
        ];
        assert!(are_met(&wanted(&exactly), &LINUX));
        let any = [(2, None), (4, None), (8, None), (1, None), (3, None)];
        assert!(are_met(&wanted(&any), &LINUX));
    }

    #[test]
    fn another_order_number_or_count_is_not_met() {
        let swapped = [(4, None), (2, None), (8, None), (1, None), (3, None)];
        assert!(!are_met(&wanted(&swapped), &LINUX));
        let other = [(2, Some(1400)), (4, None), (8, None), (1, None), (3, None)];
        assert!(!are_met(&wanted(&other), &LINUX));
        let fewer = [(2, None), (4, None), (8, None), (1, None)];
        assert!(!are_met(&wanted(&fewer), &LINUX));
        assert!(!are_met(&wanted(&[(2, None), (1, None)]), &LINUX[..4]));
        assert!(!are_met(&[], &LINUX) && are_met(&[], &[]));
        // A number in what holds none.
        assert!(!are_met(&wanted(&[(4, Some(0))]), &[4, 2]));
    }

    #[test]
    fn what_follows_the_end_is_not_looked_at() {
        assert!(are_met(&wanted(&[(1, None), (0, None)]), &[1, 0, 9, 9]));
        assert!(!are_met(&wanted(&[(1, None)]), &[1, 0, 0, 0]));
    }

    #[test]
    fn lengths_that_lie_are_never_met() {
        for lie in [&[2][..], &[2, 0], &[2, 1], &[2, 4, 5], &[2, 255, 1, 1]] {
            assert!(!are_met(&wanted(&[(2, None)]), lie), "{lie:?}");
        }
    }
}
