//! Stories of the herald: how often it tells, how it finds receivers by their names, and when it gives up.

use std::fs;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nightlatch_lab::{Entered, Host, Standing, mount_over, wait_until};

use crate::daemon::{Daemon, command};
use crate::notify::{PORT, awaits, herald_of, running, with, write};
use crate::receiver::Receiver;
use crate::stage::Family::V4;
use crate::stage::{Stage, address};
use crate::{Story, Told};

pub(crate) const STORIES: &[Story] = &[
    ("a_busy_receiver_is_told_in_the_end_and_once", busy),
    (
        "a_name_is_found_when_the_hosts_file_comes_after_the_start",
        by_hosts,
    ),
    (
        "a_name_is_found_when_the_resolvers_file_comes_after_the_start",
        by_resolver,
    ),
    (
        "a_receiver_that_hangs_keeps_the_herald_no_longer_than_the_daemon",
        hangs,
    ),
];

fn busy(entered: &Entered) -> Told {
    let mut stage = Stage::new(entered, "herald-busy");
    let receiver = Receiver::start(&stage.bob.host, PORT, Some("503 Service Unavailable"));
    let daemon = running(&stage, &with("on = [\"granted\"]"));
    stage.alice.knock("office", V4).unwrap();
    receiver.await_requests(3, || daemon.log());
    receiver.answer("200 OK");
    awaits(&daemon, "told-again");
    // Another one behind it: what would be told twice would come before.
    stage.alice.knock("ssh", V4).unwrap();
    let requests = receiver.await_requests(5, || daemon.log());
    let services: Vec<_> = requests
        .iter()
        .map(|one| one.json()["service"].clone())
        .collect();
    assert_eq!(
        services[..5],
        ["office", "office", "office", "office", "ssh"]
    );
    let id = |number: usize| &requests[number].fields["webhook-id"];
    assert!((1..4).all(|number| id(number) == id(0)), "{requests:?}");
    let notifications = || daemon.status()["notifications"].clone();
    // On a busy machine she may have knocked twice for the last one.
    let is_told =
        || notifications()["told"].as_u64() >= Some(2) && notifications()["failing"] == false;
    assert!(wait_until(PATIENCE, is_told), "{}", notifications());
    let requests = receiver.requests();
    let of_office = requests
        .iter()
        .filter(|one| one.json()["service"] == "office");
    assert_eq!(of_office.count(), 4, "{requests:?}");
    Told::Whole
}

fn by_hosts(entered: &Entered) -> Told {
    found_later(entered, "herald-hosts", |settings| {
        let line = format!("{} {NAME}\n", address("bob", V4));
        fs::write(settings.join("hosts"), line).unwrap();
    })
}

fn by_resolver(entered: &Entered) -> Told {
    found_later(entered, "herald-resolver", |settings| {
        let line = format!("nameserver {}\n", address("bob", V4));
        fs::write(settings.join("resolv.conf"), line).unwrap();
    })
}

/// The daemon is there before the network: what /etc leads to stands in /run, and comes with it.
fn found_later(entered: &Entered, name: &str, comes: fn(&Path)) -> Told {
    if !entered.folder().starts_with("/run") {
        return Told::Skipped("no /run here to cover");
    }
    let mut stage = Stage::new(entered, name);
    let receiver = Receiver::start(&stage.bob.host, PORT, Some("200 OK"));
    answer_names(&stage.bob.host);
    let settings = stage.folder.join("settings");
    let etc = etc_that_leads_to(&settings, &stage.folder);
    // Where it has the daemon's own user, it reads the files that were there at the start, and no others.
    if entered.standing() == Standing::Mapped {
        fs::create_dir(&settings).unwrap();
        for about_names in ABOUT_NAMES {
            fs::write(settings.join(about_names), "").unwrap();
        }
    }
    write(
        &stage,
        &with("on = [\"granted\"]").replace("10.77.0.3", NAME),
    );
    let apart = |command| {
        let host = &stage.server;
        host.spawn_apart(command, || mount_over(&etc, Path::new("/etc")))
    };
    let daemon = Daemon::start_with(command(&stage.folder), &stage.folder, apart);
    stage.alice.knock("office", V4).unwrap();
    awaits(&daemon, "failing");
    fs::create_dir_all(&settings).unwrap();
    comes(&settings);
    let told = receiver.await_requests(1, || daemon.log());
    assert_eq!(told[0].fields["host"], format!("{NAME}:{PORT}"));
    Told::Whole
}

/// A folder for /etc whose files about names are links into one that is not there yet.
fn etc_that_leads_to(settings: &Path, folder: &Path) -> PathBuf {
    let etc = folder.join("etc");
    fs::create_dir(&etc).unwrap();
    for users in ["passwd", "group"] {
        fs::copy(Path::new("/etc").join(users), etc.join(users)).unwrap();
    }
    fs::write(etc.join("nsswitch.conf"), "hosts: files dns\n").unwrap();
    for about_names in ABOUT_NAMES {
        symlink(settings.join(about_names), etc.join(about_names)).unwrap();
    }
    etc
}

fn hangs(entered: &Entered) -> Told {
    let mut stage = Stage::new(entered, "herald-hangs");
    let receiver = Receiver::start(&stage.bob.host, PORT, None);
    let mut daemon = running(&stage, &with("on = [\"granted\"]"));
    stage.alice.knock("office", V4).unwrap();
    assert!(wait_until(PATIENCE, || receiver.taken() == 1));
    assert!(herald_of(&stage).is_some());
    // The daemon waits for its helpers, and a second longer than this one for its receivers.
    assert!(daemon.stop().success(), "{}", daemon.log());
    assert!(herald_of(&stage).is_none(), "it lives on: {}", daemon.log());
    Told::Whole
}

/// A name server at a host, until the tests end: everybody's address is the host's own.
fn answer_names(host: &Host) {
    let own = SocketAddr::new(address(host.name(), V4), 53);
    let socket = host.run(|| UdpSocket::bind(own)).unwrap().unwrap();
    host.begin(move || while answer_name(&socket).is_ok() {})
        .unwrap();
}

/// RFC 1035 §4: the question, with an address behind it where an IPv4 one is asked for.
fn answer_name(socket: &UdpSocket) -> io::Result<()> {
    let mut place = [0; 512];
    let (length, from) = socket.recv_from(&mut place)?;
    let question = &place[..length];
    // Twelve bytes of header; labels up to an empty one; type and class.
    let labels = 12 + question[12..].iter().position(|byte| *byte == 0).unwrap();
    let asks_for_v4 = question[labels + 1..=labels + 2] == [0, 1];
    let flags_and_counts = [0x81, 0x80, 0, 1, 0, u8::from(asks_for_v4), 0, 0, 0, 0];
    let mut answer = [
        &question[..2],
        &flags_and_counts,
        &question[12..=labels + 4],
    ]
    .concat();
    if asks_for_v4 {
        let own = [10, 77, 0, 3];
        answer.extend([&[0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4][..], &own].concat());
    }
    socket.send_to(&answer, from).map(|_| ())
}

const ABOUT_NAMES: [&str; 2] = ["hosts", "resolv.conf"];
const NAME: &str = "ops.example";

/// A busy machine may take long.
const PATIENCE: Duration = Duration::from_secs(15);
