//! Cores kept awake, as on a machine that is told not to save power.

use std::process::Stdio;

use anyhow::Result;
use nightlatch_lab::{Process, program};

use super::stage::Stage;

/// Keeps every core from halting while it lives.
///
/// A halted virtual core takes the hypervisor tens of microseconds to wake, more than the daemon's
/// whole work on a knock; a core that spins at the idle rank gives way at once.
pub(super) struct Awake {
    _spinning: Vec<Process>,
}

impl Awake {
    pub(super) fn begin(stage: &Stage) -> Result<Self> {
        // The prober spins on the one that is left.
        let cores = std::thread::available_parallelism()?
            .get()
            .saturating_sub(1);
        let spinning = (0..cores).map(|_| {
            let mut command = program("chrt");
            command.args(["--idle", "0", "sh", "-c", "while :; do :; done"]);
            command.stdin(Stdio::null()).stderr(Stdio::null());
            Ok(stage.client.spawn(command)?)
        });
        Ok(Self {
            _spinning: spinning.collect::<Result<_>>()?,
        })
    }
}
