//! Stories of doors: who gets in, who does not, and when they close.

use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr};
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use nightlatch_lab::{Entered, Reached, Recorder, connect, pause, program, unix_now, wait_until};
use nightlatch_ticket::{Counter, Happened, Kind, Reason};

use crate::daemon::let_pass;
use crate::person::{NEARBY, answers};
use crate::stage::Family::{V4, V6};
use crate::stage::{
    Family, KNOCK_PORT, SHORT, Stage, assert_silent, beside_the_daemon, door, is_in, try_door,
};
use crate::{Story, Told};

pub(crate) const STORIES: &[Story] = &[
    (
        "a_knock_opens_one_port_for_one_address_and_the_kernel_closes_it",
        main_path_v4,
    ),
    ("the_same_holds_over_ipv6", main_path_v6),
    (
        "a_knock_over_one_family_does_not_open_the_other",
        families_apart,
    ),
    ("the_tool_itself_knocks_and_gets_in", real_tool),
    ("a_connection_outlives_its_door", established),
    ("a_one_shot_door_lets_one_connection_through", one_shot),
    ("two_clients_knock_at_once_and_both_get_in", two_at_once),
    ("a_client_closes_what_it_opened", closing),
    (
        "a_service_that_is_not_allowed_stays_shut_and_that_is_said",
        forbidden,
    ),
    ("a_silent_server_opens_without_a_word", silent),
    (
        "a_link_and_an_address_that_come_later_are_heard",
        later_link,
    ),
    ("a_link_that_was_down_is_heard_again", link_back),
    ("loopback_and_unguarded_ports_stay_free", free_ports),
];

fn main_path_v4(entered: &Entered) -> Told {
    main_path(entered, "main-v4", V4)
}

fn main_path_v6(entered: &Entered) -> Told {
    main_path(entered, "main-v6", V6)
}

fn main_path(entered: &Entered, name: &str, family: Family) -> Told {
    let (mut stage, _daemon) = Stage::running(entered, name);
    assert_silent(&stage.stranger, 22, family);
    assert_silent(&stage.alice.host, 22, family);
    let outcome = stage.alice.knock("ssh", family).unwrap();
    assert_eq!(outcome.happened, Happened::Granted { seconds: 1 });
    assert!(is_in(&stage.alice.host, 22, family));
    assert!(
        is_in(&stage.alice.host, 22, family),
        "a lasting door is no one-shot"
    );
    assert_silent(&stage.stranger, 22, family);
    let_pass(SHORT);
    assert_silent(&stage.alice.host, 22, family);
    Told::Whole
}

fn families_apart(entered: &Entered) -> Told {
    let (mut stage, _daemon) = Stage::running(entered, "families");
    stage.alice.knock("office", V4).unwrap();
    assert_silent(&stage.alice.host, 443, V6);
    assert_silent(&stage.alice.host, 22, V4);
    assert!(is_in(&stage.alice.host, 443, V4));
    Told::Whole
}

fn real_tool(entered: &Entered) -> Told {
    let Some(tool) = beside_the_daemon("nightlatch") else {
        return Told::Skipped("the tool is not built: cargo build --package nightlatch");
    };
    let (stage, _daemon) = Stage::running(entered, "tool");
    let config = stage.folder.join("person.toml");
    let key = stage.server_key.public();
    let text = format!(
        "[server.home]\nhost = \"10.77.0.1\"\nkey = \"{key}\"\nidentity = \"alice.key\"\n\
         preshared = \"alice.psk\"\nservices = [\"office\"]\n"
    );
    std::fs::write(&config, text).unwrap();
    let mut knock = program(tool);
    knock
        .args(["knock", "home", "office", "--json", "--config"])
        .arg(&config);
    knock
        .env("XDG_STATE_HOME", &stage.folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut process = stage.alice.host.spawn(knock).unwrap();
    let said = std::io::read_to_string(process.stdout().unwrap()).unwrap();
    let status = process
        .wait_within(Duration::from_secs(10))
        .unwrap()
        .unwrap();
    let errors = std::io::read_to_string(process.stderr().unwrap()).unwrap();
    assert!(status.success(), "{said}{errors}");
    let outcome: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert!(outcome.is_object(), "{said}");
    assert!(is_in(&stage.alice.host, 443, V4), "{said}{errors}");
    Told::Whole
}

fn established(entered: &Entered) -> Told {
    let (mut stage, mut daemon) = Stage::running(entered, "established");
    stage.alice.knock("ssh", V4).unwrap();
    let Reached::Connected { mut stream, .. } = try_door(&stage.alice.host, 22, V4) else {
        panic!("alice is not in");
    };
    let_pass(SHORT);
    assert_silent(&stage.alice.host, 22, V4);
    daemon.stop();
    stream
        .set_read_timeout(Some(Duration::from_secs(5)))
        .unwrap();
    let mut heard = [0; 7];
    stream.read_exact(&mut heard).unwrap();
    stream.write_all(b"and now").unwrap();
    stream.read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"and now");
    Told::Whole
}

fn one_shot(entered: &Entered) -> Told {
    let (mut stage, _daemon) = Stage::running(entered, "one-shot");
    stage.alice.knock("web", V4).unwrap();
    let Reached::Connected { mut stream, .. } = try_door(&stage.alice.host, 80, V4) else {
        panic!("alice is not in");
    };
    assert_silent(&stage.alice.host, 80, V4);
    stream
        .set_read_timeout(Some(Duration::from_secs(5)))
        .unwrap();
    let mut heard = [0; 7];
    stream.read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"welcome", "the one connection goes on");
    stage.alice.knock("web", V4).unwrap();
    assert!(
        is_in(&stage.alice.host, 80, V4),
        "another knock opens it once more"
    );
    Told::Whole
}

fn two_at_once(entered: &Entered) -> Told {
    let (mut stage, daemon) = Stage::running(entered, "two");
    let (alice, bob) = (&mut stage.alice, &mut stage.bob);
    thread::scope(|scope| {
        for person in [alice, bob] {
            scope.spawn(move || {
                person.knock("ssh", V4).unwrap();
                let reached = connect(&person.host, door(22, V4), Duration::from_millis(300));
                assert!(reached.unwrap().is_connected(), "{}", person.host.name());
            });
        }
    });
    let is_told = || daemon.log().contains("\"client\":\"bob\"");
    assert!(wait_until(PATIENCE, is_told), "{}", daemon.log());
    Told::Whole
}

fn closing(entered: &Entered) -> Told {
    let (mut stage, _daemon) = Stage::running(entered, "closing");
    stage.alice.knock("office", V4).unwrap();
    assert!(is_in(&stage.alice.host, 443, V4));
    let outcome = stage.alice.wish(Kind::Close, "office", V4).unwrap();
    assert_eq!(outcome.happened, Happened::Closed);
    assert_silent(&stage.alice.host, 443, V4);
    Told::Whole
}

fn forbidden(entered: &Entered) -> Told {
    let (mut stage, _daemon) = Stage::running(entered, "forbidden");
    assert_eq!(stage.bob.knock("office", V4), Err(Reason::Forbidden));
    assert_eq!(
        stage.bob.knock("no such service", V4),
        Err(Reason::Forbidden)
    );
    assert_silent(&stage.bob.host, 443, V4);
    Told::Whole
}

fn silent(entered: &Entered) -> Told {
    let mut stage = Stage::new(entered, "silent");
    let config = stage
        .config
        .replace("log = ", "answers = \"silent\"\nlog = ");
    stage.write_config(&config);
    let _daemon = stage.start();
    // A first start doubts every counter of its next five seconds, and a silent server cannot say so.
    let beyond_doubt = unix_now() + Duration::from_secs(10);
    stage.alice.memory.last = Counter(u64::try_from(beyond_doubt.as_nanos()).unwrap());
    let mut wire = Recorder::open(&stage.alice.host).unwrap();
    let knock = stage.alice.sealed("office", V4);
    stage.alice.send(&knock, V4);
    assert!(wait_until(PATIENCE, || is_in(&stage.alice.host, 443, V4)));
    assert_eq!(answers(&mut wire), 0);
    stage.alice.patience = NEARBY;
    let end = stage.alice.knock("office", V4);
    assert_eq!(end, Err(Reason::Silence), "it opens, and says nothing");
    assert_eq!(answers(&mut wire), 0);
    assert!(is_in(&stage.alice.host, 443, V4));
    Told::Whole
}

fn later_link(entered: &Entered) -> Told {
    let (mut stage, _daemon) = Stage::running(entered, "later");
    let near = stage.server.plug("late0", &["10.78.0.1/24"]);
    stage
        .world
        .join(near, stage.alice.host.plug("late0", &["10.78.0.2/24"]))
        .unwrap();
    knock_and_enter(&mut stage, "10.78.0.2", "10.78.0.1");
    stage.server.add_address("late0", "10.78.0.77/24").unwrap();
    knock_and_enter(&mut stage, "10.78.0.2", "10.78.0.77");
    stage.server.link_delete("late0").unwrap();
    stage.alice.memory.address = None;
    stage.alice.knock("ssh", V4).unwrap();
    assert!(
        is_in(&stage.alice.host, 22, V4),
        "the link that stayed is still heard"
    );
    Told::Whole
}

fn link_back(entered: &Entered) -> Told {
    let (mut stage, _daemon) = Stage::running(entered, "back");
    stage.alice.knock("ssh", V4).unwrap();
    stage.server.link_down("eth0").unwrap();
    pause(Duration::from_millis(100));
    stage.server.link_up("eth0").unwrap();
    let is_heard = wait_until(Duration::from_secs(10), || {
        stage.alice.knock("ssh", V4).is_ok()
    });
    assert!(is_heard);
    assert!(is_in(&stage.alice.host, 22, V4));
    Told::Whole
}

fn knock_and_enter(stage: &mut Stage, own: &str, server: &str) {
    let server: IpAddr = server.parse().unwrap();
    let way = (own.parse().unwrap(), SocketAddr::new(server, KNOCK_PORT));
    stage.alice.wish_over(Kind::Knock, "ssh", way).unwrap();
    let door = SocketAddr::new(server, 22);
    let reached = connect(&stage.alice.host, door, Duration::from_millis(300)).unwrap();
    assert!(reached.is_connected(), "{server}: {reached:?}");
}

fn free_ports(entered: &Entered) -> Told {
    let (stage, _daemon) = Stage::running(entered, "free");
    assert!(
        is_in(&stage.server, 22, V4),
        "the server's own address from itself"
    );
    let loopback = "127.0.0.1:22".parse().unwrap();
    assert!(
        connect(&stage.server, loopback, Duration::from_millis(300))
            .unwrap()
            .is_connected()
    );
    let loopback = "[::1]:22".parse().unwrap();
    assert!(
        connect(&stage.server, loopback, Duration::from_millis(300))
            .unwrap()
            .is_connected()
    );
    assert!(
        is_in(&stage.stranger, 8443, V4),
        "a service on an unguarded port"
    );
    let refused = try_door(&stage.stranger, KNOCK_PORT, V4);
    assert!(
        matches!(refused, Reached::Refused),
        "TCP at the knock port's number is not ours"
    );
    Told::Whole
}

/// A busy machine may take long.
const PATIENCE: Duration = Duration::from_secs(10);
