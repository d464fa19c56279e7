//! The chains that lead on to other hosts as `nft` would write them, for people to read.

use nightlatch_core::{Forward, GatePlan, Port, Shows};

use crate::chains::{ANSWERS, FORWARDS, MASKED};
use crate::layout::{Family, Set, leading_ports};
use crate::script::{FOR_ANOTHER_HOST, key_in_words};

/// The chains with their lines.
pub(crate) fn leading(plan: &GatePlan) -> [(&'static str, Vec<String>); 3] {
    [
        (FORWARDS, forwards(plan)),
        (MASKED, masked(plan)),
        (ANSWERS, answers()),
    ]
}

fn forwards(plan: &GatePlan) -> Vec<String> {
    let mut lines = vec![
        "type nat hook prerouting priority dstnat; policy accept;".to_owned(),
        FOR_ANOTHER_HOST.to_owned(),
    ];
    lines.extend(plan.forwards.iter().map(|forward| {
        let (port, set) = (forward.port, Set::open_for(forward.to.ip()));
        let (protocol, number) = (port.protocol, port.number());
        let (key, open, ip) = (key_in_words(set), set.name(), version(set.family()));
        let to = forward.to;
        format!("{protocol} dport {number} {key} @{open} dnat {ip} to {to}")
    }));
    let dropped = |port: Port| format!("{} dport {} drop", port.protocol, port.number());
    lines.extend(leading_ports(plan).into_iter().map(dropped));
    lines
}

fn masked(plan: &GatePlan) -> Vec<String> {
    let mut lines = vec!["type nat hook postrouting priority srcnat; policy accept;".to_owned()];
    let masked = |forward: &&Forward| forward.shows == Shows::Ours;
    lines.extend(plan.forwards.iter().filter(masked).map(|forward| {
        let (protocol, to) = (forward.port.protocol, forward.to);
        format!(
            "{} daddr {} {protocol} dport {} ct status dnat ct original proto-dst {} masquerade",
            version(Family::of(to.ip())),
            to.ip(),
            to.port(),
            forward.port.number()
        )
    }));
    lines
}

fn answers() -> Vec<String> {
    let mut lines = vec!["type filter hook postrouting priority 110; policy accept;".to_owned()];
    lines.extend(Set::CUTS.map(|set| {
        let (ip, name) = (version(set.family()), set.name());
        format!(
            "ct status dnat ct direction reply {ip} daddr . meta l4proto . th sport @{name} drop"
        )
    }));
    lines
}

const fn version(family: Family) -> &'static str {
    match family {
        Family::V4 => "ip",
        Family::V6 => "ip6",
    }
}
