//! Surroundings: what a command finds around it, and what it does not.

use nightlatch_lab::wait_until;
use nix::unistd::{Gid, setgroups};
use serde_json::{Value, json};

use crate::broker::{
    ALICE, BOB, Broker, DONE, Kind, LONG, NOBODY, PATIENCE, action, but, errand, is_root_for,
};

fn argv(words: &[&str]) -> Value {
    but(action("", None), "start", json!({ "Argv": words }))
}

fn as_nobody(action: Value) -> Value {
    but(action, "user", json!({ "user": NOBODY, "group": NOBODY }))
}

/// What one run of an action says.
fn said_by(action: &Value, kind: Kind<'_>, address: &str) -> Vec<String> {
    let mut broker = Broker::new(action);
    broker.order(kind, address);
    broker.await_told(DONE, 1);
    broker.await_logged("command-done");
    texts(&broker)
}

fn texts(broker: &Broker) -> Vec<String> {
    let said = broker.logged("command-said");
    said.iter()
        .map(|line| line["text"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn the_environment_is_exactly_this() {
    let mut lines = said_by(&argv(&["/usr/bin/env"]), Kind::Start(30), BOB);
    lines.sort();
    assert_eq!(
        lines,
        [
            &format!("NIGHTLATCH_ADDRESS={BOB}"),
            "NIGHTLATCH_CLIENT=alice",
            "NIGHTLATCH_SECONDS=30",
            "NIGHTLATCH_SERVICE=ssh",
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        ]
    );
}

#[test]
fn no_descriptor_comes_along_but_the_standard_three() {
    // The fourth is the one that `ls` reads the list with.
    let lines = said_by(
        &argv(&["/bin/ls", "/proc/self/fd"]),
        Kind::Start(LONG),
        ALICE,
    );
    assert_eq!(lines, ["0", "1", "2", "3"]);
    let lines = said_by(
        &argv(&["readlink", "/proc/self/fd/0"]),
        Kind::Start(LONG),
        ALICE,
    );
    assert_eq!(lines, ["/dev/null"]);
}

#[test]
fn signals_mean_what_they_usually_do() {
    let line = action("grep -E '^Sig(Blk|Ign)' /proc/self/status", None);
    let lines = said_by(&line, Kind::Start(LONG), ALICE);
    assert_eq!(lines.len(), 2, "{lines:?}");
    for line in lines {
        let (_, mask) = line.split_once(':').unwrap();
        let mask = u64::from_str_radix(mask.trim(), 16).unwrap();
        // SIGHUP, SIGINT, SIGPIPE, SIGTERM: what runner and hand have other uses for.
        assert_eq!(mask & 0x5003, 0, "{line}");
    }
}

#[test]
fn a_command_has_its_own_user_and_no_supplementary_groups() {
    if !is_root_for("a command of another user") {
        return;
    }
    setgroups(&[Gid::from_raw(4), Gid::from_raw(27)]).unwrap();
    let line =
        "id -u; id -g; id -G; grep -E '^(Groups|CapPrm|CapEff|CapInh|CapAmb)' /proc/self/status";
    let lines = said_by(&as_nobody(action(line, None)), Kind::Start(LONG), ALICE);
    assert_eq!(lines[..3], ["65534", "65534", "65534"]);
    assert_eq!(lines[3].trim_end(), "Groups:");
    let none = "0000000000000000";
    assert!(
        lines[4..].iter().all(|line| line.ends_with(none)),
        "{lines:?}"
    );
}

#[test]
fn a_command_of_root_has_no_supplementary_groups_either() {
    if !is_root_for("a command of root") {
        return;
    }
    setgroups(&[Gid::from_raw(4), Gid::from_raw(27)]).unwrap();
    let line = "id -u; grep '^Groups' /proc/self/status";
    let lines = said_by(&action(line, None), Kind::Start(LONG), ALICE);
    assert_eq!([lines[0].trim_end(), lines[1].trim_end()], ["0", "Groups:"]);
}

#[test]
fn a_runner_that_is_not_root_says_that_it_cannot_change_users() {
    if !is_root_for("a runner that is not root") {
        return;
    }
    let act = but(
        action("id -u", None),
        "user",
        json!({ "user": 1, "group": 1 }),
    );
    let mut broker = Broker::unprivileged(&act);
    broker.order(Kind::Start(LONG), ALICE);
    broker.await_told(DONE, 1);
    broker.await_logged("command-done");
    assert_eq!(texts(&broker), ["65534"]);
    let warned = broker.await_logged("warned");
    assert!(
        warned["warning"]
            .as_str()
            .unwrap()
            .contains("not as user 1")
    );
}

#[test]
fn a_command_has_a_group_and_a_folder_of_its_own() {
    let line = "read -r pid rest < /proc/self/stat; set -- $(cat /proc/$$/stat); \
                [ $$ = $5 ] && [ $$ = $6 ] && echo own; pwd";
    let lines = said_by(&action(line, None), Kind::Start(LONG), ALICE);
    assert_eq!(lines, ["own", "/"]);
}

#[test]
fn the_address_is_put_into_arguments_and_into_lines() {
    let words = argv(&["/bin/echo", "a %IP% b", "%IP%%IP%", "$HOME; echo no shell"]);
    let lines = said_by(&words, Kind::Start(LONG), BOB);
    assert_eq!(
        lines,
        [format!("a {BOB} b {BOB}{BOB} $HOME; echo no shell")]
    );
    let line = action("echo %IP% | tr 0-9 x; echo $NIGHTLATCH_CLIENT", None);
    assert_eq!(
        said_by(&line, Kind::Start(LONG), ALICE),
        ["xxx.x.x.x", "alice"]
    );
}

#[test]
fn a_message_is_on_the_standard_input_and_nowhere_else() {
    let text = "; touch /tmp/x\n$(id) %IP%";
    let line = "cat; echo; tr '\\0' ' ' < /proc/$$/cmdline; env | grep NIGHTLATCH | sort";
    let mut broker = Broker::new(&action(line, None));
    broker
        .say(&errand(0, Kind::Tell(text.as_bytes()), ALICE, ""))
        .unwrap();
    broker.await_told(DONE, 1);
    broker.await_logged("command-done");
    let lines = texts(&broker);
    assert_eq!(lines[..2], ["; touch /tmp/x", "$(id) %IP%"]);
    assert!(!lines[2].contains("touch"), "{lines:?}");
    assert_eq!(
        lines[lines.len() - 4..][1..],
        [
            "NIGHTLATCH_CLIENT=alice",
            "NIGHTLATCH_SECONDS=0",
            "NIGHTLATCH_SERVICE="
        ]
    );
    assert_eq!(broker.logged("command-done")[0]["part"], "message");
}

#[test]
fn a_message_of_the_longest_kind_arrives_whole_and_one_that_nobody_reads_is_no_harm() {
    let text = [b'x'; 1024];
    let deaf = but(action("exec <&-", None), "name", json!("deaf"));
    let mut broker = Broker::with(&json!([action("wc -c", None), deaf]));
    for number in [0, 1] {
        broker
            .say(&errand(number, Kind::Tell(&text), ALICE, ""))
            .unwrap();
        broker.await_told(DONE, u32::from(number) + 1);
    }
    let is_said = || texts(&broker) == ["1024"];
    assert!(wait_until(PATIENCE, is_said), "{}", broker.log());
}
