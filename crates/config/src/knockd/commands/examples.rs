//! What real files have for commands, and what becomes of each.

use super::{change::Act, line::read};

/// `+tcp/22 | tcp/22`: opens tcp/22, for IPv4 and for IPv6.
fn says(line: &str) -> String {
    let list = |ranges: &[nightlatch_core::PortRange]| {
        ranges
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(",")
    };
    match read(line) {
        Ok(change) => {
            let sign = if change.act == Act::Open { '+' } else { '-' };
            let lasts = change
                .lasts
                .map_or(String::new(), |seconds| format!(" {seconds}s"));
            format!("{sign}{}|{}{lasts}", list(&change.four), list(&change.six))
        }
        Err(reason) => format!("{reason:?}"),
    }
}

pub(super) fn all(cases: &[(&str, &str)]) {
    for (line, expected) in cases {
        assert_eq!(says(line), *expected, "{line}");
    }
}

#[test]
fn iptables_in_all_its_dress_becomes_a_grant() {
    all(&[
        (
            "/sbin/iptables -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT",
            "+tcp/22|",
        ),
        (
            "/usr/sbin/iptables -I INPUT 1 -s %IP% -p tcp --dport ssh -j ACCEPT",
            "+tcp/22|",
        ),
        (
            "sudo iptables -w 5 -D INPUT -s %IP%/32 -p udp --dport 51820 -j ACCEPT",
            "-udp/51820|",
        ),
        (
            "ip6tables --wait --insert INPUT --source %IP% --protocol tcp --destination-port 22 --jump ACCEPT",
            "+|tcp/22",
        ),
        (
            "iptables -t filter -A INPUT -p tcp -s %IP% -m multiport --dports 80,443,8000:8002 -j ACCEPT",
            "+tcp/80,tcp/443,tcp/8000-8002|",
        ),
        (
            "iptables -I INPUT -s %IP% -p tcp -m state --state NEW,ESTABLISHED -m tcp --dport=22 --syn -j ACCEPT",
            "+tcp/22|",
        ),
        (
            "iptables -A INPUT -s %IP% -p tcp -m conntrack --ctstate NEW -m comment --comment 'opened by knockd' --dport 22 -j ACCEPT",
            "+tcp/22|",
        ),
        (
            "iptables -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT; ip6tables -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT",
            "+tcp/22|tcp/22",
        ),
        (
            "iptables -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT; iptables -A INPUT -s %IP% -p udp --dport 53 -j ACCEPT;",
            "+tcp/22,udp/53|",
        ),
    ]);
}

#[test]
fn iptables_that_does_something_else_stays_a_command() {
    all(&[
        ("iptables -A INPUT -p tcp --dport 22 -j ACCEPT", "Everybody"),
        ("iptables -A INPUT -s %IP% -j ACCEPT", "EveryPort"),
        ("iptables -A INPUT -s %IP% -p tcp -j ACCEPT", "EveryPort"),
        (
            "iptables -A INPUT -s %IP%/24 -p tcp --dport 22 -j ACCEPT",
            "Network",
        ),
        (
            "iptables -A INPUT -s %IP% -p tcp --dport 22 -j DROP",
            "Unknown",
        ),
        (
            "iptables -A FORWARD -s %IP% -p tcp --dport 22 -j ACCEPT",
            "Routed",
        ),
        (
            "iptables -t nat -A PREROUTING -s %IP% -p tcp --dport 22 -j ACCEPT",
            "Routed",
        ),
        (
            "iptables -A INPUT -s %IP% -p tcp --dport 8000:9000 -j ACCEPT",
            "ManyPorts",
        ),
        (
            "iptables -A INPUT ! -s %IP% -p tcp --dport 22 -j ACCEPT",
            "Unknown",
        ),
        (
            "iptables -A INPUT -s %IP% -p tcp --sport 22 -j ACCEPT",
            "Unknown",
        ),
        (
            "iptables -A INPUT -s %IP% -p tcp --dport 22 -m limit --limit 3/min -j ACCEPT",
            "Unknown",
        ),
        (
            "iptables -A INPUT -s %IP% -p tcp -m state --state ESTABLISHED --dport 22 -j ACCEPT",
            "Unknown",
        ),
        (
            "iptables -A INPUT -s 10.0.0.1 -p tcp --dport 22 -j ACCEPT",
            "Unknown",
        ),
        ("iptables -A INPUT -s %IP% -p icmp -j ACCEPT", "Unknown"),
        ("iptables -D INPUT 3", "Unknown"),
        ("iptables -A INPUT -s %IP% -p tcp --dport", "Unknown"),
        (
            "iptables -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT && logger open",
            "Mixed",
        ),
        (
            "iptables -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT && iptables -D INPUT -s %IP% -p tcp --dport 23 -j ACCEPT",
            "Mixed",
        ),
        (
            "iptables -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT | tee /tmp/x",
            "Unknown",
        ),
    ]);
}

#[test]
fn ufw_becomes_a_grant() {
    all(&[
        (
            "ufw allow from %IP% to any port 22",
            "+tcp/22,udp/22|tcp/22,udp/22",
        ),
        (
            "ufw insert 1 allow from %IP% to any port 22 proto tcp",
            "+tcp/22|tcp/22",
        ),
        (
            "/usr/sbin/ufw --force delete allow from %IP% to any port ssh proto tcp",
            "-tcp/22|tcp/22",
        ),
        (
            "ufw allow proto udp from %IP% to any port 60000:60010 comment 'for mosh'",
            "+udp/60000-60010|udp/60000-60010",
        ),
        (
            "ufw allow in on eth0 from %IP% to any port 80,443 proto tcp",
            "+tcp/80,tcp/443|tcp/80,tcp/443",
        ),
        ("ufw allow from %IP%", "EveryPort"),
        ("ufw allow from %IP% to any", "EveryPort"),
        ("ufw allow 22/tcp", "Everybody"),
        ("ufw deny from %IP% to any port 22", "Unknown"),
        ("ufw delete 3", "Unknown"),
        ("ufw route allow from %IP% to any port 22", "Routed"),
        ("ufw allow from %IP% port 22", "Unknown"),
        ("ufw allow from %IP% to any app OpenSSH", "Unknown"),
        ("ufw enable", "Unknown"),
    ]);
}

#[test]
fn firewalld_becomes_a_grant() {
    all(&[
        (
            r#"firewall-cmd --add-rich-rule='rule family="ipv4" source address="%IP%" port port="22" protocol="tcp" accept'"#,
            "+tcp/22|",
        ),
        (
            "firewall-cmd --zone=public --remove-rich-rule 'rule family=ipv6 source address=%IP% port port=22 protocol=tcp accept'",
            "-|tcp/22",
        ),
        (
            r#"firewall-cmd --quiet --add-rich-rule="rule family='ipv4' source address='%IP%' service name='ssh' accept" --timeout=2m"#,
            "+tcp/22| 120s",
        ),
        (
            r#"firewall-cmd --permanent --add-rich-rule='rule family="ipv4" source address="%IP%" port port="60000-60003" protocol="udp" accept' && firewall-cmd --reload"#,
            "+udp/60000-60003|",
        ),
        ("firewall-cmd --zone=trusted --add-source=%IP%", "EveryPort"),
        ("firewall-cmd --add-port=22/tcp", "Everybody"),
        (
            r#"firewall-cmd --add-rich-rule='rule family="ipv4" source address="%IP%" accept'"#,
            "EveryPort",
        ),
        (
            r#"firewall-cmd --add-rich-rule='rule family="ipv4" source address="%IP%" port port="22" protocol="tcp" drop'"#,
            "Unknown",
        ),
        (
            r#"firewall-cmd --add-rich-rule='rule family="ipv4" source NOT address="%IP%" port port="22" protocol="tcp" accept'"#,
            "Unknown",
        ),
        ("firewall-cmd --reload", "Unknown"),
    ]);
}

#[test]
fn nft_becomes_a_grant_and_sets_of_ones_own_do_not() {
    all(&[
        (
            "nft add rule inet filter input ip saddr %IP% tcp dport 22 accept",
            "+tcp/22|",
        ),
        (
            "/usr/sbin/nft insert rule ip6 filter input ip6 saddr %IP% udp dport { 53, 51820 } counter accept",
            "+|udp/53,udp/51820",
        ),
        (
            "nft 'insert rule inet filter input position 4 ip saddr %IP% ct state new tcp dport ssh accept comment \"knock\"'",
            "+tcp/22|",
        ),
        (
            "nft delete rule inet filter input handle $(nft -a list chain inet filter input | grep %IP% | awk '{print $NF}')",
            "-|",
        ),
        ("nft add element inet filter knocked { %IP% }", "OwnSet"),
        (
            "nft delete element inet filter knocked { %IP% timeout 30s }",
            "OwnSet",
        ),
        (
            "nft add rule inet filter forward ip saddr %IP% tcp dport 22 accept",
            "Routed",
        ),
        (
            "nft add rule inet filter input tcp dport 22 accept",
            "Everybody",
        ),
        (
            "nft add rule inet filter input ip saddr %IP% accept",
            "EveryPort",
        ),
        (
            "nft add rule inet filter input ip saddr %IP% tcp dport 22 drop",
            "Unknown",
        ),
        ("nft flush ruleset", "Unknown"),
        (
            "nft delete rule inet filter input handle 7; reboot %IP%",
            "Mixed",
        ),
    ]);
}

#[test]
fn the_helper_script_becomes_a_grant() {
    all(&[
        ("/usr/sbin/knock_helper_ipt.sh -a -f %IP% -d 22", "+tcp/22|"),
        (
            "knock_helper_ipt.sh -i -c KNOCK -p udp -f %IP% -d 51820 -m -v",
            "+udp/51820|",
        ),
        ("knock_helper_ipt.sh -x -f%IP% -d22 -mopened", "-tcp/22|"),
        ("knock_helper_ipt.sh -a -f %IP% -d 22 -t", "Unknown"),
        ("knock_helper_ipt.sh -a -d 22", "Everybody"),
    ]);
}

#[test]
fn other_programs_stay_commands() {
    all(&[
        ("/usr/bin/etherwake 00:11:22:33:44:55", "Unknown"),
        ("systemctl start minecraft", "Unknown"),
        ("echo %IP% >> /tmp/knocks", "Unknown"),
        ("", "Unknown"),
    ]);
}
