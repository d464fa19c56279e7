//! `syslog = "authpriv.notice"`: as what a line stands in the system's log.

use std::path::{Path, PathBuf};

use serde_spanned::Spanned;

use super::values::path_of;
use crate::{desk::Desk, notification::Syslog, remark::Remark};

/// Reads facility and severity, and where the log is.
pub(super) fn read(
    words: &Spanned<String>,
    socket: Option<&Spanned<String>>,
    folder: &Path,
    desk: &mut Desk,
) -> Option<Syslog> {
    let socket = match socket {
        Some(written) => path_of(written, folder, None, desk),
        None => Some(PathBuf::from("/dev/log")),
    };
    let priority = priority(words.get_ref());
    if priority.is_none() {
        let title = format!("{:?} is no facility and severity", words.get_ref());
        desk.add(
            Remark::error(words.span(), title)
                .advise("write both with a dot between: \"authpriv.notice\", \"daemon.info\", \"local0.warning\""),
        );
    }
    Some(Syslog {
        priority: priority?,
        socket: socket?,
    })
}

/// Facility and severity in one number (RFC 5424 §6.2.1).
fn priority(words: &str) -> Option<u8> {
    let (facility, severity) = words.split_once('.')?;
    let number = |names: &[&str], word: &str| names.iter().position(|name| *name == word);
    let facility = number(&FACILITIES, facility).filter(|_| !facility.is_empty())?;
    let severity = number(&SEVERITIES, severity)?;
    u8::try_from(facility.checked_mul(8)?.checked_add(severity)?).ok()
}

/// By number; those without a name are the system's own.
const FACILITIES: [&str; 24] = [
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv",
    "ftp", "", "", "", "", "local0", "local1", "local2", "local3", "local4", "local5", "local6",
    "local7",
];
const SEVERITIES: [&str; 8] = [
    "emerg", "alert", "crit", "err", "warning", "notice", "info", "debug",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facility_and_severity_make_one_number() {
        assert_eq!(priority("authpriv.notice"), Some(85));
        assert_eq!(priority("kern.emerg"), Some(0));
        assert_eq!(priority("local7.debug"), Some(191));
        for none in [
            "",
            "authpriv",
            ".notice",
            "notice.authpriv",
            "authpriv.notice.",
            "12.1",
        ] {
            assert_eq!(priority(none), None, "{none}");
        }
    }
}
