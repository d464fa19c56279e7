//! The headers that IPv6 puts between its own and the transport's.

use crate::{Reader, Unreadable};

/// Takes extension headers from the front until a transport begins, and says which one.
pub(crate) fn skip(first: u8, reader: &mut Reader<'_>) -> Result<u8, Unreadable> {
    let mut next = first;
    // One look more than there may be headers: the last one sees what the last header announces.
    for _ in 0..=MOST_EXTENSIONS {
        if next == FRAGMENT {
            // Also the "atomic" one, which is whole: only strangers send those (RFC 8021).
            return Err(Unreadable::Fragment);
        }
        if !EXTENSION_HEADERS.contains(&next) {
            return Ok(next);
        }
        let this = next;
        next = reader.u8()?;
        let units = usize::from(reader.u8()?);
        reader.take(behind_the_first_two(this, units)?)?;
    }
    Err(Unreadable::TooManyHeaders)
}

/// How many bytes follow the two that every extension header begins with.
fn behind_the_first_two(header: u8, units: usize) -> Result<usize, Unreadable> {
    let bytes = if header == AUTHENTICATION {
        // RFC 4302 §2.2: in units of four, less two of them; the least is the fixed part of 12.
        units
            .checked_add(2)
            .and_then(|words| words.checked_mul(4))
            .filter(|&length| length >= AUTHENTICATION_LEAST)
    } else {
        // RFC 8200 §4: in units of eight, less the first of them.
        units.checked_add(1).and_then(|units| units.checked_mul(8))
    };
    bytes
        .and_then(|length| length.checked_sub(2))
        .ok_or(Unreadable::LyingLength)
}

/// An honest packet has one or two; each kind should stand there once.
pub const MOST_EXTENSIONS: usize = 8;

/// The IP protocol numbers that are passed over: hop-by-hop options, routing, authentication,
/// destination options, mobility, host identity, shim6 (RFC 7045). A kernel filter that cannot walk
/// them has to let them through.
pub const EXTENSION_HEADERS: [u8; 7] = [0, 43, AUTHENTICATION, 60, 135, 139, 140];

const FRAGMENT: u8 = 44;
const AUTHENTICATION: u8 = 51;
const AUTHENTICATION_LEAST: usize = 12;

#[cfg(test)]
mod tests {
    extern crate alloc;
    use alloc::vec::Vec;

    use super::*;

    fn skip_bytes(first: u8, bytes: &[u8]) -> Result<(u8, &[u8]), Unreadable> {
        let mut reader = Reader::new(bytes);
        skip(first, &mut reader).map(|next| (next, reader.rest()))
    }

    #[test]
    fn a_transport_right_away_takes_nothing() {
        assert_eq!(skip_bytes(17, &[9, 9]), Ok((17, [9, 9].as_slice())));
    }

    #[test]
    fn each_kind_is_passed_over_by_its_own_length() {
        for header in [0, 43, 60, 135, 139, 140] {
            let mut bytes = Vec::from([17, 1]);
            bytes.extend([0; 14]);
            bytes.push(7);
            assert_eq!(skip_bytes(header, &bytes), Ok((17, [7].as_slice())));
        }
        let mut authentication = Vec::from([6, 4]);
        authentication.extend([0; 22]);
        authentication.push(7);
        assert_eq!(skip_bytes(51, &authentication), Ok((6, [7].as_slice())));
    }

    #[test]
    fn an_authentication_header_shorter_than_itself_lies() {
        assert_eq!(
            skip_bytes(51, &[17, 0, 0, 0, 0, 0, 0, 0]),
            Err(Unreadable::LyingLength)
        );
    }

    #[test]
    fn a_fragment_header_is_a_fragment_also_behind_others_and_when_atomic() {
        let atomic = [17, 0, 0, 0, 0, 0, 0, 1, 1, 2];
        assert_eq!(skip_bytes(44, &atomic), Err(Unreadable::Fragment));
        let behind = [44, 0, 0, 0, 0, 0, 0, 0, 17, 0, 0, 1, 0, 0, 0, 1];
        assert_eq!(skip_bytes(0, &behind), Err(Unreadable::Fragment));
    }

    #[test]
    fn a_chain_may_be_eight_long_and_not_nine() {
        let chain = |headers: usize| {
            let mut bytes = [60, 0, 1, 4, 0, 0, 0, 0].repeat(headers);
            bytes[headers * 8 - 8] = 17;
            bytes
        };
        assert_eq!(skip_bytes(60, &chain(8)), Ok((17, [].as_slice())));
        assert_eq!(skip_bytes(60, &chain(9)), Err(Unreadable::TooManyHeaders));
    }

    #[test]
    fn a_header_longer_than_the_packet_is_truncated() {
        assert_eq!(
            skip_bytes(0, &[17, 1, 0, 0, 0, 0, 0, 0]),
            Err(Unreadable::Truncated)
        );
        assert_eq!(skip_bytes(43, &[17]), Err(Unreadable::Truncated));
        assert_eq!(skip_bytes(43, &[17, 255]), Err(Unreadable::Truncated));
    }
}
