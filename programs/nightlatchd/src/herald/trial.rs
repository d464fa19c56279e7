//! A trial: one notification that says it is one, sent by whoever asks, and what came of it.

use std::io;

use nightlatch_config::{Server, SigningSecret, Way};
use thiserror::Error;

use super::answer::Follows;
use super::hostname;
use super::letter::{Letter, Postmark};
use super::post::{CertificatesError, Post};
use super::syslog::SystemLog;
use crate::exit::Exit;
use crate::{clock, random};

/// Why a trial did not come over.
#[derive(Debug, Error)]
pub(crate) enum TrialError {
    /// Nobody is called so.
    #[error(
        "there is no notification {0:?}\n  add a table [notify.NAME], or name one of these: {1}"
    )]
    NoSuch(String, String),
    /// Certificates are none.
    #[error(transparent)]
    Certificates(#[from] CertificatesError),
    /// The receiver did not take it.
    #[error("{0} was not told: {1}\n  the daemon would {2}")]
    Untold(String, String, &'static str),
    /// The system's log did not take it.
    #[error("{0} was not told\n  is there a log at `syslog-socket`?")]
    NoLog(String, #[source] io::Error),
}

impl TrialError {
    /// What the shell is told.
    pub(crate) const fn exit(&self) -> Exit {
        match self {
            Self::NoSuch(..) => Exit::Usage,
            Self::Certificates(_) => Exit::Config,
            Self::Untold(..) | Self::NoLog(..) => Exit::Unavailable,
        }
    }
}

/// Sends one to the receiver of this name, and says what it answered.
pub(crate) fn try_out(server: &Server, name: &str) -> Result<String, TrialError> {
    let all = &server.notifications;
    let Some(found) = all.iter().find(|one| one.name == name) else {
        let names: Vec<&str> = all.iter().map(|one| one.name.as_str()).collect();
        return Err(TrialError::NoSuch(name.to_owned(), names.join(", ")));
    };
    let webhook = match &found.way {
        Way::Webhook(webhook) => webhook,
        Way::Syslog(syslog) => {
            return SystemLog::new(syslog.clone(), std::process::id())
                .try_out()
                .map(|()| format!("{name}: a line was written"))
                .map_err(|cause| TrialError::NoLog(name.to_owned(), cause));
        }
    };
    let now = clock::now().unix;
    let mark = Postmark {
        host: &hostname(),
        chance: random::draw(),
    };
    let post = Post::new(name, webhook.clone())?;
    let answer = post.send(&Letter::test(now, mark), now.as_secs());
    let would = match answer.follows() {
        Follows::Told => return Ok(format!("{name}: {}", answer.in_words())),
        Follows::Again(_) => "try it again",
        Follows::Drop => "drop it",
        Follows::End => "send nothing there until the next reload",
    };
    Err(TrialError::Untold(
        name.to_owned(),
        answer.in_words(),
        would,
    ))
}

/// A new secret that signs webhooks, as text.
pub(crate) fn new_secret() -> String {
    SigningSecret::generate(&mut random::SystemRandom).into()
}
