//! `nft`: lines for one address become grants; elements of sets do not.

use super::{
    change::{Act, Change, Family, Said, Unread},
    iptables::of_chain,
    ports,
};

/// Reads what stands behind the program's name.
pub(super) fn read(arguments: &[&str]) -> Result<Change, Unread> {
    // `nft` takes its words one by one or all in one, and knows no difference.
    let text = arguments.join(" ").replace(['{', '}', ','], " , ");
    let mut words = text.split_whitespace().peekable();
    while words.next_if(|word| word.starts_with('-')).is_some() {}
    let verb = words.next().ok_or(Unread::Unknown)?;
    match (verb, words.next()) {
        ("add" | "insert", Some("rule")) => {}
        (_, Some("element")) => return Err(Unread::OwnSet),
        _ => return Err(Unread::Unknown),
    }
    words.next_if(|word| matches!(*word, "ip" | "ip6" | "inet"));
    let chain = words.nth(1).ok_or(Unread::Unknown)?;
    let mut said = Said {
        act: Some(Act::Open),
        dropped: of_chain(chain)?.into_iter().collect(),
        ..Said::default()
    };
    let mut family = Family::Both;
    while let Some(word) = words.next() {
        match word {
            "position" | "handle" | "index" => drop(words.next()),
            "counter" => {}
            "accept" => said.accepts = Some(true),
            // Nothing that is looked at can follow.
            "comment" => break,
            "ip" | "ip6" => {
                family = if word == "ip" {
                    Family::Four
                } else {
                    Family::Six
                };
                match (words.next(), words.next()) {
                    (Some("saddr"), Some(source)) => said.source = Some(source.to_owned()),
                    (Some("daddr"), Some(address)) => {
                        said.dropped.push(format!("to address {address} only"));
                    }
                    _ => return Err(Unread::Unknown),
                }
            }
            "tcp" | "udp" if words.next() == Some("dport") => {
                said.protocol = ports::protocol(word);
                said.ports = Some(set(&mut words)?);
            }
            "ct" if words.next() == Some("state") => {
                let mut states = Vec::new();
                while let Some(state) = words.next_if(|word| STATES.contains(word)) {
                    states.push(state);
                }
                if !states.contains(&"new") {
                    return Err(Unread::Unknown);
                }
            }
            "iif" | "iifname" => {
                let interface = words.next().ok_or(Unread::Unknown)?;
                said.dropped.push(format!("on interface {interface} only"));
            }
            _ => return Err(Unread::Unknown),
        }
    }
    said.change(family)
}

/// `nft delete rule … handle $(…)`: it looks for what was opened for %IP%, and takes that away.
pub(super) fn deletes_by_handle(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let program = words.next().and_then(|word| word.rsplit('/').next());
    let looks_up = line.split_once("handle $(").is_some_and(|(before, after)| {
        let is_plain = !before.contains([';', '&', '|', '$', '`', '<', '>']);
        is_plain
            && after.contains("%IP%")
            && after.trim_end().ends_with(')')
            && !after.contains([';', '&', '`'])
    });
    looks_up
        && program == Some("nft")
        && words.next() == Some("delete")
        && words.next() == Some("rule")
}

/// One port, or several in braces, which are commas by now.
fn set<'w>(
    words: &mut std::iter::Peekable<impl Iterator<Item = &'w str>>,
) -> Result<Vec<(u16, u16)>, Unread> {
    if words.peek() != Some(&",") {
        return words.next().and_then(ports::read).ok_or(Unread::Unknown);
    }
    let mut numbers = Vec::new();
    while let Some(word) = words.next_if(|word| *word == "," || ports::read(word).is_some()) {
        numbers.extend(ports::read(word).unwrap_or_default());
    }
    Ok(numbers)
}

/// What connection tracking can say; commas between them are words of their own.
const STATES: [&str; 4] = ["new", "established", "related", ","];
