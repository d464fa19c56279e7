//! Both ends read the vectors: what the pages say is what the library does.

#![cfg(test)]
#![expect(
    clippy::arithmetic_side_effects,
    reason = "a test that overflows fails, as it should"
)]

#[path = "../../examples/vectors/pages/mod.rs"]
mod pages;

mod messages;
mod page;
mod sequences;
mod timed;

use core::net::IpAddr;
use std::path::Path;

use aes_gcm_siv::aead::inout::InOutBuf;
use aes_gcm_siv::{AeadInOut, Aes256GcmSiv, KeyInit};
use nightlatch_ticket::{
    Ack, Counter, Epoch, KeyTextError, Kind, OpenError, PairKeys, PresharedSecret, PublicKey,
    Request, Sealed, SecretKey, SequenceSecret, ServiceHash, Status, Tagged, UnixTime, WeakKey,
    as_sealed, nonce_of, open, open_ack, seal, seal_ack, tag_of,
};
use page::{FOLDER, Given, both_ends, bytes, keys, number, page, secret, unhex};

#[test]
fn the_committed_pages_are_what_the_generator_writes() {
    for (name, page) in pages::pages() {
        let path = Path::new(FOLDER).join(name);
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed == page,
            "{name} differs: write it again with `cargo run -p nightlatch-ticket --example vectors`"
        );
    }
}

#[test]
fn both_ends_derive_the_keys_of_the_vectors() {
    for pair in page("keys.toml").of("pair") {
        let (client, server) = (
            secret(&pair["client_secret"]),
            secret(&pair["server_secret"]),
        );
        assert_eq!(
            client.public().as_bytes(),
            &unhex(&pair["client_public"]),
            "{}",
            pair["name"]
        );
        assert_eq!(
            server.public().as_bytes(),
            &unhex(&pair["server_public"]),
            "{}",
            pair["name"]
        );
        let (here, there) = both_ends(&pair);
        for keys in [&here, &there] {
            assert_eq!(
                keys.tag_key().expose_bytes(),
                &unhex(&pair["tag_key"]),
                "{}",
                pair["name"]
            );
            let knock = seal(&request(), Tagged::Recovery, keys, &mut Given([7; 12]));
            assert!(
                is_sealed_with(&knock, &unhex(&pair["knock_key"])),
                "{}",
                pair["name"]
            );
            let answer = seal_ack(&ack(), keys, &mut Given([7; 12]));
            assert!(
                is_sealed_with(&answer, &unhex(&pair["ack_key"])),
                "{}",
                pair["name"]
            );
        }
    }
}

#[test]
fn every_weak_public_key_is_refused_at_both_ends() {
    let none = PresharedSecret::none();
    for weak in page("keys.toml").of("weak") {
        let public = PublicKey::from_bytes(unhex(&weak["public"]));
        for own in [[1; 32], [0xfe; 32]].map(SecretKey::from_bytes) {
            let refused = PairKeys::of_server(&own, &public, &none).err();
            assert_eq!(refused, Some(WeakKey), "{}", weak["name"]);
            let refused = PairKeys::of_client(&own, &public, &none).err();
            assert_eq!(refused, Some(WeakKey), "{}", weak["name"]);
        }
    }
}

#[test]
fn tags_are_those_of_the_vectors() {
    let key = keys().tag_key();
    for tag in page("hashes.toml").of("tag") {
        let made = match tag["of"].as_str() {
            "epoch" => key.epoch_tag(Epoch(number(&tag["number"]))),
            "recovery" => key.recovery_tag(),
            _ => key.ack_tag(Counter(number(&tag["number"]))),
        };
        assert_eq!(
            made.0,
            unhex(&tag["tag"]),
            "{} {}",
            tag["of"],
            tag["number"]
        );
    }
}

#[test]
fn service_names_hash_as_in_the_vectors() {
    for service in page("hashes.toml").of("service") {
        assert_eq!(ServiceHash::of(&service["name"]).0, unhex(&service["hash"]));
    }
}

#[test]
fn every_good_knock_is_sealed_and_opened_as_written() {
    let keys = keys();
    for knock in page("knocks.toml").of("knock") {
        let name = &knock["name"];
        let packet: Sealed = unhex(&knock["packet"]);
        let says = Request {
            kind: kind(&knock["kind"]),
            counter: Counter(number(&knock["counter"])),
            time: UnixTime::from_millis(number(&knock["time"])),
            service: ServiceHash(unhex(&knock["service"])),
            claimed: knock["claimed"].parse().ok(),
            wanted: knock["wanted"].parse().unwrap(),
        };
        let tagged = match knock["tag_of"].as_str() {
            "recovery" => Tagged::Recovery,
            epoch => Tagged::Now(Epoch(number(epoch))),
        };
        assert_eq!(
            seal(&says, tagged, &keys, &mut Given(unhex(&knock["nonce"]))),
            packet,
            "{name}"
        );
        assert_eq!(open(&packet, &keys), Ok(says), "{name}");
        assert_eq!(tag_of(&packet), keys.tags().tag_for(tagged), "{name}");
        assert_eq!(nonce_of(&packet), unhex(&knock["nonce"]), "{name}");
    }
}

#[test]
fn every_good_answer_is_sealed_and_opened_as_written() {
    let keys = keys();
    for ack in page("acks.toml").of("ack") {
        let name = &ack["name"];
        let packet: Sealed = unhex(&ack["packet"]);
        let says = Ack {
            status: status(&ack["status"]),
            counter: Counter(number(&ack["counter"])),
            time: UnixTime::from_millis(number(&ack["time"])),
            seen: ack["seen"].parse().unwrap(),
            granted: ack["granted"].parse().unwrap(),
            last: Counter(number(&ack["last"])),
        };
        assert_eq!(
            seal_ack(&says, &keys, &mut Given(unhex(&ack["nonce"]))),
            packet,
            "{name}"
        );
        assert_eq!(open_ack(&packet, says.counter, &keys), Ok(says), "{name}");
    }
}

#[test]
fn the_server_refuses_every_bad_knock_for_the_reason_written() {
    let keys = keys();
    for knock in page("knocks-bad.toml").of("knock") {
        let outcome = match as_sealed(&bytes(&knock["packet"])) {
            Err(_) => "wrong-length",
            Ok(sealed) => open(sealed, &keys).map_or_else(reason, |_| "opens"),
        };
        assert_eq!(outcome, knock["outcome"], "{}", knock["name"]);
    }
}

#[test]
fn the_client_refuses_every_bad_answer_for_the_reason_written() {
    let keys = keys();
    for ack in page("acks-bad.toml").of("ack") {
        let outcome = match as_sealed(&bytes(&ack["packet"])) {
            Err(_) => "wrong-length",
            Ok(sealed) => open_ack(sealed, AWAITED, &keys).map_or_else(reason, |_| "opens"),
        };
        assert_eq!(outcome, ack["outcome"], "{}", ack["name"]);
    }
}

#[test]
fn every_single_bit_of_a_knock_matters() {
    let (keys, page) = (keys(), page("knocks-bad.toml"));
    let whole: Sealed = unhex(&page.of("knock")[0]["packet"]);
    assert!(open(&whole, &keys).is_ok());
    for bit in 0..800 {
        assert_eq!(
            open(&flipped(whole, bit), &keys),
            Err(OpenError::Forged),
            "bit {bit}"
        );
    }
}

#[test]
fn every_single_bit_of_an_answer_matters() {
    let (keys, page) = (keys(), page("acks-bad.toml"));
    let whole: Sealed = unhex(&page.of("ack")[0]["packet"]);
    assert!(open_ack(&whole, AWAITED, &keys).is_ok());
    for bit in 0..800 {
        let expected = if bit < 64 {
            OpenError::NotAwaited
        } else {
            OpenError::Forged
        };
        assert_eq!(
            open_ack(&flipped(whole, bit), AWAITED, &keys),
            Err(expected),
            "bit {bit}"
        );
    }
}

#[test]
fn there_are_more_bad_vectors_than_good_ones() {
    let count = |file, table| page(file).of(table).len();
    assert!(count("knocks-bad.toml", "knock") > 3 * count("knocks.toml", "knock"));
    assert!(count("acks-bad.toml", "ack") > 3 * count("acks.toml", "ack"));
    assert!(count("sequences-bad.toml", "sequence") > 3 * count("sequences.toml", "sequence"));
    assert!(count("messages-bad.toml", "message") > 3 * count("messages.toml", "message"));
    assert!(count("texts.toml", "bad") > 3 * count("texts.toml", "good"));
}

#[test]
fn every_good_text_is_read_and_written() {
    for good in page("texts.toml").of("good") {
        let (text, bytes) = (good["text"].as_str(), unhex(&good["bytes"]));
        match good["kind"].as_str() {
            "public" => {
                assert_eq!(text.parse(), Ok(PublicKey::from_bytes(bytes)));
                assert_eq!(PublicKey::from_bytes(bytes).to_string(), text);
            }
            "secret" => {
                assert_eq!(text.parse::<SecretKey>().unwrap().expose_bytes(), &bytes);
                assert_eq!(*SecretKey::from_bytes(bytes).expose_text(), text);
            }
            "sequence" => {
                assert_eq!(
                    text.parse::<SequenceSecret>().unwrap().expose_bytes(),
                    &bytes
                );
                assert_eq!(*SequenceSecret::from_bytes(bytes).expose_text(), text);
            }
            _ => {
                assert_eq!(
                    text.parse::<PresharedSecret>().unwrap().expose_bytes(),
                    &bytes
                );
                assert_eq!(*PresharedSecret::from_bytes(bytes).expose_text(), text);
            }
        }
    }
}

#[test]
fn every_bad_text_is_refused_for_the_reason_written() {
    for bad in page("texts.toml").of("bad") {
        let wrong = match bad["text"].parse::<PublicKey>().unwrap_err() {
            KeyTextError::Empty { .. } => "empty".into(),
            KeyTextError::OtherKind { .. } => "other-kind".into(),
            KeyTextError::NotOurs { .. } => "not-ours".into(),
            KeyTextError::WrongLength { .. } => "wrong-length".into(),
            KeyTextError::StrangeCharacter { at, .. } => format!("strange-character {at}"),
            KeyTextError::MixedCase { .. } => "mixed-case".into(),
            KeyTextError::TypoAt { at, .. } => format!("typo-at {at}"),
            KeyTextError::Typo { .. } => "typo".into(),
        };
        assert_eq!(wrong, bad["wrong"], "{}", bad["name"]);
    }
}

fn is_sealed_with(sealed: &Sealed, key: &[u8; 32]) -> bool {
    let (tag, rest) = sealed.split_first_chunk::<8>().unwrap();
    let (nonce, rest) = rest.split_first_chunk::<12>().unwrap();
    let (text, authenticator) = rest.split_last_chunk::<16>().unwrap();
    let (mut text, cipher) = (text.to_vec(), Aes256GcmSiv::new(key.into()));
    let text = InOutBuf::from(text.as_mut_slice());
    cipher
        .decrypt_inout_detached(nonce.into(), tag, text, authenticator.into())
        .is_ok()
}

fn request() -> Request {
    Request {
        kind: Kind::Knock,
        counter: Counter(1),
        time: UnixTime::from_millis(1),
        service: ServiceHash::NONE,
        claimed: None,
        wanted: 0,
    }
}

fn ack() -> Ack {
    Ack {
        status: Status::Seen,
        counter: Counter(1),
        time: UnixTime::from_millis(1),
        seen: IpAddr::from([192, 0, 2, 1]),
        granted: 0,
        last: Counter(1),
    }
}

fn flipped(mut packet: Sealed, bit: usize) -> Sealed {
    packet[bit / 8] ^= 1 << (bit % 8);
    packet
}

fn reason(error: OpenError) -> &'static str {
    match error {
        OpenError::Forged => "forged",
        OpenError::NotAwaited => "not-awaited",
        OpenError::UnknownVersion(_) => "unknown-version",
        OpenError::UnknownKind(_) => "unknown-kind",
        OpenError::UnknownStatus(_) => "unknown-status",
        OpenError::UnknownFlags(_) => "unknown-flags",
        OpenError::ReservedNotZero => "reserved-not-zero",
        OpenError::BadTime(_) => "bad-time",
        OpenError::BadAddress => "bad-address",
        OpenError::BadText => "bad-text",
    }
}

fn kind(number: &str) -> Kind {
    let all = [Kind::Knock, Kind::Close, Kind::AskAddress, Kind::Message];
    all.into_iter()
        .find(|kind| (*kind as u8).to_string() == number)
        .unwrap()
}

fn status(number: &str) -> Status {
    Status::ALL
        .into_iter()
        .find(|status| (*status as u8).to_string() == number)
        .unwrap()
}

const AWAITED: Counter = Counter(1_800_000_000_123_456_789);
