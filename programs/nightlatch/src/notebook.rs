//! What this computer remembers of a server from one knock to the next: one file, one knock at a time.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nightlatch_config::{Remembered, SaveError};
use nightlatch_ticket::PublicKey;

use crate::knock::Recollection;

/// The file about one server, held so that no other knock uses the same counter meanwhile.
#[derive(Debug)]
pub struct Notebook {
    path: PathBuf,
    /// The lock ends when this is dropped, also when we die.
    lock: Result<File, NotebookError>,
}

impl Notebook {
    /// Opens the notebook about the server with this key, and waits while another knock holds it.
    ///
    /// It opens always: where nothing can be kept, the knock goes out all the same, and
    /// [`close`](Self::close) tells the trouble.
    pub fn open(folder: &Path, server: &PublicKey) -> (Self, Recollection) {
        let path = folder.join(format!("{server}.json"));
        let lock =
            lock(folder, &path.with_extension("lock")).map_err(|cause| NotebookError::Lock {
                folder: folder.into(),
                cause,
            });
        let recollection = Recollection::new(Remembered::load(&path));
        (Self { path, lock }, recollection)
    }

    /// Writes down what is known now, and lets the next knock in.
    pub fn close(self, recollection: &Recollection) -> Result<(), NotebookError> {
        let _lock = self.lock?;
        Ok(recollection.remembered().save(&self.path)?)
    }
}

/// Why nothing is remembered. The knock is not the worse for it.
#[derive(Debug, thiserror::Error)]
pub enum NotebookError {
    /// There is no place for it.
    #[error("{folder}: nothing can be remembered there: {cause}\n  check the folder; the next knock may take one round trip more", folder = .folder.display())]
    Lock {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// It was not written.
    #[error(transparent)]
    Save(#[from] SaveError),
}

fn lock(folder: &Path, path: &Path) -> io::Result<File> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    // A file beside the notebook, since the notebook itself is replaced whenever it is written.
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)?;
    file.lock()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use nightlatch_ticket::{Counter, Memory};

    use super::*;

    const SERVER: PublicKey = PublicKey::from_bytes([7; 32]);

    #[test]
    fn what_is_written_down_is_there_the_next_time() {
        let folder = tempfile::tempdir().unwrap();
        let here: IpAddr = "127.0.0.1".parse().unwrap();
        let (notebook, mut recollection) = Notebook::open(&folder.path().join("deep"), &SERVER);
        let before = recollection.memory(here);
        recollection.learn(
            here,
            before,
            Memory {
                last: Counter(7),
                offset: -20_000,
                ..before
            },
        );
        notebook.close(&recollection).unwrap();

        let (_, again) = Notebook::open(&folder.path().join("deep"), &SERVER);
        assert_eq!(again.memory(here).last, Counter(7));
        assert_eq!(again.memory(here).offset, -20_000);
    }

    #[test]
    fn only_one_knock_at_a_time_holds_it() {
        let folder = tempfile::tempdir().unwrap();
        let (notebook, recollection) = Notebook::open(folder.path(), &SERVER);
        let path = folder.path().join(format!("{SERVER}.lock"));
        let other = File::open(&path).unwrap();
        assert!(other.try_lock().is_err());
        notebook.close(&recollection).unwrap();
        assert!(other.try_lock().is_ok());
    }

    #[test]
    fn where_nothing_can_be_kept_the_knock_goes_out_all_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("in the way");
        std::fs::write(&file, "").unwrap();
        let (notebook, recollection) = Notebook::open(&file, &SERVER);
        assert_eq!(
            recollection.memory("::1".parse().unwrap()),
            Memory::default()
        );
        assert!(notebook.close(&recollection).is_err());
    }
}
