//! The ports from which this host itself sends and connects: answers come back to them, and are no knocks.

use nightlatch_core::{PortRange, Protocol};

/// As the kernel is set now; its usual ones where it does not say.
pub(crate) fn ephemeral_ports() -> impl Iterator<Item = PortRange> {
    let text = std::fs::read_to_string(SETTING).unwrap_or_default();
    let mut numbers = text.split_whitespace().map(str::parse);
    let (first, last) = match (numbers.next(), numbers.next()) {
        (Some(Ok(first)), Some(Ok(last))) => (first, last),
        _ => USUAL,
    };
    [Protocol::Tcp, Protocol::Udp]
        .into_iter()
        .filter_map(move |protocol| PortRange::new(protocol, first, last))
}

/// For IPv6 too.
const SETTING: &str = "/proc/sys/net/ipv4/ip_local_port_range";
const USUAL: (u16, u16) = (32_768, 60_999);
