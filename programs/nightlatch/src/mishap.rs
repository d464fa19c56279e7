//! A mistake of ours: it ends the program with its own exit code, and with words for whoever met it.

use std::panic::{self, PanicHookInfo};
use std::process;

use crate::exit::Exit;
use crate::voice::remark;

/// From now on a panic is told in plain words and ends the program as sysexits asks for.
pub(crate) fn own_up() {
    panic::set_hook(Box::new(|mishap| {
        remark(&words(mishap));
        process::exit(Exit::Software.number().into());
    }));
}

fn words(mishap: &PanicHookInfo<'_>) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let place = mishap
        .location()
        .map(|place| format!(" at {place}"))
        .unwrap_or_default();
    let reason = mishap.payload_as_str().unwrap_or("no reason given");
    format!(
        "nightlatch: this is a mistake of ours: {reason}\n  \
         please report it, with what you did: version {version}{place}"
    )
}
