//! Stories of wrong clocks and lost memories on the client's side: healed without a human.

use std::time::Duration;

use nightlatch_lab::{Entered, unix_now};
use nightlatch_ticket::{Counter, Happened, Memory};

use crate::stage::Family::V4;
use crate::stage::{Stage, address, is_in};
use crate::{Story, Told};

pub(crate) const STORIES: &[Story] = &[
    ("a_clock_a_day_behind_is_repaired", behind),
    ("a_clock_a_day_ahead_is_repaired", ahead),
    ("a_clock_put_right_again_takes_no_counter_along", put_right),
    (
        "a_clock_two_minutes_wrong_costs_one_round_trip",
        two_minutes,
    ),
    ("a_client_that_forgot_everything_gets_in", forgetful),
    (
        "a_client_that_claims_another_address_than_it_has_is_told_which",
        other_address,
    ),
    ("a_client_whose_counter_fell_behind_gets_in", counter_behind),
];

fn behind(entered: &Entered) -> Told {
    wrong_clock(entered, "behind", -A_DAY)
}

fn ahead(entered: &Entered) -> Told {
    wrong_clock(entered, "ahead", A_DAY)
}

fn wrong_clock(entered: &Entered, name: &str, ahead: i64) -> Told {
    let (mut stage, _daemon) = Stage::running(entered, name);
    stage.alice.clock_ahead = ahead;
    let outcome = stage.alice.knock("office", V4).unwrap();
    assert!(
        matches!(outcome.happened, Happened::Granted { .. }),
        "{outcome:?}"
    );
    assert!(outcome.repairs.clock > 0, "{outcome:?}");
    assert!(is_in(&stage.alice.host, 443, V4));
    let outcome = stage.alice.knock("office", V4).unwrap();
    assert_eq!(
        outcome.sends, 1,
        "it remembers by how much its clock is wrong: {outcome:?}"
    );
    Told::Whole
}

fn put_right(entered: &Entered) -> Told {
    let (mut stage, _daemon) = Stage::running(entered, "put-right");
    // What is left of a day on which it was twenty years behind.
    stage.alice.memory.offset = 20 * 365 * A_DAY;
    stage.alice.knock("office", V4).unwrap();
    stage.alice.knock("office", V4).unwrap();
    let named = Duration::from_nanos(stage.alice.memory.named.0);
    assert!(named < unix_now() + Duration::from_mins(30), "{named:?}");
    Told::Whole
}

fn two_minutes(entered: &Entered) -> Told {
    let (mut stage, _daemon) = Stage::running(entered, "minutes");
    stage.alice.knock("ssh", V4).unwrap();
    stage.alice.memory.offset = 0;
    stage.alice.clock_ahead = 120_000;
    let outcome = stage.alice.knock("office", V4).unwrap();
    assert_eq!(
        (outcome.sends, outcome.repairs.clock),
        (2, 1),
        "{outcome:?}"
    );
    assert!(is_in(&stage.alice.host, 443, V4));
    Told::Whole
}

fn forgetful(entered: &Entered) -> Told {
    let (mut stage, _daemon) = Stage::running(entered, "forgetful");
    stage.alice.knock("ssh", V4).unwrap();
    stage.alice.memory = Memory::default();
    let outcome = stage.alice.knock("office", V4).unwrap();
    assert!(
        matches!(outcome.happened, Happened::Granted { .. }),
        "{outcome:?}"
    );
    Told::Whole
}

fn other_address(entered: &Entered) -> Told {
    let (mut stage, _daemon) = Stage::running(entered, "address");
    stage.alice.knock("ssh", V4).unwrap();
    // As behind a router that has got another address since the last time.
    stage.alice.memory.address = Some([192, 0, 2, 9].into());
    let outcome = stage.alice.knock("office", V4).unwrap();
    assert_eq!(
        (outcome.sends, outcome.repairs.address),
        (2, 1),
        "{outcome:?}"
    );
    assert_eq!(outcome.seen, Some(address("alice", V4)));
    assert!(is_in(&stage.alice.host, 443, V4));
    Told::Whole
}

fn counter_behind(entered: &Entered) -> Told {
    let (mut stage, _daemon) = Stage::running(entered, "counter");
    // Her counter ran an hour ahead once; then she lost what she remembers.
    let in_an_hour = unix_now() + Duration::from_hours(1);
    stage.alice.memory.named = Counter(u64::try_from(in_an_hour.as_nanos()).unwrap());
    stage.alice.knock("ssh", V4).unwrap();
    stage.alice.memory = Memory::default();
    let outcome = stage.alice.knock("office", V4).unwrap();
    assert!(
        matches!(outcome.happened, Happened::Granted { .. }),
        "{outcome:?}"
    );
    assert!(outcome.repairs.counter > 0, "{outcome:?}");
    assert!(is_in(&stage.alice.host, 443, V4));
    Told::Whole
}

/// In milliseconds.
const A_DAY: i64 = 86_400_000;
