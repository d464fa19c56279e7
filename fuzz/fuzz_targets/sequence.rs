//! Symbols, frames and messages: what is forged stays shut, what opens is what was said.
#![no_main]

use core::net::{IpAddr, Ipv6Addr};

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use nightlatch_fuzz::{Forger, People, noon};
use nightlatch_ticket::{
    Epoch, Frame, MessageText, OpenError, SYMBOLS, SequenceError, SequenceSecret, Span, TimeStep,
    as_sealed_message, gather, head_of, open_message, open_sequence, seal_message, seal_sequence,
    spread,
};
use rand_chacha::ChaCha12Rng;
use rand_core::SeedableRng;

#[derive(Arbitrary, Debug)]
enum Input<'a> {
    /// Any symbols, perhaps with gaps.
    Symbols([Option<u8>; SYMBOLS]),
    /// A frame of which some symbols get lost, and one is another.
    Lossy {
        frame: Frame,
        lost: u32,
        other: (u8, u8),
    },
    /// Any frames.
    Frames(Vec<Frame>),
    /// Any bytes behind a good code.
    Behind {
        frames: u8,
        plain: [u8; 70],
        address: u128,
    },
    /// Any bytes behind the seal of a message: its head, and some of its text.
    Message {
        head: [u8; 64],
        text: &'a [u8],
        nonce: [u8; 12],
    },
    /// Any bytes where a message should be.
    Wire(&'a [u8]),
    /// Any bounds of a span, and a port.
    Span {
        bounds: (u16, u16),
        skip: Vec<(u16, u16)>,
        port: u16,
    },
    /// Any moment of a time-based sequence.
    Timed {
        secret: [u8; 32],
        step: u64,
        count: u8,
        span: (u16, u16),
    },
}

fuzz_target!(|input: Input<'_>| match input {
    Input::Symbols(symbols) => symbols_gathered(&symbols),
    Input::Lossy { frame, lost, other } => lossy(&frame, lost, other),
    Input::Frames(frames) => any_frames(&frames),
    Input::Behind {
        frames,
        plain,
        address,
    } => behind(frames, &plain, address.into()),
    Input::Message { head, text, nonce } => message(&head, text, nonce),
    Input::Wire(bytes) => wire(bytes),
    Input::Span { bounds, skip, port } => span(bounds, &skip, port),
    Input::Timed {
        secret,
        step,
        count,
        span,
    } => timed(secret, TimeStep(step), count, span),
});

fn symbols_gathered(symbols: &[Option<u8>; SYMBOLS]) {
    let count = symbols.iter().flatten().count();
    let gathered = gather(symbols);
    assert!(count >= 17 || gathered.is_none());
    assert!(count != 17 || gathered.is_some());
    if let Some(frame) = gathered {
        let right = spread(&frame);
        let mut both = symbols.iter().zip(right);
        assert!(both.all(|(came, right)| came.is_none_or(|value| value == right.value)));
        any_frames(&[frame]);
    }
}

fn lossy(frame: &Frame, lost: u32, (at, value): (u8, u8)) {
    let sent = spread(frame);
    let mut came = sent.map(|symbol| (lost >> symbol.position & 1 == 0).then_some(symbol.value));
    let count = came.iter().flatten().count();
    assert_eq!(gather(&came), (count >= 17).then_some(*frame));
    let at = usize::from(at) % SYMBOLS;
    if count > 17 && came[at].is_some_and(|was| was != value) {
        came[at] = Some(value);
        assert_eq!(
            gather(&came),
            None,
            "a symbol that contradicts was believed"
        );
    }
}

fn any_frames(frames: &[Frame]) {
    let here = IpAddr::V6(Ipv6Addr::LOCALHOST);
    let epoch = Epoch::at(noon().unix);
    assert!(open_sequence(frames, epoch, here, People::all().pair(0)).is_err());
    let heads = frames.iter().map(head_of);
    assert!(
        heads
            .into_iter()
            .all(|head| head.index < 8 && head.tag.0 < 1 << 28)
    );
}

/// Whoever holds a key may write what he likes; what is read must be what would be written.
fn behind(count: u8, plain: &[u8; 70], address: Ipv6Addr) {
    let (keys, epoch) = (People::all().pair(0), Epoch::at(noon().unix));
    let count = usize::from(count % 6 + 1);
    let plain = &plain[..13 * count - 8];
    let frames = Forger::of_client_0().frames(plain, address.octets(), epoch);
    let source = IpAddr::from(address);
    match open_sequence(&frames, epoch, source, keys) {
        Ok(request) => {
            assert_eq!(Epoch::of_counter(request.counter), epoch);
            assert_eq!(
                seal_sequence(&request, source, epoch, keys),
                frames,
                "one request, one writing"
            );
        }
        Err(error) => assert_ne!(
            error,
            SequenceError::Forged,
            "two implementations of protocol.md differ"
        ),
    }
    assert!(open_sequence(&frames, epoch.next(), source, keys).is_err());
}

fn message(head: &[u8; 64], text: &[u8], nonce: [u8; 12]) {
    let (keys, epoch) = (People::all().pair(0), Epoch::at(noon().unix));
    let mut plain = [0; 1_088];
    plain[..64].copy_from_slice(head);
    let room = plain[64..].iter_mut();
    room.zip(text).for_each(|(to, from)| *to = *from);
    let packet = Forger::of_client_0().message(&plain, epoch, nonce);
    let opened = open_message(as_sealed_message(&packet).unwrap(), keys);
    assert_ne!(
        opened.as_ref().err(),
        Some(&OpenError::Forged),
        "two implementations of protocol.md differ"
    );
    if let Ok((request, text)) = opened {
        let mut rng = ChaCha12Rng::from_seed([9; 32]);
        let again = seal_message(&request, &text, epoch, keys, &mut rng);
        let (opened, same) = open_message(&again, keys).unwrap();
        // Service and wanted are not looked at, and not sent again.
        assert_eq!(
            (opened.counter, opened.time),
            (request.counter, request.time)
        );
        assert_eq!((opened.claimed, same), (request.claimed, text));
    }
}

fn wire(bytes: &[u8]) {
    let mut packet = [0; 1_124];
    packet
        .iter_mut()
        .zip(bytes)
        .for_each(|(to, from)| *to = *from);
    let refused = open_message(&packet, People::all().pair(0));
    assert_eq!(refused, Err(OpenError::Forged));
    if let Ok(text) = std::str::from_utf8(bytes) {
        let fits = bytes.len() <= 1_024;
        assert_eq!(MessageText::new(text).is_ok(), fits);
        let _ = text.parse::<SequenceSecret>();
    }
}

fn span((first, last): (u16, u16), skip: &[(u16, u16)], port: u16) {
    let Ok(span) = Span::new(first, last, skip) else {
        return;
    };
    if let Some(symbol) = span.symbol(port) {
        assert_eq!(span.port(symbol), Some(port), "port and symbol differ");
        assert!((first..=last).contains(&port));
        assert!(!skip.iter().any(|(from, to)| (*from..=*to).contains(&port)));
    }
}

fn timed(secret: [u8; 32], step: TimeStep, count: u8, (first, last): (u16, u16)) {
    if first > last {
        return;
    }
    let mut ports = SequenceSecret::from_bytes(secret).ports(step, count, (first, last));
    assert!(ports.len() <= 8 && ports.iter().all(|port| (first..=last).contains(port)));
    let drawn = ports.len();
    ports.sort_unstable();
    ports.dedup();
    assert_eq!(ports.len(), drawn, "a port twice");
}
