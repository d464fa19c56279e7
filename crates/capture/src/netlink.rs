//! Netlink messages, read by hand.

use nightlatch_wire::{Reader, Unreadable};
use rustix::net::{SocketAddrAny, netlink::SocketAddrNetlink};

/// One message of a datagram.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Message<'a> {
    pub(crate) kind: u16,
    pub(crate) flags: u16,
    pub(crate) sequence: u32,
    pub(crate) body: Reader<'a>,
}

/// Takes the next message; a datagram holds any number of them.
pub(crate) fn next_message<'a>(reader: &mut Reader<'a>) -> Result<Message<'a>, Unreadable> {
    let length = u32::from_ne_bytes(reader.array()?);
    let kind = u16::from_ne_bytes(reader.array()?);
    let flags = u16::from_ne_bytes(reader.array()?);
    let sequence = u32::from_ne_bytes(reader.array()?);
    reader.take(4)?; // port
    let body = padded(usize::try_from(length).unwrap_or(usize::MAX), 16, reader)?;
    Ok(Message {
        kind,
        flags,
        sequence,
        body: Reader::new(body),
    })
}

/// The value of the first attribute of this kind.
pub(crate) fn attribute(
    mut attributes: Reader<'_>,
    wanted: u16,
) -> Result<Option<&[u8]>, Unreadable> {
    while !attributes.is_empty() {
        let length = u16::from_ne_bytes(attributes.array()?);
        let kind = u16::from_ne_bytes(attributes.array()?);
        let value = padded(usize::from(length), 4, &mut attributes)?;
        if kind == wanted {
            return Ok(Some(value));
        }
    }
    Ok(None)
}

/// Takes what is left of something `length` bytes long whose `header` was read, and the padding to
/// a multiple of four behind it, which the last one may lack.
fn padded<'a>(
    length: usize,
    header: usize,
    reader: &mut Reader<'a>,
) -> Result<&'a [u8], Unreadable> {
    let rest = length.checked_sub(header).ok_or(Unreadable::LyingLength)?;
    let value = reader.take(rest)?;
    let padding = rest.wrapping_neg() & 3;
    reader.take(padding.min(reader.rest().len()))?;
    Ok(value)
}

/// Any process may write to a netlink socket; news come from port 0 alone.
pub(crate) fn is_kernel(sender: Option<&SocketAddrAny>) -> bool {
    sender
        .and_then(|sender| SocketAddrNetlink::try_from(sender.clone()).ok())
        .is_some_and(|sender| sender.pid() == 0)
}
