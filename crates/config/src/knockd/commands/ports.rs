//! Ports as firewall commands write them: `22`, `ssh`, `8000:8010`, `80,443`.

use nightlatch_core::{PortRange, Protocol};

/// Reads a list with commas of ports, ranges and well-known names; `None` if one of them is not known.
///
/// A firewall takes at most 15 numbers in such a list.
pub(super) fn list(text: &str, between: char) -> Option<Vec<(u16, u16)>> {
    let numbers: Vec<(u16, u16)> = text
        .split(',')
        .map(|part| range(part, between))
        .collect::<Option<_>>()?;
    let places = text.matches([',', between]).count();
    (places < MOST_NUMBERS).then_some(numbers)
}

/// Reads a port, a well-known name or a range; between its ends stands what this firewall writes there.
pub(super) fn range(text: &str, between: char) -> Option<(u16, u16)> {
    if let Some(number) = number(text) {
        return Some((number, number));
    }
    let (first, last) = text.split_once(between)?;
    Some((number(first)?, number(last)?))
}

/// These numbers for this protocol.
pub(super) fn of(protocol: Protocol, numbers: &[(u16, u16)]) -> Option<Vec<PortRange>> {
    let each = numbers
        .iter()
        .map(|(first, last)| PortRange::new(protocol, *first, *last));
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

/// A number as everybody reads it: to iptables `022` is 18.
fn number(text: &str) -> Option<u16> {
    let known = NAMES.iter().find(|(name, _)| *name == text);
    let is_plain = !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
    known
        .map(|(_, number)| *number)
        .or_else(|| text.parse().ok().filter(|_| is_plain))
}

const MOST_NUMBERS: usize = 15;

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
        assert_eq!(list("22", ':'), Some(vec![(22, 22)]));
        assert_eq!(
            list("ssh,80:90,443", ':'),
            Some(vec![(22, 22), (80, 90), (443, 443)])
        );
        assert_eq!(range("8000-8010", '-'), Some((8000, 8010)));
        assert_eq!(range("http-alt", '-'), Some((8080, 8080)));
        for text in [
            "", "22,", "nonsense", "70000", ":80", "80:", "!22", "22-23", "22, 23",
        ] {
            assert_eq!(list(text, ':'), None, "{text}");
        }
        assert_eq!(range("22,23", ':'), None);
    }

    #[test]
    fn a_number_that_a_firewall_reads_otherwise_is_none() {
        for text in ["022", "0x16", "+22", "-22", " 22", "22/tcp", "80:080"] {
            assert_eq!(list(text, ':'), None, "{text}");
        }
    }

    #[test]
    fn a_list_has_as_many_numbers_as_a_firewall_takes() {
        let text = |count: u16| (1..=count).map(|port| port.to_string()).collect::<Vec<_>>();
        assert!(list(&text(15).join(","), ':').is_some());
        assert_eq!(list(&text(16).join(","), ':'), None);
        assert_eq!(list(&format!("{},20:21", text(14).join(",")), ':'), None);
    }

    #[test]
    fn port_zero_and_ranges_that_run_backwards_are_no_ports() {
        assert_eq!(of(Protocol::Tcp, &[(0, 0)]), None);
        assert_eq!(of(Protocol::Tcp, &[(9, 8)]), None);
    }
}
