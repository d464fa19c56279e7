//! Where the journal is: beside the status socket it is told, in the state folder it lies.

use std::path::{Path, PathBuf};

/// The socket that hands the journal out, by the status socket of the same daemon.
pub fn socket_beside(status_socket: &Path) -> PathBuf {
    status_socket.with_extension("journal.sock")
}

/// The journal's own folder in a state folder.
pub fn folder_in(state: &Path) -> PathBuf {
    state.join("journal")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_daemons_with_sockets_in_one_folder_have_two_journals() {
        let [one, two] = ["/run/a/status.sock", "/run/a/other.sock"].map(Path::new);
        assert_eq!(socket_beside(one), Path::new("/run/a/status.journal.sock"));
        assert_ne!(socket_beside(one), socket_beside(two));
    }
}
