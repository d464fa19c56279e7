//! Stories of encrypted sequences: a sealed request spread over ports, shuffled, doubled, thinned out, recorded.

use std::time::Duration;

use nightlatch_lab::{Entered, pause, unix_now, wait_until};
use nightlatch_ticket::{Counter, SequenceKind, Span};
use rand_core::Rng;

use crate::daemon::{Daemon, let_pass};
use crate::person::random;
use crate::sequences::gets_in;
use crate::stage::Family::{V4, V6};
use crate::stage::{Family, SHORT, Stage, assert_silent, is_in};
use crate::touch::Touch::{self, Tcp, Udp};
use crate::touch::touch;
use crate::{Story, Told};

pub(crate) const STORIES: &[Story] = &[
    ("an_encrypted_sequence_opens_its_clients_door", opens_tcp),
    ("it_may_come_as_datagrams", opens_udp),
    (
        "a_hundred_of_them_shuffled_and_doubled_all_count",
        a_hundred,
    ),
    ("a_fifth_of_its_packets_may_be_lost", a_fifth_is_lost),
    ("recorded_and_sent_again_it_opens_nothing", replayed),
    ("from_another_address_it_opens_nothing", elsewhere),
    ("it_closes_what_a_knock_opened", closes),
    ("tickets_and_sequences_share_a_counter", one_counter),
    ("a_text_comes_by_way_of_ports", tells),
    ("a_port_in_its_span_may_be_in_use", skips),
];

fn opens_tcp(entered: &Entered) -> Told {
    opens(entered, "encrypted-tcp", Carrier::Tcp)
}

fn opens_udp(entered: &Entered) -> Told {
    opens(entered, "encrypted-udp", Carrier::Udp)
}

fn opens(entered: &Entered, name: &str, carrier: Carrier) -> Told {
    let (mut stage, daemon) = running(entered, name, carrier);
    for family in [V4, V6] {
        assert_silent(&stage.alice.host, 22, family);
        let ports = stage
            .alice
            .sequence(SequenceKind::Knock, "ssh", (family, &span()));
        send(&stage, &ports, carrier, family);
        assert!(gets_in(&stage.alice.host, family), "{}", daemon.log());
        assert_silent(&stage.stranger, 22, family);
    }
    let_pass(SHORT);
    assert_silent(&stage.alice.host, 22, V4);
    Told::Whole
}

fn a_hundred(entered: &Entered) -> Told {
    let (mut stage, daemon) = running(entered, "encrypted-hundred", Carrier::Tcp);
    for number in 1..=100_u64 {
        let mut ports = stage
            .alice
            .sequence(SequenceKind::Knock, "ssh", (V4, &span()));
        // Nearly a third comes twice.
        let doubled: Vec<u16> = ports.iter().copied().take(10).collect();
        ports.extend(doubled);
        shuffle(&mut ports);
        send(&stage, &ports, Carrier::Tcp, V4);
        assert!(
            wait_until(PATIENCE, || granted(&daemon) == number),
            "number {number}: {}",
            daemon.status()
        );
    }
    Told::Whole
}

fn a_fifth_is_lost(entered: &Entered) -> Told {
    let (mut stage, daemon) = running(entered, "encrypted-lossy", Carrier::Tcp);
    for number in 1..=20_u64 {
        let mut ports = stage
            .alice
            .sequence(SequenceKind::Knock, "ssh", (V4, &span()));
        shuffle(&mut ports);
        ports.truncate(ports.len() - ports.len() / 5);
        send(&stage, &ports, Carrier::Tcp, V4);
        assert!(wait_until(PATIENCE, || granted(&daemon) == number));
    }
    Told::Whole
}

fn replayed(entered: &Entered) -> Told {
    let (mut stage, daemon) = running(entered, "encrypted-replay", Carrier::Tcp);
    let ports = stage
        .alice
        .sequence(SequenceKind::Knock, "ssh", (V4, &span()));
    send(&stage, &ports, Carrier::Tcp, V4);
    assert!(gets_in(&stage.alice.host, V4));
    let_pass(SHORT);
    for _ in 0..400 {
        send(&stage, &ports, Carrier::Tcp, V4);
    }
    pause(A_MOMENT);
    assert_silent(&stage.alice.host, 22, V4);
    assert_eq!(granted(&daemon), 1);
    Told::Whole
}

fn elsewhere(entered: &Entered) -> Told {
    let (mut stage, daemon) = running(entered, "encrypted-elsewhere", Carrier::Tcp);
    let ports = stage
        .alice
        .sequence(SequenceKind::Knock, "ssh", (V4, &span()));
    let touches: Vec<Touch> = ports.iter().map(|port| Tcp(*port)).collect();
    touch(&stage.stranger, &touches, V4);
    pause(A_MOMENT);
    assert_silent(&stage.stranger, 22, V4);
    assert_eq!(granted(&daemon), 0);
    // It was not used up: where it belongs it counts.
    send(&stage, &ports, Carrier::Tcp, V4);
    assert!(gets_in(&stage.alice.host, V4), "{}", daemon.log());
    Told::Whole
}

fn closes(entered: &Entered) -> Told {
    let (mut stage, daemon) = running(entered, "encrypted-closes", Carrier::Tcp);
    stage.alice.knock("office", V4).unwrap();
    assert!(is_in(&stage.alice.host, 443, V4));
    let ports = stage
        .alice
        .sequence(SequenceKind::Close, "office", (V4, &span()));
    send(&stage, &ports, Carrier::Tcp, V4);
    assert!(
        wait_until(PATIENCE, || !is_in(&stage.alice.host, 443, V4)),
        "{}",
        daemon.log()
    );
    Told::Whole
}

fn one_counter(entered: &Entered) -> Told {
    let (mut stage, daemon) = running(entered, "encrypted-counter", Carrier::Tcp);
    let early = stage
        .alice
        .sequence(SequenceKind::Knock, "ssh", (V4, &span()));
    stage.alice.knock("office", V4).unwrap();
    send(&stage, &early, Carrier::Tcp, V4);
    let replayed = || daemon.status()["knocks"]["replayed"].as_u64();
    assert!(
        wait_until(PATIENCE, || replayed() == Some(1)),
        "{}",
        daemon.status()
    );
    assert_silent(&stage.alice.host, 22, V4);
    Told::Whole
}

fn tells(entered: &Entered) -> Told {
    let (mut stage, daemon) = running(entered, "encrypted-text", Carrier::Tcp);
    let ports = stage.alice.sequence(
        SequenceKind::Message,
        "the cellar is flooded again!",
        (V4, &span()),
    );
    send(&stage, &ports, Carrier::Tcp, V4);
    daemon.await_line("told");
    assert!(
        daemon.log().contains("the cellar is flooded again!"),
        "{}",
        daemon.log()
    );
    Told::Whole
}

fn skips(entered: &Entered) -> Told {
    let more = "skip = [\"20000-20100\", \"21000\"]\n";
    let (mut stage, daemon) = running_with(entered, "encrypted-skip", (Carrier::Tcp, more));
    let span = Span::new(20_000, 28_191, &[(20_000, 20_100), (21_000, 21_000)]).unwrap();
    let ports = stage
        .alice
        .sequence(SequenceKind::Knock, "ssh", (V4, &span));
    assert!(ports.iter().all(|port| *port > 20_100 && *port != 21_000));
    send(&stage, &ports, Carrier::Tcp, V4);
    assert!(gets_in(&stage.alice.host, V4), "{}", daemon.log());
    Told::Whole
}

/// What carries the symbols.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carrier {
    Tcp,
    Udp,
}

pub(crate) fn running(entered: &Entered, name: &str, carrier: Carrier) -> (Stage, Daemon) {
    running_with(entered, name, (carrier, ""))
}

fn running_with(
    entered: &Entered,
    name: &str,
    (carrier, more): (Carrier, &str),
) -> (Stage, Daemon) {
    let mut stage = Stage::new(entered, name);
    let word = if carrier == Carrier::Tcp {
        "tcp"
    } else {
        "udp"
    };
    let section = SECTION.replace("CARRIER", word) + more;
    stage.write_config(&(may_tell(&stage.config) + &section));
    let daemon = stage.start();
    // A first start doubts every counter of its next five seconds, and sequences are not told so.
    let beyond_doubt = unix_now() + Duration::from_secs(6);
    stage.alice.memory.last = Counter(u64::try_from(beyond_doubt.as_nanos()).unwrap());
    (stage, daemon)
}

/// The configuration in which alice may tell the daemon something.
pub(crate) fn may_tell(config: &str) -> String {
    config.replace(
        "may = [\"ssh\", \"web\", \"office\"]",
        "may = [\"ssh\", \"web\", \"office\"]\nmay-tell = true",
    )
}

fn send(stage: &Stage, ports: &[u16], carrier: Carrier, family: Family) {
    let to = |port: &u16| match carrier {
        Carrier::Tcp => Tcp(*port),
        Carrier::Udp => Udp(*port),
    };
    let touches: Vec<Touch> = ports.iter().map(to).collect();
    touch(&stage.alice.host, &touches, family);
}

pub(crate) fn granted(daemon: &Daemon) -> u64 {
    daemon.status()["knocks"]["granted"].as_u64().unwrap_or(0)
}

fn shuffle(ports: &mut [u16]) {
    for place in (1..ports.len()).rev() {
        let drawn = usize::try_from(random().next_u32()).unwrap();
        ports.swap(place, drawn % (place + 1));
    }
}

pub(crate) fn span() -> Span {
    Span::new(20_000, 28_191, &[]).unwrap()
}

const SECTION: &str = "\n[encrypted-sequence]\nspan = \"20000-28191\"\ncarrier = \"CARRIER\"\n";
const A_MOMENT: Duration = Duration::from_millis(300);
/// A busy machine may take long.
const PATIENCE: Duration = Duration::from_secs(10);
