//! Netlink messages, written one behind the other into one buffer.

/// Writes messages and attributes; the lengths are filled in when a part ends.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    bytes: Vec<u8>,
    too_long: bool,
}

/// The head of one message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub(crate) kind: u16,
    pub(crate) flags: u16,
    pub(crate) sequence: u32,
}

impl Writer {
    /// Empties the buffer and keeps its memory.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.too_long = false;
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Some part was longer than its length field can say: the buffer must not be sent.
    pub(crate) fn is_too_long(&self) -> bool {
        self.too_long
    }

    /// Writes one whole message.
    pub(crate) fn message(&mut self, head: Head, body: impl FnOnce(&mut Self)) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&[0; 4]);
        self.bytes.extend_from_slice(&head.kind.to_ne_bytes());
        self.bytes
            .extend_from_slice(&(head.flags | REQUEST).to_ne_bytes());
        self.bytes.extend_from_slice(&head.sequence.to_ne_bytes());
        self.bytes.extend_from_slice(&[0; 4]);
        body(self);
        let length = u32::try_from(self.bytes.len().saturating_sub(start));
        self.too_long |= length.is_err();
        self.put_at(start, &length.unwrap_or_default().to_ne_bytes());
    }

    /// Adds flags to the message that begins at `start`.
    pub(crate) fn add_flags(&mut self, start: usize, flags: u16) {
        let start = start.saturating_add(FLAGS_AT);
        let end = start.saturating_add(2);
        if let Some(place) = self.bytes.get_mut(start..end) {
            for (byte, more) in place.iter_mut().zip(flags.to_ne_bytes()) {
                *byte |= more;
            }
        }
    }

    /// The four bytes that stand at the head of every netfilter message.
    pub(crate) fn netfilter(&mut self, family: u8, resource: u16) {
        self.bytes.extend_from_slice(&[family, 0]);
        self.bytes.extend_from_slice(&resource.to_be_bytes());
    }

    /// Bytes outside of any attribute.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(crate) fn bytes(&mut self, kind: u16, value: &[u8]) {
        self.attribute(kind, |writer| writer.raw(value));
    }

    /// Four bytes in network order, as netfilter wants its numbers.
    pub(crate) fn number32(&mut self, kind: u16, value: u32) {
        self.bytes(kind, &value.to_be_bytes());
    }

    /// Eight bytes in network order.
    pub(crate) fn number64(&mut self, kind: u16, value: u64) {
        self.bytes(kind, &value.to_be_bytes());
    }

    /// A name, with the zero that ends it.
    pub(crate) fn text(&mut self, kind: u16, value: &str) {
        self.attribute(kind, |writer| {
            writer.raw(value.as_bytes());
            writer.raw(&[0]);
        });
    }

    /// An attribute that holds attributes.
    pub(crate) fn nested(&mut self, kind: u16, body: impl FnOnce(&mut Self)) {
        self.attribute(kind | NESTED, body);
    }

    fn attribute(&mut self, kind: u16, body: impl FnOnce(&mut Self)) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&[0; 2]);
        self.bytes.extend_from_slice(&kind.to_ne_bytes());
        body(self);
        let length = u16::try_from(self.bytes.len().saturating_sub(start));
        self.too_long |= length.is_err();
        self.put_at(start, &length.unwrap_or_default().to_ne_bytes());
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }

    fn put_at(&mut self, start: usize, value: &[u8]) {
        let end = start.saturating_add(value.len());
        if let Some(place) = self.bytes.get_mut(start..end) {
            place.copy_from_slice(value);
        }
    }
}

/// Where the flags stand in the head of a message.
const FLAGS_AT: usize = 6;
const REQUEST: u16 = 1;
const NESTED: u16 = 0x8000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_cover_the_content_and_the_next_part_begins_on_four_bytes() {
        let mut writer = Writer::default();
        let head = Head {
            kind: 16,
            flags: 4,
            sequence: 7,
        };
        writer.message(head, |body| {
            body.netfilter(1, 10);
            body.nested(2, |inner| inner.text(1, "lo"));
        });
        let mut expected = Vec::new();
        expected.extend_from_slice(&32_u32.to_ne_bytes());
        expected.extend_from_slice(&16_u16.to_ne_bytes());
        expected.extend_from_slice(&5_u16.to_ne_bytes());
        expected.extend_from_slice(&7_u32.to_ne_bytes());
        expected.extend_from_slice(&[0; 4]);
        expected.extend_from_slice(&[1, 0, 0, 10]);
        expected.extend_from_slice(&12_u16.to_ne_bytes());
        expected.extend_from_slice(&0x8002_u16.to_ne_bytes());
        expected.extend_from_slice(&7_u16.to_ne_bytes());
        expected.extend_from_slice(&1_u16.to_ne_bytes());
        expected.extend_from_slice(b"lo\0\0");
        assert_eq!(writer.as_bytes(), expected);
    }

    #[test]
    fn an_attribute_that_outgrows_its_length_field_is_noticed() {
        let mut writer = Writer::default();
        writer.bytes(1, &vec![0; 65_531]);
        assert!(!writer.is_too_long());
        writer.bytes(1, &vec![0; 65_532]);
        assert!(writer.is_too_long());
        writer.clear();
        assert!(!writer.is_too_long());
    }
}
