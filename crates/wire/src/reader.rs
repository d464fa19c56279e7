//! Takes bytes from the front of a slice and cannot run past its end.

use crate::Unreadable;

/// A slice that only ever gets shorter: what is taken is gone, what is missing is `Truncated`.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Starts at the first byte of `bytes`.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Takes the next `count` bytes.
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], Unreadable> {
        let (taken, rest) = self
            .rest
            .split_at_checked(count)
            .ok_or(Unreadable::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    /// Takes the next `N` bytes as an array.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Unreadable> {
        let (taken, rest) = self
            .rest
            .split_first_chunk::<N>()
            .ok_or(Unreadable::Truncated)?;
        self.rest = rest;
        Ok(*taken)
    }

    /// Takes one byte.
    pub fn u8(&mut self) -> Result<u8, Unreadable> {
        self.array().map(u8::from_be_bytes)
    }

    /// Takes two bytes, most significant first.
    pub fn u16(&mut self) -> Result<u16, Unreadable> {
        self.array().map(u16::from_be_bytes)
    }

    /// Takes four bytes, most significant first.
    pub fn u32(&mut self) -> Result<u32, Unreadable> {
        self.array().map(u32::from_be_bytes)
    }

    /// Everything that has not been taken yet.
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Whether everything has been taken.
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_most_significant_byte_first() {
        let mut reader = Reader::new(&[1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(reader.u8(), Ok(1));
        assert_eq!(reader.u16(), Ok(0x0203));
        assert_eq!(reader.u32(), Ok(0x0405_0607));
        assert_eq!(reader.rest(), &[8]);
        assert!(!reader.is_empty());
    }

    #[test]
    fn taking_too_much_takes_nothing() {
        let mut reader = Reader::new(&[1, 2, 3]);
        assert_eq!(reader.take(4), Err(Unreadable::Truncated));
        assert_eq!(reader.u32(), Err(Unreadable::Truncated));
        assert_eq!(reader.take(usize::MAX), Err(Unreadable::Truncated));
        assert_eq!(reader.take(3), Ok([1, 2, 3].as_slice()));
        assert!(reader.is_empty());
        assert_eq!(reader.take(0), Ok([].as_slice()));
        assert_eq!(reader.u8(), Err(Unreadable::Truncated));
    }
}
