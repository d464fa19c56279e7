//! The demonstration: the whole story in seconds, on this kernel, in a network of its own.
//!
//! ```text
//!   enter ─► Stage: server ══ friend (holds a key)     real daemon, real nftables,
//!                      ╚═══ stranger                   real packets, a real service
//!              │
//!              └─► acts, one line each ─► Teller: ✓ or ✗, while it happens
//! ```

mod acts;
mod daemon;
mod keys;
mod knocking;
mod scan;
mod stage;
mod telling;

use std::process::ExitCode;

use anyhow::Context as _;
use nightlatch_lab::{Standing, enter};

use self::stage::Stage;
use self::telling::{Form, Teller};

/// The options of `nightlatch demo`.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Demo {
    /// Print each line as one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Tells the story and checks every line of it; the exit code says whether all of them held.
///
/// Call it before any thread is started: the process goes into namespaces of its own, and what it
/// leaves behind there the kernel takes away.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "as every task takes its options"
)]
pub(crate) fn run(options: &Demo) -> anyhow::Result<ExitCode> {
    let entered = enter().context("the demonstration needs a network of its own")?;
    let mut teller = Teller::new(if options.json {
        Form::Json
    } else {
        Form::of_stdout()
    });
    let mut stage = Stage::set(entered.folder())?;
    teller.open(match entered.standing() {
        Standing::Root => "as root",
        Standing::Mapped => "without root",
    })?;
    acts::play(&mut stage, &mut teller)?;
    teller.close()
}
