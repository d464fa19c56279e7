//! From a whole line to what it does.

use super::{
    change::{Act, Change, Family, Unread, When},
    firewalld, iptables, knock_script, nft, ufw,
    words::{After, split},
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
    let mut reach = Reach::default();
    for simple in &commands {
        let change = command(&simple.words).map_err(mixed)?;
        let change = change.map(|change| reach.limit(simple.after, change));
        whole = match (whole, change) {
            (None, change) => change,
            (Some(before), Some(change)) => Some(before.join(change)?),
            // It forgets what is not permanent.
            (Some(before), None) if before.when == When::Now => return Err(Unread::Mixed),
            (Some(before), None) => Some(Change {
                when: When::Now,
                ..before
            }),
        };
    }
    let whole = whole.ok_or(Unread::Unknown)?.bounded()?;
    match whole.when {
        When::Now => Ok(whole),
        When::AtReload => Err(Unread::Pending),
    }
}

/// For which addresses a line comes this far: an iptables fails for one of IPv6, and nothing behind its `&&` is run.
struct Reach {
    four: bool,
    six: bool,
}

impl Default for Reach {
    fn default() -> Self {
        Self {
            four: true,
            six: true,
        }
    }
}

impl Reach {
    fn limit(&mut self, after: After, mut change: Change) -> Change {
        if after == After::Anything {
            *self = Self::default();
        }
        self.four &= !change.four.is_empty();
        self.six &= !change.six.is_empty();
        if !self.four {
            change.four.clear();
        }
        if !self.six {
            change.six.clear();
        }
        change
    }
}

/// What one command does; nothing by itself is `None`.
fn command(words: &[String]) -> Result<Option<Change>, Unread> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut words = words.as_slice();
    while let [first, rest @ ..] = words
        && program(first) == "sudo"
    {
        words = rest.strip_prefix(&["-n"]).unwrap_or(rest);
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

/// The name of a program that lies where the system's programs lie; elsewhere it may be anything, and has none.
pub(super) fn program(word: &str) -> &str {
    match word.rsplit_once('/') {
        None => word,
        Some((folder, name)) if FOLDERS.contains(&folder) => name,
        Some(_) => "",
    }
}

const FOLDERS: [&str; 6] = [
    "/sbin",
    "/bin",
    "/usr/sbin",
    "/usr/bin",
    "/usr/local/sbin",
    "/usr/local/bin",
];
