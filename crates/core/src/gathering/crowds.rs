//! Honest senders among crowds of forged sources: how many of them are heard.
//!
//! A table of a 64th of the size meets a 64th of the crowd: in one set the same happens.

use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr};
use core::time::Duration;

use nightlatch_ticket::{
    Counter, Epoch, PairKeys, PresharedSecret, SYMBOLS, SecretKey, SequenceKind, SequenceRequest,
    SequenceText, ServiceHash, Span, Symbol, UnixTime, seal_sequence, spread,
};

use super::gather::{Gathered, Gathering, HEARD_SETS};
use crate::bounded::Bounded;
use crate::shelves::{Hearing, Shelves};
use crate::{Instant, Protocol};

/// A table, its time, and those who come to it.
struct Crowd {
    gathering: Gathering,
    shelves: Shelves,
    said: [Symbol; SYMBOLS],
    micros: u64,
    random: u64,
}

impl Crowd {
    fn new() -> Self {
        let secret = |byte| SecretKey::from_bytes([byte; 32]);
        let keys = PairKeys::of_client(&secret(1), &secret(2).public(), &PresharedSecret::none());
        let keys = keys.unwrap();
        let counter = Counter::of_sequence(Counter(0), NOW).unwrap();
        let request = SequenceRequest {
            kind: SequenceKind::Knock,
            counter,
            time: NOW,
            service: ServiceHash::of("ssh").short(),
            wanted: 0,
            text: SequenceText::new("").unwrap(),
        };
        let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let frames = seal_sequence(&request, here, Epoch::of_counter(counter), &keys);
        let hearing = Hearing::TicketsAndFrames;
        let mut shelves = Shelves::new([keys.tag_key()].into(), hearing, NOW);
        shelves.build(usize::MAX, NOW);
        let mut gathering = Gathering::new(Span::new(1, 8192, &[]).unwrap(), Protocol::Tcp);
        gathering.heard = Bounded::new(HEARD_SETS / 64);
        Self {
            gathering,
            shelves,
            said: spread(&frames[0]),
            micros: 0,
            random: 1,
        }
    }

    /// Nobody knows in which set a source is: its number is as good as random.
    fn draw(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.random ^ (self.random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn hear(&mut self, who: u64, symbol: Symbol) -> Gathered {
        let now = Instant::from_duration(Duration::from_micros(self.micros));
        self.gathering.hear(symbol, who, &self.shelves, now)
    }

    /// So many forged sources, each of which says so much.
    fn fill(&mut self, sources: u64, symbols: u8) {
        for _ in 0..sources / SHARE {
            let who = self.draw();
            for position in 0..symbols {
                let [value, ..] = self.draw().to_be_bytes();
                self.hear(who, Symbol { position, value });
            }
        }
    }

    /// Time passes, and so many forged sources a second say one symbol each.
    fn wait(&mut self, wait: Duration, sources_a_second: u64) {
        for _ in 0..wait.as_micros().div_ceil(TICK.into()) {
            self.micros = self.micros.saturating_add(TICK);
            if self.draw() % (1_000_000 / TICK * SHARE) < sources_a_second {
                self.fill(SHARE, 1);
            }
        }
    }

    /// How many of so many senders are heard, three at a time, each of whom says his 31 symbols
    /// once, in any order and at this pace, while so many forged sources a second come.
    fn heard(&mut self, senders: usize, pace: Duration, sources_a_second: u64) -> usize {
        let threes = (0..senders / 3).map(|_| self.heard_of_three(pace, sources_a_second));
        threes.sum()
    }

    fn heard_of_three(&mut self, pace: Duration, sources_a_second: u64) -> usize {
        let three = [(); 3].map(|()| self.draw());
        let mut said: Vec<Symbol> = self.said.into();
        said.sort_by_cached_key(|_| self.draw());
        let each = said.into_iter().map(|symbol| {
            let gathered = three.map(|who| self.hear(who, symbol));
            self.wait(pace, sources_a_second);
            let whole = |gathered: &&Gathered| matches!(gathered, Gathered::Whole(_));
            gathered.iter().filter(whole).count()
        });
        each.sum()
    }
}

/// How many of 900 are heard who say a symbol every two milliseconds, once this crowd has come and
/// while it goes on coming.
fn heard_among(sources: u64, symbols: u8, sources_a_second: u64) -> usize {
    let mut crowd = Crowd::new();
    crowd.fill(sources, symbols);
    crowd.wait(Duration::from_millis(500), sources_a_second);
    crowd.heard(SENDERS, Duration::from_millis(2), sources_a_second)
}

#[test]
fn among_100000_sources_a_second_of_one_symbol_everybody_is_heard() {
    assert_eq!(heard_among(0, 0, 100_000), SENDERS);
}

#[test]
fn sources_that_have_said_more_than_an_honest_newcomer_keep_nobody_out() {
    for sources_a_second in [20_000, 100_000, 300_000] {
        // The table has 32,768 places; with 17 symbols it is tried whether there is a frame.
        for (sources, symbols) in [(70_000, 20), (70_000, 16), (35_000, 16), (140_000, 2)] {
            let heard = heard_among(sources, symbols, sources_a_second);
            assert!(
                heard >= 899,
                "{heard} {sources} {symbols} {sources_a_second}"
            );
        }
    }
}

#[test]
fn who_is_ten_times_slower_is_heard_among_them_too() {
    let mut crowd = Crowd::new();
    crowd.fill(70_000, 20);
    assert_eq!(crowd.heard(90, Duration::from_millis(20), 100_000), 90);
    let mut crowd = Crowd::new();
    assert_eq!(crowd.heard(90, Duration::from_millis(100), 100_000), 90);
}

const SENDERS: usize = 900;
const NOW: UnixTime = UnixTime::from_secs(1_900_000_500);
/// The time in which one of the crowd may come, in microseconds.
const TICK: u64 = 100;
const SHARE: u64 = 64;
