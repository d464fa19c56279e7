//! Which sources of knocks work on this host: each is opened for a moment.

use std::path::{Path, PathBuf};

use nightlatch_config::{Interfaces, Server, SourceChoice};
use serde::Serialize;

use crate::because;
use crate::broker::has_journal;
use crate::config_file::ConfigFile;
use crate::exit::Exit;
use crate::interfaces;
use crate::listener::{Keyholes, try_source};
use crate::log_groups::{OUT_OF_REACH, is_within_reach};
use crate::options::Form;
use crate::privilege::Identity;
use crate::voice::{complain, say};

/// Tries what the configuration names, and one of each other kind.
pub(crate) fn show(file: &ConfigFile, form: Form) -> Exit {
    let server = match file.load() {
        Ok(server) => Some(server),
        Err(error) => {
            complain(&because(&error));
            complain("nightlatchd: what follows is tried without a configuration");
            None
        }
    };
    let tried = try_all(server.as_ref());
    let said = match form {
        Form::Human => {
            let named = server.as_ref().map(|server| &server.interfaces);
            for missing in named.map(interfaces::doubts).unwrap_or_default() {
                complain(&format!("warning: {missing}"));
            }
            say(&table(&tried))
        }
        Form::Json => say(&serde_json::to_string_pretty(&tried).unwrap_or_default()),
    };
    let is_missed = |one: &Tried| one.configured && !one.works;
    if tried.iter().any(is_missed) {
        Exit::Unavailable
    } else {
        said
    }
}

/// What came of a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Tried {
    /// As it is written in the configuration.
    source: String,
    /// Whether it is written there.
    configured: bool,
    /// Whether it opens.
    works: bool,
    /// Why it does not.
    why: Option<String>,
    /// What to do about it.
    advice: Option<String>,
}

fn try_all(server: Option<&Server>) -> Vec<Tried> {
    let named = server.map_or(&[][..], |server| &server.sources);
    let others = usual_ones();
    let others = others
        .iter()
        .filter(|other| !named.iter().any(|one| is_alike(one, other)));
    let all = named.iter().chain(others);
    all.map(|choice| {
        let words = attempt(choice, server).err();
        let (why, advice) = words.map_or((None, None), |words| split(&words));
        Tried {
            source: choice.to_string(),
            configured: named.contains(choice),
            works: why.is_none(),
            why,
            advice,
        }
    })
    .collect()
}

/// One of each kind; of logs those that are usual.
fn usual_ones() -> Vec<SourceChoice> {
    let logs = USUAL_LOGS.map(PathBuf::from);
    let there: Vec<PathBuf> = logs.iter().filter(|log| log.exists()).cloned().collect();
    let logs = if there.is_empty() {
        logs.into_iter().take(1).collect()
    } else {
        there
    };
    let mut all = vec![SourceChoice::Packets];
    all.extend(logs.into_iter().map(SourceChoice::Log));
    all.extend([
        SourceChoice::KernelLog,
        SourceChoice::Journal,
        SourceChoice::Nflog(USUAL_GROUP),
        SourceChoice::Udp,
        SourceChoice::Pcap(USUAL_INTERFACE.to_owned()),
    ]);
    all
}

/// Whether one shows that the other would work; each log is another matter.
fn is_alike(one: &SourceChoice, other: &SourceChoice) -> bool {
    match (one, other) {
        (SourceChoice::Log(_), SourceChoice::Log(_)) => one == other,
        _ => core::mem::discriminant(one) == core::mem::discriminant(other),
    }
}

/// Opens and closes it; otherwise in words why not.
fn attempt(choice: &SourceChoice, server: Option<&Server>) -> Result<(), String> {
    let interfaces = match server.map(|server| &server.interfaces) {
        Some(Interfaces::Named(names)) => names.as_slice(),
        _ => &[],
    };
    let at = Keyholes {
        knock_port: server
            .and_then(|server| server.knock_port)
            .or(Some(USUAL_KNOCK_PORT)),
        interfaces,
    };
    match choice {
        SourceChoice::Journal => return journal(server),
        SourceChoice::Log(path) => look_at(path)?,
        _ => {}
    }
    try_source(choice, &at).map_err(|error| because(&error))
}

/// A log that is not there yet is waited for; but here somebody wants to know.
fn look_at(log: &Path) -> Result<(), String> {
    if !log.exists() {
        return Err(
            "there is no such file\n  the syslog daemon makes it, where there is one; \
             until it does, a daemon that is to follow it waits"
                .to_owned(),
        );
    }
    if !is_within_reach(log) {
        return Err(OUT_OF_REACH.to_owned());
    }
    Ok(())
}

fn journal(server: Option<&Server>) -> Result<(), String> {
    let user = server.map_or("nobody", |server| server.user.as_str());
    let identity = Identity::of(user).map_err(|error| because(&error))?;
    match has_journal(identity) {
        Ok(true) => Ok(()),
        Ok(false) => Err(
            "journalctl shows no line of the kernel's\n  systemd-journald has to run, \
             and the listener's user may read it by the group systemd-journal or adm"
                .to_owned(),
        ),
        Err(cause) => Err(format!("journalctl cannot be run: {cause}")),
    }
}

/// First what is wrong, then what to do.
fn split(words: &str) -> (Option<String>, Option<String>) {
    match words.split_once('\n') {
        Some((why, advice)) => (Some(why.to_owned()), Some(advice.trim().to_owned())),
        None => (Some(words.to_owned()), None),
    }
}

fn table(tried: &[Tried]) -> String {
    let widest = tried.iter().map(|one| one.source.len()).max().unwrap_or(0);
    let width = widest.max("source".len());
    let mut lines = vec![format!("{:width$}  named  works", "source")];
    for one in tried {
        let yes = |is: bool| if is { "yes" } else { "no" };
        let line = format!(
            "{:width$}  {:5}  {:5}  {}",
            one.source,
            yes(one.configured),
            yes(one.works),
            one.why.as_deref().unwrap_or_default()
        );
        lines.push(line.trim_end().to_owned());
        let indent = width.saturating_add(16);
        let advice = one.advice.iter();
        lines.extend(advice.map(|advice| format!("{:indent$}{advice}", "")));
    }
    lines.join("\n")
}

/// Where the distributions' syslog daemons write the kernel's lines.
const USUAL_LOGS: [&str; 3] = ["/var/log/kern.log", "/var/log/syslog", "/var/log/messages"];
/// Any that nobody uses; 0 is what old tools take when nothing is said.
const USUAL_GROUP: u16 = 5;
/// libpcap's own name for all of them.
const USUAL_INTERFACE: &str = "any";
const USUAL_KNOCK_PORT: u16 = 62_201;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_tried_once_and_each_log_by_itself() {
        let named = [SourceChoice::Nflog(7), SourceChoice::Log("/a".into())];
        let is_tried = |other: &SourceChoice| !named.iter().any(|one| is_alike(one, other));
        assert!(!is_tried(&SourceChoice::Nflog(USUAL_GROUP)));
        assert!(is_tried(&SourceChoice::Log("/b".into())));
        assert!(is_tried(&SourceChoice::Udp));
        assert!(usual_ones().len() >= 7);
    }

    #[test]
    fn a_table_says_what_works_and_what_to_do_about_the_rest() {
        let tried = |source: &str, words: Option<&str>| {
            let (why, advice) = words.map_or((None, None), split);
            Tried {
                source: source.to_owned(),
                configured: source == "packets",
                works: why.is_none(),
                why,
                advice,
            }
        };
        let tried = [
            tried("packets", None),
            tried("nflog:5", Some("not for us\n  do something")),
        ];
        let expected = "source   named  works\n\
                        packets  yes    yes\n\
                        nflog:5  no     no     not for us\n                       do something";
        assert_eq!(table(&tried), expected);
    }
}
