//! The ruleset as a script for iptables and ip6tables.

use nightlatch_capture::Touches;

use super::lines::{BURST, MEMORY, PREFIX, RATE, SOURCES, ports};

/// The whole script; it can be run again.
pub(super) fn text(wanted: &Touches) -> String {
    let rules = rules(wanted).join("\n");
    let expire = MEMORY.saturating_mul(1000);
    let limit = format!(
        "--hashlimit-upto {RATE}/second --hashlimit-burst {BURST} \\\n    --hashlimit-htable-size 8192 \
         --hashlimit-htable-max {SOURCES} --hashlimit-htable-expire {expire}"
    );
    let log = format!(
        "\\\n    -j LOG --log-prefix \"{PREFIX}\" --log-level info --log-tcp-sequence --log-tcp-options"
    );
    format!(
        "#!/bin/sh
{HEAD}
set -e
four() {{ iptables -w -t raw \"$@\"; }}
six() {{ ip6tables -w -t raw \"$@\"; }}
both() {{ four \"$@\"; six \"$@\"; }}

for tool in four six; do
    for chain in NIGHTLATCH-TOUCHED NIGHTLATCH-WRITTEN; do
        $tool -N $chain 2>/dev/null || $tool -F $chain
    done
done
four -A NIGHTLATCH-WRITTEN -m hashlimit --hashlimit-name nightlatch4 \\
    --hashlimit-mode srcip --hashlimit-srcmask 32 {limit} {log}
# A home or a server has 2^64 addresses of IPv6: it is one source.
six -A NIGHTLATCH-WRITTEN -m hashlimit --hashlimit-name nightlatch6 \\
    --hashlimit-mode srcip --hashlimit-srcmask 64 {limit} {log}
both -A NIGHTLATCH-TOUCHED -i lo -j RETURN
both -A NIGHTLATCH-TOUCHED -m addrtype ! --dst-type LOCAL -j RETURN
{rules}
for tool in four six; do
    $tool -C PREROUTING -j NIGHTLATCH-TOUCHED 2>/dev/null || $tool -I PREROUTING -j NIGHTLATCH-TOUCHED
done"
    )
}

fn rules(wanted: &Touches) -> Vec<String> {
    let rule = |tool: &str, what: &str| {
        format!("{tool} -A NIGHTLATCH-TOUCHED {what} -g NIGHTLATCH-WRITTEN")
    };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_range_and_each_kind_has_its_line() {
        let wanted = Touches {
            segments: vec![(7000, 7000)],
            attempts: vec![(1, 21), (23, 65_535)],
            icmp6: vec![128],
            ..Touches::default()
        };
        let rules = rules(&wanted);
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
