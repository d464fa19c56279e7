//! Stories of notifications: who is told, and that nobody waits for it.

use std::fs::{self, Permissions};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::time::Duration;

use nightlatch_lab::{Entered, Flags, Forger, Packet, pause, wait_until};
use nightlatch_ticket::Kind;
use rustix::process::{Pid, Signal, kill_process};

use crate::daemon::Daemon;
use crate::receiver::Receiver;
use crate::stage::Family::V4;
use crate::stage::{Stage, door, is_in};
use crate::{Story, Told};

pub(crate) const STORIES: &[Story] = &[
    ("who_is_told_of_a_grant_can_tell_who_says_so", signed),
    ("what_a_receiver_missed_it_is_told_when_it_is_back", back),
    ("what_heals_by_itself_is_no_refusal", healed),
    ("a_receiver_that_hangs_holds_no_knock_up", hangs),
    ("a_flood_of_bans_is_told_as_a_number", flood),
    ("a_grant_stands_in_the_systems_log", logged),
    ("a_receiver_that_is_gone_is_told_again_after_a_reload", gone),
    ("what_waits_goes_where_a_reload_says", moved),
    ("a_receiver_on_this_host_is_found_by_its_name", by_name),
    ("the_first_notification_takes_a_restart", first),
    ("without_its_herald_the_daemon_opens_as_before", killed),
];

fn signed(entered: &Entered) -> Told {
    let mut stage = Stage::new(entered, "notify-signed");
    let receiver = Receiver::start(&stage.bob.host, PORT, Some("204 No Content"));
    let daemon = running(
        &stage,
        &with("on = [\"granted\", \"closed\", \"started\"]\nservices = [\"office\"]"),
    );
    stage.alice.knock("ssh", V4).unwrap();
    stage.alice.knock("office", V4).unwrap();
    stage.alice.wish(Kind::Close, "office", V4).unwrap();
    let requests = receiver.await_requests(3, || daemon.log());
    let told: Vec<_> = requests
        .iter()
        .map(|one| one.json()["event"].clone())
        .collect();
    assert_eq!(told, ["started", "granted", "closed"]);
    let granted = &requests[1];
    assert_eq!(granted.head, "POST /hook?a=b HTTP/1.1");
    assert_eq!(granted.fields["content-type"], "application/json");
    assert!(granted.is_signed_with(SECRET), "{granted:?}");
    let body = granted.json();
    assert_eq!(body["id"], granted.fields["webhook-id"].as_str());
    assert_eq!(
        (
            &body["client"],
            &body["service"],
            &body["address"],
            &body["seconds"]
        ),
        (
            &"alice".into(),
            &"office".into(),
            &"10.77.0.2".into(),
            &3.into()
        )
    );
    assert!(wait_until(
        PATIENCE,
        || daemon.status()["notifications"]["told"] == 3
    ));
    Told::Whole
}

/// Nobody has to hear of it, unless he wants to.
fn healed(entered: &Entered) -> Told {
    let mut stage = Stage::new(entered, "notify-healed");
    let receiver = Receiver::start(&stage.bob.host, PORT, Some("204 No Content"));
    let text = with("on = [\"refused\", \"answered\", \"closed\", \"granted\"]");
    // After a first start each client is in doubt once.
    let daemon = running(&stage, &text);
    stage.alice.wish(Kind::Close, "office", V4).unwrap();
    stage.alice.knock("office", V4).unwrap();
    let told = receiver.await_requests(3, || daemon.log());
    let told: Vec<_> = told
        .iter()
        .map(|one| {
            let body = one.json();
            [&body["event"], &body["detail"]]
                .map(|field| field.as_str().unwrap_or_default().to_owned())
        })
        .collect();
    assert_eq!(
        told,
        [
            ["answered", "in-doubt"],
            ["closed", "was not open"],
            ["granted", ""]
        ]
    );
    let said = "\"answer\":\"was not open\"";
    assert!(daemon.log().contains(said), "{}", daemon.log());
    Told::Whole
}

fn back(entered: &Entered) -> Told {
    let mut stage = Stage::new(entered, "notify-back");
    let daemon = running(&stage, &with("on = [\"granted\"]"));
    stage.alice.knock("office", V4).unwrap();
    awaits(&daemon, "failing");
    assert!(wait_until(PATIENCE, || {
        let status = daemon.status();
        status["notifications"]["failing"] == true
            && status["warnings"].to_string().contains("notified")
    }));
    let receiver = Receiver::start(&stage.bob.host, PORT, Some("503 Not Now"));
    let refused = receiver.await_requests(1, || daemon.log());
    receiver.answer("200 OK");
    let told = receiver.await_requests(2, || daemon.log());
    // The same letter, under the same id; and signed anew.
    assert_eq!(
        refused[0].fields["webhook-id"],
        told[1].fields["webhook-id"]
    );
    assert_eq!(refused[0].body, told[1].body);
    assert!(told[1].is_signed_with(SECRET));
    awaits(&daemon, "told-again");
    Told::Whole
}

fn hangs(entered: &Entered) -> Told {
    let mut stage = Stage::new(entered, "notify-hangs");
    let _receiver = Receiver::start(&stage.bob.host, PORT, None);
    let daemon = running(&stage, &with("on = [\"granted\", \"started\"]"));
    // A daemon that waited for the receiver would be silent for longer than she waits.
    for _ in 0..300 {
        stage.alice.knock("office", V4).unwrap();
    }
    assert!(is_in(&stage.alice.host, 443, V4), "{}", daemon.log());
    assert_eq!(daemon.status()["notifications"]["told"], 0);
    Told::Whole
}

fn flood(entered: &Entered) -> Told {
    let mut stage = Stage::new(entered, "notify-flood");
    let receiver = Receiver::start(&stage.bob.host, PORT, Some("200 OK"));
    let text = with("on = [\"granted\", \"banned\"]\nper-minute = 2");
    let mut daemon = running(&stage, &(BANNING.to_owned() + &text));
    let forger = Forger::open(&stage.stranger).unwrap();
    for last in 10..30 {
        let source = SocketAddr::from(([10, 77, 0, last], 40_000));
        let syn = Packet::tcp(source, door(2323, V4), Flags::SYN, 1);
        forger.send(&syn).unwrap();
    }
    let bans = || daemon.status()["guard"]["bans_in_force"].clone();
    assert!(wait_until(PATIENCE, || bans() == 20), "{}", bans());
    // Strangers' doings leave room for others.
    stage.alice.knock("office", V4).unwrap();
    let requests = receiver.await_requests(3, || daemon.log());
    let told: Vec<_> = requests
        .iter()
        .map(|one| one.json()["event"].clone())
        .collect();
    assert_eq!(told, ["banned", "banned", "granted"]);
    // Nothing is told after the end: so what is summed up once a minute is told then.
    assert!(daemon.stop().success());
    let more = receiver.await_requests(4, || daemon.log())[3].json();
    assert_eq!(
        (&more["event"], &more["counts"]["banned"]),
        (&"more".into(), &18.into())
    );
    Told::Whole
}

fn logged(entered: &Entered) -> Told {
    let mut stage = Stage::new(entered, "notify-syslog");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let log = UnixDatagram::bind(&path).unwrap();
    // Whoever the herald has become may write there, as at /dev/log.
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o666)).unwrap();
    log.set_read_timeout(Some(PATIENCE)).unwrap();
    let text = format!(
        "\n[notify.log]\nsyslog = \"authpriv.notice\"\nsyslog-socket = \"{}\"\non = [\"granted\"]\n",
        path.display()
    );
    let daemon = running(&stage, &text);
    stage.alice.knock("office", V4).unwrap();
    let mut place = [0; 1024];
    let Ok(length) = log.recv(&mut place) else {
        panic!("nothing in the log: {}", daemon.log());
    };
    let line = str::from_utf8(&place[..length]).unwrap();
    let (head, words) = line.split_once(": ").unwrap();
    assert_eq!(
        head,
        format!("<85>nightlatchd[{}]", daemon.status()["pid"]),
        "{line}"
    );
    assert_eq!(
        words,
        "granted address=10.77.0.2 client=alice seconds=3 service=office"
    );
    Told::Whole
}

fn gone(entered: &Entered) -> Told {
    let mut stage = Stage::new(entered, "notify-gone");
    let receiver = Receiver::start(&stage.bob.host, PORT, Some("410 Gone"));
    let daemon = running(&stage, &with("on = [\"granted\"]"));
    stage.alice.knock("office", V4).unwrap();
    awaits(&daemon, "gone");
    receiver.answer("200 OK");
    stage.alice.knock("office", V4).unwrap();
    pause(Duration::from_millis(300));
    assert_eq!(receiver.requests().len(), 1);
    daemon.reload();
    daemon.await_line("reloaded");
    // The plan goes another way than events do.
    let is_told = || {
        stage.alice.knock("office", V4).unwrap();
        pause(Duration::from_millis(300));
        receiver.requests().len() > 1
    };
    assert!(wait_until(PATIENCE, is_told), "{}", daemon.log());
    Told::Whole
}

fn moved(entered: &Entered) -> Told {
    let mut stage = Stage::new(entered, "notify-moved");
    let daemon = running(&stage, &with("on = [\"granted\"]"));
    stage.alice.knock("office", V4).unwrap();
    awaits(&daemon, "failing");
    let receiver = Receiver::start(&stage.bob.host, PORT + 1, Some("200 OK"));
    let there = with("on = [\"granted\"]").replace("9000", "9001");
    write(&stage, &there);
    daemon.reload();
    let told = receiver.await_requests(1, || daemon.log());
    assert_eq!(told[0].json()["client"], "alice");
    // And who is told no more is not told.
    write(&stage, "");
    daemon.reload();
    let is_over = || daemon.log().matches("\"what\":\"reloaded\"").count() == 2;
    assert!(wait_until(PATIENCE, is_over), "{}", daemon.log());
    pause(Duration::from_secs(1));
    stage.alice.knock("office", V4).unwrap();
    pause(Duration::from_millis(300));
    assert_eq!(receiver.requests().len(), 1);
    Told::Whole
}

/// Names are looked up by code that is not ours, within the sandbox.
fn by_name(entered: &Entered) -> Told {
    let mut stage = Stage::new(entered, "notify-by-name");
    let receiver = Receiver::start(&stage.server, PORT, Some("200 OK"));
    let here = with("on = [\"granted\"]").replace("10.77.0.3", "localhost");
    let daemon = running(&stage, &here.replace("insecure = true", ""));
    stage.alice.knock("office", V4).unwrap();
    let told = receiver.await_requests(1, || daemon.log());
    assert_eq!(told[0].fields["host"], "localhost:9000");
    Told::Whole
}

fn first(entered: &Entered) -> Told {
    let (mut stage, daemon) = Stage::running(entered, "notify-first");
    write(&stage, &with(""));
    daemon.reload();
    daemon.await_line("reload-refused");
    assert!(
        daemon
            .log()
            .contains("`notify` changes with a restart only"),
        "{}",
        daemon.log()
    );
    stage.alice.knock("office", V4).unwrap();
    assert!(daemon.status()["notifications"].is_null());
    Told::Whole
}

fn killed(entered: &Entered) -> Told {
    let mut stage = Stage::new(entered, "notify-killed");
    let _receiver = Receiver::start(&stage.bob.host, PORT, Some("200 OK"));
    let mut daemon = running(&stage, &with(""));
    // It is started before the daemon is ready, and gives up what it has a moment later.
    let is_confined = || {
        let status = herald_of(&stage).unwrap_or_default();
        GIVEN_UP.iter().all(|given_up| status.contains(given_up))
    };
    assert!(wait_until(PATIENCE, is_confined), "{:?}", herald_of(&stage));
    let status = herald_of(&stage).unwrap();
    // By the number that it has in the namespace that we are in.
    let numbers = status.lines().find_map(|line| line.strip_prefix("NSpid:"));
    let herald = numbers.unwrap().split_whitespace().last().unwrap();
    let herald: i32 = herald.parse().unwrap();
    kill_process(Pid::from_raw(herald).unwrap(), Signal::KILL).unwrap();
    daemon.await_line("helper-ended");
    stage.alice.knock("office", V4).unwrap();
    assert!(is_in(&stage.alice.host, 443, V4), "{}", daemon.log());
    let status = daemon.status();
    assert_eq!(status["notifications"]["failing"], true, "{status}");
    assert!(
        status["notifications"]["lost"].as_u64() >= Some(1),
        "{status}"
    );
    assert!(daemon.stop().success());
    Told::Whole
}

/// What the kernel says of the herald's process; it is known by the name that it gives itself.
pub(crate) fn herald_of(stage: &Stage) -> Option<String> {
    let here = stage
        .server
        .run(|| fs::read_link("/proc/thread-self/ns/net").unwrap());
    let here = here.unwrap();
    let is_herald = |path: &Path| {
        fs::read_to_string(path.join("comm")).is_ok_and(|name| name == "nightlatch-call\n")
            && fs::read_link(path.join("ns/net")).is_ok_and(|there| there == here)
    };
    let mut processes = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let herald = processes.find(|process| is_herald(&process.path()))?;
    fs::read_to_string(herald.path().join("status")).ok()
}

/// Waits until the herald says so of its receiver.
pub(crate) fn awaits(daemon: &Daemon, how: &str) {
    let line = format!("\"notification\":\"ops\",\"is\":\"{how}\"");
    let is_said = || daemon.log().contains(&line);
    assert!(wait_until(PATIENCE, is_said), "{how}: {}", daemon.log());
}

pub(crate) fn running(stage: &Stage, text: &str) -> Daemon {
    write(stage, text);
    stage.start()
}

pub(crate) fn write(stage: &Stage, text: &str) {
    let secret = stage.folder.join("ops.secret");
    fs::write(&secret, SECRET).unwrap();
    fs::set_permissions(&secret, Permissions::from_mode(0o600)).unwrap();
    stage.write_config(&(stage.config.clone() + text));
}

pub(crate) fn with(options: &str) -> String {
    format!(
        "\n[notify.ops]\nwebhook = \"http://10.77.0.3:{PORT}/hook?a=b\"\nsecret = \"ops.secret\"\ninsecure = true\n{options}\n"
    )
}

pub(crate) const PORT: u16 = 9000;

const GIVEN_UP: [&str; 3] = ["CapEff:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"];

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

const BANNING: &str = "\n[guard]\nban = true\ndecoys = [\"tcp/2323\"]\n";

/// A busy machine may take long.
const PATIENCE: Duration = Duration::from_secs(15);
