//! One record of the marks: fixed size, checked, so that a torn one is seen.

use nightlatch_ticket::Counter;

/// A client's place in the state: the first half of his public key.
pub(crate) type ClientMark = [u8; 16];

/// `kind 1 ‖ version 1 ‖ zero 2 ‖ client 16 ‖ number 8 ‖ crc32 4`, big-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Record {
    /// Counters up to here may have been used.
    Watermark(Counter),
    /// This client's counter was here.
    Ahead(ClientMark, Counter),
    /// The counters file with this checksum is exact.
    Clean(u32),
}

impl Record {
    pub(super) fn to_bytes(self) -> [u8; RECORD_LENGTH] {
        let (kind, client, number) = match self {
            Self::Watermark(mark) => (WATERMARK, [0; 16], mark.0),
            Self::Ahead(client, counter) => (AHEAD, client, counter.0),
            Self::Clean(check) => (CLEAN, [0; 16], u64::from(check)),
        };
        let head = [kind, VERSION, 0, 0];
        let check = crc(&[&head, &client, &number.to_be_bytes()]);
        let mut bytes = [0; RECORD_LENGTH];
        let parts: [&[u8]; 4] = [&head, &client, &number.to_be_bytes(), &check.to_be_bytes()];
        for (place, byte) in bytes.iter_mut().zip(parts.into_iter().flatten()) {
            *place = *byte;
        }
        bytes
    }

    pub(super) fn from_bytes(bytes: &[u8; RECORD_LENGTH]) -> Option<Self> {
        let (head, rest) = bytes.split_first_chunk::<4>()?;
        let (client, rest) = rest.split_first_chunk::<16>()?;
        let (number, check) = rest.split_first_chunk::<8>()?;
        if crc(&[head, client, number]).to_be_bytes() != *check {
            return None;
        }
        let number = u64::from_be_bytes(*number);
        match head {
            [WATERMARK, VERSION, 0, 0] => Some(Self::Watermark(Counter(number))),
            [AHEAD, VERSION, 0, 0] => Some(Self::Ahead(*client, Counter(number))),
            [CLEAN, VERSION, 0, 0] => u32::try_from(number).ok().map(Self::Clean),
            _ => None,
        }
    }
}

/// What a torn record fails to have.
pub(crate) fn crc(parts: &[&[u8]]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize()
}

/// 4 + 16 + 8 + 4.
pub(super) const RECORD_LENGTH: usize = 32;
const VERSION: u8 = 1;
const WATERMARK: u8 = 1;
const AHEAD: u8 = 2;
const CLEAN: u8 = 3;
