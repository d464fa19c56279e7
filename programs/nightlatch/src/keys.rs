//! Making keys, reading them, and showing their public half.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use nightlatch_config::{
    KeyFileError, StoredKey, UnsealError, WriteFileError, read_secret_key, write_preshared,
    write_secret_key,
};
use nightlatch_ticket::{PresharedSecret, PublicKey, SecretKey};
use zeroize::Zeroizing;

use crate::passphrase::{self, PassphraseError};
use crate::randomness::{RandomnessError, randomness};

/// How a key that is made shall be locked.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Lock<'a> {
    /// Not at all: its file's mode protects it.
    Open,
    /// With a passphrase that the person is asked for.
    Asked,
    /// With the passphrase in this file.
    File(&'a Path),
}

/// Makes a secret key and writes it to a file that is not there yet.
pub(crate) fn make(file: &Path, lock: Lock<'_>) -> Result<PublicKey, KeyError> {
    let mut rng = randomness()?;
    let passphrase: Option<Zeroizing<String>> = match lock {
        Lock::Open => None,
        Lock::Asked => Some(passphrase::choose()?),
        Lock::File(words) => Some(passphrase::read(words)?),
    };
    let key = SecretKey::generate(&mut rng);
    write_secret_key(
        file,
        &key,
        passphrase.as_ref().map(|words| words.as_str()),
        &mut rng,
    )?;
    Ok(key.public())
}

/// Makes a pre-shared secret and writes it to a file that is not there yet.
pub(crate) fn make_preshared(file: &Path) -> Result<(), KeyError> {
    Ok(write_preshared(
        file,
        &PresharedSecret::generate(&mut randomness()?),
    )?)
}

/// Makes the folder of a file of ours, for our eyes only, where it is missing.
pub(crate) fn make_folder_of(file: &Path) -> Result<(), KeyError> {
    let Some(folder) = file.parent() else {
        return Ok(());
    };
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|cause| KeyError::Folder {
            folder: folder.into(),
            cause,
        })
}

/// The public key of a secret key file. A locked key is opened only when its file does not say it.
pub(crate) fn public(file: &Path, words: Option<&Path>) -> Result<PublicKey, KeyError> {
    let stored = read_secret_key(file)?;
    match (stored.public(), words) {
        (Some(public), None) => Ok(public),
        _ => Ok(unlocked(stored, file, words)?.public()),
    }
}

/// Reads a secret key, and asks for its passphrase where it has one.
pub(crate) fn read(file: &Path, words: Option<&Path>) -> Result<SecretKey, KeyError> {
    unlocked(read_secret_key(file)?, file, words)
}

fn unlocked(stored: StoredKey, file: &Path, words: Option<&Path>) -> Result<SecretKey, KeyError> {
    let sealed = match stored {
        StoredKey::Open(key) => return Ok(key),
        StoredKey::Sealed(sealed) => sealed,
    };
    let passphrase = match words {
        Some(words) => passphrase::read(words)?,
        None => passphrase::ask(file)?,
    };
    sealed.open(&passphrase).map_err(|cause| KeyError::Unseal {
        file: file.into(),
        cause,
    })
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    /// The file is not read.
    #[error(transparent)]
    Read(#[from] KeyFileError),
    /// There is no secret of a sequence.
    #[error(
        "{file}: there is no such file\n  get it from the server's administrator, or make one for both: nightlatch sequence new -o {file}",
        file = .0.display()
    )]
    NoSequence(PathBuf),
    /// The file is not written.
    #[error(transparent)]
    Write(#[from] WriteFileError),
    /// The folder for it cannot be made.
    #[error("the folder {folder} cannot be made: {cause}", folder = .folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// The key stays locked.
    #[error("{file}: {cause}", file = .file.display())]
    Unseal {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        cause: UnsealError,
    },
    /// There is no passphrase.
    #[error(transparent)]
    Passphrase(#[from] PassphraseError),
    /// There is no randomness.
    #[error(transparent)]
    Randomness(#[from] RandomnessError),
}
