//! `iptables` and `ip6tables`.

use super::{
    change::{Act, Change, Family, Said, Unread},
    ports,
};

/// Reads what stands behind the program's name.
pub(super) fn read(arguments: &[&str], family: Family) -> Result<Change, Unread> {
    let spread: Vec<&str> = arguments.iter().flat_map(|word| apart(word)).collect();
    let mut words = spread.into_iter().peekable();
    let mut said = Said::default();
    while let Some(word) = words.next() {
        match word {
            "-A" | "--append" | "-I" | "--insert" | "-D" | "--delete" => {
                said.act = Some(if word.ends_with(['D', 'e']) {
                    Act::Close
                } else {
                    Act::Open
                });
                let chain = words.next().ok_or(Unread::Unknown)?;
                said.dropped.extend(of_chain(chain)?);
                // A place in the chain for a line that comes; the number of a line that goes says nothing.
                words.next_if(|next| said.act == Some(Act::Open) && next.parse::<u32>().is_ok());
            }
            "-w" | "--wait" => {
                words.next_if(|next| next.parse::<u32>().is_ok());
            }
            "-v" | "--verbose" | "-n" | "--numeric" | "-4" | "-6" | "--syn" => {}
            _ => value(&mut said, word, words.next().ok_or(Unread::Unknown)?)?,
        }
    }
    said.change(family)
}

fn value(said: &mut Said, option: &str, value: &str) -> Result<(), Unread> {
    match option {
        "-s" | "--source" | "--src" => said.source = Some(value.to_owned()),
        "-p" | "--protocol" | "--proto" => {
            said.protocol = Some(ports::protocol(value).ok_or(Unread::Unknown)?);
        }
        "--dport" | "--destination-port" | "--dports" | "--destination-ports" => {
            said.ports = Some(ports::read(value).ok_or(Unread::Unknown)?);
        }
        "-m" | "--match" if MATCHES.contains(&value) => {}
        "--state" | "--ctstate" if value.split(',').any(|state| state == "NEW") => {}
        "--comment" | "-W" | "--wait-interval" => {}
        "-j" | "--jump" => said.accepts = Some(value == "ACCEPT"),
        "-t" | "--table" if value == "filter" => {}
        "-t" | "--table" => return Err(Unread::Routed),
        "-i" | "--in-interface" => said.dropped.push(format!("on interface {value} only")),
        "-d" | "--destination" | "--dst" => said.dropped.push(format!("to address {value} only")),
        _ => return Err(Unread::Unknown),
    }
    Ok(())
}

/// What is lost with the chain; a chain of the administrator's own is taken for a part of INPUT.
pub(super) fn of_chain(chain: &str) -> Result<Option<String>, Unread> {
    match chain.to_ascii_uppercase().as_str() {
        "INPUT" => Ok(None),
        "FORWARD" | "OUTPUT" | "PREROUTING" | "POSTROUTING" | "DOCKER-USER" => Err(Unread::Routed),
        _ => Ok(Some(format!("in the chain {chain} only"))),
    }
}

/// `--dport=22` is `--dport 22`.
fn apart(word: &str) -> impl Iterator<Item = &str> {
    let (first, second) = match word.split_once('=') {
        Some((option, value)) if option.starts_with("--") => (option, Some(value)),
        _ => (word, None),
    };
    [Some(first), second].into_iter().flatten()
}

const MATCHES: [&str; 6] = ["tcp", "udp", "multiport", "state", "conntrack", "comment"];
