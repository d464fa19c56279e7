//! What holds for every message, and how a client gets one across whatever is wrong here or there.

#![cfg(test)]
use core::net::{IpAddr, Ipv4Addr};
use core::time::Duration;

use nightlatch_ticket::{
    Ack, AddressClaim, Answer, Attempt, Counter, Epoch, Happened, Kind, MESSAGE_LENGTH, Memory,
    MessageText, OpenError, Outcome, Packet, PairKeys, PresharedSecret, Reason, Request, Sealed,
    SecretKey, SequenceText, ServiceHash, Status, Step, Tagged, TextTooLong, UnixTime, Wish,
    as_sealed, as_sealed_message, open, open_message, seal, seal_message,
};
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_told_is_heard_as_it_was(
        text in ".{0,300}", counter in any::<u64>(), milliseconds in 0..=UnixTime::LAST_MILLISECOND, epoch in any::<u64>()
    ) {
        let text = MessageText::new(&text).unwrap_or_default();
        let request = Request {
            counter: Counter(counter),
            time: UnixTime::from_millis(milliseconds),
            ..blank()
        };
        let sealed = seal_message(&request, &text, Epoch(epoch), &pair(1), &mut rng());
        prop_assert_eq!(open_message(&sealed, &pair(1)), Ok((request, text)));
        prop_assert_eq!(open_message(&sealed, &pair(2)), Err(OpenError::Forged));
    }

    #[test]
    fn any_bit_that_flips_on_the_way_shuts_a_message(bit in 0..MESSAGE_LENGTH * 8) {
        let mut sealed = seal_message(&blank(), &said("the roof leaks"), NOW_EPOCH, &pair(1), &mut rng());
        sealed[bit / 8] ^= 1 << (bit % 8);
        prop_assert_eq!(open_message(&sealed, &pair(1)), Err(OpenError::Forged));
    }

    #[test]
    fn no_bytes_make_opening_a_message_panic(bytes in prop::collection::vec(any::<u8>(), 1_110..1_130)) {
        prop_assert_eq!(as_sealed_message(&bytes).is_ok(), bytes.len() == MESSAGE_LENGTH);
        if let Ok(sealed) = as_sealed_message(&bytes) {
            prop_assert_eq!(open_message(sealed, &pair(1)), Err(OpenError::Forged));
        }
    }
}

#[test]
fn only_what_a_message_carries_is_sealed() {
    let more = Request {
        kind: Kind::Knock,
        service: ServiceHash::of("ssh"),
        wanted: 30,
        ..blank()
    };
    let sealed = seal_message(&more, &said("x"), NOW_EPOCH, &pair(1), &mut rng());
    assert_eq!(open_message(&sealed, &pair(1)), Ok((blank(), said("x"))));
}

#[test]
fn the_longest_text_fits_and_one_byte_more_is_refused() {
    let longest = said(&"m".repeat(1_024));
    let sealed = seal_message(&blank(), &longest, NOW_EPOCH, &pair(1), &mut rng());
    assert_eq!(open_message(&sealed, &pair(1)), Ok((blank(), longest)));
    let refused = TextTooLong {
        found: 1_025,
        most: 1_024,
    };
    assert_eq!(MessageText::new(&"m".repeat(1_025)), Err(refused));
    assert!(SequenceText::new(&"é".repeat(16)).is_ok());
    assert_eq!(
        SequenceText::new(&"é".repeat(17)).unwrap_err().to_string(),
        "this text has 34 bytes; a message carries 32 at most\n  say it in fewer words"
    );
}

#[test]
fn two_messages_that_say_the_same_look_different() {
    let mut rng = rng();
    let mut message = || seal_message(&blank(), &said("x"), NOW_EPOCH, &pair(1), &mut rng);
    let (one, two) = (message(), message());
    let same = one[8..].iter().zip(&two[8..]).filter(|(a, b)| a == b);
    assert!(same.count() < 30);
}

#[test]
fn a_message_is_told_with_one_packet_of_its_length() {
    let mut scene = Scene::new();
    let outcome = scene.tell("the roof leaks").unwrap();
    assert_eq!((outcome.happened, outcome.sends), (Happened::Taken, 1));
    assert_eq!(
        (scene.lengths, scene.heard),
        (vec![1_124], vec![said("the roof leaks")])
    );
}

#[test]
fn a_clock_minutes_wrong_is_repaired_by_one_more_message() {
    let mut scene = Scene::new();
    scene.clock = -150_000;
    let outcome = scene.tell("the roof leaks").unwrap();
    assert_eq!((outcome.repairs.clock, outcome.sends), (1, 2));
    assert_eq!(scene.lengths, [1_124, 1_124]);
}

#[test]
fn a_recovery_knock_never_carries_the_text() {
    let mut scene = Scene::new();
    scene.clock = -86_400_000;
    let outcome = scene.tell("the roof leaks").unwrap();
    assert_eq!((outcome.repairs.clock, outcome.sends), (1, 4));
    assert_eq!(scene.lengths, [1_124, 1_124, 100, 1_124]);
    assert_eq!(scene.heard.len(), 1);
}

#[test]
fn a_counter_behind_the_servers_is_repaired_and_the_message_told_once() {
    let mut scene = Scene::new();
    scene.last = Counter(NOW.as_nanos() + 3_600_000_000_000);
    assert!(scene.tell("the roof leaks").is_ok());
    assert_eq!(scene.lengths, [1_124, 1_124, 100, 1_124]);
    assert_eq!(scene.heard.len(), 1);
}

#[test]
fn a_knock_and_a_message_are_never_taken_for_each_other() {
    let request = Request {
        kind: Kind::Message,
        ..blank()
    };
    let knock = seal(&request, Tagged::Now(NOW_EPOCH), &pair(1), &mut rng());
    let mut longer = [0; MESSAGE_LENGTH];
    longer[..84].copy_from_slice(&knock[..84]);
    longer[1_108..].copy_from_slice(&knock[84..]);
    assert_eq!(open_message(&longer, &pair(1)), Err(OpenError::Forged));
    let message = seal_message(&request, &said(""), NOW_EPOCH, &pair(1), &mut rng());
    let mut shorter: Sealed = [0; 100];
    shorter[..84].copy_from_slice(&message[..84]);
    shorter[84..].copy_from_slice(&message[1_108..]);
    assert_eq!(open(&shorter, &pair(1)), Err(OpenError::Forged));
    assert_eq!(
        as_sealed(&message).unwrap_err().to_string(),
        "1124 bytes are not a sealed packet: a knock has 100, a message 1124"
    );
}

/// A client that has something to tell, and the little of a server that it takes to hear it.
struct Scene {
    now: UnixTime,
    /// By how many milliseconds the client's clock is ahead.
    clock: i64,
    last: Counter,
    lengths: Vec<usize>,
    heard: Vec<MessageText>,
}

impl Scene {
    fn new() -> Self {
        Self {
            now: NOW,
            clock: 0,
            last: Counter(0),
            lengths: Vec::new(),
            heard: Vec::new(),
        }
    }

    fn tell(&mut self, text: &str) -> Result<Outcome, Reason> {
        let wish = Wish {
            kind: Kind::Message,
            service: ServiceHash::NONE,
            wanted: 0,
            answer: Answer::Awaited(AddressClaim::Likely(HERE)),
        };
        let mut attempt = Attempt::new(wish, Memory::default());
        loop {
            self.now = self.now.saturating_add(Duration::from_millis(40));
            let here = self.now.shifted(self.clock);
            match attempt.next(here) {
                Step::Send { request, tagged } => {
                    let keys = pair(1);
                    let packet = Packet::telling(&said(text), &request, tagged, &keys, &mut rng());
                    match self.judge(packet.as_bytes()) {
                        Some(ack) => drop(attempt.answered(&ack, here)),
                        None => attempt.unanswered(),
                    }
                }
                Step::Done(outcome) => return Ok(outcome),
                Step::GiveUp(reason) => return Err(reason),
            }
        }
    }

    fn judge(&mut self, datagram: &[u8]) -> Option<Ack> {
        self.lengths.push(datagram.len());
        let keys = pair(1);
        if let Ok(sealed) = as_sealed(datagram) {
            let request = open(sealed, &keys).unwrap();
            let tagged = keys
                .tags()
                .recognise(nightlatch_ticket::tag_of(sealed), self.now);
            assert_eq!(
                tagged,
                Some(Tagged::Recovery),
                "a knock's length, and no recovery"
            );
            return Some(self.answer(Status::Recovered, &request));
        }
        let sealed = as_sealed_message(datagram).unwrap();
        keys.tags()
            .recognise(nightlatch_ticket::tag_of(sealed), self.now)?;
        let (request, text) = open_message(sealed, &keys).unwrap();
        if request.counter <= self.last {
            return None;
        }
        self.last = request.counter;
        if request.time.distance(self.now) > Duration::from_mins(1) {
            return Some(self.answer(Status::Stale, &request));
        }
        self.heard.push(text);
        Some(self.answer(Status::Taken, &request))
    }

    fn answer(&self, status: Status, request: &Request) -> Ack {
        Ack {
            status,
            counter: request.counter,
            time: self.now,
            seen: HERE,
            granted: 0,
            last: self.last,
        }
    }
}

fn blank() -> Request {
    Request {
        kind: Kind::Message,
        counter: Counter(1),
        time: NOW,
        service: ServiceHash::NONE,
        claimed: Some(HERE),
        wanted: 0,
    }
}

fn said(text: &str) -> MessageText {
    MessageText::new(text).unwrap()
}

fn pair(number: u8) -> PairKeys {
    let (client, server) = (
        SecretKey::from_bytes([number; 32]),
        SecretKey::from_bytes([99; 32]),
    );
    PairKeys::of_server(&server, &client.public(), &PresharedSecret::none()).unwrap()
}

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(1)
}

const NOW: UnixTime = UnixTime::from_secs(1_800_000_300);
const NOW_EPOCH: Epoch = Epoch::at(NOW);
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7));
