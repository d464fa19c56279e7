//! `firewall-cmd`.

use super::{
    change::{Act, Change, Family, Said, Unread, When, once},
    ports,
    words::split,
};

/// Reads what stands behind the program's name; nothing comes of `--reload` alone.
pub(super) fn read(arguments: &[&str]) -> Result<Option<Change>, Unread> {
    if arguments
        .iter()
        .all(|word| matches!(*word, "--reload" | "--quiet" | "-q"))
    {
        return Ok(None);
    }
    let mut words = arguments.iter().copied();
    let mut changes = Vec::new();
    let mut lasts = None;
    let mut zone = None;
    let mut when = When::Now;
    while let Some(word) = words.next() {
        let (option, value) = match word.split_once('=') {
            Some((option, value)) => (option, Some(value)),
            None => (word, None),
        };
        let mut value = || {
            let next = || words.next().filter(|next| !next.starts_with('-'));
            value.or_else(next).ok_or(Unread::Unknown)
        };
        match option {
            "--quiet" | "-q" => {}
            "--permanent" => when = When::AtReload,
            "--zone" => once(&mut zone, format!("in the zone {} only", value()?))?,
            "--timeout" => once(&mut lasts, seconds(value()?).ok_or(Unread::Unknown)?)?,
            "--add-rich-rule" => changes.push(rich(value()?, Act::Open)?),
            "--remove-rich-rule" => changes.push(rich(value()?, Act::Close)?),
            "--add-source" | "--remove-source" => return Err(Unread::EveryPort),
            "--add-port" | "--add-service" | "--remove-port" | "--remove-service" => {
                return Err(Unread::Everybody);
            }
            _ => return Err(Unread::Unknown),
        }
    }
    let mut changes = changes.into_iter();
    let first = changes.next().ok_or(Unread::Unknown)?;
    let mut change = changes.try_fold(first, Change::join)?;
    if lasts.is_some() && (when == When::AtReload || change.act == Act::Close) {
        return Err(Unread::Unknown);
    }
    // No time at all is for ever.
    change.lasts = lasts.filter(|seconds| *seconds > 0);
    change.when = when;
    change.dropped.extend(zone);
    Ok(Some(change))
}

/// `rule family="ipv4" source address="%IP%" port port="22" protocol="tcp" accept`
fn rich(text: &str, act: Act) -> Result<Change, Unread> {
    // firewalld takes quotes and blanks as a shell does.
    let commands = split(text).ok_or(Unread::Unknown)?;
    let [command] = commands.as_slice() else {
        return Err(Unread::Unknown);
    };
    let mut words = command.words.iter().map(String::as_str);
    if words.next() != Some("rule") {
        return Err(Unread::Unknown);
    }
    let mut said = Said {
        act: Some(act),
        ..Said::default()
    };
    let mut family = None;
    let mut parts = vec!["rule"];
    for word in words {
        if said.accepts.is_some() {
            return Err(Unread::Unknown);
        }
        match word.split_once('=') {
            None if word == "accept" => said.accepts = Some(true),
            None if PARTS.contains(&word) && !parts.contains(&word) => parts.push(word),
            None => return Err(Unread::Unknown),
            Some(("family", value)) if parts.len() == 1 => {
                let value = match value {
                    "ipv4" => Family::Four,
                    "ipv6" => Family::Six,
                    _ => return Err(Unread::Unknown),
                };
                once(&mut family, value)?;
            }
            Some((key, value)) => {
                let part = parts.last().copied().unwrap_or_default();
                attribute(&mut said, part, key, value)?;
            }
        }
    }
    if said.source.is_some() && family.is_none() {
        return Err(Unread::NoFamily);
    }
    if parts.contains(&"port") && parts.contains(&"service") {
        return Err(Unread::Unknown);
    }
    said.change(family.unwrap_or(Family::Both))
}

fn attribute(said: &mut Said, part: &str, key: &str, value: &str) -> Result<(), Unread> {
    match (part, key) {
        ("rule", "priority") | ("log", "prefix" | "level") => Ok(()),
        ("source", "address") => once(&mut said.source, value.to_owned()),
        ("destination", "address") => {
            said.dropped.push(format!("to address {value} only"));
            Ok(())
        }
        ("port", "port") => {
            let range = ports::range(value, '-').ok_or(Unread::Unknown)?;
            once(&mut said.ports, vec![range])
        }
        ("port", "protocol") => {
            let protocol = ports::protocol(value).ok_or(Unread::Unknown)?;
            once(&mut said.protocol, protocol)
        }
        ("service", "name") if OVER_TCP.contains(&value) => {
            said.protocol = ports::protocol("tcp");
            let range = ports::range(value, '-').ok_or(Unread::Unknown)?;
            once(&mut said.ports, vec![range])
        }
        _ => Err(Unread::Unknown),
    }
}

/// `30`, `30s`, `5m`, `1h`
fn seconds(text: &str) -> Option<u64> {
    let (number, unit) = match text.chars().last()? {
        's' => (text.strip_suffix('s')?, 1),
        'm' => (text.strip_suffix('m')?, 60),
        'h' => (text.strip_suffix('h')?, 3600),
        _ => (text, 1),
    };
    number.parse::<u64>().ok()?.checked_mul(unit)
}

/// What a rich rule consists of, as far as a grant can be made of it.
const PARTS: [&str; 6] = ["source", "destination", "port", "service", "log", "audit"];

/// firewalld's services that are one TCP port of the same name.
const OVER_TCP: [&str; 10] = [
    "ftp", "http", "https", "imap", "imaps", "mysql", "pop3", "pop3s", "smtp", "ssh",
];
