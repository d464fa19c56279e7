//! One record of the stops: fixed size, checked, so that a torn one is seen.

use core::net::IpAddr;
use std::net::Ipv6Addr;

use nightlatch_ticket::UnixTime;

use super::{Note, Stop, StopKey};
use crate::errand::{NAME_LENGTH, Name, octets};
use crate::state::crc;

/// `kind 1 ‖ version 1 ‖ zero 2 ‖ seconds 4 ‖ due 8 ‖ address 16 ‖ action 64 ‖ client 64 ‖ service 64
/// ‖ crc32 4`, big-endian; an end has no seconds, time or client.
pub(super) fn to_bytes(note: &Note) -> [u8; RECORD_LENGTH] {
    let nobody = Name::default();
    let (kind, key, seconds, at, client) = match note {
        Note::Due(stop) => (
            DUE,
            &stop.key,
            stop.seconds,
            stop.at.as_nanos(),
            &stop.client,
        ),
        Note::Over(key) => (OVER, key, 0, 0, &nobody),
    };
    let parts: [&[u8]; 7] = [
        &[kind, VERSION, 0, 0],
        &seconds.to_be_bytes(),
        &at.to_be_bytes(),
        &octets(key.address),
        &key.action.to_bytes(),
        &client.to_bytes(),
        &key.service.to_bytes(),
    ];
    let check = crc(&parts).to_be_bytes();
    let mut bytes = [0; RECORD_LENGTH];
    let all = parts.into_iter().flatten().chain(&check);
    for (place, byte) in bytes.iter_mut().zip(all) {
        *place = *byte;
    }
    bytes
}

pub(super) fn from_bytes(bytes: &[u8; RECORD_LENGTH]) -> Option<Note> {
    let (body, check) = bytes.split_last_chunk::<4>()?;
    if crc(&[body]).to_be_bytes() != *check {
        return None;
    }
    let (head, rest) = body.split_first_chunk::<4>()?;
    let (seconds, rest) = rest.split_first_chunk::<4>()?;
    let (at, rest) = rest.split_first_chunk::<8>()?;
    let (address, rest) = rest.split_first_chunk::<16>()?;
    let (action, rest) = rest.split_first_chunk::<NAME_LENGTH>()?;
    let (client, service) = rest.split_first_chunk::<NAME_LENGTH>()?;
    let address: IpAddr = Ipv6Addr::from(*address).to_canonical();
    let key = StopKey {
        action: Name::from_bytes(action)?,
        address,
        service: Name::from_bytes(service.try_into().ok()?)?,
    };
    match head {
        [DUE, VERSION, 0, 0] => Some(Note::Due(Stop {
            key,
            client: Name::from_bytes(client)?,
            seconds: u32::from_be_bytes(*seconds),
            at: UnixTime::from_nanos(u64::from_be_bytes(*at)),
        })),
        [OVER, VERSION, 0, 0] => Some(Note::Over(key)),
        _ => None,
    }
}

/// 4 + 4 + 8 + 16 + 64 + 64 + 64 + 4.
pub(super) const RECORD_LENGTH: usize = 228;
const VERSION: u8 = 1;
const DUE: u8 = 1;
const OVER: u8 = 2;
