//! The gate as `nft` would write it, for people to read.

use std::fmt::Write;
use std::time::Duration;

use nightlatch_core::{GatePlan, Protocol};

use crate::chains::{ADMIT, BANNED, GATE, GUARD, INSIDE, NEWCOMER, OWN, SEVERED};
use crate::layout::{
    BANS, COUNTERS, DEFAULT_TIME, FLOW_TIME, Family, Field, KNOCKS, STRANGERS, Set, TABLE, merged,
};
use crate::leading_script::leading;

/// Writes the whole gate in the syntax of `nft -f`.
///
/// What [`Nftables`](crate::Nftables) builds in the kernel lists the same way, up to the counts.
pub fn render(plan: &GatePlan) -> String {
    let mut text = format!("table inet {TABLE} {{\n");
    for counter in COUNTERS {
        push(&mut text, format_args!("\tcounter {counter} {{\n\t}}\n\n"));
    }
    for set in Set::ALL {
        push_set(&mut text, set);
    }
    for (chain, lines) in chains(plan) {
        push(&mut text, format_args!("\tchain {chain} {{\n"));
        for line in lines {
            push(&mut text, format_args!("\t\t{line}\n"));
        }
        text.push_str("\t}\n\n");
    }
    text.truncate(text.trim_end().len());
    text.push_str("\n}\n");
    text
}

fn push_set(text: &mut String, set: Set) {
    let fields: Vec<&str> = set.fields().iter().map(|field| type_name(*field)).collect();
    push(
        text,
        format_args!("\tset {} {{\n\t\ttype {}\n", set.name(), fields.join(" . ")),
    );
    push(text, format_args!("\t\tsize {}\n", set.size()));
    let flags = if set.is_dynamic() {
        "dynamic,timeout"
    } else {
        "timeout"
    };
    push(text, format_args!("\t\tflags {flags}\n"));
    if set.is_one_shot() {
        text.push_str("\t\tlimit rate 1/week burst 1 packets\n");
    }
    push(
        text,
        format_args!("\t\ttimeout {}\n\t}}\n\n", in_nft_units(DEFAULT_TIME)),
    );
}

fn chains(plan: &GatePlan) -> Vec<(&'static str, Vec<String>)> {
    let mut chains = vec![
        (ADMIT, admit()),
        (NEWCOMER, newcomer()),
        (GUARD, guard()),
        (SEVERED, severed()),
        (OWN, own()),
        (INSIDE, inside(plan)),
        (BANNED, banned(plan)),
        (GATE, gate(plan)),
    ];
    if !plan.forwards.is_empty() {
        chains.extend(leading(plan));
    }
    chains
}

fn gate(plan: &GatePlan) -> Vec<String> {
    let mut lines = vec![
        "type filter hook prerouting priority -150; policy accept;".to_owned(),
        format!("iif \"lo\" jump {INSIDE}"),
    ];
    lines.extend(
        plan.knock_port
            .map(|port| format!("udp dport {port} counter name \"{KNOCKS}\" drop")),
    );
    lines.extend(both(
        |set, key| format!("{key} @{set} goto {SEVERED}"),
        Set::CUTS,
    ));
    lines.push("ct state established,related accept".to_owned());
    lines.extend(guarded_ports(plan, GUARD));
    let bans = |set: Set| format!("{} @{} goto {BANNED}", key_in_words(set), set.name());
    lines.extend(Set::BANS.map(bans));
    lines
}

fn inside(plan: &GatePlan) -> Vec<String> {
    let mut lines = guarded_ports(plan, OWN);
    lines.push("accept".to_owned());
    lines
}

fn own() -> Vec<String> {
    vec![
        "fib saddr type local accept".to_owned(),
        "ip6 saddr fe80::/10 ct status confirmed accept".to_owned(),
    ]
}

fn guarded_ports(plan: &GatePlan, chain: &str) -> Vec<String> {
    [Protocol::Tcp, Protocol::Udp]
        .into_iter()
        .filter_map(|protocol| {
            ports_in_words(&merged(&plan.guarded, protocol))
                .map(|ports| format!("{protocol} dport {ports} goto {chain}"))
        })
        .collect()
}

fn severed() -> Vec<String> {
    vec![FOR_ANOTHER_HOST.to_owned(), "drop".to_owned()]
}

fn guard() -> Vec<String> {
    let mut lines = vec![FOR_ANOTHER_HOST.to_owned()];
    lines.extend(both(
        |set, key| format!("{key} @{set} accept"),
        [Set::Open4, Set::Open6],
    ));
    lines.push("tcp flags & (fin | syn | rst | ack) == syn ct status confirmed accept".to_owned());
    lines.push(format!(
        "tcp flags & (fin | syn | rst | ack) == syn goto {NEWCOMER}"
    ));
    lines.extend(both(
        |set, key| format!("{key} @{set} accept"),
        [Set::Flow4, Set::Flow6],
    ));
    lines.push(format!("meta l4proto udp goto {NEWCOMER}"));
    lines.push(format!("counter name \"{STRANGERS}\" drop"));
    lines
}

fn newcomer() -> Vec<String> {
    let mut lines = both(
        |set, key| format!("{key} @{set} goto {ADMIT}"),
        [Set::Once4, Set::Once6],
    );
    lines.push(format!("counter name \"{STRANGERS}\" drop"));
    lines
}

fn admit() -> Vec<String> {
    let mut lines = both(
        |set, key| format!("delete @{set} {{ {key} }}"),
        [Set::Once4, Set::Once6],
    );
    let time = in_nft_units(FLOW_TIME);
    lines.extend(both(
        |set, key| format!("meta l4proto udp add @{set} {{ {key} timeout {time} }}"),
        [Set::Flow4, Set::Flow6],
    ));
    lines.push("accept".to_owned());
    lines
}

fn banned(plan: &GatePlan) -> Vec<String> {
    let mut lines = vec![FOR_ANOTHER_HOST.to_owned()];
    lines.extend(
        plan.knock_socket
            .map(|port| format!("udp dport {port} accept")),
    );
    lines.push(format!("meta l4proto udp counter name \"{BANS}\" drop"));
    lines.push(format!(
        "tcp flags & (rst | ack) == 0x0 counter name \"{BANS}\" drop"
    ));
    lines
}

fn both(line: impl Fn(&str, &str) -> String, sets: [Set; 2]) -> Vec<String> {
    sets.into_iter()
        .map(|set| line(set.name(), &key_in_words(set)))
        .collect()
}

pub(crate) fn key_in_words(set: Set) -> String {
    let words: Vec<&str> = set
        .fields()
        .iter()
        .map(|field| field_in_words(*field, set.family()))
        .collect();
    words.join(" . ")
}

fn field_in_words(field: Field, family: Family) -> &'static str {
    match (field, family) {
        (Field::Address4 | Field::Address6, Family::V4) => "ip saddr",
        (Field::Address4 | Field::Address6, Family::V6) => "ip6 saddr",
        (Field::Network6, _) => "ip6 saddr & ffff:ffff:ffff:ffff::",
        (Field::SourcePort, _) => "th sport",
        (Field::Protocol, _) => "meta l4proto",
        (Field::Port, _) => "th dport",
    }
}

fn type_name(field: Field) -> &'static str {
    match field {
        Field::Address4 => "ipv4_addr",
        Field::Address6 | Field::Network6 => "ipv6_addr",
        Field::Protocol => "inet_proto",
        Field::SourcePort | Field::Port => "inet_service",
    }
}

fn ports_in_words(ranges: &[(u16, u16)]) -> Option<String> {
    match ranges {
        [] => None,
        [range] => Some(range_in_words(*range)),
        _ => {
            let words: Vec<String> = ranges.iter().copied().map(range_in_words).collect();
            Some(format!("{{ {} }}", words.join(", ")))
        }
    }
}

fn range_in_words((first, last): (u16, u16)) -> String {
    if first == last {
        first.to_string()
    } else {
        format!("{first}-{last}")
    }
}

/// Days, hours, minutes, seconds, milliseconds: the largest units first, zeros left out.
pub(crate) fn in_nft_units(time: Duration) -> String {
    let mut rest = time.as_millis();
    let mut text = String::new();
    for (unit, size) in [
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1000),
        ("ms", 1),
    ] {
        let (count, left) = (rest.checked_div(size), rest.checked_rem(size));
        if let (Some(count @ 1..), Some(left)) = (count, left) {
            push(&mut text, format_args!("{count}{unit}"));
            rest = left;
        }
    }
    if text.is_empty() {
        "0s".to_owned()
    } else {
        text
    }
}

fn push(text: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing to a String cannot go wrong.
    let _ = text.write_fmt(what);
}

pub(crate) const FOR_ANOTHER_HOST: &str =
    "fib daddr type unicast fib daddr . iif type unicast accept";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_nobody_has_a_key_there_is_no_knock_port_and_all_else_is_the_same() {
        let with = |knock_port| {
            render(&GatePlan {
                knock_port,
                knock_socket: None,
                guarded: vec!["tcp/22".parse().unwrap()],
                forwards: vec![],
            })
        };
        let line = "\t\tudp dport 62201 counter name \"knocks\" drop\n";
        assert_eq!(with(Some(62201)).replace(line, ""), with(None));
        assert_ne!(with(Some(62201)), with(None));
    }
}
