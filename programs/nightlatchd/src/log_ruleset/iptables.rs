//! The ruleset as a script for iptables and ip6tables.

use nightlatch_capture::Touches;

use super::lines::{BURST, MEMORY, Outlet, PREFIX, RATE, SOURCES, ports};

/// The whole script; it can be run again.
pub(super) fn text(wanted: &Touches, outlets: &[Outlet]) -> String {
    let chains = outlets.iter().map(|outlet| chains(wanted, *outlet));
    let chains: Vec<String> = chains.collect();
    let heads = outlets.iter().map(|outlet| match outlet {
        Outlet::Lines => HEAD,
        Outlet::Group(..) => HEAD_OF_GROUP,
    });
    let mut heads: Vec<&str> = heads.collect();
    heads.dedup();
    format!(
        "#!/bin/sh
{}
set -e
four() {{ iptables -w -t raw \"$@\"; }}
six() {{ ip6tables -w -t raw \"$@\"; }}
both() {{ four \"$@\"; six \"$@\"; }}
{}",
        heads.concat(),
        chains.concat()
    )
}

/// The two chains of an outlet.
fn chains(wanted: &Touches, outlet: Outlet) -> String {
    let (chain, table, log) = match outlet {
        Outlet::Lines => {
            let log = format!(
                "LOG --log-prefix \"{PREFIX}\" --log-level info --log-tcp-sequence --log-tcp-options"
            );
            ("NIGHTLATCH".to_owned(), "nightlatch".to_owned(), log)
        }
        Outlet::Group(group, _) => {
            let log = format!("NFLOG --nflog-group {group}");
            (format!("NIGHTLATCH-{group}"), format!("nflog{group}-"), log)
        }
    };
    let [touched, written] = ["TOUCHED", "WRITTEN"].map(|end| format!("{chain}-{end}"));
    let knocks = knocks(outlet, &touched, &log);
    let rules: Vec<String> = knocks.into_iter().chain(rules(wanted, &chain)).collect();
    let rules = rules.join("\n");
    let expire = MEMORY.saturating_mul(1000);
    let limit = format!(
        "--hashlimit-upto {RATE}/second --hashlimit-burst {BURST} \\\n    --hashlimit-htable-size 8192 \
         --hashlimit-htable-max {SOURCES} --hashlimit-htable-expire {expire}"
    );
    format!(
        "
for tool in four six; do
    for chain in {touched} {written}; do
        $tool -N $chain 2>/dev/null || $tool -F $chain
    done
done
four -A {written} -m hashlimit --hashlimit-name {table}4 \\
    --hashlimit-mode srcip --hashlimit-srcmask 32 {limit} \\
    -j {log}
# A home or a server has 2^64 addresses of IPv6: it is one source.
six -A {written} -m hashlimit --hashlimit-name {table}6 \\
    --hashlimit-mode srcip --hashlimit-srcmask 64 {limit} \\
    -j {log}
both -A {touched} -i lo -j RETURN
both -A {touched} -m addrtype ! --dst-type LOCAL -j RETURN
{rules}
for tool in four six; do
    $tool -C PREROUTING -j {touched} 2>/dev/null || $tool -I PREROUTING -j {touched}
done"
    )
}

/// Knocks are not limited: each is proved by its tag, and whose address it carries proves nothing.
fn knocks(outlet: Outlet, touched: &str, log: &str) -> Vec<String> {
    let Outlet::Group(_, Some(port)) = outlet else {
        return Vec::new();
    };
    let matched = format!("both -A {touched} -p udp --dport {port}");
    vec![
        format!("{matched} -j {log}"),
        format!("{matched} -j RETURN"),
    ]
}

fn rules(wanted: &Touches, chain: &str) -> Vec<String> {
    let rule =
        |tool: &str, what: &str| format!("{tool} -A {chain}-TOUCHED {what} -g {chain}-WRITTEN");
    let of_ports = |what: &str, ranges: &[(u16, u16)]| {
        let each = ports(ranges, ":").into_iter();
        each.map(|ports| rule("both", &format!("{what} --dport {ports}")))
            .collect::<Vec<_>>()
    };
    let of_kinds = |tool: &str, what: &str, kinds: &[u8]| {
        let each = kinds.iter();
        each.map(|kind| rule(tool, &format!("{what} {kind}")))
            .collect::<Vec<_>>()
    };
    [
        of_ports("-p tcp", &wanted.segments),
        of_ports("-p tcp --tcp-flags ACK,RST NONE", &wanted.attempts),
        of_ports("-p udp", &wanted.datagrams),
        of_kinds("four", "-p icmp --icmp-type", &wanted.icmp4),
        of_kinds("six", "-p icmpv6 --icmpv6-type", &wanted.icmp6),
    ]
    .concat()
}

const HEAD: &str = "\
# Has the kernel write a line about each touch that a sequence may need. Printed by: nightlatchd log-ruleset --iptables
#
# Run it, and let a source read the lines: sources = [\"log:/var/log/kern.log\"].
# Print it anew when sequences change, or when something listens on another port: ports that were in use when it
# was printed are left out. All others are in, so that who scans them is seen to stray.
#
# How noise cannot hide a knock: the limit is one for each source, not one for all. Whoever floods uses up his own
# lines, and everybody else has theirs. A source that is silent is forgotten after a while, so the table has room.
# While it is full, the kernel drops what newcomers send to these ports, where nobody listens, and writes no line: who
# can send from very many addresses at once, or forge them, can reach that. The ruleset for nft has a rest for them.
";

const HEAD_OF_GROUP: &str = "\
# Has the firewall send what the configuration needs to an NFLOG group. Printed by: nightlatchd log-ruleset --iptables
#
# Run it; it drops nothing. A rule of your own does the same only in front of the gate, in the table raw: the gate
# drops knocks and what is guarded, and INPUT comes after it. Print it anew when the knock port or sequences change, or
# when something listens on another port.
#
# Touches have a limit for each source, as lines of the log have: noise of others does not hide them. Knocks have none.
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_gets_knocks_in_front_of_the_gate() {
        let script = text(&Touches::default(), &[Outlet::Group(5, Some(62_201))]);
        let knocks = "both -A NIGHTLATCH-5-TOUCHED -p udp --dport 62201 -j NFLOG --nflog-group 5";
        assert!(script.contains(knocks), "{script}");
        assert!(script.contains("-t raw"), "{script}");
        assert!(!script.contains("-j LOG"), "{script}");
    }

    #[test]
    fn each_range_and_each_kind_has_its_line() {
        let wanted = Touches {
            segments: vec![(7000, 7000)],
            attempts: vec![(1, 21), (23, 65_535)],
            icmp6: vec![128],
            ..Touches::default()
        };
        let rules = rules(&wanted, "NIGHTLATCH");
        assert_eq!(rules.len(), 4);
        assert!(rules[0].contains("-p tcp --dport 7000 -g"), "{}", rules[0]);
        assert!(
            rules[2].contains("--tcp-flags ACK,RST NONE --dport 23:65535"),
            "{}",
            rules[2]
        );
        assert!(rules[3].starts_with("six -A"), "{}", rules[3]);
    }
}
