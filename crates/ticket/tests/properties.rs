//! What holds for every packet, every text and every pair of keys.

#![cfg(test)]

use core::net::IpAddr;

use nightlatch_ticket::{
    Ack, Counter, Epoch, KeyKind, KeyTextError, Kind, OpenError, PairKeys, PresharedSecret,
    PublicKey, Request, SecretKey, ServiceHash, Status, Tagged, UnixTime, as_sealed, open,
    open_ack, seal, seal_ack,
};
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn whatever_is_sealed_is_opened_as_it_was(
        request in requests(), tagged in tags(), seed in any::<u64>()
    ) {
        let sealed = seal(&request, tagged, &pair(1), &mut rng(seed));
        prop_assert_eq!(open(&sealed, &pair(1)), Ok(request));
    }

    #[test]
    fn whatever_is_answered_is_heard_as_it_was(ack in acks(), seed in any::<u64>()) {
        let sealed = seal_ack(&ack, &pair(1), &mut rng(seed));
        prop_assert_eq!(open_ack(&sealed, ack.counter, &pair(1)), Ok(ack));
    }

    #[test]
    fn any_bit_that_flips_on_the_way_shuts_a_packet(
        request in requests(), ack in acks(), bit in 0..800_usize, seed in any::<u64>()
    ) {
        let mut sealed = seal(&request, Tagged::Now(Epoch(7)), &pair(1), &mut rng(seed));
        sealed[bit / 8] ^= 1 << (bit % 8);
        prop_assert_eq!(open(&sealed, &pair(1)), Err(OpenError::Forged));
        let mut sealed = seal_ack(&ack, &pair(1), &mut rng(seed));
        sealed[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(open_ack(&sealed, ack.counter, &pair(1)).is_err());
    }

    #[test]
    fn nobody_elses_keys_open_a_packet(
        request in requests(), ack in acks(), other in 2..=255_u8, seed in any::<u64>()
    ) {
        let sealed = seal(&request, Tagged::Recovery, &pair(1), &mut rng(seed));
        prop_assert_eq!(open(&sealed, &pair(other)), Err(OpenError::Forged));
        let sealed = seal_ack(&ack, &pair(1), &mut rng(seed));
        prop_assert_eq!(open_ack(&sealed, ack.counter, &pair(other)), Err(OpenError::NotAwaited));
    }

    #[test]
    fn an_answer_belongs_to_one_counter(ack in acks(), other in any::<u64>(), seed in any::<u64>()) {
        prop_assume!(other != ack.counter.0);
        let sealed = seal_ack(&ack, &pair(1), &mut rng(seed));
        let refused = open_ack(&sealed, Counter(other), &pair(1));
        prop_assert_eq!(refused, Err(OpenError::NotAwaited));
    }

    #[test]
    fn a_knock_and_an_answer_are_never_taken_for_each_other(
        request in requests(), ack in acks(), seed in any::<u64>()
    ) {
        let knock = seal(&request, Tagged::Recovery, &pair(1), &mut rng(seed));
        prop_assert!(open_ack(&knock, request.counter, &pair(1)).is_err());
        let answer = seal_ack(&ack, &pair(1), &mut rng(seed));
        prop_assert_eq!(open(&answer, &pair(1)), Err(OpenError::Forged));
    }

    #[test]
    fn no_bytes_make_opening_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(sealed) = as_sealed(&bytes) {
            prop_assert_eq!(open(sealed, &pair(1)), Err(OpenError::Forged));
            prop_assert!(open_ack(sealed, Counter(1), &pair(1)).is_err());
        }
        prop_assert_eq!(as_sealed(&bytes).is_ok(), bytes.len() == 100);
    }

    #[test]
    fn a_hundred_random_bytes_are_a_forgery(sealed in prop::array::uniform32(any::<u8>())) {
        let packet: [u8; 100] = std::array::from_fn(|at| sealed[at % 32] ^ u8::try_from(at).unwrap());
        prop_assert_eq!(open(&packet, &pair(1)), Err(OpenError::Forged));
    }

    #[test]
    fn a_key_as_text_is_read_back(bytes in any::<[u8; 32]>()) {
        let public = PublicKey::from_bytes(bytes);
        prop_assert_eq!(public.to_string().parse(), Ok(public));
        prop_assert_eq!(public.to_string().to_uppercase().parse(), Ok(public));
        let text = SecretKey::from_bytes(bytes).expose_text();
        prop_assert_eq!(*text.parse::<SecretKey>().unwrap().expose_bytes(), bytes);
        let text = PresharedSecret::from_bytes(bytes).expose_text();
        prop_assert_eq!(*text.parse::<PresharedSecret>().unwrap().expose_bytes(), bytes);
    }

    #[test]
    fn a_key_with_up_to_three_wrong_characters_is_refused(
        bytes in any::<[u8; 32]>(), places in prop::collection::vec((0..73_usize, 0..32_usize), 1..=3)
    ) {
        let right = PublicKey::from_bytes(bytes).to_string();
        let mut wrong = right.clone().into_bytes();
        for (at, letter) in places {
            wrong[at] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l"[letter];
        }
        let wrong = String::from_utf8(wrong).unwrap();
        prop_assume!(wrong != right);
        prop_assert!(wrong.parse::<PublicKey>().is_err());
    }

    #[test]
    fn one_wrong_character_is_found_wherever_it_stands(
        bytes in any::<[u8; 32]>(), at in 15..73_usize, letter in 0..32_usize, upper in any::<bool>()
    ) {
        let right = PublicKey::from_bytes(bytes).to_string();
        let mut wrong = right.clone().into_bytes();
        wrong[at] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l"[letter];
        let mut wrong = String::from_utf8(wrong).unwrap();
        prop_assume!(wrong != right);
        if upper {
            wrong.make_ascii_uppercase();
        }
        let error = wrong.parse::<PublicKey>().unwrap_err();
        prop_assert_eq!(error, KeyTextError::TypoAt { wanted: KeyKind::Public, at: at.saturating_add(1) });
    }

    #[test]
    fn no_text_makes_reading_a_key_panic(text in any::<String>(), tail in "[ -~]{0,80}") {
        for text in [text, format!("nightlatch-pub1{tail}"), format!("nightlatch-secret{tail}")] {
            let error = text.parse::<PublicKey>().unwrap_err();
            prop_assert!(error.to_string().lines().count() == 2);
            prop_assert!(text.parse::<SecretKey>().is_err());
        }
    }
}

#[test]
fn two_knocks_that_say_the_same_share_nothing_but_the_tag() {
    let request = Request {
        kind: Kind::Knock,
        counter: Counter(1),
        time: UnixTime::from_millis(1),
        service: ServiceHash::of("ssh"),
        claimed: None,
        wanted: 0,
    };
    let mut rng = rng(1);
    let one = seal(&request, Tagged::Now(Epoch(1)), &pair(1), &mut rng);
    let two = seal(&request, Tagged::Now(Epoch(1)), &pair(1), &mut rng);
    assert_eq!(one[..8], two[..8]);
    let same = one[8..]
        .iter()
        .zip(&two[8..])
        .filter(|(one, two)| one == two)
        .count();
    assert!(same < 8, "{same} of 92 bytes are the same");
}

fn pair(number: u8) -> PairKeys {
    let (client, server) = (
        SecretKey::from_bytes([number; 32]),
        SecretKey::from_bytes([99; 32]),
    );
    PairKeys::of_server(
        &server,
        &client.public(),
        &PresharedSecret::from_bytes([3; 32]),
    )
    .unwrap()
}

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn requests() -> impl Strategy<Value = Request> {
    let kinds = [Kind::Knock, Kind::Close, Kind::AskAddress, Kind::Message];
    (
        prop::sample::select(kinds.to_vec()),
        any::<u64>(),
        times(),
        any::<[u8; 8]>(),
        prop::option::of(addresses()),
        any::<u32>(),
    )
        .prop_map(|(kind, counter, time, service, claimed, wanted)| Request {
            kind,
            counter: Counter(counter),
            time,
            service: ServiceHash(service),
            claimed,
            wanted,
        })
}

fn acks() -> impl Strategy<Value = Ack> {
    (
        prop::sample::select(Status::ALL.to_vec()),
        any::<u64>(),
        times(),
        addresses(),
        any::<u32>(),
        any::<u64>(),
    )
        .prop_map(|(status, counter, time, seen, granted, last)| Ack {
            status,
            counter: Counter(counter),
            time,
            seen,
            granted,
            last: Counter(last),
        })
}

fn times() -> impl Strategy<Value = UnixTime> {
    (0..=UnixTime::LAST_MILLISECOND).prop_map(UnixTime::from_millis)
}

fn tags() -> impl Strategy<Value = Tagged> {
    prop_oneof![
        Just(Tagged::Recovery),
        any::<u64>().prop_map(|epoch| Tagged::Now(Epoch(epoch)))
    ]
}

/// Addresses that a host can have, as the wire writes them.
fn addresses() -> impl Strategy<Value = IpAddr> {
    any::<IpAddr>()
        .prop_map(|address| address.to_canonical())
        .prop_filter("an address that a host can have", |address| {
            !address.is_unspecified()
                && !address.is_multicast()
                && *address != IpAddr::from([255; 4])
        })
}
