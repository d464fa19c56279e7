//! Who was banned before, as a clean stop leaves it: 30 bytes each, one checksum for all.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::net::{IpAddr, Ipv6Addr};
use std::path::Path;

use nightlatch_core::Prefix;
use nightlatch_ticket::UnixTime;

use super::record::crc;
use super::replace;

/// Somebody who was banned before, by the clock that people set: it is the one that outlives us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Recorded {
    pub(crate) prefix: Prefix,
    /// How often.
    pub(crate) times: u32,
    /// Until when that is remembered.
    pub(crate) until: UnixTime,
}

/// Writes `(family 1 ‖ length 1 ‖ address 16 ‖ times 4 ‖ until 8)* ‖ crc32 4`, until in seconds.
pub(super) fn write(folder: &Path, banned: impl Iterator<Item = Recorded>) -> io::Result<()> {
    let mut check = crc32fast::Hasher::new();
    replace(folder, NAME, |file| {
        let mut file = BufWriter::new(file);
        for one in banned {
            let bytes = to_bytes(&one);
            check.update(&bytes);
            file.write_all(&bytes)?;
        }
        file.write_all(&check.clone().finalize().to_be_bytes())?;
        file.flush()
    })
}

/// Everybody who stands there; nobody if the file is not whole.
pub(super) fn read(folder: &Path) -> Vec<Recorded> {
    let bytes = fs::read(folder.join(NAME)).unwrap_or_default();
    let Some((banned, check)) = bytes.split_last_chunk::<4>() else {
        return Vec::new();
    };
    if crc(&[banned]).to_be_bytes() != *check {
        return Vec::new();
    }
    let (banned, _) = banned.as_chunks::<LENGTH>();
    banned.iter().filter_map(from_bytes).collect()
}

fn to_bytes(one: &Recorded) -> [u8; LENGTH] {
    let (family, octets) = match one.prefix.first() {
        IpAddr::V4(address) => (4, address.to_ipv6_mapped().octets()),
        IpAddr::V6(address) => (6, address.octets()),
    };
    let parts: [&[u8]; 4] = [
        &[family, one.prefix.length()],
        &octets,
        &one.times.to_be_bytes(),
        &one.until.as_secs().to_be_bytes(),
    ];
    let mut bytes = [0; LENGTH];
    for (place, byte) in bytes.iter_mut().zip(parts.into_iter().flatten()) {
        *place = *byte;
    }
    bytes
}

fn from_bytes(bytes: &[u8; LENGTH]) -> Option<Recorded> {
    let (&[family, length], rest) = bytes.split_first_chunk::<2>()?;
    let (octets, rest) = rest.split_first_chunk::<16>()?;
    let (times, until) = rest.split_first_chunk::<4>()?;
    let address = Ipv6Addr::from(*octets);
    let address = match (family, address.to_ipv4_mapped()) {
        (4, Some(address)) => IpAddr::V4(address),
        (6, None) => IpAddr::V6(address),
        _ => return None,
    };
    Some(Recorded {
        prefix: Prefix::new(address, length)?,
        times: u32::from_be_bytes(*times),
        until: UnixTime::from_secs(u64::from_be_bytes(until.try_into().ok()?)),
    })
}

const NAME: &str = "bans";
/// 2 + 16 + 4 + 8.
const LENGTH: usize = 30;

#[cfg(test)]
mod tests {
    use super::*;

    fn banned() -> Vec<Recorded> {
        let one = |text: &str, times| Recorded {
            prefix: text.parse().unwrap(),
            times,
            until: UnixTime::from_secs(1_900_000_000),
        };
        vec![
            one("192.0.2.7", 1),
            one("2001:db8::7", u32::MAX),
            one("2001:db8:0:1::/64", 3),
        ]
    }

    #[test]
    fn who_was_banned_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()), []);
        write(folder.path(), banned().into_iter()).unwrap();
        assert_eq!(read(folder.path()), banned());
        write(folder.path(), core::iter::empty()).unwrap();
        assert_eq!(read(folder.path()), []);
    }

    #[test]
    fn of_a_file_that_is_torn_or_altered_nothing_is_believed() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), banned().into_iter()).unwrap();
        let path = folder.path().join(NAME);
        let whole = fs::read(&path).unwrap();
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            assert_eq!(read(folder.path()), []);
        }
        for place in 0..whole.len() {
            let mut altered = whole.clone();
            altered[place] ^= 1;
            fs::write(&path, &altered).unwrap();
            assert_eq!(read(folder.path()), []);
        }
    }
}
