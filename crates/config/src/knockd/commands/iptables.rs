//! `iptables` and `ip6tables`.

use std::{iter::Copied, slice::Iter};

use nightlatch_core::Protocol;

use super::{
    change::{Act, Change, Family, Said, Unread, once},
    ports,
};

/// Reads what stands behind the program's name. What the program itself refuses is not understood.
pub(super) fn read(arguments: &[&str], family: Family) -> Result<Change, Unread> {
    let mut reader = Reader {
        words: arguments.iter().copied(),
        said: Said::default(),
        matches: Vec::new(),
        state: None,
        comment: None,
        table: None,
    };
    while let Some(word) = reader.words.next() {
        // `--dport=22` is `--dport 22`.
        match word.split_once('=') {
            Some((option, value)) if option.starts_with("--") => {
                // In one word with its option iptables takes the whole for a protocol's name.
                if option.starts_with("--proto") {
                    return Err(Unread::Unknown);
                }
                reader.value(option, value)?;
            }
            _ if reader.flag(word, family)? => {}
            _ => {
                let value = reader.words.next().ok_or(Unread::Unknown)?;
                reader.value(word, value)?;
            }
        }
    }
    reader.check()?;
    reader.said.change(family)
}

struct Reader<'w> {
    words: Copied<Iter<'w, &'w str>>,
    said: Said,
    /// What `-m` has named so far: only then are its options known.
    matches: Vec<&'w str>,
    state: Option<&'w str>,
    comment: Option<&'w str>,
    table: Option<&'w str>,
}

impl<'w> Reader<'w> {
    /// Takes an option without a value, or says that it is none.
    fn flag(&mut self, word: &str, family: Family) -> Result<bool, Unread> {
        match (word, family) {
            ("-v" | "--verbose", _) | ("-4", Family::Four) | ("-6", Family::Six) => {}
            ("-w" | "--wait", _) => {
                self.number();
            }
            ("--syn", _) if self.said.protocol == Some(Protocol::Tcp) => {}
            ("--syn" | "-4" | "-6", _) => return Err(Unread::Unknown),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn value(&mut self, option: &str, value: &'w str) -> Result<(), Unread> {
        match option {
            "-A" | "--append" => self.chain(Act::Open, value),
            "-I" | "--insert" => {
                self.chain(Act::Open, value)?;
                // A place in the chain, from 1 on.
                match self.number() {
                    Some(0) => Err(Unread::Unknown),
                    _ => Ok(()),
                }
            }
            "-D" | "--delete" => self.chain(Act::Close, value),
            "-s" | "--source" | "--src" => once(&mut self.said.source, value.to_owned()),
            "-p" | "--protocol" | "--proto" => {
                let protocol = ports::protocol(value).ok_or(Unread::Unknown)?;
                once(&mut self.said.protocol, protocol)
            }
            "--dport" | "--destination-port" | "--dports" | "--destination-ports" => {
                self.ports(option, value)
            }
            "-m" | "--match" => self.load(value),
            "--state" if self.has("state") => once(&mut self.state, value),
            "--ctstate" if self.has("conntrack") => once(&mut self.state, value),
            "--comment" if self.has("comment") => once(&mut self.comment, value),
            "-j" | "--jump" => once(&mut self.said.accepts, value == "ACCEPT"),
            "-t" | "--table" => once(&mut self.table, value),
            "-i" | "--in-interface" => self.narrow("-i", format!("on interface {value} only")),
            "-d" | "--destination" | "--dst" => {
                self.narrow("-d", format!("to address {value} only"))
            }
            _ => Err(Unread::Unknown),
        }
    }

    fn chain(&mut self, act: Act, chain: &str) -> Result<(), Unread> {
        once(&mut self.said.act, act)?;
        self.said.dropped.extend(of_chain(chain)?);
        Ok(())
    }

    /// One port or a range, and a list where `multiport` reads it; the protocol must be known by then.
    fn ports(&mut self, option: &str, value: &str) -> Result<(), Unread> {
        let has_list = self.has("multiport");
        let has_protocol = self.said.protocol.is_some();
        if !has_protocol && (has_list || !self.has("tcp") && !self.has("udp")) {
            return Err(Unread::NoProtocol);
        }
        let numbers = if has_list {
            ports::list(value, ':')
        } else if option.ends_with('s') {
            None
        } else {
            ports::range(value, ':').map(|range| vec![range])
        };
        once(&mut self.said.ports, numbers.ok_or(Unread::Unknown)?)
    }

    fn load(&mut self, name: &'w str) -> Result<(), Unread> {
        let is_late = name == "multiport" && self.said.ports.is_some();
        if !MATCHES.contains(&name) || self.has(name) || is_late {
            return Err(Unread::Unknown);
        }
        self.matches.push(name);
        Ok(())
    }

    /// What a grant does not look at; for each of these there is one at most.
    fn narrow(&mut self, name: &'static str, what: String) -> Result<(), Unread> {
        if self.has(name) || what.contains('!') {
            return Err(Unread::Unknown);
        }
        self.matches.push(name);
        self.said.dropped.push(what);
        Ok(())
    }

    /// What is only known when all has been read.
    fn check(&self) -> Result<(), Unread> {
        if self.table.is_some_and(|table| table != "filter") {
            return Err(Unread::Routed);
        }
        let is_new = |states: &str| states.split(',').any(|state| state == "NEW");
        let wants_state = self.has("state") || self.has("conntrack");
        let fits = [
            !self.has("tcp") || self.said.protocol == Some(Protocol::Tcp),
            !self.has("udp") || self.said.protocol == Some(Protocol::Udp),
            !wants_state || self.state.is_some_and(is_new),
            !(self.has("state") && self.has("conntrack")),
            !self.has("comment") || self.comment.is_some(),
        ];
        if fits.contains(&false) {
            return Err(Unread::Unknown);
        }
        Ok(())
    }

    fn has(&self, name: &str) -> bool {
        self.matches.contains(&name)
    }

    fn number(&mut self) -> Option<u32> {
        let number = self.words.clone().next()?.parse().ok()?;
        self.words.next();
        Some(number)
    }
}

/// What is lost with the chain; a chain of the administrator's own is taken for a part of INPUT.
pub(super) fn of_chain(chain: &str) -> Result<Option<String>, Unread> {
    if chain == "INPUT" {
        return Ok(None);
    }
    match chain.to_ascii_uppercase().as_str() {
        "FORWARD" | "OUTPUT" | "PREROUTING" | "POSTROUTING" | "DOCKER-USER" => Err(Unread::Routed),
        _ => Ok(Some(format!("in the chain {chain} only"))),
    }
}

const MATCHES: [&str; 6] = ["tcp", "udp", "multiport", "state", "conntrack", "comment"];
