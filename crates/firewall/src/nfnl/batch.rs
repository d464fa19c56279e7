//! Transactions of `nf_tables`: many messages, one outcome.

use rustix::io::Errno;

use super::channel::{Channel, ERROR, Envelope, verdict_of};
use super::message::{Head, Writer};
use super::read::{Frame, Frames};
use super::{ACK, NetlinkError};

/// A transaction being written.
pub(crate) struct Batch<'a> {
    channel: &'a mut Channel,
    first: u32,
    last: u32,
    last_starts: usize,
}

impl<'a> Batch<'a> {
    pub(super) fn begin(channel: &'a mut Channel) -> Self {
        channel.outbox.clear();
        channel.doing.clear();
        channel.doing.push("begin or commit a transaction");
        let first = channel.next_sequence();
        let head = Head {
            kind: BEGIN,
            flags: 0,
            sequence: first,
        };
        channel
            .outbox
            .message(head, |writer| writer.netfilter(0, NF_TABLES));
        Self {
            channel,
            first,
            last: first,
            last_starts: 0,
        }
    }

    /// Writes one message of `nf_tables`.
    pub(crate) fn message(&mut self, envelope: Envelope, body: impl FnOnce(&mut Writer)) {
        self.message_in(super::FAMILY_INET, envelope, body);
    }

    /// The same for a table of any family.
    pub(crate) fn message_in(
        &mut self,
        family: u8,
        envelope: Envelope,
        body: impl FnOnce(&mut Writer),
    ) {
        self.last_starts = self.channel.outbox.as_bytes().len();
        self.last = self.channel.next_sequence();
        self.channel.doing.push(envelope.doing);
        let kind = (NF_TABLES << 8) | envelope.kind;
        let head = Head {
            kind,
            flags: envelope.flags,
            sequence: self.last,
        };
        self.channel.outbox.message(head, |writer| {
            writer.netfilter(family, 0);
            body(writer);
        });
    }

    /// How many bytes it has so far.
    pub(crate) fn length(&self) -> usize {
        self.channel.outbox.as_bytes().len()
    }

    /// How many bytes it may have.
    pub(crate) fn room(&self) -> usize {
        self.channel.room()
    }

    /// Sends it. After an error nothing of it is in force.
    pub(crate) fn commit(self) -> Result<(), NetlinkError> {
        if self.last == self.first {
            return Ok(());
        }
        // One acknowledgement is enough: it stands behind the errors, which come unasked. One for each message would
        // overflow the receive buffer of a large transaction.
        self.channel.outbox.add_flags(self.last_starts, ACK);
        let sequence = self.channel.next_sequence();
        let head = Head {
            kind: END,
            flags: 0,
            sequence,
        };
        self.channel
            .outbox
            .message(head, |writer| writer.netfilter(0, NF_TABLES));
        self.channel.send()?;
        self.read_outcome()
    }

    /// Reads until the last message is acknowledged or, after an error, until the kernel has said all it had to say.
    fn read_outcome(self) -> Result<(), NetlinkError> {
        let mut outcome = None;
        loop {
            if let Err(error) = self.channel.receive() {
                return outcome.unwrap_or(Err(error));
            }
            let verdicts = Frames::of(&self.channel.inbox)
                .filter(|frame| frame.kind == ERROR)
                .filter_map(|frame| self.verdict_of(&frame));
            outcome = outcome.into_iter().chain(verdicts).next();
            if matches!(outcome, Some(Ok(()))) {
                return Ok(());
            }
        }
    }

    /// The refusal of one message, or the acknowledgement of the last; none if it is about another transaction.
    fn verdict_of(&self, frame: &Frame<'_>) -> Option<Result<(), NetlinkError>> {
        let place = frame.sequence.wrapping_sub(self.first);
        let doing = self.channel.doing.get(usize::try_from(place).ok()?)?;
        match verdict_of(frame, doing) {
            Err(error) if place == 0 => Some(Err(about_the_whole(error))),
            Ok(()) if frame.sequence != self.last => None,
            verdict => Some(verdict),
        }
    }
}

/// A refusal of the transaction as such says something about the process or the kernel.
fn about_the_whole(error: NetlinkError) -> NetlinkError {
    match error.code().map(Errno::from_raw_os_error) {
        Some(Errno::PERM) => NetlinkError::NoPermission,
        Some(Errno::OPNOTSUPP) => NetlinkError::NoNfTables,
        _ => error,
    }
}

const BEGIN: u16 = 0x10;
const END: u16 = 0x11;
/// The number of `nf_tables` among netfilter's subsystems.
pub(crate) const NF_TABLES: u16 = 10;
