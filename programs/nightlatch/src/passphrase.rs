//! Where a passphrase comes from: the person at the terminal, or a file that is named.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

/// Asks at the terminal for the passphrase of a key.
///
/// The terminal itself, not standard input: under ssh's `ProxyCommand` that belongs to ssh.
pub(crate) fn ask(key: &Path) -> Result<Zeroizing<String>, PassphraseError> {
    prompt(&format!("Passphrase for {}: ", key.display()))
}

/// Asks twice for a passphrase that shall be, so that a slip of the finger locks nobody out.
pub(crate) fn choose() -> Result<Zeroizing<String>, PassphraseError> {
    let first = prompt("Passphrase: ")?;
    if first.is_empty() {
        return Err(PassphraseError::Empty);
    }
    if prompt("The same again: ")? == first {
        Ok(first)
    } else {
        Err(PassphraseError::Different)
    }
}

/// Reads a passphrase from the first line of a file.
pub(crate) fn read(file: &Path) -> Result<Zeroizing<String>, PassphraseError> {
    let failed = |cause| PassphraseError::File {
        file: file.into(),
        cause,
    };
    let mut text = Zeroizing::new(String::with_capacity(LONGEST));
    let limit = u64::try_from(LONGEST).unwrap_or(u64::MAX);
    let opened = File::open(file).map_err(failed)?;
    let kind = opened.metadata().map_err(failed)?;
    // A pipe, as the shell makes it for `<(…)`, has no other readers.
    if kind.is_file() && kind.mode() & OTHERS != 0 {
        return Err(PassphraseError::OthersMayRead(file.into()));
    }
    opened
        .take(limit)
        .read_to_string(&mut text)
        .map_err(failed)?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(Zeroizing::new(line.to_owned())),
        _ => Err(PassphraseError::EmptyFile(file.into())),
    }
}

/// Why there is no passphrase.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PassphraseError {
    /// Nobody can be asked.
    #[error(
        "there is no terminal to ask for the passphrase at: {0}\n  \
         give it in a file: --passphrase-file FILE"
    )]
    NoTerminal(#[source] io::Error),
    /// Nothing was typed.
    #[error("the passphrase is empty\n  leave --passphrase away for a key that is not locked")]
    Empty,
    /// The second time it was another one.
    #[error("the two passphrases differ: nothing was written\n  try again")]
    Different,
    /// The file cannot be read.
    #[error("the passphrase file {file} cannot be read: {cause}", file = .file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// The file is open to others.
    #[error("{file}: others may read this passphrase\n  chmod 600 {file}", file = .0.display())]
    OthersMayRead(PathBuf),
    /// The file's first line is empty.
    #[error("the passphrase file {} has an empty first line\n  the passphrase is to be its first line", .0.display())]
    EmptyFile(PathBuf),
}

fn prompt(words: &str) -> Result<Zeroizing<String>, PassphraseError> {
    rpassword::prompt_password(words)
        .map(Zeroizing::new)
        .map_err(PassphraseError::NoTerminal)
}

/// The bits of a file's mode that let its group and the world in.
const OTHERS: u32 = 0o077;

/// Longer than anybody types, short enough to read a wrong file harmlessly.
const LONGEST: usize = 4096;

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn reading(content: &str) -> Result<String, String> {
        reading_at(0o600, content)
    }

    fn reading_at(mode: u32, content: &str) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("words");
        std::fs::write(&file, content).unwrap();
        std::fs::set_permissions(&file, PermissionsExt::from_mode(mode)).unwrap();
        read(&file)
            .map(|phrase| phrase.to_string())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_first_line_is_the_passphrase() {
        assert_eq!(
            reading("correct horse \nsecond").as_deref(),
            Ok("correct horse ")
        );
        assert_eq!(reading("no end").as_deref(), Ok("no end"));
    }

    #[test]
    fn a_passphrase_that_others_may_read_is_refused() {
        assert!(
            reading_at(0o640, "correct horse")
                .unwrap_err()
                .contains("chmod 600")
        );
    }

    #[test]
    fn an_empty_first_line_is_refused() {
        assert!(reading("").unwrap_err().contains("empty first line"));
        assert!(
            reading("\nsecond")
                .unwrap_err()
                .contains("empty first line")
        );
    }
}
