//! `firewall-cmd`.

use super::{
    change::{Act, Change, Family, Said, Unread},
    ports,
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
    let mut change = None;
    let mut lasts = None;
    let mut zone = None;
    while let Some(word) = words.next() {
        let (option, value) = match word.split_once('=') {
            Some((option, value)) => (option, Some(value)),
            None => (word, None),
        };
        let mut value = || value.or_else(|| words.next()).ok_or(Unread::Unknown);
        match option {
            "--quiet" | "-q" | "--permanent" => {}
            "--zone" => zone = Some(format!("in the zone {} only", value()?)),
            "--timeout" => lasts = Some(seconds(value()?).ok_or(Unread::Unknown)?),
            "--add-rich-rule" => change = Some(rich(value()?, Act::Open)?),
            "--remove-rich-rule" => change = Some(rich(value()?, Act::Close)?),
            "--add-source" | "--remove-source" => return Err(Unread::EveryPort),
            "--add-port" | "--add-service" | "--remove-port" | "--remove-service" => {
                return Err(Unread::Everybody);
            }
            _ => return Err(Unread::Unknown),
        }
    }
    let mut change = change.ok_or(Unread::Unknown)?;
    change.lasts = lasts;
    change.dropped.extend(zone);
    Ok(Some(change))
}

/// `rule family="ipv4" source address="%IP%" port port="22" protocol="tcp" accept`
fn rich(text: &str, act: Act) -> Result<Change, Unread> {
    let mut said = Said {
        act: Some(act),
        ..Said::default()
    };
    let mut family = Family::Both;
    let mut part = "rule";
    for word in text.split_whitespace() {
        let Some((key, value)) = word.split_once('=') else {
            match word {
                "rule" | "source" | "destination" | "port" | "service" | "log" | "audit" => {
                    part = word;
                }
                "accept" => said.accepts = Some(true),
                _ => return Err(Unread::Unknown),
            }
            continue;
        };
        let value = value.trim_matches(['"', '\'']);
        match (part, key) {
            ("rule", "family") if value == "ipv4" => family = Family::Four,
            ("rule", "family") if value == "ipv6" => family = Family::Six,
            ("rule", "priority") | ("log", _) => {}
            ("source", "address") => said.source = Some(value.to_owned()),
            ("destination", "address") => said.dropped.push(format!("to address {value} only")),
            ("port", "port") => said.ports = Some(ports::read(value).ok_or(Unread::Unknown)?),
            ("port", "protocol") => {
                said.protocol = Some(ports::protocol(value).ok_or(Unread::Unknown)?);
            }
            ("service", "name") if OVER_TCP.contains(&value) => {
                said.protocol = ports::protocol("tcp");
                said.ports = ports::read(value);
            }
            _ => return Err(Unread::Unknown),
        }
    }
    said.change(family)
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

/// firewalld's services that are one TCP port of the same name.
const OVER_TCP: [&str; 10] = [
    "ftp", "http", "https", "imap", "imaps", "mysql", "pop3", "pop3s", "smtp", "ssh",
];
