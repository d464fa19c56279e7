//! Reads what the kernel's firewall logs about one packet (nftables' and iptables' LOG).
//!
//! ```text
//! line ─► header: is it the kernel's? ─► "IN=" … ─► packet ─► transport ─► Observation
//! ```
//!
//! A line counts under three conditions. Who wrote it is known by what stands in front: a syslog
//! line's word behind the host is `kernel:`, a record of the kernel's log has the kernel's facility;
//! other programs log what strangers tell them. The kernel's own part begins at an `IN=`, and its
//! fields follow in the order in which the kernel writes them, with nothing left out that it always
//! writes. Where several parts of the line would do, the last one counts: in front of it stands the
//! administrator's prefix, which may say anything; behind it, nothing that is text.

mod header;
mod packet;
mod transport;
mod words;

use crate::{Observation, Transport, Unreadable, Unseen};

pub(crate) use header::Writer;

/// Reads one line; TCP's options are written into `room`, and stay unseen where it is too small.
pub(crate) fn read<'a>(
    line: &'a [u8],
    writer: Writer,
    room: &'a mut [u8],
) -> Result<Observation<'a>, Unreadable> {
    let message = header::message(line, writer).ok_or(Unreadable::NotLogged)?;
    let mut logged = last_part(message)?;
    if let (Transport::Tcp(segment), Some(digits)) =
        (&mut logged.observation.transport, logged.options)
        && let Some(options) = words::bytes(digits, room)
    {
        segment.options = options;
        logged.observation.unseen = logged.observation.unseen.without(Unseen::OPTIONS);
    }
    Ok(logged.observation)
}

/// What a line says, with TCP's options still written out.
#[derive(Clone, Copy, Debug)]
struct Logged<'a> {
    observation: Observation<'a>,
    options: Option<&'a [u8]>,
}

/// The last part that is what the kernel writes.
fn last_part(message: &[u8]) -> Result<Logged<'_>, Unreadable> {
    let mut before = message;
    while let Some(start) = before.windows(BEGIN.len()).rposition(|at| at == BEGIN) {
        match packet::read(message.get(start..).unwrap_or_default()) {
            Err(Unreadable::NotLogged) => before = before.get(..start).unwrap_or_default(),
            read => return read,
        }
    }
    Err(Unreadable::NotLogged)
}

const BEGIN: &[u8] = b"IN=";
