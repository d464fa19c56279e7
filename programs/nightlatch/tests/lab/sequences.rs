//! Stories about encrypted sequences: what the server can read out of the touches that reach it.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nightlatch_core::Protocol;
use nightlatch_lab::{Entered, Kind, Packet, Recorder, unix_now, wait_until};
use nightlatch_ticket::{
    Epoch, Frame, PairKeys, PresharedSecret, SYMBOLS, SecretKey, SequenceKind, SequenceRequest,
    ServiceHash, Span, Symbol, gather, head_of, open_sequence,
};

use crate::Story;
use crate::street::{SILENT, Street, arrivals, is_attempt};

pub(crate) const STORIES: &[Story] = &[
    (
        "an_encrypted_sequence_is_read_by_the_server_over_both_families",
        read,
    ),
    (
        "no_two_encrypted_sequences_have_a_counter_or_an_order_in_common",
        fresh,
    ),
    (
        "an_encrypted_sequence_goes_by_datagrams_where_the_configuration_says_so",
        datagrams,
    ),
    ("a_text_is_spread_over_as_many_frames_as_it_takes", told),
    ("what_connects_has_knocked_by_ports_before", connects),
];

/// A person's home that knows a silent server, and the keys as that server has them.
struct Home {
    folder: PathBuf,
    keys: PairKeys,
    span: Span,
    carrier: Protocol,
}

impl Home {
    fn new(entered: &Entered, name: &str, carrier: Protocol) -> Self {
        let folder = entered.folder().join(name);
        let config = folder.join(".config/nightlatch");
        fs::create_dir_all(&config).unwrap();
        fs::set_permissions(&config, PermissionsExt::from_mode(0o700)).unwrap();
        let (client, server) = (
            SecretKey::from_bytes([1; 32]),
            SecretKey::from_bytes([2; 32]),
        );
        let rng = &mut nightlatch::randomness().unwrap();
        let key = config.join("identity.key");
        nightlatch_config::write_secret_key(&key, &client, None, rng).unwrap();
        let servers = SILENT.map(|ip| {
            let name = if ip.contains(':') { "six" } else { "four" };
            format!(
                "[server.{name}]\nhost = \"{ip}\"\nkey = \"{}\"\npreshared = \"none\"\n\
                 services = [\"ssh\"]\nmethod = \"encrypted-sequence\"\n\
                 skip = [\"20000\", \"22222-22230\"]\ncarrier = \"{carrier}\"\n",
                server.public()
            )
        });
        fs::write(config.join("config.toml"), servers.concat()).unwrap();
        let shared = PresharedSecret::none();
        Self {
            folder,
            keys: PairKeys::of_server(&server, &client.public(), &shared).unwrap(),
            span: Span::new(20_000, 28_191, &[(20_000, 20_000), (22_222, 22_230)]).unwrap(),
            carrier,
        }
    }

    /// What the packets say, in the order in which they came.
    fn symbols(&self, packets: &[Packet]) -> Vec<Symbol> {
        let symbol = |packet: &Packet| {
            match (self.carrier, packet.kind) {
                (Protocol::Tcp, _) => assert!(is_attempt(packet), "{packet:?}"),
                (Protocol::Udp, kind) => {
                    assert_eq!((kind, &packet.payload[..]), (Kind::Udp, &[0][..]));
                }
            }
            self.span.symbol(packet.destination.port()).unwrap()
        };
        packets.iter().map(symbol).collect()
    }

    /// Opens what came as the server would.
    fn open(&self, packets: &[Packet]) -> SequenceRequest {
        let symbols = self.symbols(packets);
        let frames: Vec<Frame> = symbols.chunks(SYMBOLS).map(frame).collect();
        let heads: Vec<_> = frames.iter().map(head_of).collect();
        let (now, source) = (unix_now().as_secs(), packets[0].source.ip());
        let now = Epoch::at(nightlatch_ticket::UnixTime::from_secs(now));
        let epochs = [now.previous(), now, now.next()];
        let epoch = epochs
            .into_iter()
            .find(|epoch| self.keys.tags().sequence_tag(*epoch) == heads[0].tag);
        open_sequence(&frames, epoch.unwrap(), source, &self.keys).unwrap()
    }

    /// Runs the tool at this home, and takes what reached the server.
    fn run(&self, street: &Street, line: &[&str]) -> Vec<Packet> {
        let mut recorder = Recorder::open(&street.server).unwrap();
        street.run_at_home(&self.folder, line);
        let came = arrivals(&mut recorder);
        let again = recorder.await_frame(LONG_ENOUGH, |frame| frame.arrival().is_some());
        assert!(again.unwrap().is_none(), "sent again");
        came
    }
}

fn frame(symbols: &[Symbol]) -> Frame {
    let mut places = [None; SYMBOLS];
    for symbol in symbols {
        places[usize::from(symbol.position)] = Some(symbol.value);
    }
    assert!(places.iter().all(Option::is_some), "{symbols:?}");
    gather(&places).unwrap()
}

fn order(symbols: &[Symbol]) -> Vec<u8> {
    symbols.iter().map(|symbol| symbol.position).collect()
}

fn remembered(home: &Path) -> usize {
    fs::read_dir(home.join(".local/state/nightlatch"))
        .unwrap()
        .count()
}

/// The kernel sends an unanswered SYN again after one second.
const LONG_ENOUGH: Duration = Duration::from_millis(1_300);

fn read(entered: &Entered) {
    let street = Street::new();
    let home = Home::new(entered, "read", Protocol::Tcp);
    for server in ["four", "six"] {
        let came = home.run(&street, &["knock", server, "--for", "30s"]);
        assert_eq!(came.len(), SYMBOLS, "{server}");
        let request = home.open(&came);
        assert_eq!(request.kind, SequenceKind::Knock);
        assert_eq!(request.service, ServiceHash::of("ssh").short());
        assert!((20..=30).contains(&request.wanted), "{request:?}");
        let apart = request
            .counter
            .0
            .abs_diff(u64::try_from(unix_now().as_nanos()).unwrap());
        assert!(Duration::from_nanos(apart) < Duration::from_secs(30));
        let came = home.run(&street, &["close", server]);
        assert_eq!(home.open(&came).kind, SequenceKind::Close, "{server}");
    }
    assert!(remembered(&home.folder) > 0);
}

fn fresh(entered: &Entered) {
    let street = Street::new();
    let home = Home::new(entered, "fresh", Protocol::Tcp);
    let mut orders = BTreeSet::new();
    let mut last = None;
    for _ in 0..4 {
        let came = home.run(&street, &["knock", "four", "--pause", "0ms"]);
        let counter = Some(home.open(&came).counter);
        assert!(counter > last);
        last = counter;
        let order = order(&home.symbols(&came));
        assert!(!order.is_sorted());
        assert!(orders.insert(order));
    }
}

fn datagrams(entered: &Entered) {
    let street = Street::new();
    let home = Home::new(entered, "datagrams", Protocol::Udp);
    for server in ["four", "six"] {
        let came = home.run(&street, &["knock", server]);
        assert_eq!(came.len(), SYMBOLS, "{server}");
        assert_eq!(home.open(&came).kind, SequenceKind::Knock);
    }
}

fn told(entered: &Entered) {
    let street = Street::new();
    let home = Home::new(entered, "told", Protocol::Tcp);
    for (text, frames) in [("hi", 2), ("as long as a text can be, so: 32", 4)] {
        let came = home.run(&street, &["tell", "six", text]);
        assert_eq!(came.len(), frames * SYMBOLS, "{text}");
        let request = home.open(&came);
        assert_eq!(request.kind, SequenceKind::Message);
        assert_eq!(request.text.as_str(), text);
    }
}

fn connects(entered: &Entered) {
    let street = Street::new();
    let home = Home::new(entered, "connects", Protocol::Tcp);
    let mut recorder = Recorder::open(&street.server).unwrap();
    // Nobody opens: it is the knock that is looked at, and that a connection is tried at all.
    let mut tool = street.begin_at_home(&home.folder, &["connect", "four", "22"]);
    let mut came = Vec::new();
    let is_all = wait_until(PATIENCE, || {
        came.extend(arrivals(&mut recorder));
        came.len() > SYMBOLS
    });
    assert!(is_all, "{came:?}");
    tool.kill().unwrap();
    assert_eq!(home.open(&came[..SYMBOLS]).kind, SequenceKind::Knock);
    assert_eq!(came[SYMBOLS].destination.port(), 22);
}

const PATIENCE: Duration = Duration::from_secs(10);
