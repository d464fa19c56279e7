//! An example configuration on the stage, and packets for it from as many addresses as are wanted.

use std::net::IpAddr;
use std::time::Duration;

use nightlatch_lab::{Crafted, Entered, Forger, Greeter, wait_until};

use crate::daemon::Daemon;
use crate::stage::{Family, Stage, address, assert_silent, is_in};

/// An example as it is shipped.
pub(crate) struct Example {
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
    /// The port that it opens.
    pub(crate) door: u16,
}

/// The packets that open an example's door, and what may be done to them.
pub(crate) struct Walk {
    pub(crate) right: fn(IpAddr) -> Vec<Crafted>,
    /// What changes nothing.
    pub(crate) harmless: &'static [Change],
    /// What each by itself keeps the door shut.
    pub(crate) wrong: &'static [Change],
}

/// What is done to a walk, in words and in deed.
pub(crate) type Change = (&'static str, fn(&mut Vec<Crafted>));

/// An example whose daemon runs.
pub(crate) struct Scene {
    stage: Stage,
    daemon: Daemon,
    forger: Forger,
    door: u16,
    family: Family,
    _greeter: Option<Greeter>,
}

/// Fails unless every wrong walk opens nothing, and every right one the door, each from an address
/// of its own; the last one is alice's, who really comes in.
pub(crate) fn assert_opens_for(
    entered: &Entered,
    example: &Example,
    walk: &Walk,
    families: &[Family],
) -> Scene {
    let mut scene = Scene::new(entered, example);
    for family in families {
        scene.family = *family;
        scene.try_all(walk);
    }
    scene
}

impl Scene {
    fn new(entered: &Entered, example: &Example) -> Self {
        let stage = Stage::new(entered, example.name);
        let is_greeted = Stage::greets_at(example.door);
        let greeter =
            (!is_greeted).then(|| Greeter::start(&stage.server, example.door, "welcome").unwrap());
        stage.write_config(&staged(example.text));
        Self {
            daemon: stage.start(),
            forger: Forger::open(&stage.alice.host).unwrap(),
            door: example.door,
            family: Family::V4,
            _greeter: greeter,
            stage,
        }
    }

    fn try_all(&self, walk: &Walk) {
        let alice = &self.stage.alice.host;
        assert_silent(alice, self.door, self.family);
        let all = walk.wrong.iter().chain(walk.harmless);
        for ((_, change), last) in all.zip(FIRST_LAST_BYTE..) {
            let from = with_last_byte(self.family, last);
            let mut packets = (walk.right)(from);
            change(&mut packets);
            self.send_all(&packets);
        }
        self.send(walk.right);
        // What came before alice was judged before her, and is in the log before her.
        assert!(
            wait_until(PATIENCE, || is_in(alice, self.door, self.family)),
            "{}",
            self.daemon.log()
        );
        let first_harmless = FIRST_LAST_BYTE + u8::try_from(walk.wrong.len()).unwrap();
        self.assert_granted(walk.harmless, (first_harmless, Granted::All));
        let alices = address("alice", self.family);
        assert!(wait_until(PATIENCE, || self.is_granted(alices)));
        self.assert_granted(walk.wrong, (FIRST_LAST_BYTE, Granted::None));
    }

    /// Sends packets from alice's address.
    pub(crate) fn send(&self, packets: impl Fn(IpAddr) -> Vec<Crafted>) {
        self.send_all(&packets(address("alice", self.family)));
    }

    /// Fails unless alice's door is shut soon.
    pub(crate) fn assert_closes(&self) {
        let alice = &self.stage.alice.host;
        assert!(
            wait_until(PATIENCE, || !is_in(alice, self.door, self.family)),
            "{}",
            self.daemon.log()
        );
    }

    fn send_all(&self, packets: &[Crafted]) {
        for packet in packets {
            self.forger.send_crafted(packet).unwrap();
        }
    }

    fn assert_granted(&self, changes: &[Change], (first, wanted): (u8, Granted)) {
        for ((what, _), last) in changes.iter().zip(first..) {
            let from = with_last_byte(self.family, last);
            let is_as_wanted = || self.is_granted(from) == (wanted == Granted::All);
            // The log is written in a thread of its own, a moment later.
            assert!(
                wait_until(PATIENCE, is_as_wanted),
                "{what} ({from}): not {wanted:?}: {}",
                self.daemon.log()
            );
        }
    }

    fn is_granted(&self, from: IpAddr) -> bool {
        let address = format!("\"address\":\"{from}\"");
        let log = self.daemon.log();
        let mut granted = log
            .lines()
            .filter(|line| line.contains("\"what\":\"granted\""));
        granted.any(|line| line.contains(&address))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Granted {
    None,
    All,
}

/// The example with what a stage has elsewhere, and with a note instead of a system's services.
fn staged(text: &str) -> String {
    let places = "[server]\nstate = \"state\"\nstatus-socket = \"status.sock\"\n\
                  user = \"nobody\"\nlog = \"json\"\n";
    let text = text.replace("[server]\n", places);
    assert!(text.contains(places), "{text}");
    text.replace("/usr/bin/systemctl", "/bin/echo")
}

fn with_last_byte(family: Family, last: u8) -> IpAddr {
    match address("stranger", family) {
        IpAddr::V4(address) => {
            let mut bytes = address.octets();
            bytes[3] = last;
            bytes.into()
        }
        IpAddr::V6(address) => {
            let mut bytes = address.octets();
            bytes[15] = last;
            bytes.into()
        }
    }
}

/// Nobody on the stage has it.
const FIRST_LAST_BYTE: u8 = 100;
/// A busy machine may take long.
const PATIENCE: Duration = Duration::from_secs(10);
