//! Stories from end to end: real packets, real nftables, the real programs, in a network of their own.
//!
//! ```text
//!   lan (a switch) ─┬─ server    nightlatchd, a TCP service behind every guarded port
//!                   ├─ alice     holds a key
//!                   ├─ bob       holds another
//!                   └─ stranger  holds none; a recorder hears all that reaches him
//! ```

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on has failed"
)]

mod actions;
mod admin;
mod by_hand;
mod carried;
mod clocks;
mod compare;
mod conditions;
mod crashes;
mod cuts;
mod daemon;
mod demo;
mod disk;
mod doors;
mod encrypted;
mod example;
mod forwards;
mod gateway;
mod guard;
mod herald;
mod hostile;
mod inserting;
mod interference;
mod journal;
mod knockd;
mod knockd_config;
mod neighbours;
mod notify;
mod one_time;
mod packets;
mod person;
mod receiver;
mod refusals;
mod replays;
mod sequences;
mod sources;
mod stage;
mod takeovers;
mod tell;
mod time_based;
mod tool;
mod touch;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial, run};
use nightlatch_lab::{EnterError, Entered, enter};

/// One story: what it shows, and the story itself.
type Story = (&'static str, fn(&Entered) -> Told);

/// How a story ended that did not fail.
enum Told {
    /// To its end.
    Whole,
    /// Not at all, for a reason that is said.
    Skipped(&'static str),
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    let entered: &'static Entered = match enter() {
        Ok(entered) => Box::leak(Box::new(entered)),
        Err(error) => return skip_all(&error),
    };
    // Most of a story is waiting for doors to close.
    arguments.test_threads.get_or_insert(3);
    let trials = [
        doors::STORIES,
        replays::STORIES,
        refusals::STORIES,
        crashes::STORIES,
        takeovers::STORIES,
        cuts::STORIES,
        admin::STORIES,
        disk::STORIES,
        clocks::STORIES,
        hostile::STORIES,
        demo::STORIES,
        sequences::STORIES,
        encrypted::STORIES,
        actions::STORIES,
        guard::STORIES,
        gateway::STORIES,
        by_hand::STORIES,
        forwards::STORIES,
        conditions::STORIES,
        one_time::STORIES,
        time_based::STORIES,
        tell::STORIES,
        interference::STORIES,
        journal::STORIES,
        inserting::STORIES,
        knockd::STORIES,
        knockd_config::STORIES,
        sources::STORIES,
        notify::STORIES,
        herald::STORIES,
        neighbours::STORIES,
        compare::STORIES,
        carried::STORIES,
    ]
    .into_iter()
    .flatten()
    .map(|&(name, story)| Trial::test(name, move || tell(name, entered, story)))
    .collect();
    run(&arguments, trials).exit_code()
}

fn tell(name: &str, entered: &Entered, story: fn(&Entered) -> Told) -> Result<(), Failed> {
    match story(entered) {
        Told::Whole => {}
        // Where everything must be had, a skipped story is a failed one.
        Told::Skipped(why) if std::env::var_os("CI").is_some() => return Err(why.into()),
        Told::Skipped(why) => say(&format!("SKIPPED: {name}: {why}")),
    }
    Ok(())
}

fn skip_all(error: &EnterError) -> ExitCode {
    say(&format!("SKIPPED: every story from end to end: {error}"));
    // Where namespaces must be had, a skipped story is a failed one.
    if std::env::var_os("CI").is_some() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

#[expect(clippy::print_stderr, reason = "a skipped story says so, loudly")]
fn say(text: &str) {
    eprintln!("{text}");
}
