//! What a packet costs: to seal, to open, to refuse; what a tag costs, and what a client costs at start.
//! And what a request by way of ports costs.

#![expect(clippy::unwrap_used, reason = "the keys here are fixed and good")]

use core::net::{IpAddr, Ipv4Addr};

use divan::{Bencher, black_box};
use nightlatch_ticket::{
    Ack, Counter, Epoch, Frame, Kind, MessageText, PairKeys, PresharedSecret, PublicKey, Request,
    SecretKey, SequenceKind, SequenceRequest, SequenceText, ServiceHash, Span, Status, TagKey,
    Tagged, UnixTime, gather, open, open_ack, open_message, open_sequence, seal, seal_ack,
    seal_message, seal_sequence, spread,
};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

fn main() {
    divan::main();
}

#[divan::bench]
fn seals_a_knock(bencher: Bencher<'_, '_>) {
    let (keys, mut rng) = (pair(), rng());
    bencher.bench_local(|| seal(black_box(&request()), NOW, &keys, &mut rng));
}

#[divan::bench]
fn opens_a_knock(bencher: Bencher<'_, '_>) {
    let keys = pair();
    let sealed = seal(&request(), NOW, &keys, &mut rng());
    bencher.bench_local(|| open(black_box(&sealed), &keys).unwrap());
}

#[divan::bench]
fn refuses_a_forged_knock(bencher: Bencher<'_, '_>) {
    let keys = pair();
    let mut sealed = seal(&request(), NOW, &keys, &mut rng());
    sealed.reverse();
    bencher.bench_local(|| open(black_box(&sealed), &keys).unwrap_err());
}

#[divan::bench]
fn seals_an_ack(bencher: Bencher<'_, '_>) {
    let (keys, mut rng) = (pair(), rng());
    bencher.bench_local(|| seal_ack(black_box(&ack()), &keys, &mut rng));
}

#[divan::bench]
fn opens_an_ack(bencher: Bencher<'_, '_>) {
    let keys = pair();
    let sealed = seal_ack(&ack(), &keys, &mut rng());
    bencher.bench_local(|| open_ack(black_box(&sealed), COUNTER, &keys).unwrap());
}

#[divan::bench]
fn seals_a_message(bencher: Bencher<'_, '_>) {
    let (keys, mut rng, text) = (pair(), rng(), MessageText::default());
    bencher.bench_local(|| seal_message(black_box(&request()), &text, EPOCH, &keys, &mut rng));
}

#[divan::bench]
fn opens_a_message(bencher: Bencher<'_, '_>) {
    let (keys, text) = (pair(), MessageText::default());
    let sealed = seal_message(&request(), &text, EPOCH, &keys, &mut rng());
    bencher.bench_local(|| open_message(black_box(&sealed), &keys).unwrap());
}

#[divan::bench]
fn seals_a_sequence(bencher: Bencher<'_, '_>) {
    let keys = pair();
    bencher.bench_local(|| seal_sequence(black_box(&sequence()), HERE, EPOCH, &keys));
}

#[divan::bench]
fn opens_a_sequence(bencher: Bencher<'_, '_>) {
    let keys = pair();
    let frames = seal_sequence(&sequence(), HERE, EPOCH, &keys);
    bencher.bench_local(|| open_sequence(black_box(&frames), EPOCH, HERE, &keys).unwrap());
}

#[divan::bench]
fn spreads_a_frame(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| spread(black_box(&FRAME)));
}

/// The worst case: 14 symbols of the frame itself are missing.
#[divan::bench(args = [31, 24, 17])]
fn gathers_a_frame_from(bencher: Bencher<'_, '_>, symbols: u8) {
    let came = spread(&FRAME).map(|symbol| {
        let is_there = symbol.position >= 31_u8.saturating_sub(symbols);
        is_there.then_some(symbol.value)
    });
    bencher.bench_local(|| gather(black_box(&came)).unwrap());
}

#[divan::bench]
fn refuses_symbols_that_contradict(bencher: Bencher<'_, '_>) {
    let mut came = spread(&FRAME).map(|symbol| Some(symbol.value));
    came.swap(3, 30);
    bencher.bench_local(|| gather(black_box(&came)));
}

#[divan::bench]
fn finds_the_symbol_of_a_port(bencher: Bencher<'_, '_>) {
    let span = Span::new(20_000, 28_191, &[(20_010, 20_020), (22_222, 22_222)]).unwrap();
    bencher.bench_local(|| span.symbol(black_box(27_000)));
}

#[divan::bench]
fn makes_an_epoch_tag(bencher: Bencher<'_, '_>) {
    let key = TagKey::from_bytes([7; 32]);
    bencher.bench_local(|| key.epoch_tag(black_box(Epoch(1))));
}

#[divan::bench]
fn makes_a_recovery_tag(bencher: Bencher<'_, '_>) {
    let key = TagKey::from_bytes([7; 32]);
    bencher.bench_local(|| black_box(&key).recovery_tag());
}

#[divan::bench]
fn derives_the_keys_of_a_client(bencher: Bencher<'_, '_>) {
    let (server, client) = (SecretKey::from_bytes([2; 32]), client());
    let (own, shared) = (server.public(), PresharedSecret::from_bytes([3; 32]));
    bencher.bench_local(|| {
        PairKeys::of_server_known(&server, &own, black_box(&client), &shared)
            .map(|keys| keys.tag_key())
    });
}

fn pair() -> PairKeys {
    let (server, shared) = (
        SecretKey::from_bytes([2; 32]),
        PresharedSecret::from_bytes([3; 32]),
    );
    PairKeys::of_server(&server, &client(), &shared).unwrap()
}

fn rng() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(1)
}

fn client() -> PublicKey {
    SecretKey::from_bytes([1; 32]).public()
}

fn request() -> Request {
    Request {
        kind: Kind::Knock,
        counter: COUNTER,
        time: UnixTime::from_secs(1_800_000_000),
        service: ServiceHash([9; 8]),
        claimed: Some(HERE),
        wanted: 30,
    }
}

fn sequence() -> SequenceRequest {
    SequenceRequest {
        kind: SequenceKind::Knock,
        counter: COUNTER,
        time: UnixTime::from_nanos(COUNTER.0),
        service: ServiceHash([9; 8]).short(),
        wanted: 30,
        text: SequenceText::default(),
    }
}

fn ack() -> Ack {
    Ack {
        status: Status::Granted,
        counter: COUNTER,
        time: UnixTime::from_secs(1_800_000_000),
        seen: HERE,
        granted: 30,
        last: COUNTER,
    }
}

const COUNTER: Counter = Counter(1_800_000_000_000_000_000);
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7));
const EPOCH: Epoch = Epoch(3_000_000);
const NOW: Tagged = Tagged::Now(EPOCH);
const FRAME: Frame = *b"seventeen bytes!!";
