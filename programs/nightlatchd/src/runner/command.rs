//! The one file that starts programs: the runner its hand, and the hand the command.

use std::ffi::OsString;
use std::io::{self, PipeReader, Write, pipe};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use super::run::Run;

/// Starts a run: this program once more, which becomes the command's user, and then the command.
/// What the command says can be read here; it waits for nobody who does not read it.
pub(super) fn start(run: &Run, words: &[String]) -> io::Result<(Child, PipeReader)> {
    let (says, said) = pipe()?;
    rustix::io::ioctl_fionbio(&says, true)?;
    let doer = run.action.user;
    let mut command = program("/proc/self/exe".as_ref());
    command
        .arg0("nightlatchd")
        .args([
            "hand",
            &doer.user.to_string(),
            &doer.group.to_string(),
            "--",
        ])
        .args(words)
        .env_clear()
        .env("PATH", PATH)
        .env("NIGHTLATCH_ADDRESS", run.key.address.to_string())
        .env("NIGHTLATCH_CLIENT", run.client.as_str())
        .env("NIGHTLATCH_SERVICE", run.key.service.as_str())
        .env("NIGHTLATCH_SECONDS", run.seconds.to_string())
        .current_dir("/")
        .stdin(if run.text.is_some() {
            Stdio::piped()
        } else {
            Stdio::null()
        })
        .stdout(said.try_clone()?)
        .stderr(said);
    let mut child = command.spawn()?;
    if let (Some(mut stdin), Some(text)) = (child.stdin.take(), &run.text) {
        // An empty pipe has room for more than the longest text; who does not read it misses it.
        let _ = stdin.write_all(text);
    }
    Ok((child, says))
}

/// Becomes a command; returns only where that is refused.
pub(super) fn become_command(words: &[OsString]) -> io::Error {
    let Some((name, arguments)) = words.split_first() else {
        return io::ErrorKind::InvalidInput.into();
    };
    program(name).args(arguments).exec()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the administrator's commands are started here and nowhere else"
)]
fn program(name: &std::ffi::OsStr) -> Command {
    Command::new(name)
}

/// Where commands without a path are looked for, by them too.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
