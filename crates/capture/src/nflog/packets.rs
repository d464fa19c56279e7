//! The letters that go between the kernel's packet log and us.

use nightlatch_wire::{Reader, Unreadable};

use crate::netlink::{attribute, next_message};

/// One packet of the log, on its way in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Logged<'a> {
    /// Begins with the IP header.
    pub(super) packet: &'a [u8],
    pub(super) interface: u32,
}

/// Asks for every packet of a group, whole and at once; the kernel would else collect a hundred of
/// them, or wait for a second.
pub(super) fn subscription(group: u16) -> Vec<u8> {
    let whole_packets = [&LONGEST_PACKET.to_be_bytes()[..], &[COPY_PACKETS, 0]].concat();
    let body = [
        vec![0, 0],
        group.to_be_bytes().into(),
        written(COMMAND, &[BIND]),
        written(MODE, &whole_packets),
        written(THRESHOLD, &1_u32.to_be_bytes()),
    ]
    .concat();
    let length = u32::try_from(body.len().saturating_add(16)).unwrap_or(u32::MAX);
    [
        &length.to_ne_bytes()[..],
        &CONFIGURE.to_ne_bytes(),
        &REQUEST_ACKNOWLEDGED.to_ne_bytes(),
        &[0; 8], // number, port
        &body,
    ]
    .concat()
}

fn written(kind: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len().saturating_add(4)).unwrap_or(u16::MAX);
    let mut bytes = [&length.to_ne_bytes()[..], &kind.to_ne_bytes(), value].concat();
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// The error number of the answer to a subscription, 0 if it is granted; `None` if the letter is none.
pub(super) fn outcome(letter: &[u8]) -> Option<i32> {
    let mut message = next_message(&mut Reader::new(letter)).ok()?;
    let code = message.body.array().ok()?;
    (message.kind == OUTCOME).then(|| i32::from_ne_bytes(code).saturating_neg())
}

/// Reads one letter, which holds any number of packets; what is cut is left out.
pub(super) fn read<'a>(letter: &'a [u8], mut each: impl FnMut(Logged<'a>)) {
    let mut reader = Reader::new(letter);
    while let Ok(message) = next_message(&mut reader) {
        if message.kind == PACKET
            && let Ok(Some(logged)) = logged(message.body)
        {
            each(logged);
        }
    }
}

/// `None` for what is not IP, and for what leaves this host or is routed through it.
fn logged(mut body: Reader<'_>) -> Result<Option<Logged<'_>>, Unreadable> {
    body.take(4)?; // family, version, group
    let (Some(about), Some(packet)) = (attribute(body, ABOUT)?, attribute(body, PAYLOAD)?) else {
        return Ok(None);
    };
    let mut about = Reader::new(about);
    let ether_type = about.u16()?;
    let hook = about.u8()?;
    let interface = attribute(body, INWARD_INTERFACE)?
        .and_then(|index| index.first_chunk())
        .map_or(0, |index| u32::from_be_bytes(*index));
    let counts = IP.contains(&ether_type) && hook <= INPUT;
    Ok(counts.then_some(Logged { packet, interface }))
}

// linux/netlink.h and linux/netfilter/nfnetlink_log.h.
const OUTCOME: u16 = 2;
const PACKET: u16 = 4 << 8;
const CONFIGURE: u16 = 4 << 8 | 1;
const REQUEST_ACKNOWLEDGED: u16 = 5;
const ABOUT: u16 = 1;
const INWARD_INTERFACE: u16 = 4;
const PAYLOAD: u16 = 9;
const COMMAND: u16 = 1;
const MODE: u16 = 2;
const THRESHOLD: u16 = 5;
const BIND: u8 = 1;
const COPY_PACKETS: u8 = 2;
/// As for the packet sockets: a longer one is cut, and then reads as truncated.
const LONGEST_PACKET: u32 = 2048;
const IP: [u16; 2] = [0x0800, 0x86dd];
/// Behind "prerouting", which is 0, and before "forward".
const INPUT: u8 = 1;

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn letter(ether_type: u16, hook: u8, packet: &[u8]) -> Vec<u8> {
        let about = [&ether_type.to_be_bytes()[..], &[hook, 0]].concat();
        let body = [
            vec![2, 0, 0, 7],
            written(ABOUT, &about),
            written(10, b"a prefix\0"),
            written(INWARD_INTERFACE, &3_u32.to_be_bytes()),
            written(PAYLOAD, packet),
        ]
        .concat();
        let length = u32::try_from(16_usize.saturating_add(body.len())).unwrap();
        let head = [&length.to_ne_bytes()[..], &PACKET.to_ne_bytes(), &[0; 10]].concat();
        [head, body].concat()
    }

    fn all(letter: &[u8]) -> Vec<Logged<'_>> {
        let mut all = Vec::new();
        read(letter, |logged| all.push(logged));
        all
    }

    #[test]
    fn every_packet_of_a_letter_is_read() {
        let letter = [letter(0x0800, 1, b"four"), letter(0x86dd, 0, b"sixth")].concat();
        let logged = |packet| Logged {
            packet,
            interface: 3,
        };
        assert_eq!(all(&letter), [logged(&b"four"[..]), logged(b"sixth")]);
    }

    #[test]
    fn what_leaves_and_what_is_not_ip_does_not_count() {
        for hook in 2..=5 {
            assert_eq!(all(&letter(0x0800, hook, b"four")), []);
        }
        assert_eq!(all(&letter(0x0806, 0, b"arp")), []);
    }

    #[test]
    fn a_letter_cut_anywhere_holds_no_packet() {
        let whole = letter(0x0800, 1, b"packet");
        for length in 0..whole.len().saturating_sub(2) {
            assert_eq!(all(&whole[..length]), [], "{length}");
        }
        assert_eq!(all(&whole).len(), 1);
    }

    #[test]
    fn the_subscription_is_as_long_as_it_says() {
        let request = subscription(7);
        assert_eq!(request[..4], 48_u32.to_ne_bytes());
        assert_eq!(request.len(), 48);
        assert_eq!(request[18..20], [0, 7]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn any_bytes_are_packets_or_nothing(bytes in vec(any::<u8>(), 0..200)) {
            let _ = all(&bytes);
            let _ = outcome(&bytes);
        }
    }
}
