//! Stories of hosts whose own firewall drops by default: a knock puts the knocker into its sets, and nobody else.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use nightlatch_lab::{Entered, Host, pause, program, wait_until};
use nightlatch_ticket::{Happened, Kind, Reason};

use crate::daemon::Daemon;
use crate::stage::Family::{self, V4, V6};
use crate::stage::{Stage, assert_silent, is_in};
use crate::{Story, Told};

pub(crate) const STORIES: &[Story] = &[
    (
        "a_knock_opens_the_administrators_own_firewall_for_a_while",
        for_a_while,
    ),
    (
        "who_got_into_a_set_leaves_it_although_the_daemon_was_killed",
        killed,
    ),
    ("closing_takes_the_address_out_of_the_set", closed),
    ("knocking_again_renews_the_stay", renewed),
    (
        "a_set_that_is_missing_ends_nobody_but_this_service",
        missing,
    ),
    ("a_set_that_was_flushed_takes_the_next_knock", flushed),
    (
        "a_firewall_that_is_loaded_anew_lets_in_who_was_in",
        loaded_anew,
    ),
    ("what_the_administrator_put_in_himself_stays", untouched),
    ("a_gate_and_a_set_open_together", both),
    ("a_set_of_ipset_does_it_too", ipset),
    ("a_check_says_what_is_wrong_with_a_set", checked),
    ("a_dry_run_tells_whom_it_would_put_where", on_paper),
];

fn for_a_while(entered: &Entered) -> Told {
    let Some((mut stage, daemon)) = running(entered, "insert-while", "2s") else {
        return Told::Skipped(NO_NFT);
    };
    for family in [V4, V6] {
        assert_silent(&stage.alice.host, 8443, family);
        let outcome = stage.alice.knock("admin", family).unwrap();
        assert_eq!(outcome.happened, Happened::Granted { seconds: 2 });
        assert!(is_in(&stage.alice.host, 8443, family), "{}", daemon.log());
        let sets = daemon.status()["grants"][0]["sets"].clone();
        assert!(sets[0].as_str().is_some(), "{sets}");
        assert_silent(&stage.bob.host, 8443, family);
        assert_silent(&stage.stranger, 8443, family);
    }
    let shut = || !is_in(&stage.alice.host, 8443, V4) && !is_in(&stage.alice.host, 8443, V6);
    assert!(wait_until(PATIENCE, shut));
    Told::Whole
}

fn killed(entered: &Entered) -> Told {
    let Some((mut stage, mut daemon)) = running(entered, "insert-killed", "3s") else {
        return Told::Skipped(NO_NFT);
    };
    stage.alice.knock("admin", V4).unwrap();
    daemon.kill();
    assert!(is_in(&stage.alice.host, 8443, V4), "it was granted");
    assert!(wait_until(PATIENCE, || !is_in(&stage.alice.host, 8443, V4)));
    // And what a former life let in, the next one can take out.
    let mut daemon = stage.start();
    stage.alice.knock("long", V4).unwrap();
    daemon.kill();
    let daemon = stage.start();
    assert!(is_in(&stage.alice.host, 8443, V4), "still in force");
    close(&mut stage, "long", V4);
    assert_silent(&stage.alice.host, 8443, V4);
    drop(daemon);
    Told::Whole
}

fn closed(entered: &Entered) -> Told {
    let Some((mut stage, _daemon)) = running(entered, "insert-closed", "1h") else {
        return Told::Skipped(NO_NFT);
    };
    for family in [V4, V6] {
        stage.alice.knock("admin", family).unwrap();
        stage.alice.knock("long", family).unwrap();
        close(&mut stage, "admin", family);
        assert!(is_in(&stage.alice.host, 8443, family), "by the other grant");
        close(&mut stage, "long", family);
        assert_silent(&stage.alice.host, 8443, family);
    }
    Told::Whole
}

fn renewed(entered: &Entered) -> Told {
    let Some((mut stage, _daemon)) = running(entered, "insert-renewed", "4s") else {
        return Told::Skipped(NO_NFT);
    };
    stage.alice.knock("admin", V4).unwrap();
    pause(Duration::from_millis(2_200));
    stage.alice.knock("admin", V4).unwrap();
    pause(Duration::from_millis(2_200));
    assert!(is_in(&stage.alice.host, 8443, V4), "more than 4 s later");
    assert!(wait_until(PATIENCE, || !is_in(&stage.alice.host, 8443, V4)));
    Told::Whole
}

fn missing(entered: &Entered) -> Told {
    let Some((mut stage, mut daemon)) = running(entered, "insert-missing", "1h") else {
        return Told::Skipped(NO_NFT);
    };
    nft(&stage.server, "delete table inet filter").unwrap();
    assert_eq!(
        stage
            .alice
            .knock("admin", V4)
            .map(|outcome| outcome.happened),
        Err(Reason::Unavailable),
        "{}",
        daemon.log()
    );
    let advice = "nft add set inet filter admins '{ type ipv4_addr; flags timeout; }'";
    let is_said = || daemon.log().contains(advice);
    assert!(wait_until(PATIENCE, is_said), "{}", daemon.log());
    // Everybody else's services go on.
    stage.alice.knock("ssh", V4).unwrap();
    assert!(is_in(&stage.alice.host, 22, V4));
    assert!(daemon.is_running());
    drop(daemon);
    // It is no reason not to start, either.
    let daemon = stage.start();
    daemon.await_line("set-unfit");
    let warned = || daemon.status()["warnings"].to_string().contains("admins");
    assert!(warned());
    nft(&stage.server, RULESET).unwrap();
    assert!(!warned());
    stage.alice.knock("admin", V4).unwrap();
    assert!(is_in(&stage.alice.host, 8443, V4), "{}", daemon.log());
    Told::Whole
}

fn flushed(entered: &Entered) -> Told {
    let Some((mut stage, daemon)) = running(entered, "insert-flushed", "1h") else {
        return Told::Skipped(NO_NFT);
    };
    stage.alice.knock("admin", V4).unwrap();
    nft(&stage.server, "flush set inet filter admins").unwrap();
    assert_silent(&stage.alice.host, 8443, V4);
    stage.alice.knock("admin", V4).unwrap();
    assert!(is_in(&stage.alice.host, 8443, V4), "{}", daemon.log());
    Told::Whole
}

fn loaded_anew(entered: &Entered) -> Told {
    let Some((mut stage, daemon)) = running(entered, "insert-anew", "1h") else {
        return Told::Skipped(NO_NFT);
    };
    stage.alice.knock("admin", V4).unwrap();
    stage.bob.knock("admin", V6).unwrap();
    let anew = format!("delete table inet filter\n{RULESET}");
    nft(&stage.server, &anew).unwrap();
    daemon.await_line("sets-filled");
    assert!(is_in(&stage.alice.host, 8443, V4), "{}", daemon.log());
    assert!(is_in(&stage.bob.host, 8443, V6), "{}", daemon.log());
    assert_silent(&stage.stranger, 8443, V4);
    // Whom the administrator takes out himself, nobody puts back.
    nft(
        &stage.server,
        "delete element inet filter admins { 10.77.0.2 }",
    )
    .unwrap();
    pause(A_MOMENT);
    assert_silent(&stage.alice.host, 8443, V4);
    Told::Whole
}

fn untouched(entered: &Entered) -> Told {
    let Some((mut stage, daemon)) = running(entered, "insert-untouched", "1s") else {
        return Told::Skipped(NO_NFT);
    };
    nft(
        &stage.server,
        "add element inet filter admins { 10.77.0.2 }",
    )
    .unwrap();
    stage.alice.knock("admin", V4).unwrap();
    stage.alice.knock("admin", V4).unwrap();
    pause(Duration::from_millis(1_300));
    assert!(is_in(&stage.alice.host, 8443, V4), "not shortened");
    stage.alice.knock("admin", V4).unwrap();
    close(&mut stage, "admin", V4);
    assert!(is_in(&stage.alice.host, 8443, V4), "not taken out");
    assert_eq!(daemon.log().matches("left-alone").count(), 1, "said once");
    Told::Whole
}

fn both(entered: &Entered) -> Told {
    let Some((mut stage, daemon)) = running(entered, "insert-both", "2s") else {
        return Told::Skipped(NO_NFT);
    };
    // The gate would let her in, and the firewall behind it does not.
    stage.alice.knock("office", V4).unwrap();
    assert_silent(&stage.alice.host, 443, V4);
    stage.alice.knock("both", V4).unwrap();
    assert!(is_in(&stage.alice.host, 443, V4), "{}", daemon.log());
    close(&mut stage, "both", V4);
    close(&mut stage, "office", V4);
    assert_silent(&stage.alice.host, 443, V4);
    // Without its set it opens no gate either: half of a grant is none.
    nft(&stage.server, "delete table inet filter").unwrap();
    let refused = stage
        .alice
        .knock("both", V4)
        .map(|outcome| outcome.happened);
    assert_eq!(refused, Err(Reason::Unavailable));
    assert_silent(&stage.alice.host, 443, V4);
    Told::Whole
}

fn ipset(entered: &Entered) -> Told {
    let stage = Stage::new(entered, "insert-ipset");
    let call = |tool: &str, line: &str| call(&stage.server, tool, line);
    if call("ipset", "create admins hash:ip timeout 0").is_none_or(|ended| !ended.success()) {
        return Told::Skipped("there is no ipset here, or this kernel has none");
    }
    let made = call("ipset", "create admins6 hash:ip family inet6 timeout 0");
    assert!(made.unwrap().success());
    for tool in ["iptables", "ip6tables"] {
        let set = if tool == "iptables" {
            "admins"
        } else {
            "admins6"
        };
        let accepts =
            format!("-w -A INPUT -p tcp --dport 8443 -m set --match-set {set} src -j ACCEPT");
        for line in [accepts.as_str(), "-w -A INPUT -p tcp --dport 8443 -j DROP"] {
            if call(tool, line).is_none_or(|ended| !ended.success()) {
                return Told::Skipped("there is no iptables here that asks sets of ipset");
            }
        }
    }
    let mut stage = stage;
    let config = configured(&stage, "2s").replace("nftables inet filter", "ipset");
    stage.write_config(&config);
    let daemon = stage.start();
    for family in [V4, V6] {
        assert_silent(&stage.alice.host, 8443, family);
        stage.alice.knock("admin", family).unwrap();
        assert!(is_in(&stage.alice.host, 8443, family), "{}", daemon.log());
        assert_silent(&stage.stranger, 8443, family);
        assert!(wait_until(PATIENCE, || !is_in(
            &stage.alice.host,
            8443,
            family
        )));
        stage.alice.knock("long", family).unwrap();
        close(&mut stage, "long", family);
        assert_silent(&stage.alice.host, 8443, family);
    }
    // As scripts do it that make a list anew.
    stage.alice.knock("long", V4).unwrap();
    for line in ["create new hash:ip timeout 0", "swap new admins"] {
        let done = self::call(&stage.server, "ipset", line);
        assert!(done.unwrap().success());
    }
    let is_back = || is_in(&stage.alice.host, 8443, V4);
    assert!(wait_until(3 * PATIENCE, is_back), "{}", daemon.log());
    daemon.await_line("sets-filled");
    Told::Whole
}

fn checked(entered: &Entered) -> Told {
    let stage = Stage::new(entered, "insert-checked");
    stage.write_config(&configured(&stage, "2s"));
    let says = || {
        let mut check = crate::daemon::command(&stage.folder);
        check.arg("--check");
        let output = stage.server.run(|| check.output().unwrap()).unwrap();
        assert!(output.status.success(), "the file itself is right");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let advice = "nft add set inet filter admins6 '{ type ipv6_addr; flags timeout; }'";
    let said = says();
    assert!(
        said.contains("service admin") && said.contains(advice),
        "{said}"
    );
    if nft(&stage.server, RULESET).is_none() {
        return Told::Skipped(NO_NFT);
    }
    assert!(!says().contains("nft add set"), "{}", says());
    Told::Whole
}

fn on_paper(entered: &Entered) -> Told {
    let mut stage = Stage::new(entered, "insert-paper");
    stage.write_config(&configured(&stage, "2s"));
    let told = stage.folder.join("told");
    let mut command = crate::daemon::command(&stage.folder);
    command.arg("--dry-run");
    command.stdout(std::fs::File::create(&told).unwrap());
    let daemon = Daemon::start_by(command, &stage.server, &stage.folder);
    stage.alice.knock("admin", V4).unwrap();
    let line = "add element inet filter admins { 10.77.0.2 timeout 2s }\n";
    let has_told = || std::fs::read_to_string(&told).unwrap().contains(line);
    assert!(wait_until(PATIENCE, has_told), "{}", daemon.log());
    Told::Whole
}

fn close(stage: &mut Stage, service: &str, family: Family) {
    let outcome = stage.alice.wish(Kind::Close, service, family).unwrap();
    assert_eq!(outcome.happened, Happened::Closed);
}

/// A host whose own firewall drops by default, and the daemon on it; none without the program `nft`.
fn running(entered: &Entered, name: &str, lasts: &str) -> Option<(Stage, Daemon)> {
    let stage = Stage::new(entered, name);
    nft(&stage.server, RULESET)?;
    stage.write_config(&configured(&stage, lasts));
    let daemon = stage.start();
    assert!(!daemon.has_said("set-unfit"), "{}", daemon.log());
    Some((stage, daemon))
}

fn configured(stage: &Stage, lasts: &str) -> String {
    let may = "may = [\"ssh\", \"web\", \"office\"]";
    let more = "may = [\"ssh\", \"web\", \"office\", \"admin\", \"long\", \"both\"]";
    let config = stage.config.replace(may, more);
    let config = config.replace("may = [\"ssh\"]", "may = [\"ssh\", \"admin\"]");
    config + &SERVICES.replace("LASTS", lasts)
}

/// Loads a text as a whole; none where there is no `nft`.
fn nft(host: &Host, text: &str) -> Option<()> {
    let mut command = program("nft");
    command.arg(text).stdout(Stdio::null());
    let mut process = host.spawn(command).ok()?;
    let ended = process.wait_within(PATIENCE).unwrap();
    assert!(ended.unwrap().success(), "nft refuses {text}");
    Some(())
}

fn call(host: &Host, tool: &str, line: &str) -> Option<ExitStatus> {
    let mut command = program(tool);
    command.args(line.split(' '));
    let mut process = host.spawn(command).ok()?;
    process.wait_within(PATIENCE).unwrap()
}

const NO_NFT: &str = "there is no nft here to load the administrator's firewall with";

/// What the administrator would write: everything is dropped but what he names.
const RULESET: &str = "\
table inet filter {
    set admins { type ipv4_addr; flags timeout; }
    set admins6 { type ipv6_addr; flags timeout; }
    chain input {
        type filter hook input priority filter; policy drop;
        iif lo accept
        ct state established,related accept
        meta l4proto ipv6-icmp accept
        tcp dport { 22, 80 } accept
        ip saddr @admins tcp dport { 443, 8443 } accept
        ip6 saddr @admins6 tcp dport { 443, 8443 } accept
    }
}
";

/// tcp/8443 is not guarded: it is the firewall's alone. tcp/443 is both's.
const SERVICES: &str = r#"
[service.admin]
insert = ["ipv4 into nftables inet filter admins", "ipv6 into nftables inet filter admins6"]
for = "LASTS"

[service.long]
insert = ["ipv4 into nftables inet filter admins", "ipv6 into nftables inet filter admins6"]
for = "1h"
at-most = "1h"

[service.both]
open = ["tcp/443"]
insert = ["ipv4 into nftables inet filter admins", "ipv6 into nftables inet filter admins6"]
for = "1h"
at-most = "1h"
"#;

const A_MOMENT: Duration = Duration::from_millis(300);
/// A busy machine may take long.
const PATIENCE: Duration = Duration::from_secs(10);
