//! The files that a webhook names: the secret that signs, and certificates to believe.

use std::path::{Path, PathBuf};

use crate::{
    signing_secret::{SigningSecret, SigningSecretError},
    trust::{Care, ReadError, Trusted},
};

/// Why a file of a webhook is of no use.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WebhookFileError {
    /// The file is not there, may not be read, or is not kept well.
    #[error(transparent)]
    Unread(#[from] ReadError),
    /// More than one line that is not a comment.
    #[error("{}: there is more than one line in this file\n  one secret to a file; a comment begins with #", .0.display())]
    SeveralLines(PathBuf),
    /// The line is not the secret that it should be.
    #[error("{}: {cause}", .path.display())]
    Secret {
        /// The file.
        path: PathBuf,
        /// What is wrong with the line.
        cause: SigningSecretError,
    },
    /// There is no certificate in it.
    #[error("{}: there is no certificate in this file\n  it has to be PEM, with a line -----BEGIN CERTIFICATE-----", .0.display())]
    NoCertificate(PathBuf),
}

/// Reads the secret that signs. It must belong to us or to root, and nobody else may read it.
pub(crate) fn read_signing_secret(path: &Path) -> Result<SigningSecret, WebhookFileError> {
    let text = Trusted::open(path, Care::Secret)?.text(LONGEST_SECRET_FILE)?;
    let mut lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let line = lines.next().unwrap_or_default();
    if lines.next().is_some() {
        return Err(WebhookFileError::SeveralLines(path.to_owned()));
    }
    line.parse().map_err(|cause| WebhookFileError::Secret {
        path: path.to_owned(),
        cause,
    })
}

/// Reads certificates (PEM). Others may read them, and nobody else may change them.
pub(crate) fn read_certificates(path: &Path) -> Result<String, WebhookFileError> {
    let text = Trusted::open(path, Care::Public)?.text(LONGEST_CERTIFICATES)?;
    if text.contains("-----BEGIN CERTIFICATE-----") {
        Ok(text.to_string())
    } else {
        Err(WebhookFileError::NoCertificate(path.to_owned()))
    }
}

const LONGEST_SECRET_FILE: usize = 4 << 10;
/// A bundle of every public authority has a quarter of it.
const LONGEST_CERTIFICATES: usize = 1 << 20;
