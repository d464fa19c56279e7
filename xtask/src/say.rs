//! Everything that the tasks print, and the clock behind "it took so long".

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the one door of this program"
)]

use std::io::{Write, stdout};
use std::time::{Duration, Instant};

/// Prints one line of a task's own result.
pub(crate) fn line(text: &str) {
    println!("{text}");
}

/// Prints why a task ends, with what led to it.
pub(crate) fn wrong(wrong: &anyhow::Error) {
    eprintln!("\n✗ {wrong:#}");
}

/// Prints something that nobody should overlook although nothing failed.
pub(crate) fn loud(text: &str) {
    println!("\n!!! {text}\n");
}

/// Announces a step, runs it, and says how long it took.
pub(crate) fn timed<T>(name: &str, step: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    println!("\n── {name}");
    // Children write to the same place: what we announced has to stand before what they say.
    stdout().flush()?;
    let begun = now();
    let outcome = step();
    let word = if outcome.is_ok() { "✓" } else { "✗" };
    println!(
        "{word}  {name}, {}",
        seconds(now().saturating_duration_since(begun))
    );
    outcome
}

fn seconds(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the clock is read here and nowhere else"
)]
fn now() -> Instant {
    Instant::now()
}
