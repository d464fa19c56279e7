//! Stories about the gate: a real kernel, real packets, and a network of the run's own.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on has failed"
)]

mod addresses;
mod bans;
mod forwards;
mod grants;
mod holding;
mod listening;
mod loopback;
mod many;
mod one_shot;
mod running;
mod scene;
mod sets;
mod strangers;
mod takeover;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial, run};
use nightlatch_lab::enter;

/// What it shows, and how.
type Story = (&'static str, fn());

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    if let Err(error) = enter() {
        return skip(&error);
    }
    let stories = [
        strangers::STORIES,
        loopback::STORIES,
        grants::STORIES,
        bans::STORIES,
        one_shot::STORIES,
        holding::STORIES,
        takeover::STORIES,
        listening::STORIES,
        addresses::STORIES,
        sets::STORIES,
        running::STORIES,
        forwards::STORIES,
        many::STORIES,
    ];
    let trial = |(name, tell): &Story| {
        let tell = *tell;
        Trial::test(*name, move || {
            tell();
            Ok(())
        })
    };
    let trials = stories.concat().iter().map(trial).collect();
    run(&arguments, trials).exit_code()
}

#[expect(clippy::print_stderr, reason = "a skipped test says so, loudly")]
fn skip(error: &nightlatch_lab::EnterError) -> ExitCode {
    eprintln!("SKIPPED: every story of the gate: {error}");
    // Where namespaces must be had, a skipped story is a failed one.
    if std::env::var_os("CI").is_some() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

/// Says loudly that a story was not told.
#[expect(clippy::print_stderr, reason = "a skipped test says so, loudly")]
fn skip_one(reason: &str) {
    // Where everything must be had, a skipped story is a failed one.
    assert!(std::env::var_os("CI").is_none(), "SKIPPED: {reason}");
    eprintln!("SKIPPED: {reason}");
}
