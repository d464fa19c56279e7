//! Sealed packets and texts of keys: what is forged stays shut, what opens is what was said.
#![no_main]

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use nightlatch_fuzz::{Forger, People, noon};
use nightlatch_ticket::{
    Counter, Epoch, OpenError, PresharedSecret, PublicKey, SecretKey, Tagged, as_sealed, open,
    open_ack, seal, seal_ack,
};
use rand_chacha::ChaCha12Rng;
use rand_core::SeedableRng;

#[derive(Arbitrary, Debug)]
enum Input<'a> {
    /// Any bytes on the wire.
    Wire(&'a [u8]),
    /// Any bytes behind a good seal.
    Behind {
        plain: [u8; 64],
        nonce: [u8; 12],
        counter: u64,
    },
    /// A good packet with one bit flipped.
    Flipped { plain: [u8; 64], bit: u16 },
    /// Any text where a key should stand.
    Text(&'a str),
    /// A key with some characters mistyped.
    Mistyped {
        key: [u8; 32],
        typos: [Option<(u8, u8)>; 6],
    },
}

fuzz_target!(|input: Input<'_>| match input {
    Input::Wire(bytes) => wire(bytes),
    Input::Behind {
        plain,
        nonce,
        counter,
    } => behind(&plain, nonce, counter),
    Input::Flipped { plain, bit } => flipped(&plain, bit),
    Input::Text(text) => key_text(text),
    Input::Mistyped { key, typos } => mistyped(key, typos),
});

fn wire(bytes: &[u8]) {
    let keys = People::all().pair(0);
    if let Ok(sealed) = as_sealed(bytes) {
        assert_eq!(open(sealed, keys), Err(OpenError::Forged));
        assert!(open_ack(sealed, Counter(1), keys).is_err());
    }
}

/// Whoever holds a key may write what he likes; what is read must be what would be written.
fn behind(plain: &[u8; 64], nonce: [u8; 12], counter: u64) {
    let keys = People::all().pair(0);
    let forger = Forger::of_client_0();
    let epoch = Epoch::at(noon().unix);
    let mut rng = ChaCha12Rng::from_seed([9; 32]);

    let knock = open(&forger.knock(plain, epoch, nonce), keys);
    assert_ne!(
        knock,
        Err(OpenError::Forged),
        "two implementations of protocol.md differ"
    );
    if let Ok(request) = knock {
        let again = seal(&request, Tagged::Now(epoch), keys, &mut rng);
        assert_eq!(open(&again, keys), Ok(request));
    }

    let ack = open_ack(&forger.ack(plain, counter, nonce), Counter(counter), keys);
    assert_ne!(
        ack,
        Err(OpenError::Forged),
        "two implementations of protocol.md differ"
    );
    if let Ok(ack) = ack {
        let again = seal_ack(&ack, keys, &mut rng);
        assert_eq!(open_ack(&again, ack.counter, keys), Ok(ack));
    }
}

fn flipped(plain: &[u8; 64], bit: u16) {
    let mut sealed = Forger::of_client_0().knock(plain, Epoch(0), [3; 12]);
    let bit = usize::from(bit) % (sealed.len() * 8);
    sealed[bit / 8] ^= 1 << (bit % 8);
    assert_eq!(open(&sealed, People::all().pair(0)), Err(OpenError::Forged));
}

fn key_text(text: &str) {
    if let Ok(key) = text.parse::<PublicKey>() {
        assert_eq!(
            key.to_string(),
            text.trim().to_lowercase(),
            "one key, one text"
        );
    }
    let _ = text.parse::<SecretKey>();
    let _ = text.parse::<PresharedSecret>();
}

fn mistyped(key: [u8; 32], typos: [Option<(u8, u8)>; 6]) {
    let mut text = PublicKey::from_bytes(key).to_string().into_bytes();
    for (at, letter) in typos.into_iter().flatten() {
        let at = usize::from(at) % text.len();
        text[at] = b' ' + letter % 95;
    }
    key_text(&String::from_utf8(text).expect("ASCII stays ASCII"));
}
