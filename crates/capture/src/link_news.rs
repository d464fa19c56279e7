//! What rtnetlink says about interfaces, read by hand.
//!
//! Three fields of a message are of use here. A reader of all its attributes would have to know
//! those of kernels to come, and would lose an interface over one that it does not.

use nightlatch_wire::{Reader, Unreadable};

use crate::netlink::{Message, attribute, next_message};

/// One piece of news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News<'a> {
    /// There is an interface, now by this name.
    Is { interface: u32, name: &'a [u8] },
    /// There was an interface.
    Gone { interface: u32 },
    /// The listing that was asked for is complete.
    Complete { asked: u32 },
    /// The listing that was asked for is refused, or was disturbed and must be asked for again.
    Refused { asked: u32 },
}

/// Asks for a listing of all interfaces; `asked` comes back with its end.
pub(crate) fn listing_request(asked: u32) -> Vec<u8> {
    [
        &32_u32.to_ne_bytes()[..],
        &GET_LINK.to_ne_bytes(),
        &REQUEST_DUMP.to_ne_bytes(),
        &asked.to_ne_bytes(),
        &[0; 4],  // port: the kernel fills it in
        &[0; 16], // which interface: all
    ]
    .concat()
}

/// Reads one datagram, which holds any number of messages; what is cut is left out.
pub(crate) fn read_news<'a>(datagram: &'a [u8], mut each: impl FnMut(News<'a>)) {
    let mut reader = Reader::new(datagram);
    while let Ok(message) = next_message(&mut reader) {
        if let Ok(Some(news)) = news_of(message) {
            each(news);
        }
    }
}

fn news_of(message: Message<'_>) -> Result<Option<News<'_>>, Unreadable> {
    let Message {
        kind,
        flags,
        sequence: asked,
        mut body,
    } = message;
    Ok(match kind {
        COMPLETE if flags & DISTURBED == 0 => Some(News::Complete { asked }),
        COMPLETE | REFUSED => Some(News::Refused { asked }),
        NEW_LINK | LOST_LINK => {
            let family = body.u8()?;
            body.take(3)?; // padding, hardware type
            let interface = u32::from_ne_bytes(body.array()?);
            body.take(8)?; // flags, which of them changed
            // A bridge also tells of its ports, in the same words: those come and go while the
            // interface stays.
            if family != UNSPECIFIED {
                None
            } else if kind == LOST_LINK {
                Some(News::Gone { interface })
            } else {
                attribute(body, INTERFACE_NAME)?
                    .map(|name| name.strip_suffix(&[0]).unwrap_or(name))
                    .map(|name| News::Is { interface, name })
            }
        }
        _ => None,
    })
}

// linux/netlink.h and linux/rtnetlink.h.
const REFUSED: u16 = 2;
const COMPLETE: u16 = 3;
const NEW_LINK: u16 = 16;
const LOST_LINK: u16 = 17;
const GET_LINK: u16 = 18;
const REQUEST_DUMP: u16 = 0x301;
const DISTURBED: u16 = 0x10;
const INTERFACE_NAME: u16 = 3;
const UNSPECIFIED: u8 = 0;

#[cfg(test)]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "a sum that overflows fails the test"
)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn message(kind: u16, flags: u16, asked: u32, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(16 + body.len()).unwrap();
        let mut bytes = [
            &length.to_ne_bytes()[..],
            &kind.to_ne_bytes(),
            &flags.to_ne_bytes(),
            &asked.to_ne_bytes(),
            &[0; 4],
            body,
        ]
        .concat();
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    fn link(family: u8, interface: u32, attributes: &[(u16, &[u8])]) -> Vec<u8> {
        let mut body = vec![family, 0, 1, 0];
        body.extend(interface.to_ne_bytes());
        body.extend([0; 8]);
        for (kind, value) in attributes {
            body.extend(u16::try_from(4 + value.len()).unwrap().to_ne_bytes());
            body.extend(kind.to_ne_bytes());
            body.extend(*value);
            body.resize(body.len().next_multiple_of(4), 0);
        }
        body
    }

    fn all(datagram: &[u8]) -> Vec<News<'_>> {
        let mut news = Vec::new();
        read_news(datagram, |one| news.push(one));
        news
    }

    #[test]
    fn interfaces_that_come_and_go_are_told_in_order() {
        let bytes = [
            message(
                16,
                0,
                0,
                &link(0, 7, &[(13, &[1]), (3, b"eth0\0"), (4, &[0; 4])]),
            ),
            message(17, 0, 0, &link(0, 9, &[(3, b"tun0\0")])),
            message(20, 0, 0, &[0; 8]),
            message(3, 2, 41, &[0; 4]),
        ]
        .concat();
        assert_eq!(
            all(&bytes),
            [
                News::Is {
                    interface: 7,
                    name: b"eth0"
                },
                News::Gone { interface: 9 },
                News::Complete { asked: 41 },
            ]
        );
    }

    #[test]
    fn a_bridge_port_that_leaves_is_no_interface_that_goes() {
        assert_eq!(all(&message(17, 0, 0, &link(7, 9, &[(3, b"eth0\0")]))), []);
        assert_eq!(all(&message(16, 0, 0, &link(7, 9, &[(3, b"eth0\0")]))), []);
    }

    #[test]
    fn a_disturbed_or_refused_listing_is_asked_for_again() {
        let bytes = [message(3, 0x12, 5, &[0; 4]), message(2, 0, 6, &[0xf0; 20])].concat();
        assert_eq!(
            all(&bytes),
            [News::Refused { asked: 5 }, News::Refused { asked: 6 }]
        );
    }

    #[test]
    fn an_interface_without_a_name_is_no_news() {
        assert_eq!(all(&message(16, 0, 0, &link(0, 7, &[(4, &[0; 4])]))), []);
    }

    #[test]
    fn the_request_is_as_long_as_it_says() {
        let request = listing_request(7);
        assert_eq!(request.len(), 32);
        assert_eq!(&request[..4], &32_u32.to_ne_bytes());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn any_bytes_become_news_or_nothing(bytes in vec(any::<u8>(), 0..200)) {
            let _ = all(&bytes);
        }

        #[test]
        fn a_message_cut_anywhere_is_no_news(name in vec(1..=255_u8, 1..15)) {
            let bytes = message(16, 0, 0, &link(0, 7, &[(3, &name)]));
            for length in 0..bytes.len() - 3 {
                prop_assert_eq!(all(&bytes[..length]), []);
            }
            prop_assert_eq!(all(&bytes), [News::Is { interface: 7, name: &name }]);
        }
    }
}
