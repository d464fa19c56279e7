//! A recording instead of the street: its packets through the doorstep and the gatekeeper, by its own clock.
//!
//! ```text
//! pcap ─► wire ─► doorstep ─► claims ─► gatekeeper ─► what each comes to, printed
//!  └─ time of each frame ─────┴───────────┘
//! ```
//! Nothing is opened unless it is told to, nothing is remembered, nobody is answered; no privilege is needed but to read
//! the keys, and `CAP_NET_ADMIN` for what is carried out.

mod carrying;
mod date;
mod failing;
mod house;
mod round;
mod told;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::path::Path;

use nightlatch_capture::{Recording, RecordingError};
use nightlatch_config::ConfigError;
use thiserror::Error;

use crate::broker::{WeakClient, derive};
use crate::config_file::ConfigFile;
use crate::exit::Exit;
use crate::options::{Deeds, Form};
use crate::voice::complain;
use carrying::{CarryingError, raise};
use round::Round;
use told::Line;

/// Why a recording was not judged, or not to its end.
#[derive(Debug, Error)]
pub(crate) enum ReplayError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A client's key is unusable.
    #[error(transparent)]
    Client(#[from] WeakClient),
    /// The recording is none, or is cut.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// It was to be carried out, and is not.
    #[error(transparent)]
    Carrying(#[from] CarryingError),
}

impl ReplayError {
    /// What the shell is told.
    pub(crate) const fn exit(&self) -> Exit {
        match self {
            Self::Config(_) | Self::Client(_) => Exit::Config,
            Self::Recording(RecordingError::Open(..) | RecordingError::Read(_)) => Exit::System,
            Self::Recording(_) => Exit::Data,
            Self::Carrying(error) => error.exit(),
        }
    }
}

/// Prints what each knock of the recording comes to, then how many packets came to what. A recording that
/// ends badly counts up to there.
pub(crate) fn replay(
    file: &ConfigFile,
    from: &Path,
    (form, deeds): (Form, Deeds),
) -> Result<(), ReplayError> {
    let server = file.load()?;
    for warning in &server.warnings {
        complain(&warning.to_string());
    }
    let nobody = BTreeMap::new();
    let clients = derive(server.server_key.as_ref(), &server.roster, &nobody, &|_| ())?;
    let mut recording = open(from)?;
    let gate = match deeds {
        Deeds::Told => None,
        Deeds::CarriedOut => Some(raise(&server)?),
    };
    let mut round = Round::new(server, clients, gate);
    let mut out = io::stdout().lock();
    // Who has read enough closes the pipe, and that is the end.
    let mut tell = |line: &Line| writeln!(out, "{}", line.text(form)).is_ok();
    let ended = loop {
        let mut lines = Vec::new();
        let more = recording.next(&mut |arrival| lines = round.hear(&arrival));
        if !lines.iter().all(&mut tell) {
            return Ok(());
        }
        match more {
            Ok(true) => {}
            Ok(false) => break None,
            Err(error) => break Some(error),
        }
    };
    tell(&round.sum(ended.as_ref()));
    ended.map_or(Ok(()), |error| Err(error.into()))
}

fn open(from: &Path) -> Result<Recording, RecordingError> {
    if from != Path::new("-") {
        return Recording::open(from);
    }
    let input = io::stdin().as_fd().try_clone_to_owned();
    Recording::of(File::from(input.map_err(RecordingError::Read)?))
}
