//! The pages of messages.

use nightlatch_ticket::{
    Counter, Epoch, Kind, MESSAGE_LENGTH, MessageText, OpenError, Request, SealedMessage,
    ServiceHash, Tagged, UnixTime, as_sealed_message, nonce_of, open_message, seal_message, tag_of,
};

use crate::page::{Given, bytes, keys, number, page, unhex};

#[test]
fn every_good_message_is_sealed_and_opened_as_written() {
    let keys = keys();
    for message in page("messages.toml").of("message") {
        let name = &message["name"];
        let packet: SealedMessage = unhex(&message["packet"]);
        let (epoch, nonce) = (Epoch(number(&message["epoch"])), unhex(&message["nonce"]));
        let text = MessageText::new(&message["text"]).unwrap();
        let request = Request {
            kind: Kind::Message,
            counter: Counter(number(&message["counter"])),
            time: UnixTime::from_millis(number(&message["time"])),
            service: ServiceHash::NONE,
            claimed: message["claimed"].parse().ok(),
            wanted: 0,
        };
        let sealed = seal_message(&request, &text, epoch, &keys, &mut Given(nonce));
        assert_eq!(sealed, packet, "{name}");
        assert_eq!(open_message(&packet, &keys), Ok((request, text)), "{name}");
        let tag = keys.tags().tag_for(Tagged::Now(epoch));
        assert_eq!((tag_of(&packet), nonce_of(&packet)), (tag, nonce), "{name}");
    }
}

#[test]
fn the_server_refuses_every_bad_message_for_the_reason_written() {
    let keys = keys();
    for message in page("messages-bad.toml").of("message") {
        let outcome = match as_sealed_message(&bytes(&message["packet"])) {
            Err(_) => "wrong-length",
            Ok(sealed) => open_message(sealed, &keys).map_or_else(crate::reason, |_| "opens"),
        };
        assert_eq!(outcome, message["outcome"], "{}", message["name"]);
    }
}

#[test]
fn every_byte_of_a_message_matters() {
    let (keys, page) = (keys(), page("messages-bad.toml"));
    let whole: SealedMessage = unhex(&page.of("message")[0]["packet"]);
    for at in 0..MESSAGE_LENGTH {
        let mut packet = whole;
        packet[at] ^= 1 << (at % 8);
        assert_eq!(
            open_message(&packet, &keys),
            Err(OpenError::Forged),
            "byte {at}"
        );
    }
}
