//! `nft`: lines for one address become grants; elements of sets do not.

use std::iter::Peekable;

use super::{
    change::{Act, Change, Family, Said, Unread, once},
    iptables::of_chain,
    line::program,
    ports,
};

/// Reads what stands behind the program's name.
pub(super) fn read(arguments: &[&str]) -> Result<Change, Unread> {
    // `nft` takes its words one by one or all in one, and knows no difference.
    let text = arguments.join(" ");
    let mut words = tokens(&text).ok_or(Unread::Unknown)?.into_iter().peekable();
    while words.next_if(|word| HARMLESS.contains(word)).is_some() {}
    let verb = words.next().ok_or(Unread::Unknown)?;
    match (verb, words.next()) {
        ("add" | "insert", Some("rule")) => {}
        (_, Some("element")) => return Err(Unread::OwnSet),
        _ => return Err(Unread::Unknown),
    }
    // Without a word it is a table of IPv4.
    let family = match words.next_if(|word| matches!(*word, "ip" | "ip6" | "inet")) {
        Some("inet") => None,
        Some("ip6") => Some(Family::Six),
        _ => Some(Family::Four),
    };
    let table = words.next().ok_or(Unread::Unknown)?;
    if OTHER_TABLES.contains(&table) {
        return Err(Unread::Routed);
    }
    let chain = words.next().ok_or(Unread::Unknown)?;
    let dropped = (!chain.eq_ignore_ascii_case("input")).then(|| of_chain(chain));
    if words.next_if(|word| PLACES.contains(word)).is_some() {
        let place = words.next().and_then(|place| place.parse::<u64>().ok());
        place.ok_or(Unread::Unknown)?;
    }
    let mut reader = Reader {
        words,
        said: Said {
            act: Some(Act::Open),
            dropped: dropped.transpose()?.into_iter().flatten().collect(),
            ..Said::default()
        },
        family,
        state: None,
        interface: None,
        address: None,
    };
    while let Some(word) = reader.words.next() {
        reader.take(word)?;
    }
    reader.said.change(reader.family.unwrap_or(Family::Both))
}

struct Reader<'w, W: Iterator<Item = &'w str>> {
    words: Peekable<W>,
    said: Said,
    family: Option<Family>,
    state: Option<()>,
    interface: Option<()>,
    address: Option<()>,
}

impl<'w, W: Iterator<Item = &'w str>> Reader<'w, W> {
    fn take(&mut self, word: &str) -> Result<(), Unread> {
        match word {
            "counter" => Ok(()),
            "accept" => self.accept(),
            "ip" => self.address(Family::Four),
            "ip6" => self.address(Family::Six),
            "tcp" | "udp" => {
                self.expect("dport")?;
                let protocol = ports::protocol(word).ok_or(Unread::Unknown)?;
                once(&mut self.said.protocol, protocol)?;
                let ranges = self.list()?.into_iter().map(|port| ports::range(port, '-'));
                let ranges: Option<Vec<_>> = ranges.collect();
                once(&mut self.said.ports, ranges.ok_or(Unread::Unknown)?)
            }
            "ct" => {
                self.expect("state")?;
                once(&mut self.state, ())?;
                let states = self.list()?;
                if states.contains(&"new") {
                    Ok(())
                } else {
                    Err(Unread::Unknown)
                }
            }
            "iif" | "iifname" => {
                once(&mut self.interface, ())?;
                let interface = self.words.next().ok_or(Unread::Unknown)?.trim_matches('"');
                self.said
                    .dropped
                    .push(format!("on interface {interface} only"));
                Ok(())
            }
            _ => Err(Unread::Unknown),
        }
    }

    /// Nothing but a comment follows.
    fn accept(&mut self) -> Result<(), Unread> {
        once(&mut self.said.accepts, true)?;
        if self.words.next_if_eq(&"comment").is_some() {
            self.words.next().ok_or(Unread::Unknown)?;
        }
        match self.words.next() {
            None => Ok(()),
            Some(_) => Err(Unread::Unknown),
        }
    }

    fn address(&mut self, family: Family) -> Result<(), Unread> {
        if *self.family.get_or_insert(family) != family {
            return Err(Unread::Unknown);
        }
        match (self.words.next(), self.words.next()) {
            (Some("saddr"), Some(source)) => once(&mut self.said.source, source.to_owned()),
            (Some("daddr"), Some(address)) => {
                once(&mut self.address, ())?;
                self.said.dropped.push(format!("to address {address} only"));
                Ok(())
            }
            _ => Err(Unread::Unknown),
        }
    }

    fn expect(&mut self, word: &str) -> Result<(), Unread> {
        match self.words.next() {
            Some(next) if next == word => Ok(()),
            _ => Err(Unread::Unknown),
        }
    }

    /// `22`, `{ 22, 23 }` or `new,established`
    fn list(&mut self) -> Result<Vec<&'w str>, Unread> {
        let is_set = self.words.next_if_eq(&"{").is_some();
        let mut list = vec![self.words.next().ok_or(Unread::Unknown)?];
        while self.words.next_if_eq(&",").is_some() {
            list.push(self.words.next().ok_or(Unread::Unknown)?);
        }
        if is_set {
            self.expect("}")?;
        }
        Ok(list)
    }
}

/// The words of a line as nft takes them apart; none where there is more than one line, or something is defined.
fn tokens(text: &str) -> Option<Vec<&str>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '{' | '}' | ',' => 1,
            '"' => rest.get(1..)?.find('"')?.checked_add(2)?,
            _ => rest
                .find(|letter: char| letter.is_whitespace() || "{},\"".contains(letter))
                .unwrap_or(rest.len()),
        };
        let (token, behind) = rest.split_at_checked(length)?;
        if token.contains([';', '#', '$', '@', '\\']) {
            return None;
        }
        tokens.push(token);
        rest = behind.trim_start();
    }
    Some(tokens)
}

/// `nft delete rule … handle $(…)`: it looks for what was opened for %IP%, and takes that away.
pub(super) fn deletes_by_handle(line: &str) -> bool {
    let Some((before, lookup)) = line.split_once("handle $(") else {
        return false;
    };
    let Some(lookup) = lookup.trim_end().strip_suffix(')') else {
        return false;
    };
    let words: Vec<&str> = before.split_whitespace().collect();
    let [first, "delete", "rule", .., chain] = words.as_slice() else {
        return false;
    };
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "/_-. ".contains(letter);
    let looks = |part: &str| {
        let name = part.split_whitespace().next().map(program);
        name.is_some_and(|name| LOOKS.contains(&name))
    };
    program(first) == "nft"
        && words.len() <= 6
        && before.chars().all(is_plain)
        && of_chain(chain).is_ok()
        && lookup.contains("%IP%")
        && !lookup.contains([';', '&', '`', '<', '>', ')', '\\'])
        && !lookup.contains("$(")
        && lookup.split('|').all(looks)
}

/// What changes nothing but what is printed; `-c` would only look whether the line is right.
const HARMLESS: [&str; 6] = ["-a", "--handle", "-e", "--echo", "-n", "--numeric"];

/// What is in them decides about no packet to this host, or about others.
const OTHER_TABLES: [&str; 4] = ["nat", "mangle", "raw", "security"];

const PLACES: [&str; 3] = ["position", "handle", "index"];

/// What only reads, and prints what it read.
const LOOKS: [&str; 9] = [
    "nft", "grep", "egrep", "awk", "sed", "cut", "head", "tail", "tr",
];
