//! `ufw`.

use super::{
    change::{Act, Change, Family, Said, Unread},
    ports,
};

/// Reads what stands behind the program's name.
pub(super) fn read(arguments: &[&str]) -> Result<Change, Unread> {
    let mut words = arguments.iter().copied();
    let mut said = Said::default();
    let mut is_removal = false;
    // A port belongs to the address before it.
    let mut last_end = "to";
    while let Some(word) = words.next() {
        match word {
            "--force" | "in" | "log" | "log-all" | "prepend" => {}
            "delete" => is_removal = true,
            "route" => return Err(Unread::Routed),
            "allow" => {
                said.act = Some(if is_removal { Act::Close } else { Act::Open });
                said.accepts = Some(true);
            }
            "insert" | "comment" => drop(words.next()),
            "on" => {
                let interface = words.next().ok_or(Unread::Unknown)?;
                said.dropped.push(format!("on interface {interface} only"));
            }
            "from" => {
                last_end = word;
                said.source = Some(words.next().ok_or(Unread::Unknown)?.to_owned());
            }
            "to" => {
                last_end = word;
                match words.next().ok_or(Unread::Unknown)? {
                    "any" => {}
                    address => said.dropped.push(format!("to address {address} only")),
                }
            }
            "proto" => {
                let protocol = words.next().and_then(ports::protocol);
                said.protocol = Some(protocol.ok_or(Unread::Unknown)?);
            }
            "port" if last_end == "to" => {
                said.ports = Some(words.next().and_then(ports::read).ok_or(Unread::Unknown)?);
            }
            // `ufw allow 22/tcp`
            _ if said.act.is_some() && said.source.is_none() => return Err(Unread::Everybody),
            _ => return Err(Unread::Unknown),
        }
    }
    said.change(Family::Both)
}
