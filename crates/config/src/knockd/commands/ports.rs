//! Ports as firewall commands write them: `22`, `ssh`, `8000:8010`, `80,443`.

use nightlatch_core::{PortRange, Protocol};

/// Reads a list with commas of ports, ranges and well-known names; `None` if one of them is not known.
pub(super) fn read(text: &str) -> Option<Vec<(u16, u16)>> {
    text.split(',').map(|part| range(part.trim())).collect()
}

/// These numbers for each of these protocols.
pub(super) fn of(protocols: &[Protocol], numbers: &[(u16, u16)]) -> Option<Vec<PortRange>> {
    let each = protocols.iter().flat_map(|protocol| {
        numbers
            .iter()
            .map(|(first, last)| PortRange::new(*protocol, *first, *last))
    });
    each.collect()
}

/// `tcp` and `udp` in any spelling that firewalls take.
pub(super) fn protocol(text: &str) -> Option<Protocol> {
    match text.to_ascii_lowercase().as_str() {
        "tcp" | "6" => Some(Protocol::Tcp),
        "udp" | "17" => Some(Protocol::Udp),
        _ => None,
    }
}

fn range(text: &str) -> Option<(u16, u16)> {
    match text.split_once([':', '-']) {
        Some((first, last)) if first.parse::<u16>().is_ok() => {
            Some((number(first)?, number(last)?))
        }
        _ => {
            let number = number(text)?;
            Some((number, number))
        }
    }
}

fn number(text: &str) -> Option<u16> {
    let known = NAMES.iter().find(|(name, _)| *name == text);
    known
        .map(|(_, number)| *number)
        .or_else(|| text.parse().ok())
}

/// The names that stand in tutorials; a name that is not here is left to the command.
const NAMES: [(&str, u16); 20] = [
    ("domain", 53),
    ("ftp", 21),
    ("http", 80),
    ("http-alt", 8080),
    ("https", 443),
    ("imap", 143),
    ("imap2", 143),
    ("imaps", 993),
    ("ldap", 389),
    ("mysql", 3306),
    ("ntp", 123),
    ("openvpn", 1194),
    ("pop3", 110),
    ("pop3s", 995),
    ("postgresql", 5432),
    ("rsync", 873),
    ("smtp", 25),
    ("ssh", 22),
    ("submission", 587),
    ("telnet", 23),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_read_in_every_spelling() {
        assert_eq!(read("22"), Some(vec![(22, 22)]));
        assert_eq!(
            read("ssh,80:90, 443"),
            Some(vec![(22, 22), (80, 90), (443, 443)])
        );
        assert_eq!(read("8000-8010"), Some(vec![(8000, 8010)]));
        assert_eq!(read("http-alt"), Some(vec![(8080, 8080)]));
        for text in ["", "22,", "nonsense", "70000", ":80", "80:", "!22"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn port_zero_and_ranges_that_run_backwards_are_no_ports() {
        assert_eq!(of(&[Protocol::Tcp], &[(0, 0)]), None);
        assert_eq!(of(&[Protocol::Tcp], &[(9, 8)]), None);
    }
}
