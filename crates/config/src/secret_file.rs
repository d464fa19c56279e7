//! Reading a file that should hold one of our secrets, and telling whether it was ever meant to.

use std::path::Path;

use zeroize::Zeroizing;

use crate::{
    key_file::KeyFileError,
    trust::{Care, ReadError, Trusted},
};

/// The text of the file. It must belong to us or to root, and nobody else may read it.
pub(crate) fn read(path: &Path) -> Result<Zeroizing<String>, KeyFileError> {
    let opened = match Trusted::open(path, Care::Secret) {
        // To tell somebody who mistyped the path to shut another program's file would be bad advice.
        Err(ReadError::OthersMayRead { .. } | ReadError::ForeignOwner { .. }) if !is_ours(path) => {
            return Err(KeyFileError::NotOurs(path.to_owned()));
        }
        opened => opened,
    };
    Ok(opened?.text(LONGEST_KEY_FILE)?)
}

/// Whether a file that is kept badly looks like one of our secrets at all.
fn is_ours(path: &Path) -> bool {
    let text = Trusted::open(path, Care::Nothing).and_then(|mut file| file.text(LONGEST_KEY_FILE));
    text.is_ok_and(|text| {
        let mut lines = text.lines().map(str::trim);
        let begins = |line: &str| {
            line.get(..OURS.len())
                .is_some_and(|it| it.eq_ignore_ascii_case(OURS))
        };
        lines.any(begins)
    })
}

/// What every key of ours begins with.
const OURS: &str = "nightlatch-";

/// A key, its comments, and room for a few words of the owner's.
const LONGEST_KEY_FILE: usize = 16 << 10;
