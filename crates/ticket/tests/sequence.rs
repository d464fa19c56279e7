//! What holds for every request by way of ports, whatever becomes of its packets.

#![cfg(test)]
#![expect(
    clippy::arithmetic_side_effects,
    reason = "a test that overflows fails, as it should"
)]

use core::net::IpAddr;

use nightlatch_ticket::{
    Counter, Epoch, Frame, MOST_FRAMES, PORTS_NEEDED, PairKeys, PresharedSecret, SYMBOLS,
    SecretKey, SequenceError, SequenceKind, SequenceRequest, SequenceText, ServiceHash,
    ShortService, Span, Symbol, UnixTime, gather, head_of, open_sequence, seal_sequence, spread,
};
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn whatever_is_sealed_is_opened_as_it_was(request in requests(), here in addresses()) {
        let epoch = Epoch::of_counter(request.counter);
        let frames = seal_sequence(&request, here, epoch, &pair(1));
        prop_assert_eq!(open_sequence(&frames, epoch, here, &pair(1)), Ok(request.clone()));
        prop_assert_eq!(frames.len(), 1 + request.text.as_bytes().len().div_ceil(13));
        for (index, frame) in (0..).zip(&frames) {
            let head = head_of(frame);
            prop_assert_eq!(head.tag, pair(1).tags().sequence_tag(epoch));
            prop_assert_eq!(head.index, index);
            prop_assert_eq!(head.is_last, usize::from(index) + 1 == frames.len());
        }
    }

    #[test]
    fn frames_belong_to_one_address_one_epoch_and_one_pair(
        request in requests(), here in addresses(), there in addresses(), other in any::<u64>()
    ) {
        let epoch = Epoch::of_counter(request.counter);
        let frames = seal_sequence(&request, here, epoch, &pair(1));
        prop_assume!(here != there && other != epoch.0);
        let refused = open_sequence(&frames, epoch, there, &pair(1));
        prop_assert_eq!(refused, Err(SequenceError::Forged));
        prop_assert!(open_sequence(&frames, Epoch(other), here, &pair(1)).is_err());
        prop_assert!(open_sequence(&frames, epoch, here, &pair(2)).is_err());
    }

    #[test]
    fn any_bit_that_flips_on_the_way_shuts_a_request(
        request in requests(), here in addresses(), at in any::<prop::sample::Index>(), bit in 0..136_usize
    ) {
        let epoch = Epoch::of_counter(request.counter);
        let mut frames = seal_sequence(&request, here, epoch, &pair(1));
        let frame = at.get_mut(&mut frames);
        frame[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(open_sequence(&frames, epoch, here, &pair(1)).is_err());
    }

    #[test]
    fn frames_that_are_missing_swapped_or_too_many_open_nothing(
        request in requests(), here in addresses(), one in 0..4_usize, two in 0..4_usize
    ) {
        let epoch = Epoch::of_counter(request.counter);
        let frames = seal_sequence(&request, here, epoch, &pair(1));
        let opens = |frames: &[Frame]| open_sequence(frames, epoch, here, &pair(1)).is_ok();
        let (one, two) = (one % frames.len(), two % frames.len());
        let mut changed = frames.clone();
        changed.remove(one);
        prop_assert!(!opens(&changed));
        let mut changed = frames.clone();
        changed.push(frames[one]);
        prop_assert!(!opens(&changed));
        let mut changed = frames.clone();
        changed.swap(one, two);
        prop_assert_eq!(opens(&changed), one == two);
    }

    #[test]
    fn no_frames_make_opening_panic(
        frames in prop::collection::vec(any::<Frame>(), 0..6), epoch in any::<u64>(), here in addresses()
    ) {
        prop_assert!(open_sequence(&frames, Epoch(epoch), here, &pair(1)).is_err());
    }

    #[test]
    fn any_seventeen_symbols_in_any_order_give_the_frame(
        frame in any::<Frame>(), order in Just((0..SYMBOLS).collect::<Vec<_>>()).prop_shuffle(), more in 0..15_usize
    ) {
        let symbols = spread(&frame);
        let mut heard = [None; SYMBOLS];
        for at in order.iter().take(17 + more) {
            heard[*at] = Some(symbols[*at].value);
        }
        prop_assert_eq!(gather(&heard), Some(frame));
        for at in order.iter().skip(16) {
            heard[*at] = None;
        }
        prop_assert_eq!(gather(&heard), None);
    }

    #[test]
    fn up_to_fourteen_wrong_symbols_are_noticed_when_all_came(
        frame in any::<Frame>(), order in Just((0..SYMBOLS).collect::<Vec<_>>()).prop_shuffle(),
        wrong in 1..=14_usize, by in 1..=255_u8
    ) {
        let mut heard = spread(&frame).map(|symbol| Some(symbol.value));
        for at in order.iter().take(wrong) {
            heard[*at] = heard[*at].map(|value| value ^ by);
        }
        prop_assert_eq!(gather(&heard), None);
    }

    #[test]
    fn whatever_is_gathered_spreads_into_what_was_heard(
        heard in prop::array::uniform31(prop::option::weighted(0.6, any::<u8>()))
    ) {
        let count = heard.iter().flatten().count();
        let gathered = gather(&heard);
        if count <= 17 {
            prop_assert_eq!(gathered.is_some(), count == 17);
        }
        if let Some(frame) = gathered {
            let symbols = spread(&frame);
            for (heard, symbol) in heard.iter().zip(symbols) {
                prop_assert!(heard.is_none_or(|value| value == symbol.value));
            }
        }
    }

    #[test]
    fn port_and_symbol_are_each_others_inverse(
        first in 1..=57_600_u16, wider in 0..1_000_u16, skip in prop::collection::vec(ranges(), 0..8)
    ) {
        let last = first.saturating_add(7_935).saturating_add(wider);
        let Ok(span) = Span::new(first, last, &skip) else { return Ok(()) };
        let mut ports = Vec::new();
        for position in 0..=32 {
            for value in 0..=255 {
                let symbol = Symbol { position, value };
                let port = span.port(symbol);
                prop_assert_eq!(port.is_some(), position < 31);
                if let Some(port) = port {
                    prop_assert_eq!(span.symbol(port), Some(symbol));
                    prop_assert!((first..=last).contains(&port));
                    prop_assert!(!skip.iter().any(|(from, to)| (from..=to).contains(&&port)));
                    ports.push(port);
                }
            }
        }
        prop_assert!(ports.is_sorted() && ports.len() == PORTS_NEEDED);
        let said = (0..=u16::MAX).filter(|port| span.symbol(*port).is_some()).count();
        prop_assert_eq!(said, PORTS_NEEDED);
    }

    #[test]
    fn the_next_counter_is_higher_and_can_be_said(now in any::<u64>(), last in any::<u64>(), near in 0..40_000_000_000_u64) {
        let now = UnixTime::from_nanos(now);
        for last in [Counter(last), Counter(now.as_nanos().saturating_add(near))] {
            let Some(counter) = Counter::of_sequence(last, now) else { continue };
            prop_assert!(counter > last && counter.0 >= now.as_nanos());
            let request = SequenceRequest { counter, time: UnixTime::from_nanos(counter.0), ..knock() };
            let epoch = Epoch::of_counter(counter);
            let frames = seal_sequence(&request, HERE, epoch, &pair(1));
            prop_assert_eq!(open_sequence(&frames, epoch, HERE, &pair(1)), Ok(request));
        }
    }
}

#[test]
fn a_fifth_of_the_packets_may_be_lost() {
    let mut rng = ChaCha8Rng::seed_from_u64(20);
    let whole = (0..RUNS).filter(|_| arrives(&mut rng)).count();
    // The maths says 99.96 %: docs/protocol.md §14.7.
    assert!(whole * 1_000 >= RUNS * 999, "{whole} of {RUNS}");
}

/// One frame on its way: each packet lost with one chance in five, those that are left shuffled, and
/// three in ten sent twice.
fn arrives(rng: &mut ChaCha8Rng) -> bool {
    let mut frame = [0; 17];
    rng.fill_bytes(&mut frame);
    let mut packets = Vec::with_capacity(2 * SYMBOLS);
    for symbol in spread(&frame) {
        if below(5, rng) == 0 {
            continue;
        }
        packets.push(symbol);
        if below(10, rng) < 3 {
            packets.push(symbol);
        }
    }
    for at in (1..packets.len()).rev() {
        let other = usize::try_from(below(u32::try_from(at).unwrap() + 1, rng)).unwrap();
        packets.swap(at, other);
    }
    let mut heard = [None; SYMBOLS];
    for symbol in packets {
        heard[usize::from(symbol.position)] = Some(symbol.value);
        if let Some(gathered) = gather(&heard) {
            assert_eq!(gathered, frame);
            return true;
        }
    }
    false
}

fn below(end: u32, rng: &mut ChaCha8Rng) -> u32 {
    rng.next_u32() % end
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

fn knock() -> SequenceRequest {
    SequenceRequest {
        kind: SequenceKind::Knock,
        counter: Counter(0),
        time: UnixTime::from_nanos(0),
        service: ServiceHash::of("ssh").short(),
        wanted: 28,
        text: SequenceText::default(),
    }
}

/// Requests as frames can say them: what they leave out is left out.
fn requests() -> impl Strategy<Value = SequenceRequest> {
    let kinds = [
        SequenceKind::Knock,
        SequenceKind::Close,
        SequenceKind::Message,
    ];
    (
        prop::sample::select(kinds.to_vec()),
        0..30_000_000_u64,
        0..143_052_u64,
        any::<u16>(),
        0..16_u32,
        ".{0,32}",
    )
        .prop_map(|(kind, epoch, unit, service, wanted, text)| {
            let counter = Counter(epoch * 600_000_000_000 + (unit << 22));
            let text = SequenceText::new(&text).unwrap_or_default();
            SequenceRequest {
                kind,
                counter,
                time: UnixTime::from_nanos(counter.0),
                service: match kind {
                    SequenceKind::Message => ShortService::NONE,
                    _ => ShortService::from_bits(service),
                },
                wanted: match kind {
                    SequenceKind::Knock => (4 + wanted % 4) << (wanted / 4),
                    _ => 0,
                },
                text: match kind {
                    SequenceKind::Message => text,
                    _ => SequenceText::default(),
                },
            }
        })
}

fn addresses() -> impl Strategy<Value = IpAddr> {
    any::<IpAddr>().prop_map(|address| address.to_canonical())
}

fn ranges() -> impl Strategy<Value = (u16, u16)> {
    (any::<u16>(), 0..200_u16).prop_map(|(first, more)| (first, first.saturating_add(more)))
}

const HERE: IpAddr = IpAddr::V4(core::net::Ipv4Addr::new(203, 0, 113, 7));
const RUNS: usize = 10_000;
const _: () = assert!(MOST_FRAMES == 4);
