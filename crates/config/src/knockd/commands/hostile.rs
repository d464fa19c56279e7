//! Lines that look like a grant, and for which a firewall does less, nothing or something else.

use super::examples::all;

/// What is expected, an arrow, and the line.
fn table(text: &str) {
    let lines = text.lines().filter_map(|line| line.split_once(" <- "));
    let cases: Vec<(&str, &str)> = lines
        .map(|(expected, line)| (line, expected.trim()))
        .collect();
    assert!(cases.len() > 3, "{text}");
    all(&cases);
}

#[test]
fn ports_without_a_protocol_stay_a_command() {
    table(
        "
NoProtocol <- iptables -I INPUT -s %IP% --dport 22 -j ACCEPT
NoProtocol <- iptables -I INPUT -s %IP% --dport 22 -p tcp -j ACCEPT
NoProtocol <- iptables -I INPUT -s %IP% -m multiport --dports 22,80 -j ACCEPT
NoProtocol <- iptables -I INPUT -s %IP% -m multiport --dports 22,80 -p tcp -j ACCEPT
NoProtocol <- ip6tables -I INPUT -s %IP% --dport 22 -j ACCEPT
NoProtocol <- ufw allow from %IP% to any port ssh
NoProtocol <- ufw allow from %IP% to any port 80,443
NoProtocol <- ufw allow from %IP% to any port 80:90
NoProtocol <- firewall-cmd --add-rich-rule='rule family=ipv4 source address=%IP% port port=22 accept'
",
    );
}

/// Each was given to iptables 1.8.9.
#[test]
fn what_iptables_refuses_is_no_grant() {
    table(
        "
Unknown    <- iptables -A INPUT -s 10.0.0.1 -s %IP% -p tcp --dport 22 -j ACCEPT
Unknown    <- iptables -I INPUT -s %IP% --protocol=tcp --dport 22 -j ACCEPT
Unknown    <- iptables -I INPUT -s %IP% -p udp -p tcp --dport 22 -j ACCEPT
Unknown    <- iptables -I INPUT -s %IP% -p tcp --dport 80 --dport 22 -j ACCEPT
Unknown    <- iptables -I INPUT -s %IP% -p tcp --dport 22 -j DROP -j ACCEPT
Unknown    <- iptables -D INPUT -I INPUT -s %IP% -p tcp --dport 22 -j ACCEPT
Unknown    <- iptables -I INPUT -s %IP% -p tcp --dport 22,80 -j ACCEPT
Unknown    <- iptables -I INPUT -s %IP% -p tcp --dport 22-80 -j ACCEPT
Unknown    <- iptables -I INPUT -s %IP% -p tcp --dports 22 -j ACCEPT
Unknown    <- iptables -I INPUT -s %IP% -p tcp --dport 22 -m multiport -j ACCEPT
Unknown    <- iptables -I INPUT -s %IP% -p tcp -m multiport --dports 22 --dport 80 -j ACCEPT
Unknown    <- iptables -I INPUT -s %IP% -p tcp -m multiport --dports 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16 -j ACCEPT
Unknown    <- iptables -I INPUT -s %IP% -p tcp -m udp --dport 22 -j ACCEPT
Unknown    <- iptables -I INPUT -s %IP% -p udp --syn --dport 22 -j ACCEPT
Unknown    <- iptables -I INPUT -s %IP% -p tcp --state NEW --dport 22 -j ACCEPT
Unknown    <- iptables -I INPUT -s %IP% -p tcp -m state --ctstate NEW --dport 22 -j ACCEPT
Unknown    <- iptables -I INPUT -s %IP% -p tcp -m state --dport 22 -j ACCEPT
Unknown    <- iptables -I INPUT -s %IP% -p tcp -m comment --dport 22 -j ACCEPT
Unknown    <- iptables -I INPUT -s %IP% -p tcp --comment x --dport 22 -j ACCEPT
Unknown    <- iptables -A INPUT 1 -s %IP% -p tcp --dport 22 -j ACCEPT
Unknown    <- iptables -I INPUT 0 -s %IP% -p tcp --dport 22 -j ACCEPT
Unknown    <- iptables -n -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT
Unknown    <- iptables -6 -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT
Unknown    <- ip6tables -4 -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT
Network    <- iptables -A INPUT -s %IP%/128 -p tcp --dport 22 -j ACCEPT
Unknown    <- iptables -I INPUT -s %IP% -i eth0 -i eth1 -p tcp --dport 22 -j ACCEPT
Unknown    <- iptables -I INPUT -s %IP% -d 10.0.0.1 -d 10.0.0.2 -p tcp --dport 22 -j ACCEPT
Unknown    <- iptables -I INPUT -s %IP% -p tcp -- --dport 22 -j ACCEPT
Unknown    <- iptables -I INPUT -s %IP% -p tcp --dport 22 -j accept
",
    );
}

#[test]
fn what_iptables_takes_otherwise_is_no_grant() {
    table(
        r"
Unknown    <- iptables -I INPUT -s %IP% -p tcp --dport 022 -j ACCEPT
Unknown    <- iptables -I INPUT -s %IP% -p tcp -m multiport --dports 080,443 -j ACCEPT
Unknown    <- iptables -I INPUT -s %IP% -p tcp --dport 0x16 -j ACCEPT
Unknown    <- iptables -I INPUT -s %IP% -p tcp -m state --state ESTABLISHED -m conntrack --ctstate NEW --dport 22 -j ACCEPT
Unknown    <- iptables -I INPUT -s %IP% -p tcp -m state --state NEW -m state --state ESTABLISHED --dport 22 -j ACCEPT
Unknown    <- iptables -t nat -A INPUT -t filter -s %IP% -p tcp --dport 22 -j ACCEPT
Routed     <- iptables -t raw -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT
Network    <- ip6tables -A INPUT -s %IP%/32 -p tcp --dport 22 -j ACCEPT
Unknown    <- iptables -I INPUT -s %IP% -p tcp --dport 22 -j ACCEPT --help
Unknown    <- iptables -I INPUT -s %IP% -p tcp --dport 22 -i !eth0 -j ACCEPT
Unknown    <- iptables -I INPUT -s %IP% -p tcp ! --dport 22 -j ACCEPT
Unknown    <- iptables -I INPUT -s %IP% -p tcp --dport 22 -g ACCEPT
Unknown    <- iptables -I INPUT -s %IP% -p tcp -m mark --mark 1 --dport 22 -j ACCEPT
Unknown    <- iptables -I INPUT -s %IP% -p tcp -m time --timestart 09:00 --dport 22 -j ACCEPT
Unknown    <- iptables -C INPUT -s %IP% -p tcp --dport 22 -j ACCEPT
Unknown    <- iptables -R INPUT 1 -s %IP% -p tcp --dport 22 -j ACCEPT
Unknown    <- iptables -A INPUT -s %I\P% -p tcp --dport 22 -j ACCEPT
Unknown    <- iptables -A INPUT -s %ip% -p tcp --dport 22 -j ACCEPT
Unknown    <- iptables -A INPUT -s %IP%,10.0.0.0/8 -p tcp --dport 22 -j ACCEPT
+tcp/22|   <- iptables -I INPUT -s %IP% -p tcp -m comment --comment '--dport=23' --dport 22 -j ACCEPT
",
    );
}

#[test]
fn another_program_of_that_name_is_another_program() {
    table(
        "
Unknown    <- /opt/knock/iptables -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT
Unknown    <- ./ufw allow from %IP% to any port 22
Unknown    <- -n iptables -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT
Unknown    <- sudo -u nobody iptables -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT
+tcp/22|   <- sudo -n /usr/local/sbin/iptables -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT
Unknown    <- env iptables -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT
Unknown    <- knock_add -d %IP%
",
    );
}

/// An iptables fails for an address of IPv6, and an ip6tables for one of IPv4.
#[test]
fn what_stands_behind_a_failure_is_not_run() {
    table(
        "
+tcp/22|   <- iptables -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT && ip6tables -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT
+|tcp/22   <- ip6tables -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT && iptables -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT
+tcp/22|tcp/22 <- iptables -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT; ip6tables -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT
+tcp/22,tcp/23| <- iptables -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT && ip6tables -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT; iptables -A INPUT -s %IP% -p tcp --dport 23 -j ACCEPT
+tcp/22,tcp/23|tcp/22 <- ufw allow from %IP% to any port 22 proto tcp && iptables -A INPUT -s %IP% -p tcp --dport 23 -j ACCEPT
",
    );
}

#[test]
fn ufw_refuses_or_means_something_else() {
    table(
        "
Unknown    <- ufw --dry-run allow from %IP% to any port 22
Everybody  <- ufw allow delete from %IP% to any port 22
Everybody  <- ufw allow out from %IP% to any port 22
Everybody  <- ufw allow on eth0 from %IP% to any port 22
Unknown    <- ufw insert x allow from %IP% to any port 22
Unknown    <- ufw allow from %IP% to any port 22 from 10.0.0.1
Unknown    <- ufw allow from 10.0.0.1 from %IP% to any port 22
Unknown    <- ufw allow from %IP% to any port 22 port 23
Unknown    <- ufw allow from %IP% to any port 22 proto udp proto tcp
Unknown    <- ufw allow from %IP% to any port 22 comment a b
Unknown    <- ufw allow from %IP% to any port 22/tcp
Network    <- ufw allow from %IP%/32 to any port 22
Unknown    <- ufw allow from %IP% to any port 60000-60010 proto udp
Unknown    <- ufw allow from %IP% to any port 022 proto tcp
Unknown    <- ufw limit from %IP% to any port 22
Unknown    <- ufw reject from %IP% to any port 22
",
    );
}

#[test]
fn several_rich_rules_count_all_or_stay_a_command() {
    table(
        "
+tcp/22,tcp/23| <- firewall-cmd --add-rich-rule='rule family=ipv4 source address=%IP% port port=22 protocol=tcp accept' --add-rich-rule='rule family=ipv4 source address=%IP% port port=23 protocol=tcp accept'
+tcp/22|tcp/22 <- firewall-cmd --add-rich-rule='rule family=ipv4 source address=%IP% port port=22 protocol=tcp accept' --add-rich-rule='rule family=ipv6 source address=%IP% port port=22 protocol=tcp accept'
Mixed      <- firewall-cmd --add-rich-rule='rule family=ipv4 source address=%IP% port port=22 protocol=tcp accept' --remove-rich-rule='rule family=ipv4 source address=%IP% port port=22 protocol=tcp accept'
Unknown    <- firewall-cmd --add-rich-rule='rule family=ipv4 source address=10.0.0.1 port port=22 protocol=tcp accept' --add-rich-rule='rule family=ipv4 source address=%IP% port port=22 protocol=tcp accept'
ManyPorts  <- firewall-cmd --add-rich-rule='rule family=ipv4 source address=%IP% port port=22 protocol=tcp accept' --add-rich-rule='rule family=ipv4 source address=%IP% port port=1-16 protocol=tcp accept'
",
    );
}

#[test]
fn firewalld_refuses_or_means_something_else() {
    table(
        r#"
NoFamily   <- firewall-cmd --add-rich-rule='rule source address=%IP% port port=22 protocol=tcp accept'
Pending    <- firewall-cmd --permanent --add-rich-rule='rule family=ipv4 source address=%IP% port port=22 protocol=tcp accept'
+tcp/22|   <- firewall-cmd --permanent --add-rich-rule='rule family=ipv4 source address=%IP% port port=22 protocol=tcp accept' && firewall-cmd --reload
Mixed      <- firewall-cmd --add-rich-rule='rule family=ipv4 source address=%IP% port port=22 protocol=tcp accept' && firewall-cmd --reload
+tcp/22|   <- firewall-cmd --add-rich-rule='rule family=ipv4 source address=%IP% port port=22 protocol=tcp accept' && firewall-cmd --permanent --add-rich-rule='rule family=ipv4 source address=%IP% port port=22 protocol=tcp accept'
Mixed      <- firewall-cmd --add-rich-rule='rule family=ipv4 source address=%IP% port port=22 protocol=tcp accept' && firewall-cmd --permanent --add-rich-rule='rule family=ipv4 source address=%IP% port port=23 protocol=tcp accept'
Mixed      <- firewall-cmd --permanent --timeout=9 --add-rich-rule='rule family=ipv4 source address=%IP% port port=22 protocol=tcp accept' && firewall-cmd --reload
+tcp/22|   <- firewall-cmd --timeout=0 --add-rich-rule='rule family=ipv4 source address=%IP% port port=22 protocol=tcp accept'
Mixed      <- firewall-cmd --timeout=5 --add-rich-rule='rule family=ipv4 source address=%IP% port port=22 protocol=tcp accept'; firewall-cmd --add-rich-rule='rule family=ipv4 source address=%IP% port port=23 protocol=tcp accept'
Unknown    <- firewall-cmd --timeout=5 --timeout=500 --add-rich-rule='rule family=ipv4 source address=%IP% port port=22 protocol=tcp accept'
Unknown    <- firewall-cmd --zone=a --zone=b --add-rich-rule='rule family=ipv4 source address=%IP% port port=22 protocol=tcp accept'
Unknown    <- firewall-cmd --zone --add-rich-rule='rule family=ipv4 source address=%IP% port port=22 protocol=tcp accept'
Unknown    <- firewall-cmd --add-rich-rule='rule family=ipv4 source address=%IP% port port=22,23 protocol=tcp accept'
Unknown    <- firewall-cmd --add-rich-rule='rule family=ipv4 source address=%IP% port port=22 protocol=tcp accept limit value=1/m'
Unknown    <- firewall-cmd --add-rich-rule='rule family=ipv4 source address=%IP% port port=22 protocol=tcp log limit value=1/m accept'
Unknown    <- firewall-cmd --add-rich-rule='rule family=ipv4 source address=%IP% port port=22 protocol=tcp log prefix="a accept x="'
Unknown    <- firewall-cmd --add-rich-rule='rule family=ipv4 source address=%IP% port port=22 protocol=tcp log prefix="a accept"'
+tcp/22|   <- firewall-cmd --add-rich-rule='rule family=ipv4 source address=%IP% port port=22 protocol=tcp log prefix="open: " accept'
Unknown    <- firewall-cmd --add-rich-rule='rule family=ipv4 source address=%IP% port port=22 protocol=tcp accept drop'
Unknown    <- firewall-cmd --add-rich-rule='rule family=ipv4 source address=%IP% source address=10.0.0.1 port port=22 protocol=tcp accept'
Unknown    <- firewall-cmd --add-rich-rule='rule family=ipv4 source address=%IP% service name=ssh port protocol=tcp accept'
Unknown    <- firewall-cmd --add-rich-rule='rule family=ipv4 source address=%IP% source-port port=22 protocol=tcp accept'
Unknown    <- firewall-cmd --add-rich-rule='rule family=ipv4 source address=%IP% forward-port port=22 protocol=tcp to-port=23'
Unknown    <- firewall-cmd --add-rich-rule='rule family=ipv4 source address=%IP% protocol value=tcp accept'
Unknown    <- firewall-cmd --add-rich-rule='family=ipv4 source address=%IP% port port=22 protocol=tcp accept'
Unknown    <- firewall-cmd --policy=x --add-rich-rule='rule family=ipv4 source address=%IP% port port=22 protocol=tcp accept'
Unknown    <- firewall-cmd --direct --add-rule ipv4 filter INPUT 0 -s %IP% -p tcp --dport 22 -j ACCEPT
"#,
    );
}

#[test]
fn nft_refuses_or_means_something_else() {
    table(
        r#"
Unknown    <- nft -c add rule inet filter input ip saddr %IP% tcp dport 22 accept
Unknown    <- nft --check add rule inet filter input ip saddr %IP% tcp dport 22 accept
Unknown    <- nft -f /etc/x add rule inet filter input ip saddr %IP% tcp dport 22 accept
+tcp/22|   <- nft -a add rule inet filter input ip saddr %IP% tcp dport 22 accept
Unknown    <- nft 'add rule inet filter input ip saddr %IP% tcp dport 22 accept comment "x"; add rule inet filter input accept'
+tcp/22|   <- nft 'add rule inet filter input ip saddr %IP% tcp dport 22 accept comment "a b"'
Unknown    <- nft 'add rule inet filter input ip saddr %IP% tcp dport 22 comment "a" accept'
Unknown    <- nft add rule inet filter input ip saddr %IP% tcp dport 22 accept drop
Unknown    <- nft add rule inet filter input ip saddr %IP% tcp dport 22 udp dport 53 accept
Unknown    <- nft add rule inet filter input ip saddr %IP% ip6 saddr %IP% tcp dport 22 accept
Unknown    <- nft add rule ip6 filter input ip saddr %IP% tcp dport 22 accept
Unknown    <- nft add rule filter input ip6 saddr %IP% tcp dport 22 accept
Unknown    <- nft add rule inet filter input ip saddr %IP% ip saddr 10.0.0.1 tcp dport 22 accept
Unknown    <- nft add rule inet filter input ip saddr '!=' %IP% tcp dport 22 accept
Unknown    <- nft 'add rule inet filter input ip saddr { %IP%, 10.0.0.0/8 } tcp dport 22 accept'
Unknown    <- nft add rule inet filter input ip saddr %IP% tcp dport '!=' 22 accept
Unknown    <- nft add rule inet filter input ip saddr %IP% tcp dport 022 accept
Unknown    <- nft add rule inet filter input ip saddr %IP% tcp dport { 22 } 23 accept
Unknown    <- nft add rule inet filter input ip saddr %IP% tcp dport @open accept
Unknown    <- nft add rule inet filter input ip saddr %IP% ct state established ct state new tcp dport 22 accept
Unknown    <- nft add rule inet filter input ip saddr %IP% ct state established tcp dport 22 accept
+tcp/22|   <- nft add rule inet filter input ip saddr %IP% ct state new,established tcp dport 22 accept
Unknown    <- nft add rule inet filter input ip saddr %IP% meta mark 1 tcp dport 22 accept
Unknown    <- nft add rule inet filter input ip saddr %IP% limit rate 1/minute tcp dport 22 accept
Unknown    <- nft add rule inet filter input ip saddr %IP% tcp dport 22 jump x
Routed     <- nft add rule ip nat input ip saddr %IP% tcp dport 22 accept
Unknown    <- nft add rule netdev filter input ip saddr %IP% tcp dport 22 accept
Unknown    <- nft insert rule inet filter input position x ip saddr %IP% tcp dport 22 accept
"#,
    );
}

#[test]
fn a_lookup_that_does_more_than_look_is_left_to_the_shell() {
    table(
        "
-|         <- nft delete rule inet filter input handle $(nft -a list ruleset | grep %IP%)
-|         <- nft delete rule inet filter input handle $(/usr/sbin/nft -a list ruleset | grep %IP% | cut -d# -f2 | tail -1)
Unknown    <- nft delete rule inet filter input handle $(/opt/wake %IP%)
Unknown    <- nft delete rule inet filter input handle $(nft -a list ruleset | tee /etc/x | grep %IP%)
Unknown    <- nft delete rule inet filter input handle $(nft -a list ruleset > /etc/x | grep %IP%)
Unknown    <- nft delete rule inet filter input handle $(nft list ruleset | grep $(wake %IP%))
Unknown    <- nft delete rule inet filter input handle $(nft list ruleset | grep %IP%) $(wake)
Unknown    <- nft delete rule ip nat prerouting handle $(nft -a list ruleset | grep %IP%)
Unknown    <- /opt/nft delete rule inet filter input handle $(nft -a list ruleset | grep %IP%)
",
    );
}

#[test]
fn the_script_does_less_or_something_else() {
    table(
        r#"
Unknown    <- knock_helper_ipt.sh -at -f %IP% -d 22
Unknown    <- knock_helper_ipt.sh -ax -f %IP% -d 22
Unknown    <- knock_helper_ipt.sh -vt -a -f %IP% -d 22
Unknown    <- knock_helper_ipt.sh -a -x -f %IP% -d 22
Unknown    <- knock_helper_ipt.sh -a -f %IP% -f 10.0.0.1 -d 22
Unknown    <- knock_helper_ipt.sh -a -f %IP% -d 22,23
Unknown    <- knock_helper_ipt.sh -a -f %IP% -d 022
Unknown    <- knock_helper_ipt.sh -a -f %IP% -d 22 -c 'INPUT -i tun0'
Routed     <- knock_helper_ipt.sh -a -f %IP% -d 22 -c FORWARD
Unknown    <- knock_helper_ipt.sh -a -f %IP% -d 22 -m"x' -j DROP; '"
Unknown    <- knock_helper_ipt.sh -a -f '%IP% -i tun0' -d 22
Unknown    <- knock_helper_ipt.sh -h -a -f %IP% -d 22
Unknown    <- knock_helper_ipt.sh --append -f %IP% -d 22
"#,
    );
}
