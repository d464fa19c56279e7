//! Stories about the lab itself; `enter` needs a process with one thread, so no harness of std's.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on has failed"
)]

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, UdpSocket};
use std::process::{ChildStdout, ExitCode, Stdio};
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial, run};
use nightlatch_lab::{
    Direction, Echo, Entered, Flags, Flood, Forger, Greeter, Host, Kind, Limit, Packet, Payloads,
    Probed, Prober, Process, Reached, Recorder, World, connect, enter, mount_limited, mount_over,
    mount_read_only, pause, program, unix_now, wait_until,
};

fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == HOLD) {
        return hold();
    }
    let arguments = Arguments::from_args();
    let entered: &'static Entered = match enter() {
        Ok(entered) => Box::leak(Box::new(entered)),
        Err(error) => return skip(&error),
    };
    let story = |name: &str, story: fn()| Trial::test(name, move || tell(story));
    let mut trials = vec![
        story(
            "two_hosts_reach_each_other_over_both_families",
            both_families,
        ),
        story("a_switch_joins_three_hosts", switch),
        story("a_router_passes_packets_on", router),
        story(
            "a_closed_port_refuses_and_a_missing_host_is_silent",
            refusals,
        ),
        story("a_link_that_is_down_carries_nothing", link_down),
        story("a_deleted_link_is_gone_at_both_ends", link_deleted),
        story("several_addresses_come_and_go", addresses),
        story(
            "a_program_lives_inside_its_host_and_dies_with_its_handle",
            programs,
        ),
        story("what_is_sent_to_an_echo_comes_back_and_is_counted", echo),
        story("a_recorder_sees_every_datagram_with_its_time", recorder),
        story("a_forged_source_is_seen_as_it_was_forged", forged),
        story("a_prober_is_answered_once_the_port_opens", prober),
        story("a_flood_arrives_in_number", flood),
        story("a_flood_keeps_its_pace", pace),
        story("a_bad_address_is_explained", bad_address),
        story("ctrl_c_leaves_no_process_behind", ctrl_c),
        story("sigkill_leaves_no_process_behind", sigkill),
        story("two_threads_are_one_too_many_to_enter", two_threads),
    ];
    trials.push(Trial::test(
        "a_limited_folder_is_full_when_it_is_full",
        || tell(|| limited(entered)),
    ));
    trials.push(Trial::test(
        "what_one_program_sees_covered_nobody_else_does",
        || tell(|| covered(entered)),
    ));
    trials.push(Trial::test("a_read_only_folder_takes_nothing", || {
        tell(|| read_only(entered))
    }));
    run(&arguments, trials).exit_code()
}

#[expect(clippy::print_stderr, reason = "a skipped test says so, loudly")]
fn skip(error: &nightlatch_lab::EnterError) -> ExitCode {
    eprintln!("SKIPPED: every story of the lab: {error}");
    // Where namespaces must be had, a skipped story is a failed one.
    if std::env::var_os("CI").is_some() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

#[expect(clippy::unnecessary_wraps, reason = "what a trial has to return")]
fn tell(story: impl FnOnce()) -> Result<(), Failed> {
    story();
    Ok(())
}

fn pair() -> (Host, Host) {
    let world = World::new();
    let left = world.host("left").unwrap();
    let right = world.host("right").unwrap();
    world
        .join(
            left.plug("eth0", &["10.77.0.1/24", "fd77::1/64"]),
            right.plug("eth0", &["10.77.0.2/24", "fd77::2/64"]),
        )
        .unwrap();
    (left, right)
}

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// Enough for the one SYN that the kernel sends in that time, and too short for a second.
const SOON: Duration = Duration::from_millis(600);
/// A busy machine may take long.
const PATIENCE: Duration = Duration::from_secs(10);

fn both_families() {
    let (left, right) = pair();
    let _greeter = Greeter::start(&right, 22, "welcome").unwrap();
    for target in ["10.77.0.2:22", "[fd77::2]:22"] {
        let mut reached = connect(&left, at(target), SOON).unwrap();
        assert_eq!(
            reached.greeting(PATIENCE).as_deref(),
            Some("welcome"),
            "{target}"
        );
    }
}

fn echo() {
    let (left, right) = pair();
    let echo = Echo::start(&right, 53).unwrap();
    for (own, to) in [
        ("10.77.0.1:0", "10.77.0.2:53"),
        ("[fd77::1]:0", "[fd77::2]:53"),
    ] {
        let socket = left.run(|| UdpSocket::bind(own)).unwrap().unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut heard = [0; 8];
        socket.send_to(b"hello", to).unwrap();
        assert_eq!(socket.recv_from(&mut heard).unwrap(), (5, at(to)));
        assert_eq!(&heard[..5], b"hello");
    }
    assert_eq!(echo.heard(), 2);
}

fn switch() {
    let world = World::new();
    let lan = world.switch("lan").unwrap();
    let hosts = ["a", "b", "c"].map(|name| world.host(name).unwrap());
    let addresses = [["10.0.0.1/24"], ["10.0.0.2/24"], ["10.0.0.3/24"]];
    for (host, addresses) in hosts.iter().zip(&addresses) {
        lan.plug(host.plug("eth0", addresses)).unwrap();
    }
    let _greeter = Greeter::start(&hosts[2], 80, "hello").unwrap();
    assert!(
        connect(&hosts[0], at("10.0.0.3:80"), SOON)
            .unwrap()
            .is_connected()
    );
    assert!(
        connect(&hosts[1], at("10.0.0.3:80"), SOON)
            .unwrap()
            .is_connected()
    );
}

fn router() {
    let world = World::new();
    let [client, router, server] =
        ["client", "router", "server"].map(|name| world.host(name).unwrap());
    world
        .join(
            client.plug("eth0", &["10.1.0.2/24"]),
            router.plug("near", &["10.1.0.1/24"]),
        )
        .unwrap();
    world
        .join(
            server.plug("eth0", &["10.2.0.2/24"]),
            router.plug("far", &["10.2.0.1/24"]),
        )
        .unwrap();
    client
        .add_route("0.0.0.0/0", "10.1.0.1".parse().unwrap())
        .unwrap();
    server
        .add_route("0.0.0.0/0", "10.2.0.1".parse().unwrap())
        .unwrap();
    let _greeter = Greeter::start(&server, 80, "far").unwrap();
    assert!(
        !connect(&client, at("10.2.0.2:80"), SOON)
            .unwrap()
            .is_connected()
    );
    router.forward().unwrap();
    assert!(
        connect(&client, at("10.2.0.2:80"), SOON)
            .unwrap()
            .is_connected()
    );
}

fn refusals() {
    let (left, _right) = pair();
    assert!(matches!(
        connect(&left, at("10.77.0.2:9"), SOON).unwrap(),
        Reached::Refused
    ));
    assert!(matches!(
        connect(&left, at("10.77.0.9:9"), SOON).unwrap(),
        Reached::TimedOut
    ));
    assert!(matches!(
        connect(&left, at("192.0.2.1:9"), SOON).unwrap(),
        Reached::Unreachable
    ));
}

fn link_down() {
    let (left, right) = pair();
    let _greeter = Greeter::start(&right, 22, "welcome").unwrap();
    right.link_down("eth0").unwrap();
    assert!(
        !connect(&left, at("10.77.0.2:22"), SOON)
            .unwrap()
            .is_connected()
    );
    right.link_up("eth0").unwrap();
    assert!(wait_until(PATIENCE, || {
        connect(&left, at("10.77.0.2:22"), SOON)
            .unwrap()
            .is_connected()
    }));
}

fn link_deleted() {
    let (left, right) = pair();
    right.link_delete("eth0").unwrap();
    assert!(left.link_up("eth0").is_err());
}

fn addresses() {
    let (left, right) = pair();
    let _greeter = Greeter::start(&right, 22, "welcome").unwrap();
    right.add_address("eth0", "10.77.0.77/24").unwrap();
    assert!(
        connect(&left, at("10.77.0.77:22"), SOON)
            .unwrap()
            .is_connected()
    );
    assert_eq!(right.addresses().len(), 3);
    right.remove_address("eth0", "10.77.0.77/24").unwrap();
    assert!(
        !connect(&left, at("10.77.0.77:22"), SOON)
            .unwrap()
            .is_connected()
    );
    assert_eq!(right.addresses().len(), 2);
}

fn programs() {
    let (left, _right) = pair();
    let mut sleep = program("sleep");
    sleep.arg("60");
    let mut process = left.spawn(sleep).unwrap();
    assert!(process.is_running());
    // The folder of /proc is the outer world's, so the host is compared from inside.
    let mut compare = program("readlink");
    compare.arg("/proc/self/ns/net").stdout(Stdio::piped());
    let mut compared = left.spawn(compare).unwrap();
    let text = std::io::read_to_string(compared.stdout().unwrap()).unwrap();
    let here = left
        .run(|| fs::read_link("/proc/thread-self/ns/net").unwrap())
        .unwrap();
    assert_eq!(text.trim(), here.to_str().unwrap());
    process.terminate().unwrap();
    let status = process.wait_within(PATIENCE).unwrap().unwrap();
    assert!(!status.success());
    assert!(!process.is_running());
}

fn recorder() {
    let (left, right) = pair();
    let mut recorder = Recorder::open(&right).unwrap();
    let before = unix_now();
    left.run(|| {
        let socket = UdpSocket::bind("10.77.0.1:5000").unwrap();
        for number in 0..100_u8 {
            socket.send_to(&[number], "10.77.0.2:6000").unwrap();
        }
    })
    .unwrap();
    let mut seen = Vec::new();
    assert!(wait_until(PATIENCE, || {
        seen.extend(recorder.take().unwrap());
        datagrams(&seen).len() == 100
    }));
    assert!(datagrams(&seen).into_iter().eq(0..100));
    assert!(
        seen.iter()
            .all(|recorded| recorded.at >= before && recorded.at <= unix_now())
    );
    assert_eq!(recorder.missed(), 0);
}

fn datagrams(seen: &[nightlatch_lab::Recorded]) -> Vec<u8> {
    seen.iter()
        .filter(|recorded| recorded.direction == Direction::In)
        .filter_map(nightlatch_lab::Recorded::packet)
        .filter(|packet| packet.kind == Kind::Udp && packet.destination == at("10.77.0.2:6000"))
        .map(|packet| packet.payload[0])
        .collect()
}

fn forged() {
    let (left, right) = pair();
    let mut recorder = Recorder::open(&right).unwrap();
    let forger = Forger::open(&left).unwrap();
    for (from, to) in [
        ("192.0.2.99:1234", "10.77.0.2:99"),
        ("[2001:db8::9]:1234", "[fd77::2]:99"),
    ] {
        let packet = Packet::udp(at(from), at(to), *b"not from here");
        forger.send(&packet).unwrap();
        let found = recorder
            .await_frame(PATIENCE, |recorded| {
                recorded.arrival().as_ref() == Some(&packet)
            })
            .unwrap();
        assert!(found.is_some(), "{from}");
    }
}

fn prober() {
    let (left, right) = pair();
    let mut recorder = Recorder::open(&left).unwrap();
    let from = at("10.77.0.1:40000");
    let prober =
        Prober::start(&left, from, at("10.77.0.2:22"), Duration::from_micros(200)).unwrap();
    let refused = recorder
        .await_frame(PATIENCE, |recorded| {
            matches!(recorded.arrival(), Some(Packet { kind: Kind::Tcp { flags, .. }, .. })
                if flags.has(Flags::RST))
        })
        .unwrap();
    assert!(refused.is_some());
    let opened = unix_now();
    let _greeter = Greeter::start(&right, 22, "open").unwrap();
    let answered = Probed::await_answer(&mut recorder, at("10.77.0.2:22"), PATIENCE).unwrap();
    assert!(answered.unwrap().answered > opened);
    assert!(prober.stop().unwrap() > 1);
}

fn flood() {
    let (left, right) = pair();
    let mut recorder = Recorder::open(&right).unwrap();
    let to = at("10.77.0.2:62201");
    let flood = Flood {
        to,
        payloads: Payloads::Random(100),
        per_second: Some(10_000),
        count: Some(5000),
        seed: 7,
    };
    let flooded = flood.run(&left, &AtomicBool::new(false)).unwrap();
    assert_eq!(flooded.sent, 5000);
    let mut arrived = 0;
    assert!(wait_until(PATIENCE, || {
        let frames = recorder.take().unwrap();
        arrived += frames
            .iter()
            .filter_map(nightlatch_lab::Recorded::arrival)
            .filter(|packet| packet.destination == to && packet.payload.len() == 100)
            .count();
        arrived == 5000
    }));
}

fn pace() {
    let (left, _right) = pair();
    let flood = Flood {
        to: at("[fd77::2]:62201"),
        payloads: Payloads::Same(vec![1; 10]),
        per_second: Some(2000),
        count: Some(400),
        seed: 7,
    };
    let flooded = flood.run(&left, &AtomicBool::new(false)).unwrap();
    assert_eq!(flooded.sent, 400);
    assert!(
        flooded.took >= Duration::from_millis(199),
        "{:?}",
        flooded.took
    );
}

fn bad_address() {
    let host = World::new().host("lonely").unwrap();
    let error = host.add_address("lo", "10.77.0.1").unwrap_err();
    assert_eq!(
        error.to_string(),
        "\"10.77.0.1\" is not an address with a prefix length\n  write it as 10.77.0.1/24 or fd77::1/64"
    );
}

fn limited(entered: &Entered) {
    let folder = entered.folder().join("small");
    fs::create_dir(&folder).unwrap();
    mount_limited(&folder, Limit { bytes: 4096 }).unwrap();
    let Err(error) = fs::write(folder.join("file"), vec![0; 8192]) else {
        panic!("8 KiB went into 4 KiB");
    };
    assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
}

fn covered(entered: &Entered) {
    let [file, cover] = ["plain", "cover"].map(|name| {
        let path = entered.folder().join(name);
        fs::write(&path, name).unwrap();
        path
    });
    let (left, _) = pair();
    let mut cat = program("cat");
    cat.arg(&file).stdout(Stdio::piped());
    let mut process = left.spawn_apart(cat, || mount_over(&cover, &file)).unwrap();
    let seen = std::io::read_to_string(process.stdout().unwrap()).unwrap();
    assert_eq!(seen, "cover");
    assert_eq!(fs::read_to_string(&file).unwrap(), "plain");
}

fn read_only(entered: &Entered) {
    let folder = entered.folder().join("fixed");
    fs::create_dir(&folder).unwrap();
    mount_read_only(&folder).unwrap();
    let error = fs::write(folder.join("file"), "x").unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ReadOnlyFilesystem);
    pause(Duration::ZERO);
}

fn two_threads() {
    // This test runs while the trial's own threads do.
    thread::scope(|scope| {
        let _other = scope.spawn(|| pause(Duration::from_millis(20)));
        let mut again = program(std::env::current_exe().unwrap());
        again.arg(HOLD).arg("with a thread").stderr(Stdio::piped());
        let host = World::new().host("outer").unwrap();
        let mut process = host.spawn(again).unwrap();
        let said = std::io::read_to_string(process.stderr().unwrap()).unwrap();
        assert!(
            said.contains("the lab must be entered first: 2 threads"),
            "{said}"
        );
    });
}

fn ctrl_c() {
    let (mut process, output) = held();
    process.interrupt().unwrap();
    assert_ends(output);
    let status = process.wait_within(PATIENCE).unwrap().unwrap();
    assert_eq!(status.code(), Some(130));
}

fn sigkill() {
    let (mut process, output) = held();
    process.kill().unwrap();
    assert_ends(output);
}

/// A second lab inside this one, with a program in it that would run for a long time.
fn held() -> (Process, BufReader<ChildStdout>) {
    let mut again = program(std::env::current_exe().unwrap());
    again.arg(HOLD).stdout(Stdio::piped());
    let mut process = World::new().host("outer").unwrap().spawn(again).unwrap();
    let mut output = BufReader::new(process.stdout().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    assert_eq!(line, "held\n");
    (process, output)
}

/// Everybody who holds the other end of the pipe is gone when it ends.
fn assert_ends(mut output: BufReader<ChildStdout>) {
    let (send, ended) = std::sync::mpsc::channel();
    thread::spawn(move || send.send(output.read_to_end(&mut Vec::new()).is_ok()));
    assert!(ended.recv_timeout(PATIENCE).unwrap());
}

#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the other test listens to it"
)]
fn hold() -> ExitCode {
    let other = std::env::args().any(|argument| argument == "with a thread");
    let _thread = other.then(|| thread::spawn(|| pause(Duration::from_mins(1))));
    if let Err(error) = enter() {
        eprintln!("{error}");
        return ExitCode::FAILURE;
    }
    let mut sleep = program("sleep");
    sleep.arg("60");
    let mut process = World::new().host("inner").unwrap().spawn(sleep).unwrap();
    println!("held");
    process.wait_within(Duration::from_mins(1)).unwrap();
    ExitCode::SUCCESS
}

/// What the tests about the end of a lab call themselves with.
const HOLD: &str = "--hold";
