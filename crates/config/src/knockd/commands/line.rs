//! From a whole line to what it does.

use super::{
    change::{Act, Change, Family, Unread},
    firewalld, iptables, knock_script, nft, ufw,
    words::split,
};

/// What a line of knockd's does to the firewall.
pub(crate) fn read(line: &str) -> Result<Change, Unread> {
    if nft::deletes_by_handle(line) {
        return Ok(Change::new(Act::Close, Family::Both, Vec::new()));
    }
    let commands = split(line).ok_or(Unread::Unknown)?;
    let mixed = |reason| match commands.len() {
        1 => reason,
        _ => Unread::Mixed,
    };
    let mut whole: Option<Change> = None;
    for words in &commands {
        let Some(change) = command(words).map_err(mixed)? else {
            continue;
        };
        whole = Some(match whole {
            None => change,
            Some(before) => before.join(change)?,
        });
    }
    whole.ok_or(Unread::Unknown)?.bounded()
}

/// What one command does; nothing by itself is `None`.
fn command(words: &[String]) -> Result<Option<Change>, Unread> {
    let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
    while matches!(words.first().map(|word| program(word)), Some("sudo"))
        || words.first() == Some(&"-n")
    {
        words.remove(0);
    }
    let (first, arguments) = words.split_first().ok_or(Unread::Unknown)?;
    match program(first) {
        "iptables" | "iptables-nft" | "iptables-legacy" => {
            iptables::read(arguments, Family::Four).map(Some)
        }
        "ip6tables" | "ip6tables-nft" | "ip6tables-legacy" => {
            iptables::read(arguments, Family::Six).map(Some)
        }
        "ufw" => ufw::read(arguments).map(Some),
        "nft" => nft::read(arguments).map(Some),
        "knock_helper_ipt.sh" | "knock_add" => knock_script::read(arguments).map(Some),
        "firewall-cmd" => firewalld::read(arguments),
        _ => Err(Unread::Unknown),
    }
}

/// The name of a program, wherever it lies.
fn program(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}
