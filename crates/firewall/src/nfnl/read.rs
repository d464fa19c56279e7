//! Netlink messages read back, never past their end.

/// The messages in one buffer, one after the other; ends at the first that lies about its length.
pub(crate) struct Frames<'a> {
    rest: &'a [u8],
}

impl<'a> Frames<'a> {
    pub(crate) fn of(buffer: &'a [u8]) -> Self {
        Self { rest: buffer }
    }
}

/// One message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame<'a> {
    pub(crate) kind: u16,
    pub(crate) flags: u16,
    pub(crate) sequence: u32,
    pub(crate) body: &'a [u8],
}

impl<'a> Iterator for Frames<'a> {
    type Item = Frame<'a>;

    fn next(&mut self) -> Option<Frame<'a>> {
        let (length, rest) = self.rest.split_first_chunk()?;
        let (kind, rest) = rest.split_first_chunk()?;
        let (flags, rest) = rest.split_first_chunk()?;
        let (sequence, rest) = rest.split_first_chunk()?;
        let (_port, rest) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_ne_bytes(*length)).ok()?;
        let (body, _) = rest.split_at_checked(length.checked_sub(HEAD)?)?;
        self.rest = self
            .rest
            .get(length.next_multiple_of(4)..)
            .unwrap_or_default();
        Some(Frame {
            kind: u16::from_ne_bytes(*kind),
            flags: u16::from_ne_bytes(*flags),
            sequence: u32::from_ne_bytes(*sequence),
            body,
        })
    }
}

/// The attributes in one body, one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Attributes<'a> {
    rest: &'a [u8],
}

impl<'a> Attributes<'a> {
    pub(crate) fn of(body: &'a [u8]) -> Self {
        Self { rest: body }
    }

    /// The attributes of a netfilter message: behind the four bytes of its own head.
    pub(crate) fn of_netfilter(body: &'a [u8]) -> Self {
        Self::of(body.get(NETFILTER_HEAD..).unwrap_or_default())
    }

    /// The value of the first attribute of this kind.
    pub(crate) fn find(&self, wanted: u16) -> Option<&'a [u8]> {
        Iterator::find(&mut self.clone(), |(kind, _)| *kind == wanted).map(|(_, value)| value)
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (length, rest) = self.rest.split_first_chunk()?;
        let (kind, rest) = rest.split_first_chunk()?;
        let length = usize::from(u16::from_ne_bytes(*length));
        let (value, _) = rest.split_at_checked(length.checked_sub(ATTRIBUTE_HEAD)?)?;
        self.rest = self
            .rest
            .get(length.next_multiple_of(4)..)
            .unwrap_or_default();
        Some((u16::from_ne_bytes(*kind) & KIND_MASK, value))
    }
}

/// Four bytes in network order.
pub(crate) fn number32(value: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(value.try_into().ok()?))
}

/// Eight bytes in network order.
pub(crate) fn number64(value: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(value.try_into().ok()?))
}

/// A name without the zero that ends it.
pub(crate) fn text(value: &[u8]) -> Option<&str> {
    let end = value
        .iter()
        .position(|byte| *byte == 0)
        .unwrap_or(value.len());
    core::str::from_utf8(value.get(..end)?).ok()
}

const HEAD: usize = 16;
const NETFILTER_HEAD: usize = 4;
const ATTRIBUTE_HEAD: usize = 4;
/// The two upper bits say "nested" and "network order".
const KIND_MASK: u16 = 0x3fff;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

        #[test]
        fn no_bytes_make_a_reader_panic_or_go_round_for_ever(
            bytes in prop::collection::vec(any::<u8>(), 0..200)
        ) {
            prop_assert!(Frames::of(&bytes).count() <= 200 / HEAD);
            prop_assert!(Attributes::of(&bytes).count() <= 200 / ATTRIBUTE_HEAD);
            let _ = Attributes::of_netfilter(&bytes).find(1).and_then(text);
        }
    }

    #[test]
    fn a_message_that_lies_about_its_length_ends_the_reading() {
        let mut buffer = 17_u32.to_ne_bytes().to_vec();
        buffer.resize(HEAD, 0);
        assert_eq!(Frames::of(&buffer).count(), 0);
    }
}
