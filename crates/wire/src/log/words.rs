//! The words of a line, and what they are worth.

/// What is left of a line; words are parted by blanks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words<'a> {
    rest: &'a [u8],
}

impl<'a> Words<'a> {
    pub(super) const fn new(text: &'a [u8]) -> Self {
        Self { rest: text }
    }

    /// Takes the next word, whatever it is.
    pub(super) fn next(&mut self) -> Option<&'a [u8]> {
        let (word, rest) = self.split()?;
        self.rest = rest;
        Some(word)
    }

    /// Takes the next word if it begins like this, and gives what follows.
    pub(super) fn value(&mut self, name: &str) -> Option<&'a [u8]> {
        let (word, rest) = self.split()?;
        let value = word.strip_prefix(name.as_bytes())?;
        self.rest = rest;
        Some(value)
    }

    /// Takes the next word if it is this one.
    pub(super) fn takes(&mut self, wanted: &str) -> bool {
        match self.split() {
            Some((word, rest)) if word == wanted.as_bytes() => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    fn split(&self) -> Option<(&'a [u8], &'a [u8])> {
        let start = self.rest.iter().position(|&byte| byte != BLANK)?;
        let rest = self.rest.get(start..)?;
        let mut near = rest.iter().take(LONGEST_WORD.saturating_add(1));
        let end = near.position(|&byte| byte == BLANK);
        match end {
            None if rest.len() > LONGEST_WORD => None,
            end => rest.split_at_checked(end.unwrap_or(rest.len())),
        }
    }
}

/// A number as the kernel writes it: decimal digits alone, and no more of them than fit.
pub(super) fn number<T: TryFrom<u32>>(digits: &[u8]) -> Option<T> {
    if digits.is_empty() || digits.len() > MOST_DIGITS {
        return None;
    }
    let mut sum: u32 = 0;
    for &digit in digits {
        let digit = char::from(digit).to_digit(10)?;
        sum = sum.checked_mul(10)?.checked_add(digit)?;
    }
    T::try_from(sum).ok()
}

/// Whether these are digits of a number that nobody asks for, after "0x" where it stands.
pub(super) fn is_hexadecimal(digits: &[u8]) -> bool {
    let digits = digits.strip_prefix(b"0x").unwrap_or(digits);
    !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit)
}

/// The bytes that are written out in hexadecimal digits; `None` where `room` is too small for them.
pub(super) fn bytes<'a>(digits: &[u8], room: &'a mut [u8]) -> Option<&'a [u8]> {
    let (pairs, []) = digits.as_chunks::<2>() else {
        return None;
    };
    let room = room.get_mut(..pairs.len())?;
    for (place, &[high, low]) in room.iter_mut().zip(pairs) {
        let [high, low] = [high, low].map(|digit| char::from(digit).to_digit(16));
        *place = u8::try_from(high? << 4 | low?).ok()?;
    }
    Some(room)
}

/// The longest is a hardware address of 32 bytes. A longer one is no word of the kernel's, and is not
/// looked at again from every beginning that it may hold.
const LONGEST_WORD: usize = 128;
const BLANK: u8 = b' ';
const MOST_DIGITS: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_taken_one_by_one_and_stay_where_they_are_not_wanted() {
        let mut words = Words::new(b"  IN=eth0 OUT=  DF ");
        assert_eq!(words.value("OUT="), None);
        assert_eq!(words.value("IN="), Some(&b"eth0"[..]));
        assert!(!words.takes("OUT"));
        assert_eq!(words.next(), Some(&b"OUT="[..]));
        assert!(words.takes("DF"));
        assert_eq!(words.next(), None);
    }

    #[test]
    fn only_digits_are_a_number_and_only_those_that_fit() {
        assert_eq!(number(b"65535"), Some(65_535_u16));
        assert_eq!(number(b"007"), Some(7_u8));
        for digits in [
            &b""[..],
            b"65536",
            b"-1",
            b"+1",
            b"1 ",
            b"0x1",
            b"00000000001",
            b"\xff",
        ] {
            assert_eq!(number::<u16>(digits), None);
        }
        assert_eq!(number(b"4294967295"), Some(u32::MAX));
        assert_eq!(number::<u32>(b"4294967296"), None);
    }

    #[test]
    fn bytes_are_pairs_of_digits_that_have_room() {
        let mut room = [0; 4];
        assert_eq!(bytes(b"020405B4", &mut room), Some(&[2, 4, 5, 0xb4][..]));
        assert_eq!(bytes(b"", &mut room), Some(&[][..]));
        for digits in [&b"0"[..], b"0g", b"020405B401", b"  "] {
            assert_eq!(bytes(digits, &mut room), None);
        }
    }
}
