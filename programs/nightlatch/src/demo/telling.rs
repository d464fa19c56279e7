//! How the story is told: one line at a time, each with its mark, for people or for programs.

use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Instant;

use serde::Serialize;

use crate::clock::Clock;
use crate::voice::say;

/// How lines are written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Form {
    /// Words and marks.
    Plain,
    /// The same in colour, for a terminal.
    Colour,
    /// One JSON object a line.
    Json,
}

impl Form {
    /// In colour where somebody looks.
    pub(super) fn of_stdout() -> Self {
        if std::io::stdout().is_terminal() {
            Self::Colour
        } else {
            Self::Plain
        }
    }
}

/// What one act showed.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Shown {
    /// A name for programs, which stays.
    pub(super) act: &'static str,
    /// Whether it went as it should.
    pub(super) holds: bool,
    /// What happened, in words.
    pub(super) says: String,
    /// A time that was measured, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) milliseconds: Option<f64>,
}

/// Tells, and counts what held.
#[derive(Debug)]
pub(super) struct Teller {
    form: Form,
    clock: Clock,
    begun: Instant,
    told: usize,
    held: usize,
}

#[derive(Serialize)]
struct Sum {
    lines: usize,
    held: usize,
    seconds: f64,
}

impl Teller {
    pub(super) fn new(form: Form) -> Self {
        let clock = Clock::system();
        Self {
            form,
            clock,
            begun: clock.monotonic(),
            told: 0,
            held: 0,
        }
    }

    /// Says what is about to be seen.
    pub(super) fn open(&self, rights: &str) -> anyhow::Result<()> {
        if self.form != Form::Json {
            say(&format!(
                "A server with a guarded port, a friend who holds a key, and a stranger:\n\
                 three hosts in a network of their own, {rights}, on this computer's own kernel.\n"
            ))?;
        }
        Ok(())
    }

    /// Begins a part of the story.
    pub(super) fn part(&self, title: &str) -> anyhow::Result<()> {
        match self.form {
            Form::Plain => say(title)?,
            Form::Colour => say(&format!("{BOLD}{title}{PLAIN}"))?,
            Form::Json => {}
        }
        Ok(())
    }

    /// Tells what an act showed.
    pub(super) fn tell(&mut self, shown: &Shown) -> anyhow::Result<()> {
        self.told = self.told.saturating_add(1);
        self.held = self.held.saturating_add(usize::from(shown.holds));
        let mark = if shown.holds { '✓' } else { '✗' };
        let says = &shown.says;
        say(&match self.form {
            Form::Plain => format!("  {mark} {says}"),
            Form::Colour => {
                let colour = if shown.holds { GREEN } else { RED };
                format!("  {colour}{mark}{PLAIN} {says}")
            }
            Form::Json => serde_json::to_string(shown)?,
        })?;
        Ok(())
    }

    /// Sums up; the exit code says whether every line held.
    pub(super) fn close(self) -> anyhow::Result<ExitCode> {
        let took = self.clock.monotonic().saturating_duration_since(self.begun);
        let (lines, held, seconds) = (self.told, self.held, took.as_secs_f64());
        say(&match self.form {
            Form::Json => serde_json::to_string(&Sum {
                lines,
                held,
                seconds,
            })?,
            _ if lines == held => format!(
                "\nAll {lines} lines hold, after {seconds:.1} s. Nothing of it stays on this computer."
            ),
            _ => format!(
                "\n{held} of {lines} lines hold, after {seconds:.1} s: nightlatch does not work here as it should."
            ),
        })?;
        Ok(if lines == held {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

const BOLD: &str = "\u{1b}[1m";
const GREEN: &str = "\u{1b}[32m";
const RED: &str = "\u{1b}[31m";
const PLAIN: &str = "\u{1b}[0m";
