//! The pages of encrypted sequences.

use core::net::IpAddr;

use nightlatch_ticket::{
    Counter, Epoch, FRAME_LENGTH, Frame, SYMBOLS, SequenceError, SequenceKind, SequenceRequest,
    SequenceText, ShortService, Span, UnixTime, gather, open_sequence, seal_sequence, spread,
};

use crate::page::{Table, keys, number, page, unhex};

#[test]
fn tags_of_frames_are_those_of_the_vectors() {
    for tag in page("sequences.toml").of("tag") {
        let made = keys().tags().sequence_tag(Epoch(number(&tag["epoch"])));
        assert_eq!(format!("{:07x}", made.0), tag["tag"]);
    }
}

#[test]
fn every_codeword_is_spread_and_gathered_as_written() {
    for codeword in page("sequences.toml").of("codeword") {
        let (frame, symbols) = (unhex(&codeword["frame"]), unhex(&codeword["symbols"]));
        assert_eq!(
            spread(&frame).map(|symbol| symbol.value),
            symbols,
            "{}",
            codeword["name"]
        );
        assert_eq!(
            gather(&symbols.map(Some)),
            Some(frame),
            "{}",
            codeword["name"]
        );
    }
}

#[test]
fn every_good_sequence_is_sealed_spread_and_opened_as_written() {
    let keys = keys();
    for sequence in page("sequences.toml").of("sequence") {
        let (name, request) = (&sequence["name"], request(&sequence));
        let (epoch, address) = place(&sequence);
        assert_eq!(Epoch::of_counter(request.counter), epoch, "{name}");
        let frames = frames(&sequence);
        assert_eq!(
            seal_sequence(&request, address, epoch, &keys),
            frames,
            "{name}"
        );
        assert_eq!(
            open_sequence(&frames, epoch, address, &keys),
            Ok(request),
            "{name}"
        );

        let symbols: Vec<[u8; SYMBOLS]> = sequence["symbols"].split(' ').map(unhex).collect();
        let spreads = frames
            .iter()
            .map(spread)
            .map(|all| all.map(|symbol| symbol.value));
        assert_eq!(spreads.collect::<Vec<_>>(), symbols, "{name}");
        let span = span(&sequence);
        let ports = frames
            .iter()
            .flat_map(spread)
            .map(|symbol| span.port(symbol).unwrap().to_string());
        assert_eq!(
            ports.collect::<Vec<_>>().join(" "),
            sequence["ports"],
            "{name}"
        );
    }
}

#[test]
fn ports_of_the_vectors_are_heard_as_their_symbols() {
    for sequence in page("sequences.toml").of("sequence") {
        let span = span(&sequence);
        let ports: Vec<u16> = sequence["ports"]
            .split(' ')
            .map(|port| port.parse().unwrap())
            .collect();
        let gathered = ports.chunks(SYMBOLS).map(|ports| {
            let mut heard = [None; SYMBOLS];
            for symbol in ports.iter().map(|port| span.symbol(*port).unwrap()) {
                heard[usize::from(symbol.position)] = Some(symbol.value);
            }
            gather(&heard).unwrap()
        });
        assert_eq!(
            gathered.collect::<Vec<_>>(),
            frames(&sequence),
            "{}",
            sequence["name"]
        );
    }
}

#[test]
fn symbols_give_the_frame_that_is_written_or_nothing() {
    for symbols in page("sequences-bad.toml").of("symbols") {
        let digits = &symbols["symbols"];
        assert_eq!(digits.len(), 2 * SYMBOLS);
        let heard: [_; SYMBOLS] =
            std::array::from_fn(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).ok());
        let frame = (symbols["frame"] != "nothing").then(|| unhex(&symbols["frame"]));
        assert_eq!(gather(&heard), frame, "{}", symbols["name"]);
    }
}

#[test]
fn the_server_refuses_every_bad_sequence_for_the_reason_written() {
    let keys = keys();
    for sequence in page("sequences-bad.toml").of("sequence") {
        let (epoch, address) = place(&sequence);
        let opened = open_sequence(&frames(&sequence), epoch, address, &keys);
        let outcome = opened.map_or_else(reason, |_| "opens");
        assert_eq!(outcome, sequence["outcome"], "{}", sequence["name"]);
    }
}

#[test]
fn every_single_bit_of_a_frame_matters() {
    let keys = keys();
    for whole in page("sequences-bad.toml").of("sequence").iter().take(2) {
        let ((epoch, address), frames) = (place(whole), frames(whole));
        for bit in 0..frames.len() * FRAME_LENGTH * 8 {
            let (frame, bit) = (bit / (FRAME_LENGTH * 8), bit % (FRAME_LENGTH * 8));
            let mut flipped = frames.clone();
            flipped[frame][bit / 8] ^= 1 << (bit % 8);
            let expected = if bit < 32 {
                SequenceError::WrongFrames
            } else {
                SequenceError::Forged
            };
            let refused = open_sequence(&flipped, epoch, address, &keys);
            assert_eq!(refused, Err(expected), "frame {frame} bit {bit}");
        }
    }
}

fn place(sequence: &Table) -> (Epoch, IpAddr) {
    let address = sequence["address"].parse().unwrap();
    (Epoch(number(&sequence["epoch"])), address)
}

fn frames(sequence: &Table) -> Vec<Frame> {
    sequence["frames"].split_whitespace().map(unhex).collect()
}

fn request(sequence: &Table) -> SequenceRequest {
    let counter = number(&sequence["counter"]);
    SequenceRequest {
        kind: match sequence["kind"].as_str() {
            "1" => SequenceKind::Knock,
            "2" => SequenceKind::Close,
            _ => SequenceKind::Message,
        },
        counter: Counter(counter),
        time: UnixTime::from_nanos(counter),
        service: ShortService::from_bits(sequence["service"].parse().unwrap()),
        wanted: sequence["wanted"].parse().unwrap(),
        text: SequenceText::new(&sequence["text"]).unwrap(),
    }
}

fn span(sequence: &Table) -> Span {
    let (first, last) = range(&sequence["span"]);
    let skip: Vec<_> = sequence["skip"].split(' ').map(range).collect();
    Span::new(first, last, &skip).unwrap()
}

fn range(digits: &str) -> (u16, u16) {
    let (first, last) = digits.split_once('-').unwrap();
    (first.parse().unwrap(), last.parse().unwrap())
}

fn reason(error: SequenceError) -> &'static str {
    match error {
        SequenceError::WrongFrames => "wrong-frames",
        SequenceError::Forged => "forged",
        SequenceError::UnknownKind => "unknown-kind",
        SequenceError::BadTime => "bad-time",
        SequenceError::ReservedNotZero => "reserved-not-zero",
        SequenceError::BadText => "bad-text",
    }
}
