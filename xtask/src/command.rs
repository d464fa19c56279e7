//! Running other programs, and saying which one failed.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail};

use crate::tree::Tree;

/// One program with its arguments, about to be run.
pub(crate) struct Run {
    program: OsString,
    arguments: Vec<OsString>,
    folder: PathBuf,
    settings: Vec<(&'static str, String)>,
}

impl Run {
    /// The cargo that runs us.
    pub(crate) fn cargo(tree: &Tree) -> Self {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        Self::program(&cargo, tree.root())
    }

    pub(crate) fn program(program: &(impl AsRef<OsStr> + ?Sized), folder: &Path) -> Self {
        Self {
            program: program.as_ref().to_owned(),
            arguments: Vec::new(),
            folder: folder.to_owned(),
            settings: Vec::new(),
        }
    }

    pub(crate) fn with(mut self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.arguments
            .extend(arguments.into_iter().map(|one| one.as_ref().to_owned()));
        self
    }

    pub(crate) fn setting(mut self, name: &'static str, value: &str) -> Self {
        self.settings.push((name, value.to_owned()));
        self
    }

    /// Runs it with our own input and output; a failure names the whole command.
    pub(crate) fn go(&self) -> Result<()> {
        let ended = self.command().status().with_context(|| self.missing())?;
        if !ended.success() {
            bail!("{ended}: {}", self.shown());
        }
        Ok(())
    }

    /// Runs it silently and hands back what it wrote, whether it failed or not.
    pub(crate) fn output(&self) -> Result<Output> {
        self.command()
            .stdin(Stdio::null())
            .output()
            .with_context(|| self.missing())
    }

    /// Runs it silently and hands back its words; a failure brings them along.
    pub(crate) fn read(&self) -> Result<String> {
        let output = self.output()?;
        if !output.status.success() {
            let words = String::from_utf8_lossy(&output.stderr).into_owned();
            bail!("{}: {}\n{}", output.status, self.shown(), words.trim_end());
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Whether it can be run at all and ends well.
    pub(crate) fn works(&self) -> bool {
        self.output().is_ok_and(|output| output.status.success())
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "tasks run programs; this file is their one way"
    )]
    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).current_dir(&self.folder);
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    fn missing(&self) -> String {
        format!("cannot be started: {}", self.shown())
    }

    fn shown(&self) -> String {
        let settings = self
            .settings
            .iter()
            .map(|(name, value)| format!("{name}='{value}'"));
        let words = [&self.program]
            .into_iter()
            .chain(&self.arguments)
            .map(|word| quoted(word));
        settings.chain(words).collect::<Vec<_>>().join(" ")
    }
}

/// A word as a shell takes it, so that the line of a failure can be pasted.
fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_=+./:,@%".contains(&byte);
    if !word.is_empty() && word.bytes().all(plain) {
        return word.into_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_command_as_it_can_be_pasted() {
        let run = Run::program("false", Path::new("/"))
            .with(["it's", "--plain=1"])
            .setting("A", "b c");
        let wrong = run.go().unwrap_err().to_string();
        assert!(
            wrong.ends_with(r"A='b c' false 'it'\''s' --plain=1"),
            "{wrong}"
        );
    }

    #[test]
    fn a_program_that_is_not_there_is_named_too() {
        let wrong = Run::program("/nowhere/to/be/found", Path::new("/"))
            .go()
            .unwrap_err();
        assert_eq!(wrong.to_string(), "cannot be started: /nowhere/to/be/found");
    }
}
