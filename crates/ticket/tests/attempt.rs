//! A client gets in whatever is wrong with its clock, its counter or its address, or is told why not.

#![cfg(test)]
#![expect(
    clippy::arithmetic_side_effects,
    reason = "a test that overflows fails, as it should"
)]

use core::net::IpAddr;
use core::time::Duration;

use nightlatch_ticket::{
    Ack, AddressClaim, Answer, Attempt, Counter, Epoch, Happened, Heard, Kind, Memory, OpenError,
    Outcome, PairKeys, PresharedSecret, Reason, Repairs, Request, SecretKey, ServiceHash, Status,
    Step, Tagged, UnixTime, Wish, seal_ack,
};
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

#[test]
fn a_client_with_nothing_wrong_is_in_with_one_packet() {
    let outcome = Scene::new().knock().unwrap();
    assert_eq!(outcome.happened, Happened::Granted { seconds: 30 });
    assert_eq!((outcome.seen, outcome.sends), (Some(HOME), 1));
    assert!(outcome.repairs.is_none());
}

#[test]
fn a_lost_packet_is_sent_again_with_a_counter_of_its_own() {
    let mut scene = Scene::new();
    scene.server.lost = vec![0];
    assert_eq!(scene.knock().unwrap().sends, 2);
    assert!(scene.sent[1].counter > scene.sent[0].counter);
}

#[test]
fn an_answer_that_is_lost_on_its_way_is_asked_for_again() {
    for (clock, claim) in [
        (0, AddressClaim::Likely(HOME)),
        (-120_000, AddressClaim::Likely(ELSEWHERE)),
        (0, AddressClaim::Unknown),
    ] {
        for mute in 0..3 {
            let mut scene = Scene::new();
            (scene.clock, scene.claim) = (clock, claim);
            scene.server.mute = vec![mute];
            let outcome = scene.knock();
            assert!(outcome.is_ok(), "{outcome:?} without answer {mute}");
        }
    }
}

#[test]
fn a_clock_a_few_minutes_wrong_takes_one_more_packet() {
    for minutes in [-9, -2, 2, 9] {
        let mut scene = Scene::new();
        scene.clock = minutes * 60_000;
        let outcome = scene.knock().unwrap();
        assert_eq!(
            outcome.repairs,
            Repairs {
                clock: 1,
                ..Repairs::default()
            }
        );
        assert_eq!(outcome.sends, 2);
        assert_eq!(scene.memory.offset, -minutes * 60_000);
    }
}

#[test]
fn a_clock_at_the_beginning_of_time_is_repaired_by_the_recovery_tag() {
    let mut scene = Scene::new();
    scene.clock = -i64::try_from(NOW.as_millis()).unwrap();
    let outcome = scene.knock().unwrap();
    assert_eq!((outcome.repairs.clock, outcome.sends), (1, 4));
    assert_eq!(scene.tags(), ["now", "now", "recovery", "now"]);
}

#[test]
fn what_was_repaired_once_is_remembered() {
    let mut scene = Scene::new();
    scene.clock = -40_000_000;
    scene.claim = AddressClaim::Likely(ELSEWHERE);
    assert!(scene.knock().unwrap().sends > 1);
    scene.sent.clear();
    let outcome = scene.knock().unwrap();
    assert_eq!(outcome.sends, 1);
    assert!(outcome.repairs.is_none());
}

#[test]
fn a_clock_that_was_put_right_again_is_believed_again() {
    let mut scene = Scene::new();
    scene.clock = -120_000;
    assert!(scene.knock().is_ok());
    assert_eq!(scene.memory.offset, 120_000);
    scene.clock = 0;
    assert!(scene.knock().is_ok());
    assert_eq!(scene.memory.offset, 0);
}

#[test]
fn a_clock_gone_wrong_and_put_right_takes_no_counter_along() {
    let mut scene = Scene::new();
    assert!(scene.knock().is_ok());
    scene.clock = -YEARS;
    assert!(scene.knock().is_ok());
    scene.server.recovered = false;
    scene.clock = 0;
    assert!(scene.knock().is_ok());
    assert!(
        scene.ahead() < Duration::from_secs(1),
        "{:?}",
        scene.ahead()
    );
    assert!(scene.knock_by_ports());
}

#[test]
fn counters_that_nobody_answered_are_forgotten_when_they_are_out_of_reach() {
    let mut scene = Scene::new();
    scene.clock = YEARS;
    scene.server.lost = (0..4).collect();
    assert_eq!(scene.knock(), Err(Reason::Silence));
    scene.clock = 0;
    assert_eq!(scene.knock().unwrap().sends, 1);
    assert!(
        scene.ahead() < Duration::from_secs(1),
        "{:?}",
        scene.ahead()
    );
}

#[test]
fn where_nobody_answers_no_counter_that_was_used_is_forgotten() {
    let memory = Memory {
        last: Counter(NOW.as_nanos() + 7_200_000_000_000),
        ..Memory::default()
    };
    let answer = Answer::NotExpected { claimed: HOME };
    let wish = Wish {
        answer,
        ..wish(AddressClaim::Unknown)
    };
    let Step::Send { request, .. } = Attempt::new(wish, memory).next(NOW) else {
        panic!("it sends");
    };
    assert_eq!(request.counter, Counter(memory.last.0 + 1));
}

#[test]
fn a_server_that_lost_its_state_is_not_taken_back_to_where_it_was() {
    let mut scene = Scene::new();
    scene.memory.named = Counter(NOW.as_nanos() + 1_000_000_000_000_000_000);
    scene.memory.last = scene.memory.named;
    scene.server.mute = vec![0];
    scene.server.lost = vec![0, 1];
    assert!(scene.knock().is_ok());
    assert!(
        scene.ahead() < Duration::from_secs(1),
        "{:?}",
        scene.ahead()
    );
}

#[test]
fn where_the_server_is_far_ahead_a_lost_answer_costs_no_counter_twice() {
    let mut scene = Scene::new();
    scene.server.last = Counter(NOW.as_nanos() + 1_000_000_000_000_000_000);
    scene.memory.named = scene.server.last;
    scene.server.mute = (0..4).collect();
    assert_eq!(scene.knock(), Err(Reason::Silence));
    assert_eq!(scene.knock().unwrap().sends, 1);
}

#[test]
fn a_counter_behind_the_servers_is_repaired_by_the_recovery_tag() {
    let mut scene = Scene::new();
    scene.server.last = Counter(NOW.as_nanos() + 3_600_000_000_000);
    let outcome = scene.knock().unwrap();
    assert_eq!(
        outcome.repairs,
        Repairs {
            counter: 1,
            ..Repairs::default()
        }
    );
    assert_eq!(scene.tags(), ["now", "now", "recovery", "now"]);
}

#[test]
fn a_client_in_doubt_after_a_crash_jumps_above_the_watermark() {
    let mut scene = Scene::new();
    scene.server.floor = Counter(NOW.as_nanos() + 4_000_000_000);
    let outcome = scene.knock().unwrap();
    assert_eq!(
        outcome.repairs,
        Repairs {
            counter: 1,
            ..Repairs::default()
        }
    );
    assert_eq!(outcome.sends, 2);
    assert_eq!(scene.sent[1].counter, Counter(scene.server.floor.0 + 1));
}

#[test]
fn behind_a_nat_the_address_seen_is_claimed() {
    let mut scene = Scene::new();
    scene.claim = AddressClaim::Likely(ELSEWHERE);
    let outcome = scene.knock().unwrap();
    assert_eq!(
        outcome.repairs,
        Repairs {
            address: 1,
            ..Repairs::default()
        }
    );
    assert_eq!((outcome.seen, outcome.sends), (Some(HOME), 2));
}

#[test]
fn an_unknown_address_is_learnt_from_the_server() {
    let mut scene = Scene::new();
    scene.claim = AddressClaim::Unknown;
    assert_eq!(scene.knock().unwrap().sends, 2);
    assert_eq!(scene.sent[0].claimed, None);
    assert_eq!(scene.memory.address, Some(HOME));
}

#[test]
fn an_address_that_is_insisted_on_is_never_changed() {
    let mut scene = Scene::new();
    scene.claim = AddressClaim::Only(ELSEWHERE);
    let reason = Reason::SeenElsewhere {
        claimed: ELSEWHERE,
        seen: HOME,
    };
    assert_eq!(scene.knock(), Err(reason));
    assert!(
        scene
            .sent
            .iter()
            .all(|request| request.claimed == Some(ELSEWHERE))
    );
}

#[test]
fn an_address_remembered_from_the_other_family_is_not_claimed() {
    let mut scene = Scene::new();
    scene.memory.address = Some("2001:db8::7".parse().unwrap());
    scene.claim = AddressClaim::Likely(HOME);
    assert_eq!(scene.knock().unwrap().sends, 1);
}

#[test]
fn an_address_that_changes_with_every_packet_is_given_up() {
    let mut scene = Scene::new();
    scene.server.unsteady = true;
    assert!(matches!(scene.knock(), Err(Reason::AddressUnsteady { .. })));
}

#[test]
fn everything_wrong_at_once_is_repaired() {
    let mut scene = Scene::new();
    scene.clock = -90_000_000_000;
    scene.claim = AddressClaim::Likely(ELSEWHERE);
    scene.server.last = Counter(NOW.as_nanos() + 60_000_000_000);
    scene.server.floor = Counter(NOW.as_nanos() + 65_000_000_000);
    let outcome = scene.knock().unwrap();
    assert_eq!(
        outcome.repairs,
        Repairs {
            clock: 1,
            counter: 1,
            address: 1
        }
    );
    assert_eq!(outcome.sends, 4);
}

#[test]
fn a_silent_server_is_given_up_after_four_packets() {
    let mut scene = Scene::new();
    scene.server.lost = (0..99).collect();
    assert_eq!(scene.knock(), Err(Reason::Silence));
    assert_eq!(scene.tags(), ["now", "now", "recovery", "recovery"]);
}

#[test]
fn a_server_that_falls_silent_after_recovery_is_given_up() {
    let mut scene = Scene::new();
    scene.clock = -90_000_000;
    scene.server.lost = (3..99).collect();
    assert_eq!(scene.knock(), Err(Reason::SilenceAfterRecovery));
}

#[test]
fn a_refusal_ends_it_at_once() {
    for (status, reason) in [
        (Status::Forbidden, Reason::Forbidden),
        (Status::Unavailable, Reason::Unavailable),
        (Status::Full, Reason::Full),
    ] {
        let mut scene = Scene::new();
        scene.server.refuses = Some(status);
        assert_eq!(scene.knock(), Err(reason));
        assert_eq!(scene.sent.len(), 1);
    }
}

#[test]
fn where_no_answer_is_expected_one_packet_is_all() {
    let answer = Answer::NotExpected { claimed: HOME };
    let mut attempt = Attempt::new(
        Wish {
            answer,
            ..wish(AddressClaim::Unknown)
        },
        Memory::default(),
    );
    let Step::Send { request, tagged } = attempt.next(NOW) else {
        panic!("nothing was sent")
    };
    assert_eq!(
        (request.claimed, tagged),
        (Some(HOME), Tagged::Now(Epoch::at(NOW)))
    );
    assert_eq!(attempt.patience(), Duration::ZERO);
    attempt.unanswered();
    let sent = Outcome {
        happened: Happened::Sent,
        seen: None,
        repairs: Repairs::default(),
        sends: 1,
    };
    assert_eq!(attempt.next(NOW), Step::Done(sent));
    assert_eq!(attempt.memory().last, request.counter);
}

#[test]
fn asking_for_the_address_names_no_service_and_no_address() {
    let mut scene = Scene::new();
    scene.kind = Kind::AskAddress;
    scene.memory.address = Some(ELSEWHERE);
    assert_eq!(scene.knock().unwrap().happened, Happened::Seen);
    assert_eq!(
        (scene.sent[0].service, scene.sent[0].claimed),
        (ServiceHash::NONE, None)
    );
}

#[test]
fn a_close_is_done_when_it_is_closed() {
    let mut scene = Scene::new();
    scene.kind = Kind::Close;
    assert_eq!(scene.knock().unwrap().happened, Happened::Closed);
}

#[test]
fn a_key_without_counters_left_sends_nothing() {
    let memory = Memory {
        named: Counter::LAST,
        ..Memory::default()
    };
    let mut attempt = Attempt::new(wish(AddressClaim::Unknown), memory);
    assert_eq!(attempt.next(NOW), Step::GiveUp(Reason::CounterUsedUp));
}

#[test]
fn a_late_answer_to_the_first_packet_still_counts() {
    let mut attempt = Attempt::new(wish(AddressClaim::Only(HOME)), Memory::default());
    let Step::Send { request: first, .. } = attempt.next(NOW) else {
        panic!()
    };
    attempt.unanswered();
    let Step::Send { .. } = attempt.next(NOW) else {
        panic!()
    };
    assert_eq!(
        attempt.answered(&answer(Status::Granted, &first), NOW),
        Heard::News
    );
    assert!(matches!(attempt.next(NOW), Step::Done(_)));
}

#[test]
fn a_refusal_of_what_was_repaired_since_is_old_news() {
    let mut attempt = Attempt::new(wish(AddressClaim::Likely(ELSEWHERE)), Memory::default());
    let Step::Send { request: first, .. } = attempt.next(NOW) else {
        panic!()
    };
    attempt.unanswered();
    let Step::Send {
        request: second, ..
    } = attempt.next(NOW)
    else {
        panic!()
    };
    assert_eq!(
        attempt.answered(&answer(Status::Elsewhere, &second), NOW),
        Heard::News
    );
    let Step::Send { request: third, .. } = attempt.next(NOW) else {
        panic!()
    };
    assert_eq!(third.claimed, Some(HOME));
    assert_eq!(
        attempt.answered(&answer(Status::Elsewhere, &first), NOW),
        Heard::OldNews
    );
    assert_eq!(attempt.repairs().address, 1);
    assert_eq!(
        attempt.answered(&answer(Status::Granted, &third), NOW),
        Heard::News
    );
}

#[test]
fn an_answer_to_a_counter_that_was_never_sent_changes_nothing() {
    let mut attempt = Attempt::new(wish(AddressClaim::Only(HOME)), Memory::default());
    let Step::Send { request, .. } = attempt.next(NOW) else {
        panic!()
    };
    let foreign = Ack {
        counter: Counter(request.counter.0 + 1),
        ..answer(Status::Granted, &request)
    };
    let before = attempt.memory();
    assert_eq!(attempt.answered(&foreign, NOW), Heard::OldNews);
    assert_eq!(attempt.memory(), before);
}

#[test]
fn an_attempt_opens_the_answers_to_its_own_packets_only() {
    let (client, server) = (
        SecretKey::from_bytes([1; 32]),
        SecretKey::from_bytes([2; 32]),
    );
    let keys = PairKeys::of_client(&client, &server.public(), &PresharedSecret::none()).unwrap();
    let mut attempt = Attempt::new(wish(AddressClaim::Only(HOME)), Memory::default());
    let Step::Send { request: first, .. } = attempt.next(NOW) else {
        panic!()
    };
    let Step::Send {
        request: second, ..
    } = attempt.next(NOW)
    else {
        panic!()
    };
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    for request in [first, second] {
        let ack = answer(Status::Stale, &request);
        assert_eq!(
            attempt.open_ack(&seal_ack(&ack, &keys, &mut rng), &keys),
            Ok(ack)
        );
    }
    let foreign = Ack {
        counter: Counter(7),
        ..answer(Status::Stale, &first)
    };
    let opened = attempt.open_ack(&seal_ack(&foreign, &keys, &mut rng), &keys);
    assert_eq!(opened, Err(OpenError::NotAwaited));
}

#[test]
fn patience_grows_with_silence() {
    let mut attempt = Attempt::new(wish(AddressClaim::Only(HOME)), Memory::default());
    let mut waits = Vec::new();
    while let Step::Send { .. } = attempt.next(NOW) {
        waits.push(attempt.patience().as_millis());
    }
    assert_eq!(waits, [500, 1_000, 1_000, 2_000]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn whatever_is_answered_it_ends(
        answers in prop::collection::vec(answers(), 40), claim in claims(), last in any::<u64>(),
        named in any::<u64>(),
        offset in any::<i64>(), now in any::<u64>()
    ) {
        let memory = Memory { last: Counter(last), named: Counter(named), offset, address: None };
        let mut attempt = Attempt::new(wish(claim), memory);
        let mut sent: Vec<Request> = Vec::new();
        let mut known = Counter(named);
        for (which, ack) in answers {
            match attempt.next(UnixTime::from_nanos(now)) {
                Step::Send { request, .. } => {
                    prop_assert!(sent.iter().all(|sent| sent.counter != request.counter));
                    prop_assert!(request.counter > known);
                    sent.push(request);
                }
                over => {
                    prop_assert_eq!(attempt.next(UnixTime::from_nanos(now)), over);
                    return Ok(());
                }
            }
            prop_assert!(sent.len() <= Attempt::MOST_SENDS);
            if let Some(ack) = ack {
                let counter = sent[which % sent.len()].counter;
                attempt.answered(&Ack { counter, ..ack }, UnixTime::from_nanos(now));
                known = attempt.memory().named;
            } else {
                attempt.unanswered();
            }
        }
        prop_assert!(false, "it did not end");
    }

    #[test]
    fn whatever_is_wrong_it_gets_in_within_five_packets(
        clock in prop_oneof![-1_900_000..1_900_000_i64, -1_700_000_000_000..1_700_000_000_000_i64],
        last in 0..4_000_000_000_000_000_000_u64, ahead in 0..5_000_000_000_u64,
        claim in prop_oneof![Just(AddressClaim::Unknown), Just(AddressClaim::Likely(ELSEWHERE))],
        memory in memories()
    ) {
        let mut scene = Scene::new();
        (scene.clock, scene.claim, scene.memory) = (clock, claim, memory);
        scene.server.last = Counter(last);
        scene.server.floor = Counter(last + ahead);
        let outcome = scene.knock();
        prop_assert!(outcome.is_ok(), "{:?}", outcome);
        prop_assert!(scene.sent.len() <= 5, "{:?}", scene.tags());
    }

    #[test]
    fn wherever_a_clock_has_been_once_it_is_right_and_answered_ports_are_heard(
        walk in prop::collection::vec(strolls(), 1..12)
    ) {
        let mut scene = Scene::new();
        for stroll in &walk {
            scene.wait(stroll.after);
            scene.clock = stroll.clock;
            scene.server.lost = stroll.lost.iter().map(|lost| lost + scene.server.heard).collect();
            scene.server.mute = stroll.mute.iter().map(|mute| mute + scene.server.heard).collect();
            if stroll.by_ports {
                scene.knock_by_ports();
            } else {
                let _ = scene.knock();
            }
        }
        (scene.server.lost, scene.server.mute, scene.clock) = (vec![], vec![], 0);
        scene.wait(Duration::from_secs(30));
        let outcome = scene.knock();
        prop_assert!(outcome.is_ok(), "{:?} {:?}", outcome, scene.tags());
        let ahead = scene.ahead();
        // A clock that is minutes wrong is within reach of the server, who counts what it says.
        let is_near = |stroll: &Stroll| (1..=HOUR.unsigned_abs()).contains(&stroll.clock.unsigned_abs());
        let most = if walk.iter().any(is_near) { THREE_EPOCHS } else { Duration::from_secs(1) };
        prop_assert!(ahead < most, "{:?}", ahead);
        scene.wait(ahead);
        prop_assert!(scene.knock_by_ports());
    }

    #[test]
    fn one_lost_packet_keeps_nobody_out(
        clock in -1_900_000..1_900_000_i64, last in 0..4_000_000_000_000_000_000_u64,
        ahead in 0..5_000_000_000_u64, lost in 0..5_usize
    ) {
        let mut scene = Scene::new();
        (scene.clock, scene.claim) = (clock, AddressClaim::Likely(ELSEWHERE));
        scene.server.last = Counter(last);
        scene.server.floor = Counter(last + ahead);
        scene.server.lost = vec![lost];
        let outcome = scene.knock();
        prop_assert!(outcome.is_ok(), "{:?}", outcome);
    }
}

/// A client with what it remembers, and a server that judges as docs/protocol.md says.
struct Scene {
    server: Server,
    /// By how many milliseconds the client's clock is ahead of the server's.
    clock: i64,
    kind: Kind,
    claim: AddressClaim,
    memory: Memory,
    sent: Vec<Request>,
    tagged: Vec<Tagged>,
}

impl Scene {
    fn new() -> Self {
        Self {
            server: Server::default(),
            clock: 0,
            kind: Kind::Knock,
            claim: AddressClaim::Likely(HOME),
            memory: Memory::default(),
            sent: Vec::new(),
            tagged: Vec::new(),
        }
    }

    fn knock(&mut self) -> Result<Outcome, Reason> {
        let mut attempt = Attempt::new(
            Wish {
                kind: self.kind,
                ..wish(self.claim)
            },
            self.memory,
        );
        loop {
            self.server.now = self.server.now.saturating_add(Duration::from_millis(40));
            let here = self.server.now.shifted(self.clock);
            let step = attempt.next(here);
            self.memory = attempt.memory();
            match step {
                Step::Send { request, tagged } => {
                    self.sent.push(request);
                    self.tagged.push(tagged);
                    match self.server.judge(&request, tagged) {
                        Some(ack) => assert_eq!(attempt.answered(&ack, here), Heard::News),
                        None => attempt.unanswered(),
                    }
                }
                Step::Done(outcome) => return Ok(outcome),
                Step::GiveUp(reason) => return Err(reason),
            }
        }
    }

    /// Sends a request by way of ports; says whether the server honours it.
    fn knock_by_ports(&mut self) -> bool {
        let time = self
            .server
            .now
            .shifted(self.clock)
            .shifted(self.memory.offset);
        let Some(counter) = Counter::of_sequence(self.memory.above(time), time) else {
            return false;
        };
        self.memory.last = counter;
        self.server.judge_frames(counter)
    }

    fn wait(&mut self, time: Duration) {
        self.server.now = self.server.now.saturating_add(time);
        self.server.recovered &= time < Duration::from_secs(30);
    }

    /// How far the next counter is ahead of the time that it is, on either side.
    fn ahead(&self) -> Duration {
        let next = self.memory.above(self.server.now).max(self.server.last);
        UnixTime::from_nanos(next.0).saturating_since(self.server.now)
    }

    fn tags(&self) -> Vec<&str> {
        let name = |tagged: &Tagged| {
            if *tagged == Tagged::Recovery {
                "recovery"
            } else {
                "now"
            }
        };
        self.tagged.iter().map(name).collect()
    }
}

/// The server's side of docs/protocol.md, cut down to what a client can notice.
struct Server {
    now: UnixTime,
    last: Counter,
    floor: Counter,
    /// Which packets are lost, counted from 0.
    lost: Vec<usize>,
    heard: usize,
    /// Which answers are lost, counted by the packets.
    mute: Vec<usize>,
    unsteady: bool,
    refuses: Option<Status>,
    recovered: bool,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            now: NOW,
            last: Counter(0),
            floor: Counter(0),
            lost: Vec::new(),
            heard: 0,
            mute: Vec::new(),
            unsteady: false,
            refuses: None,
            recovered: false,
        }
    }
}

impl Server {
    fn judge(&mut self, request: &Request, tagged: Tagged) -> Option<Ack> {
        self.heard += 1;
        if self.lost.contains(&(self.heard - 1)) {
            return None;
        }
        let seen = if self.unsteady {
            IpAddr::from([198, 51, 100, u8::try_from(self.heard).unwrap()])
        } else {
            HOME
        };
        let status = self.status(request, tagged, seen)?;
        if self.mute.contains(&(self.heard - 1)) {
            return None;
        }
        Some(Ack {
            status,
            counter: request.counter,
            time: self.now,
            seen,
            granted: if status == Status::Granted { 30 } else { 0 },
            last: self.last.max(self.floor),
        })
    }

    fn judge_frames(&mut self, counter: Counter) -> bool {
        let apart = Epoch::of_counter(counter).0.abs_diff(Epoch::at(self.now).0);
        if apart > 1 || counter <= self.last {
            return false;
        }
        self.last = counter;
        UnixTime::from_nanos(counter.0).distance(self.now) <= Duration::from_mins(1)
    }

    fn status(&mut self, request: &Request, tagged: Tagged, seen: IpAddr) -> Option<Status> {
        let Tagged::Now(epoch) = tagged else {
            let first = !self.recovered;
            self.recovered = true;
            return first.then_some(Status::Recovered);
        };
        if epoch.0.abs_diff(Epoch::at(self.now).0) > 1 || request.counter <= self.last {
            return None;
        }
        self.last = request.counter;
        if request.counter <= self.floor {
            return Some(Status::InDoubt);
        }
        if request.time.distance(self.now) > Duration::from_mins(1) {
            return Some(Status::Stale);
        }
        if request.kind == Kind::AskAddress {
            return Some(Status::Seen);
        }
        if request.claimed != Some(seen) {
            return Some(Status::Elsewhere);
        }
        let granted = if request.kind == Kind::Close {
            Status::Closed
        } else {
            Status::Granted
        };
        Some(self.refuses.unwrap_or(granted))
    }
}

fn wish(claim: AddressClaim) -> Wish {
    Wish {
        kind: Kind::Knock,
        service: ServiceHash::of("ssh"),
        wanted: 30,
        answer: Answer::Awaited(claim),
    }
}

fn answer(status: Status, request: &Request) -> Ack {
    Ack {
        status,
        counter: request.counter,
        time: NOW,
        seen: HOME,
        granted: 0,
        last: request.counter,
    }
}

fn answers() -> impl Strategy<Value = (usize, Option<Ack>)> {
    let ack = (
        prop::sample::select(Status::ALL.to_vec()),
        any::<u64>(),
        any::<IpAddr>(),
        prop_oneof![any::<u64>(), Just(0), Just(u64::MAX)],
    );
    let ack = ack.prop_map(|(status, time, seen, last)| Ack {
        status,
        counter: Counter(0),
        time: UnixTime::from_nanos(time),
        seen,
        granted: 0,
        last: Counter(last),
    });
    (any::<usize>(), prop::option::of(ack))
}

fn claims() -> impl Strategy<Value = AddressClaim> {
    prop_oneof![
        Just(AddressClaim::Unknown),
        any::<IpAddr>().prop_map(AddressClaim::Likely),
        any::<IpAddr>().prop_map(AddressClaim::Only),
    ]
}

/// One knock on a walk of a client's clock, and what becomes of its packets.
#[derive(Clone, Debug)]
struct Stroll {
    after: Duration,
    clock: i64,
    by_ports: bool,
    lost: Vec<usize>,
    mute: Vec<usize>,
}

fn strolls() -> impl Strategy<Value = Stroll> {
    let clock = prop_oneof![
        Just(0),
        -HOUR..HOUR,
        Just(YEARS),
        Just(-YEARS),
        -2 * YEARS..2 * YEARS,
    ];
    let few = || prop::collection::vec(0..6_usize, 0..6);
    (0..90_u64, clock, any::<bool>(), few(), few()).prop_map(
        |(after, clock, by_ports, lost, mute)| Stroll {
            after: Duration::from_secs(after),
            clock,
            by_ports,
            lost,
            mute,
        },
    )
}

/// What a client may remember wrongly of a server.
fn memories() -> impl Strategy<Value = Memory> {
    (
        0..3_000_000_000_000_000_000_u64,
        0..3_000_000_000_000_000_000_u64,
        -1_700_000_000_000..1_700_000_000_000_i64,
        any::<bool>(),
    )
        .prop_map(|(last, named, offset, elsewhere)| Memory {
            last: Counter(last),
            named: Counter(named),
            offset,
            address: elsewhere.then_some(ELSEWHERE),
        })
}

/// Twenty of them, in milliseconds.
const YEARS: i64 = 630_720_000_000;
/// In milliseconds.
const HOUR: i64 = 3_600_000;
const THREE_EPOCHS: Duration = Duration::from_mins(30);
const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);
const HOME: IpAddr = IpAddr::V4(core::net::Ipv4Addr::new(203, 0, 113, 7));
const ELSEWHERE: IpAddr = IpAddr::V4(core::net::Ipv4Addr::new(192, 168, 1, 20));
