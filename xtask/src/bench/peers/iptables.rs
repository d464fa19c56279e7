//! The closed door of the peers: a policy of DROP, established connections kept.

use std::process::Stdio;

use anyhow::{Result, bail};
use nightlatch_lab::program;

use super::Stage;

/// Closes every port of the server to whoever has no connection yet.
pub(super) fn close(stage: &Stage) -> Result<()> {
    for line in [
        "-P INPUT DROP",
        "-A INPUT -i lo -j ACCEPT",
        "-A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT",
    ] {
        let mut command = program("iptables");
        command.arg("-w").args(line.split(' ')).stdin(Stdio::null());
        let mut running = stage.server.spawn(command)?;
        match running.wait_within(super::PATIENCE)? {
            Some(status) if status.success() => {}
            ended => bail!("iptables {line}: {ended:?}"),
        }
    }
    Ok(())
}
