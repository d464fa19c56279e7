//! What stands in front of the IP header, and how to get past it.

use crate::{Reader, Unreadable, ip::Version, log::Writer};

/// How a frame begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Link {
    /// Ethernet II, with any stack of VLAN tags.
    Ethernet,
    /// With the IP header: datagram packet sockets, tunnels, raw recordings.
    Ip,
    /// Linux "cooked" capture, version 1.
    Cooked,
    /// Linux "cooked" capture, version 2.
    Cooked2,
    /// No packet, but the line about one that a syslog daemon wrote: the firewall's log. Shows
    /// headers alone, and of those what the log is set to.
    FirewallLog,
    /// The same as a record of the kernel's own log, `/dev/kmsg`.
    KernelLog,
}

/// What stands behind the link's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Behind {
    Packet(Version),
    Line(Writer),
}

/// Takes the link's header from the front; says what must follow.
pub(crate) fn strip(reader: &mut Reader<'_>, link: Link) -> Result<Behind, Unreadable> {
    let version = match link {
        Link::Ethernet => {
            reader.take(ETHERNET_ADDRESSES)?;
            announced(reader)?
        }
        Link::Ip => Version::AsTheHeaderSays,
        Link::Cooked => {
            reader.take(COOKED_BEFORE_PROTOCOL)?;
            announced(reader)?
        }
        Link::Cooked2 => {
            let mut protocol = Reader::new(reader.take(COOKED2_HEADER)?);
            let ether_type = protocol.u16()?;
            past_tags(ether_type, reader)?
        }
        Link::FirewallLog => return Ok(Behind::Line(Writer::Syslog)),
        Link::KernelLog => return Ok(Behind::Line(Writer::Kernel)),
    };
    Ok(Behind::Packet(version))
}

fn announced(reader: &mut Reader<'_>) -> Result<Version, Unreadable> {
    let ether_type = reader.u16()?;
    past_tags(ether_type, reader)
}

fn past_tags(first: u16, reader: &mut Reader<'_>) -> Result<Version, Unreadable> {
    let mut ether_type = first;
    for _ in 0..=MOST_VLAN_TAGS {
        match ether_type {
            0x0800 => return Ok(Version::Four),
            0x86dd => return Ok(Version::Six),
            0x8100 | 0x88a8 | 0x9100 => {
                // Priority and VLAN id: whose network it is does not matter here.
                reader.u16()?;
                ether_type = reader.u16()?;
            }
            other => return Err(Unreadable::NotIp(other)),
        }
    }
    Err(Unreadable::TooManyHeaders)
}

/// Two is what providers stack; more than this is somebody playing.
pub const MOST_VLAN_TAGS: usize = 4;

const ETHERNET_ADDRESSES: usize = 12;
const COOKED_BEFORE_PROTOCOL: usize = 14;
const COOKED2_HEADER: usize = 20;

#[cfg(test)]
mod tests {
    extern crate alloc;
    use alloc::{vec, vec::Vec};

    use super::*;

    fn strip_all(bytes: &[u8], link: Link) -> Result<(Version, usize), Unreadable> {
        let mut reader = Reader::new(bytes);
        match strip(&mut reader, link)? {
            Behind::Packet(version) => Ok((version, reader.rest().len())),
            Behind::Line(writer) => panic!("a line of {writer:?}"),
        }
    }

    fn ethernet(types: &[u16]) -> Vec<u8> {
        let mut frame = vec![0x22; 12];
        for (place, ether_type) in types.iter().enumerate() {
            if place > 0 {
                frame.extend([0xe0, 0x07]);
            }
            frame.extend(ether_type.to_be_bytes());
        }
        frame.extend([0x45, 0]);
        frame
    }

    #[test]
    fn ethernet_announces_the_ip_version() {
        let four = strip_all(&ethernet(&[0x0800]), Link::Ethernet);
        assert_eq!(four, Ok((Version::Four, 2)));
        let six = strip_all(&ethernet(&[0x86dd]), Link::Ethernet);
        assert_eq!(six, Ok((Version::Six, 2)));
    }

    #[test]
    fn vlan_tags_are_passed_over_also_stacked() {
        for tags in [
            &[0x8100][..],
            &[0x88a8, 0x8100],
            &[0x9100, 0x8100, 0x8100, 0x8100],
        ] {
            let mut types = tags.to_vec();
            types.push(0x0800);
            let read = strip_all(&ethernet(&types), Link::Ethernet);
            assert_eq!(read, Ok((Version::Four, 2)), "{tags:x?}");
        }
    }

    #[test]
    fn a_fifth_vlan_tag_is_one_too_many() {
        let frame = ethernet(&[0x8100, 0x8100, 0x8100, 0x8100, 0x8100, 0x0800]);
        assert_eq!(
            strip_all(&frame, Link::Ethernet),
            Err(Unreadable::TooManyHeaders)
        );
    }

    #[test]
    fn what_is_not_ip_is_named() {
        for other in [0x0806, 0x8863, 0x88cc, 0x0026] {
            let read = strip_all(&ethernet(&[other]), Link::Ethernet);
            assert_eq!(read, Err(Unreadable::NotIp(other)));
        }
    }

    #[test]
    fn both_cooked_forms_announce_the_ip_version() {
        let mut first = vec![0, 0, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0];
        first.extend([0x86, 0xdd, 0x60]);
        assert_eq!(strip_all(&first, Link::Cooked), Ok((Version::Six, 1)));

        let mut second = vec![0x08, 0x00];
        second.extend([0; 18]);
        second.push(0x45);
        assert_eq!(strip_all(&second, Link::Cooked2), Ok((Version::Four, 1)));
    }

    #[test]
    fn a_raw_link_has_nothing_in_front() {
        let read = strip_all(&[0x45], Link::Ip);
        assert_eq!(read, Ok((Version::AsTheHeaderSays, 1)));
    }

    #[test]
    fn a_link_header_cut_anywhere_is_truncated() {
        let frame = ethernet(&[0x8100, 0x0800]);
        for length in 0..18 {
            let read = strip_all(&frame[..length], Link::Ethernet);
            assert_eq!(read, Err(Unreadable::Truncated), "{length}");
        }
        for length in 0..16 {
            let read = strip_all(&[0; 16][..length], Link::Cooked);
            assert_eq!(read, Err(Unreadable::Truncated), "{length}");
        }
        for length in 0..20 {
            let read = strip_all(&[0; 20][..length], Link::Cooked2);
            assert_eq!(read, Err(Unreadable::Truncated), "{length}");
        }
    }
}
