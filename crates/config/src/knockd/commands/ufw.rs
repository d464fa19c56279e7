//! `ufw`.

use nightlatch_core::Protocol;

use super::{
    change::{Act, Change, Family, Said, Unread, once},
    ports,
};

/// Reads what stands behind the program's name: `[delete] [insert N] allow [in [on X]] [log] …`
pub(super) fn read(arguments: &[&str]) -> Result<Change, Unread> {
    let mut words = arguments.iter().copied().peekable();
    let mut said = Said::default();
    words.next_if_eq(&"--force");
    let act = match words.next_if_eq(&"delete") {
        Some(_) => Act::Close,
        None => Act::Open,
    };
    match words.next().ok_or(Unread::Unknown)? {
        "route" => return Err(Unread::Routed),
        "allow" => {}
        "prepend" if act == Act::Open => allow(words.next())?,
        "insert" if act == Act::Open => {
            let place = words.next().and_then(|place| place.parse::<u32>().ok());
            place.ok_or(Unread::Unknown)?;
            allow(words.next())?;
        }
        _ => return Err(Unread::Unknown),
    }
    said.act = Some(act);
    said.accepts = Some(true);
    if words.next_if_eq(&"in").is_some() && words.next_if_eq(&"on").is_some() {
        let interface = words.next().ok_or(Unread::Unknown)?;
        said.dropped.push(format!("on interface {interface} only"));
    }
    words.next_if(|word| matches!(*word, "log" | "log-all"));
    ends(words, said)
}

fn allow(word: Option<&str>) -> Result<(), Unread> {
    match word {
        Some("allow") => Ok(()),
        _ => Err(Unread::Unknown),
    }
}

/// `proto tcp from %IP% to any port 22 comment 'knock'`
fn ends<'w>(mut words: impl Iterator<Item = &'w str>, mut said: Said) -> Result<Change, Unread> {
    let mut to = None;
    let mut port = None;
    // A port belongs to the address before it.
    let mut last_end = "to";
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(Unread::Unknown);
        match word {
            "comment" => {
                value()?;
                if words.next().is_some() {
                    return Err(Unread::Unknown);
                }
            }
            "from" => {
                last_end = word;
                once(&mut said.source, value()?.to_owned())?;
            }
            "to" => {
                last_end = word;
                once(&mut to, value()?)?;
            }
            "proto" => {
                let protocol = ports::protocol(value()?).ok_or(Unread::Unknown)?;
                once(&mut said.protocol, protocol)?;
            }
            "port" if last_end == "to" => once(&mut port, value()?)?,
            // `ufw allow 22/tcp`
            _ if said.source.is_none() => return Err(Unread::Everybody),
            _ => return Err(Unread::Unknown),
        }
    }
    let address = to.filter(|address| *address != "any");
    said.dropped
        .extend(address.map(|address| format!("to address {address} only")));
    said.ports = match port {
        None => None,
        Some(port) => Some(ports::list(port, ':').ok_or(Unread::Unknown)?),
    };
    // To ufw one number is a port of TCP and of UDP; a name is what /etc/services says, and a list is refused.
    let is_number = port.is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
    if said.protocol.is_none() && is_number {
        let each = |protocol| {
            let said = Said {
                protocol: Some(protocol),
                ..said.clone()
            };
            said.change(Family::Both)
        };
        return each(Protocol::Tcp)?.join(each(Protocol::Udp)?);
    }
    said.change(Family::Both)
}
