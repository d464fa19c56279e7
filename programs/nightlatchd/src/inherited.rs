//! What a process has from whoever started it: descriptors, and signals that are meant for a whole group.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// Closes everything but the standard three: whatever else whoever started us had open is not for us.
pub(crate) fn close_descriptors() {
    let open = std::fs::read_dir("/proc/self/fd")
        .into_iter()
        .flatten()
        .flatten();
    let open: Vec<i32> = open
        .filter_map(|fd| fd.file_name().to_str()?.parse().ok())
        .collect();
    for fd in open.into_iter().filter(|fd| *fd > 2) {
        // The list's own descriptor is among them, and closed already.
        let _ = nix::unistd::close(fd);
    }
}

/// Signals to the whole group are the broker's to answer: its helpers end when it does.
pub(crate) fn outlive_signals() -> io::Result<()> {
    let unread = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&unread))?;
    }
    Ok(())
}
