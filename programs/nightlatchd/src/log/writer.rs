//! The writer: a thread of its own, so that a slow journal never holds up a knock.

use std::env;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};

use nightlatch_config::LogForm;
use serde::{Deserialize, Serialize};

use super::escape::escaped;
use super::line::Line;

/// How lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Form {
    /// Words.
    Human,
    /// Words behind syslog's `<n>`, which the journal takes for the level.
    Journal,
    /// One JSON object a line.
    Json,
}

impl Form {
    /// As the configuration wants it. systemd says where standard error is the journal.
    pub(crate) fn of(form: LogForm) -> Self {
        match form {
            LogForm::Json => Self::Json,
            LogForm::Auto if env::var_os("JOURNAL_STREAM").is_some() => Self::Journal,
            LogForm::Human | LogForm::Auto => Self::Human,
        }
    }
}

/// Takes lines and never waits.
#[derive(Debug)]
pub(crate) struct Log {
    lines: Option<SyncSender<Line>>,
    lost: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl Log {
    /// Starts the writer on standard error.
    pub(crate) fn start(form: Form) -> io::Result<Self> {
        let (lines, taken) = sync_channel(LINES_WAITING);
        let lost = Arc::new(AtomicU64::new(0));
        let losses = Arc::clone(&lost);
        let thread = Builder::new().spawn(move || write_all(&taken, form, &losses))?;
        Ok(Self {
            lines: Some(lines),
            lost,
            thread: Some(thread),
        })
    }

    /// Says something, or counts it as lost where the writer cannot follow.
    pub(crate) fn say(&self, line: Line) {
        if let Some(lines) = &self.lines
            && lines.try_send(line).is_err()
        {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Log {
    /// Waits for the last lines: why a daemon stopped is what people look for.
    fn drop(&mut self) {
        self.lines = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Says something without a thread, for a process that may wait.
pub(crate) fn say_at_once(line: &Line, form: Form) {
    write(line, form);
}

fn write_all(lines: &Receiver<Line>, form: Form, lost: &AtomicU64) {
    for line in lines {
        write(&line, form);
        let lines = lost.swap(0, Ordering::Relaxed);
        if lines > 0 {
            write(&Line::LinesLost { lines }, form);
        }
    }
}

fn write(line: &Line, form: Form) {
    let mut text = match form {
        Form::Json => escaped(&serde_json::to_string(line).unwrap_or_default()),
        Form::Human => line.to_string(),
        Form::Journal => format!("<{}>{line}", line.level() as u8),
    };
    // In one piece; and where nobody reads standard error, there is nobody left to tell.
    text.push('\n');
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Enough for a burst while the journal is busy; beyond it lines are counted, not kept.
const LINES_WAITING: usize = 4096;
