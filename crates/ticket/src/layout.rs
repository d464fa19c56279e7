//! Which byte stands where: the sealed packet and the two plaintexts of docs/protocol.md.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::{Ack, Counter, Kind, OpenError, Request, ServiceHash, Status, UnixTime};

/// How long a plaintext is, whatever it says.
pub(crate) const PLAIN_LENGTH: usize = 64;

/// What is sealed: 64 bytes, always.
pub(crate) type Plain = [u8; PLAIN_LENGTH];

/// Offsets in the packet: tag, nonce, ciphertext, authenticator.
pub(crate) mod sealed {
    pub(crate) const TAG: usize = 0;
    pub(crate) const NONCE: usize = 8;
    pub(crate) const CIPHERTEXT: usize = 20;
    pub(crate) const AUTHENTICATOR: usize = 84;
}

/// Writes a request down.
pub(crate) fn write_request(request: &Request) -> Plain {
    let mut plain = [0; PLAIN_LENGTH];
    put::<VERSION, 1, _>(&mut plain, [THIS_VERSION]);
    put::<{ request::KIND }, 1, _>(&mut plain, [request.kind as u8]);
    put::<COUNTER, 8, _>(&mut plain, request.counter.0.to_be_bytes());
    put::<TIME, 8, _>(&mut plain, request.time.as_millis().to_be_bytes());
    put::<{ request::SERVICE }, 8, _>(&mut plain, request.service.0);
    put::<{ request::CLAIMED }, 16, _>(&mut plain, write_address(request.claimed));
    put::<{ request::WANTED }, 4, _>(&mut plain, request.wanted.to_be_bytes());
    plain
}

/// Reads a request, in the order in which docs/protocol.md lists what can be wrong.
pub(crate) fn read_request(plain: &Plain) -> Result<Request, OpenError> {
    version(plain)?;
    let [kind] = field::<{ request::KIND }, 1, _>(plain);
    let kind = Kind::from_byte(kind).ok_or(OpenError::UnknownKind(kind))?;
    nothing_more(plain)?;
    Ok(Request {
        kind,
        counter: Counter(u64::from_be_bytes(field::<COUNTER, 8, _>(plain))),
        time: time(plain)?,
        service: ServiceHash(field::<{ request::SERVICE }, 8, _>(plain)),
        claimed: address(field::<{ request::CLAIMED }, 16, _>(plain))?,
        wanted: u32::from_be_bytes(field::<{ request::WANTED }, 4, _>(plain)),
    })
}

/// Writes an answer down.
pub(crate) fn write_ack(ack: &Ack) -> Plain {
    let mut plain = [0; PLAIN_LENGTH];
    put::<VERSION, 1, _>(&mut plain, [THIS_VERSION]);
    put::<{ ack::STATUS }, 1, _>(&mut plain, [ack.status as u8]);
    put::<COUNTER, 8, _>(&mut plain, ack.counter.0.to_be_bytes());
    put::<TIME, 8, _>(&mut plain, ack.time.as_millis().to_be_bytes());
    put::<{ ack::SEEN }, 16, _>(&mut plain, write_address(Some(ack.seen)));
    put::<{ ack::GRANTED }, 4, _>(&mut plain, ack.granted.to_be_bytes());
    put::<{ ack::LAST }, 8, _>(&mut plain, ack.last.0.to_be_bytes());
    plain
}

/// Reads an answer, in the order in which docs/protocol.md lists what can be wrong.
pub(crate) fn read_ack(plain: &Plain) -> Result<Ack, OpenError> {
    version(plain)?;
    let [status] = field::<{ ack::STATUS }, 1, _>(plain);
    let status = Status::from_byte(status).ok_or(OpenError::UnknownStatus(status))?;
    nothing_more(plain)?;
    Ok(Ack {
        status,
        counter: Counter(u64::from_be_bytes(field::<COUNTER, 8, _>(plain))),
        time: time(plain)?,
        seen: address(field::<{ ack::SEEN }, 16, _>(plain))?.ok_or(OpenError::BadAddress)?,
        granted: u32::from_be_bytes(field::<{ ack::GRANTED }, 4, _>(plain)),
        last: Counter(u64::from_be_bytes(field::<{ ack::LAST }, 8, _>(plain))),
    })
}

/// The `LENGTH` bytes that begin at `AT`; that they are there is checked when this is compiled.
pub(crate) fn field<const AT: usize, const LENGTH: usize, const ALL: usize>(
    bytes: &[u8; ALL],
) -> [u8; LENGTH] {
    const { assert!(AT.saturating_add(LENGTH) <= ALL) };
    let mut field = [0; LENGTH];
    field
        .iter_mut()
        .zip(bytes.iter().skip(AT))
        .for_each(|(to, from)| *to = *from);
    field
}

/// Puts a field at `AT`; that it fits is checked when this is compiled.
pub(crate) fn put<const AT: usize, const LENGTH: usize, const ALL: usize>(
    bytes: &mut [u8; ALL],
    field: [u8; LENGTH],
) {
    const { assert!(AT.saturating_add(LENGTH) <= ALL) };
    bytes
        .iter_mut()
        .skip(AT)
        .zip(field)
        .for_each(|(to, from)| *to = from);
}

/// The first eight bytes of a hash.
pub(crate) fn leading(hash: &[u8; 32]) -> [u8; 8] {
    field::<0, 8, _>(hash)
}

fn version(plain: &Plain) -> Result<(), OpenError> {
    match field::<VERSION, 1, _>(plain) {
        [THIS_VERSION] => Ok(()),
        [other] => Err(OpenError::UnknownVersion(other)),
    }
}

fn nothing_more(plain: &Plain) -> Result<(), OpenError> {
    let flags = u16::from_be_bytes(field::<FLAGS, 2, _>(plain));
    if flags != 0 {
        return Err(OpenError::UnknownFlags(flags));
    }
    if field::<RESERVED, 16, _>(plain) != [0; 16] {
        return Err(OpenError::ReservedNotZero);
    }
    Ok(())
}

fn time(plain: &Plain) -> Result<UnixTime, OpenError> {
    let milliseconds = u64::from_be_bytes(field::<TIME, 8, _>(plain));
    if milliseconds > UnixTime::LAST_MILLISECOND {
        return Err(OpenError::BadTime(milliseconds));
    }
    Ok(UnixTime::from_millis(milliseconds))
}

/// An address in 16 bytes, IPv4 as IPv4-mapped; zeros where there is none.
pub(crate) fn write_address(address: Option<IpAddr>) -> [u8; 16] {
    match address {
        None => [0; 16],
        Some(IpAddr::V4(address)) => address.to_ipv6_mapped().octets(),
        Some(IpAddr::V6(address)) => address.octets(),
    }
}

/// Sixteen zero bytes are no address; an address that no host can send from is refused.
fn address(bytes: [u8; 16]) -> Result<Option<IpAddr>, OpenError> {
    if bytes == [0; 16] {
        return Ok(None);
    }
    match Ipv6Addr::from(bytes).to_canonical() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED | Ipv4Addr::BROADCAST) => Err(OpenError::BadAddress),
        address if address.is_multicast() => Err(OpenError::BadAddress),
        address => Ok(Some(address)),
    }
}

const THIS_VERSION: u8 = 1;

// Where both plaintexts agree.
const VERSION: usize = 0;
const FLAGS: usize = 2;
const COUNTER: usize = 4;
const TIME: usize = 12;
pub(crate) const RESERVED: usize = 48;

/// Offsets that only a request has.
mod request {
    pub(super) const KIND: usize = 1;
    pub(super) const SERVICE: usize = 20;
    pub(super) const CLAIMED: usize = 28;
    pub(super) const WANTED: usize = 44;
}

/// Offsets that only an answer has.
mod ack {
    pub(super) const STATUS: usize = 1;
    pub(super) const SEEN: usize = 20;
    pub(super) const GRANTED: usize = 36;
    pub(super) const LAST: usize = 40;
}
