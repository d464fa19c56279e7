//! What the tool sends, counted on the wire: real packets in a network of the run's own.
//!
//! ```text
//!   client ── veth ── server     answers what is sent to itself; what lies behind it stays silent
//! ```

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on has failed"
)]

mod sequences;
mod street;
mod touches;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial, run};
use nightlatch_lab::{EnterError, Entered, enter};

/// One story: what it shows, and the story itself.
type Story = (&'static str, fn(&Entered));

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let entered: &'static Entered = match enter() {
        Ok(entered) => Box::leak(Box::new(entered)),
        Err(error) => return skip_all(&error),
    };
    let stories = [touches::STORIES, sequences::STORIES].into_iter().flatten();
    let trials = stories.map(|&(name, story)| {
        Trial::test(name, move || {
            story(entered);
            Ok(())
        })
    });
    run(&arguments, trials.collect()).exit_code()
}

#[expect(clippy::print_stderr, reason = "a skipped story says so, loudly")]
fn skip_all(error: &EnterError) -> ExitCode {
    eprintln!("SKIPPED: every story on the wire: {error}");
    // Where namespaces must be had, a skipped story is a failed one.
    if std::env::var_os("CI").is_some() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}
