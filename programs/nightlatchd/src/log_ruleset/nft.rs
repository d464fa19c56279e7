//! The ruleset as nft's text.

use nightlatch_capture::Touches;

use super::lines::{BURST, LENGTHS, MEMORY, Outlet, PREFIX, RATE, REST, SOURCES, ports};

/// The whole ruleset: for each outlet a table of its own, beside whatever the host has.
pub(super) fn text(wanted: &Touches, outlets: &[Outlet]) -> String {
    let tables = outlets.iter().map(|outlet| table(wanted, *outlet));
    let tables: Vec<String> = tables.collect();
    format!("#!/usr/sbin/nft -f\n{}", tables.join("\n"))
}

fn table(wanted: &Touches, outlet: Outlet) -> String {
    let (head, name, log) = match outlet {
        Outlet::Lines => {
            let log = format!("log prefix \"{PREFIX}\" level info flags tcp sequence,options");
            (HEAD, "nightlatch-log".to_owned(), log)
        }
        Outlet::Group(group, _) => {
            let log = format!("log group {group}");
            (HEAD_OF_GROUP, format!("nightlatch-nflog-{group}"), log)
        }
    };
    let rules = rules(wanted);
    let (sets, written) = if rules.is_empty() && outlet != Outlet::Lines {
        (String::new(), String::new())
    } else {
        (sets(), written(&log))
    };
    let rules: Vec<String> = knocks(outlet, &log).into_iter().chain(rules).collect();
    let rules = rules.join("\n\t\t");
    format!(
        "{head}
table inet {name}
delete table inet {name}
table inet {name} {{{sets}
	chain touched {{
		# In front of the gate (-150), which drops what is guarded; behind connection tracking (-200).
		type filter hook prerouting priority -160; policy accept;
		iif lo return
		fib daddr type != local return
		{rules}
	}}{written}
}}"
    )
}

/// Knocks are not limited: each is proved by its tag, and whose address it carries proves nothing.
fn knocks(outlet: Outlet, log: &str) -> Option<String> {
    let Outlet::Group(_, Some(port)) = outlet else {
        return None;
    };
    let [knock, message] = LENGTHS;
    Some(format!(
        "udp dport {port} udp length {{ {knock}, {message} }} {log} return"
    ))
}

fn sets() -> String {
    let set = format!("size {SOURCES}; flags dynamic,timeout; timeout {MEMORY}s;");
    format!(
        "
	set sources4 {{
		type ipv4_addr; {set}
	}}
	# A home or a server has 2^64 addresses of IPv6: it is one source.
	set sources6 {{
		type ipv6_addr; {set}
	}}"
    )
}

fn written(log: &str) -> String {
    let limit = format!("limit rate {RATE}/second burst {BURST} packets");
    format!(
        "
	chain written {{
		meta nfproto ipv4 update @sources4 {{ ip saddr {limit} }} {log} return
		meta nfproto ipv6 update @sources6 {{ ip6 saddr & {MASK} {limit} }} {log} return
		# Known, and has had its lines.
		ip saddr @sources4 return
		ip6 saddr & {MASK} @sources6 return
		# No room to know it.
		limit rate {REST}/second burst {REST} packets {log}
	}}"
    )
}

fn rules(wanted: &Touches) -> Vec<String> {
    let of_ports = |what: &str, ranges: &[(u16, u16)]| {
        let list = ports(ranges, "-").join(", ");
        (!ranges.is_empty()).then(|| format!("{what} dport {{ {list} }} goto written"))
    };
    let of_kinds = |what: &str, kinds: &[u8]| {
        let list: Vec<String> = kinds.iter().map(ToString::to_string).collect();
        (!kinds.is_empty()).then(|| format!("{what} type {{ {} }} goto written", list.join(", ")))
    };
    let attempt = "tcp flags & (ack | rst) == 0x0 tcp";
    [
        of_ports("tcp", &wanted.segments),
        of_ports(attempt, &wanted.attempts),
        of_ports("udp", &wanted.datagrams),
        of_kinds("icmp", &wanted.icmp4),
        of_kinds("icmpv6", &wanted.icmp6),
    ]
    .into_iter()
    .flatten()
    .collect()
}

const MASK: &str = "ffff:ffff:ffff:ffff::";
const HEAD: &str = "\
# Has the kernel write a line about each touch that a sequence may need. Printed by: nightlatchd log-ruleset
#
# Load it with `nft -f`, and let a source read the lines: sources = [\"log:/var/log/kern.log\"]. It drops nothing.
# Print it anew when sequences change, or when something listens on another port: ports that were in use when it
# was printed are left out. All others are in, so that who scans them is seen to stray.
#
# How noise cannot hide a knock: the limit is one for each source, not one for all. Whoever floods uses up his own
# lines, and everybody else has theirs. A source that is silent is forgotten after a while, so the set has room; as
# long as it is full of others, newcomers share a rest. What remains: who can send from very many addresses at once,
# or forge them faster than they are forgotten, can take that rest; and who forges the address of somebody who
# knocks can take that one's lines, as he can lead that one's sequence astray. The source \"packets\" has no limit.
";

const HEAD_OF_GROUP: &str = "\
# Has the firewall send what the configuration needs to an NFLOG group. Printed by: nightlatchd log-ruleset
#
# Load it with `nft -f`; it drops nothing. A rule of your own does the same only if it stands in front of the gate, at a
# priority below -150: the gate drops knocks and what is guarded, and the usual chains come after it. Print it anew when
# the knock port or sequences change, or when something listens on another port.
#
# Touches have a limit for each source, as lines of the log have: noise of others does not hide them. Knocks have none.
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_gets_knocks_and_no_more_than_is_needed() {
        let outlet = Outlet::Group(5, Some(62_201));
        let alone = text(&Touches::default(), &[outlet]);
        let knocks = "udp dport 62201 udp length { 108, 1132 } log group 5 return";
        assert!(alone.contains(knocks), "{alone}");
        assert!(!alone.contains("sources4"), "{alone}");
        let wanted = Touches {
            attempts: vec![(1, 65_535)],
            ..Touches::default()
        };
        let both = text(&wanted, &[Outlet::Lines, outlet]);
        assert!(both.contains("table inet nightlatch-log {"), "{both}");
        assert!(
            both.contains("burst 200 packets } log group 5 return"),
            "{both}"
        );
        assert!(!text(&wanted, &[Outlet::Group(5, None)]).contains("udp dport"));
    }

    #[test]
    fn what_is_not_wanted_has_no_rule() {
        assert!(rules(&Touches::default()).is_empty());
        let wanted = Touches {
            attempts: vec![(1, 21), (23, 65_535)],
            datagrams: vec![(4711, 4711)],
            icmp4: vec![8],
            ..Touches::default()
        };
        assert_eq!(
            rules(&wanted),
            [
                "tcp flags & (ack | rst) == 0x0 tcp dport { 1-21, 23-65535 } goto written",
                "udp dport { 4711 } goto written",
                "icmp type { 8 } goto written",
            ]
        );
    }
}
