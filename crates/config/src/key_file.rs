//! Secrets on disk: 0600, never overwritten, and each says whose it is.

use std::{
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    str::FromStr,
};

use nightlatch_ticket::{KeyTextError, PresharedSecret, PublicKey, SecretKey, SequenceSecret};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::{
    sealed_key::{SealedKey, UnsealError},
    secret_file::read,
    trust::{ReadError, folder_of},
};

/// A secret key as it lies on disk.
pub enum StoredKey {
    /// Ready to use.
    Open(SecretKey),
    /// Under a passphrase: ask for it, then [`SealedKey::open`].
    Sealed(SealedKey),
}

impl StoredKey {
    /// Whose key it is; a sealed one may not say.
    pub fn public(&self) -> Option<PublicKey> {
        match self {
            Self::Open(secret) => Some(secret.public()),
            Self::Sealed(sealed) => sealed.public(),
        }
    }
}

/// Reads a secret key file. It must belong to us or to root, and nobody else may read it.
pub fn read_secret_key(path: &Path) -> Result<StoredKey, KeyFileError> {
    let text = read(path)?;
    let line = only_line(path, &text)?;
    if !SealedKey::is_meant_by(line) {
        return parse(path, line).map(StoredKey::Open);
    }
    SealedKey::from_text(line, public_in_comments(&text))
        .map(StoredKey::Sealed)
        .map_err(|cause| KeyFileError::Sealed {
            path: path.to_owned(),
            cause,
        })
}

/// Reads the file of a pre-shared secret. It must belong to us or to root, and nobody else may read it.
pub fn read_preshared(path: &Path) -> Result<PresharedSecret, KeyFileError> {
    let text = read(path)?;
    let secret: PresharedSecret = parse(path, only_line(path, &text)?)?;
    // All zero stands for "none", which the configuration has to say aloud.
    if secret.is_none() {
        Err(KeyFileError::AllZero(path.to_owned()))
    } else {
        Ok(secret)
    }
}

/// Reads the file of a time-based sequence. It must belong to us or to root, and nobody else may read it.
pub fn read_sequence_secret(path: &Path) -> Result<SequenceSecret, KeyFileError> {
    let text = read(path)?;
    parse(path, only_line(path, &text)?)
}

/// Writes a secret key to a file that is not there yet, for our eyes only; sealed if there is a passphrase.
pub fn write_secret_key(
    path: &Path,
    key: &SecretKey,
    passphrase: Option<&str>,
    rng: &mut impl CryptoRng,
) -> Result<(), WriteFileError> {
    let public = key.public();
    let text = match passphrase {
        None => {
            let secret = key.expose_text();
            join(&[
                "# nightlatch secret key: show it to nobody\n# its public key is ",
                &public.to_string(),
                "\n",
                &secret,
                "\n",
            ])
        }
        Some(passphrase) => {
            let sealed = SealedKey::seal(key, passphrase, rng)
                .map_err(|cause| WriteFileError::Sealing {
                    path: path.to_owned(),
                    cause,
                })?
                .to_text();
            join(&[
                "# nightlatch secret key, sealed with a passphrase\n# its public key is ",
                &public.to_string(),
                "\n",
                &sealed,
                "\n",
            ])
        }
    };
    write(path, &text)
}

/// Writes a pre-shared secret to a file that is not there yet, for our eyes only.
pub fn write_preshared(path: &Path, secret: &PresharedSecret) -> Result<(), WriteFileError> {
    let text = secret.expose_text();
    write(
        path,
        &join(&[
            "# nightlatch pre-shared secret: one client and the server have it, nobody else\n",
            &text,
            "\n",
        ]),
    )
}

/// Writes the secret of a time-based sequence to a file that is not there yet, for our eyes only.
pub fn write_sequence_secret(path: &Path, secret: &SequenceSecret) -> Result<(), WriteFileError> {
    let text = secret.expose_text();
    write(
        path,
        &join(&[
            "# nightlatch sequence secret: whoever has it knows which ports to touch, at any time\n",
            &text,
            "\n",
        ]),
    )
}

/// Writes a list of sequences that are used once each to a file that is not there yet, for our eyes only.
pub fn write_sequence_list(path: &Path, list: &str) -> Result<(), WriteFileError> {
    write(path, list)
}

/// Why a secret was not read.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file is not there, may not be read, or is not kept well.
    #[error(transparent)]
    Unread(#[from] ReadError),
    /// Nothing in it looks like a secret of ours.
    #[error("{}: there is no secret of ours in this file\n  check the path", .0.display())]
    NotOurs(PathBuf),
    /// No line but comments.
    #[error("{}: there is no key in this file\n  make one with nightlatch keygen", .0.display())]
    Empty(PathBuf),
    /// More than one line that is not a comment.
    #[error("{}: there is more than one line in this file\n  one key to a file; a comment begins with #", .0.display())]
    SeveralLines(PathBuf),
    /// A pre-shared secret that everybody knows.
    #[error("{}: the secret is all zero, which is none\n  make one with nightlatch keygen, or say preshared = \"none\"", .0.display())]
    AllZero(PathBuf),
    /// The line is not the key that it should be.
    #[error("{}: {cause}", .path.display())]
    Text {
        /// The file.
        path: PathBuf,
        /// What is wrong with the line.
        cause: KeyTextError,
    },
    /// The line is a sealed key with something wrong in it.
    #[error("{}: {cause}", .path.display())]
    Sealed {
        /// The file.
        path: PathBuf,
        /// What is wrong with the line.
        cause: UnsealError,
    },
}

/// Why a secret was not written. Nothing that lay there before was touched.
#[derive(Debug, thiserror::Error)]
pub enum WriteFileError {
    /// There is a file already.
    #[error("{}: there is a file already, which is never overwritten\n  choose another name, or move the file away", .0.display())]
    Exists(PathBuf),
    /// There is no such folder.
    #[error("{0}: there is no such folder\n  mkdir -p -m 700 {0}", .folder.display())]
    NoFolder {
        /// The folder.
        folder: PathBuf,
    },
    /// This user may not write there.
    #[error("{}: this user may not write there\n  choose another folder, or run it as the folder's owner", .0.display())]
    Forbidden(PathBuf),
    /// The passphrase could not be worked into a key.
    #[error("{}: the key could not be sealed\n  sealing needs 64 MiB of free memory", .path.display())]
    Sealing {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        cause: UnsealError,
    },
    /// The system said no.
    #[error("{}: cannot be written\n  check the disk", .path.display())]
    System {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
}

fn only_line<'a>(path: &Path, text: &'a str) -> Result<&'a str, KeyFileError> {
    let mut lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    match (lines.next(), lines.next()) {
        (None, _) => Err(KeyFileError::Empty(path.to_owned())),
        (Some(line), None) => Ok(line),
        (Some(_), Some(_)) => Err(KeyFileError::SeveralLines(path.to_owned())),
    }
}

fn parse<T: FromStr<Err = KeyTextError>>(path: &Path, line: &str) -> Result<T, KeyFileError> {
    line.parse().map_err(|cause| KeyFileError::Text {
        path: path.to_owned(),
        cause,
    })
}

fn public_in_comments(text: &str) -> Option<PublicKey> {
    text.lines()
        .filter(|line| line.trim_start().starts_with('#'))
        .flat_map(str::split_whitespace)
        .find_map(|word| word.parse().ok())
}

/// Joins without growing on the way, which would leave pieces of a secret in freed memory.
fn join(parts: &[&str]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(
        parts.iter().map(|part| part.len()).sum(),
    ));
    for part in parts {
        text.push_str(part);
    }
    text
}

fn write(path: &Path, text: &str) -> Result<(), WriteFileError> {
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(|cause| refused(path, cause))?;
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| file.sync_all());
    if let Err(cause) = written {
        // Half a key is worse than none; the file is ours, made a moment ago.
        let _ = fs::remove_file(path);
        return Err(WriteFileError::System {
            path: path.to_owned(),
            cause,
        });
    }
    // The name, too, has to survive a power cut. Some file systems cannot sync a folder: the key is there all the same.
    let _ = File::open(folder_of(path)).and_then(|folder| folder.sync_all());
    Ok(())
}

fn refused(path: &Path, cause: io::Error) -> WriteFileError {
    match cause.kind() {
        io::ErrorKind::AlreadyExists => WriteFileError::Exists(path.to_owned()),
        io::ErrorKind::NotFound => WriteFileError::NoFolder {
            folder: folder_of(path).to_owned(),
        },
        io::ErrorKind::PermissionDenied => WriteFileError::Forbidden(path.to_owned()),
        _ => WriteFileError::System {
            path: path.to_owned(),
            cause,
        },
    }
}
