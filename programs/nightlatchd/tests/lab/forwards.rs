//! Stories of a gateway: a port of the server leads on to a host behind it.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use nightlatch_lab::{Echo, Entered, Greeter, Host, Reached, wait_until};
use nightlatch_ticket::{Happened, Kind};

use crate::daemon::{Daemon, let_pass};
use crate::stage::Family::{V4, V6};
use crate::stage::{Family, Stage, address, assert_silent, door, try_door};
use crate::{Story, Told};

pub(crate) const STORIES: &[Story] = &[
    ("a_knock_leads_to_the_host_behind", leads_v4),
    ("a_knock_leads_to_the_host_behind_over_ipv6", leads_v6),
    (
        "a_host_without_a_way_back_answers_to_the_gateway",
        masquerades,
    ),
    ("a_port_of_datagrams_leads_on_too", datagrams),
    ("closing_cuts_what_leads_on", cuts),
    ("a_reload_brings_and_takes_what_leads_on", reloads),
    ("what_leads_on_in_one_version_serves_no_other", one_version),
    (
        "a_gateway_that_passes_nothing_on_says_so_at_its_start",
        warns,
    ),
];

/// The server, and a host behind it that greets at its port 443.
struct Gateway {
    stage: Stage,
    /// The port of the service `camera`.
    port: &'static str,
    inner: Host,
    greeter: Greeter,
}

/// Whether the host behind knows the way back.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Back,
    None,
}

impl Gateway {
    fn new(entered: &Entered, name: &str, back: Way) -> Self {
        let stage = Stage::new(entered, name);
        let inner = stage.world.host("inner").unwrap();
        let near = stage.server.plug("eth1", &["10.79.0.1/24", "fd79::1/64"]);
        let far = inner.plug("eth0", &["10.79.0.2/24", "fd79::2/64"]);
        stage.world.join(near, far).unwrap();
        if back == Way::Back {
            let via: [IpAddr; 2] = ["10.79.0.1", "fd79::1"].map(|via| via.parse().unwrap());
            inner.add_route("0.0.0.0/0", via[0]).unwrap();
            inner.add_route("::/0", via[1]).unwrap();
        }
        stage.server.forward().unwrap();
        let greeter = Greeter::start(&inner, 443, "behind!").unwrap();
        Self {
            stage,
            port: "tcp/8443",
            inner,
            greeter,
        }
    }

    fn start(&self, lines: &str) -> Daemon {
        self.write(lines);
        self.stage.start()
    }

    /// The configuration with these lines in the service.
    fn write(&self, lines: &str) {
        let config = self
            .stage
            .config
            .replace("guard = [", &format!("guard = [\"{}\", ", self.port))
            .replace("may = [", "may = [\"camera\", ");
        let open = format!("open = [\"{}\"]", self.port);
        let service = format!("[service.camera]\n{open}\n{lines}\n");
        self.stage.write_config(&(config + &service));
    }

    fn reload(&self, daemon: &Daemon, lines: &str) {
        let before = reloads_of(daemon);
        self.write(lines);
        daemon.reload();
        let is_done = || reloads_of(daemon) > before;
        assert!(wait_until(PATIENCE, is_done), "{}", daemon.log());
    }
}

fn leads_v4(entered: &Entered) -> Told {
    leads(entered, "forward-v4", V4)
}

fn leads_v6(entered: &Entered) -> Told {
    leads(entered, "forward-v6", V6)
}

fn leads(entered: &Entered, name: &str, family: Family) -> Told {
    let mut gateway = Gateway::new(entered, name, Way::Back);
    let daemon = gateway.start(&format!("for = \"3s\"\n{BOTH}"));
    let stage = &mut gateway.stage;
    assert_silent(&stage.stranger, 8443, family);
    assert_silent(&stage.alice.host, 8443, family);
    let outcome = stage.alice.knock("camera", family).unwrap();
    assert_eq!(outcome.happened, Happened::Granted { seconds: 3 });
    let mut stream = enter(&stage.alice.host, family, "behind!");
    assert!(talks(&mut stream), "{}", daemon.log());
    assert_silent(&stage.stranger, 8443, family);
    let_pass(Duration::from_secs(3));
    assert_silent(&stage.alice.host, 8443, family);
    assert!(talks(&mut stream), "what runs lives on");
    assert_eq!(gateway.greeter.greeted(), 1);
    assert!(!daemon.has_said("warned"), "{}", daemon.log());
    Told::Whole
}

fn masquerades(entered: &Entered) -> Told {
    let mut gateway = Gateway::new(entered, "masquerade", Way::None);
    let daemon = gateway.start(BOTH);
    for family in [V4, V6] {
        gateway.stage.alice.knock("camera", family).unwrap();
        assert_silent(&gateway.stage.alice.host, 8443, family);
    }
    gateway.reload(&daemon, &format!("{BOTH}\nmasquerade = true"));
    for family in [V4, V6] {
        assert_silent(&gateway.stage.alice.host, 8443, family);
        gateway.stage.alice.knock("camera", family).unwrap();
        let mut stream = enter(&gateway.stage.alice.host, family, "behind!");
        assert!(talks(&mut stream), "{}", daemon.log());
    }
    Told::Whole
}

fn datagrams(entered: &Entered) -> Told {
    let mut gateway = Gateway::new(entered, "forward-udp", Way::Back);
    gateway.port = "udp/8443";
    let echo = Echo::start(&gateway.inner, 443).unwrap();
    let daemon = gateway.start(&format!("for = \"3s\"\n{BOTH}"));
    let stage = &mut gateway.stage;
    for family in [V4, V6] {
        let before = echo.heard();
        let [strangers, early] =
            [&stage.stranger, &stage.alice.host].map(|host| flow(host, family));
        for nobody in [&strangers, &early] {
            assert_eq!(answer(nobody, SHORTLY), SILENCE, "{}", daemon.log());
        }
        stage.alice.knock("camera", family).unwrap();
        // The same flow is looked at anew: it was never let in, so nothing of it is known.
        for hers in [early, flow(&stage.alice.host, family)] {
            assert_eq!(
                answer(&hers, PATIENCE),
                Ok(WORDS.into()),
                "{}",
                daemon.log()
            );
        }
        let running = flow(&stage.alice.host, family);
        assert_eq!(answer(&running, PATIENCE), Ok(WORDS.into()));
        assert_eq!(answer(&strangers, SHORTLY), SILENCE);
        let_pass(Duration::from_secs(3));
        let late = flow(&stage.alice.host, family);
        assert_eq!(answer(&late, SHORTLY), SILENCE, "no new flow");
        assert_eq!(
            answer(&running, PATIENCE),
            Ok(WORDS.into()),
            "what runs lives on"
        );
        assert_eq!(echo.heard(), before + 4, "nothing else came to it");
    }
    Told::Whole
}

fn cuts(entered: &Entered) -> Told {
    let mut gateway = Gateway::new(entered, "forward-cut", Way::Back);
    let daemon = gateway.start(&format!("{BOTH}\ncut = true"));
    let stage = &mut gateway.stage;
    for family in [V4, V6] {
        stage.alice.knock("camera", family).unwrap();
        stage.bob.knock("camera", family).unwrap();
        let mut hers = enter(&stage.alice.host, family, "behind!");
        let mut his = enter(&stage.bob.host, family, "behind!");
        assert!(talks(&mut hers) && talks(&mut his));
        stage.alice.wish(Kind::Close, "camera", family).unwrap();
        daemon.await_line("cut");
        assert!(
            wait_until(PATIENCE, || is_mute(&mut hers)),
            "{}",
            daemon.log()
        );
        assert!(talks(&mut his), "another address lives on");
        assert_silent(&stage.alice.host, 8443, family);
        stage.alice.knock("camera", family).unwrap();
        let mut again = enter(&stage.alice.host, family, "behind!");
        assert!(talks(&mut again));
        stage.alice.wish(Kind::Close, "camera", family).unwrap();
    }
    Told::Whole
}

fn reloads(entered: &Entered) -> Told {
    let mut gateway = Gateway::new(entered, "forward-reload", Way::Back);
    let daemon = gateway.start("");
    for (lines, greeting) in [("", "welcome"), (BOTH, "behind!"), ("", "welcome")] {
        gateway.reload(&daemon, lines);
        assert_silent(&gateway.stage.alice.host, 8443, V4);
        gateway.stage.alice.knock("camera", V4).unwrap();
        enter(&gateway.stage.alice.host, V4, greeting);
        assert_silent(&gateway.stage.stranger, 8443, V4);
        gateway.stage.alice.wish(Kind::Close, "camera", V4).unwrap();
    }
    Told::Whole
}

/// The server itself greets at that port: whoever is let in is not let in to that.
fn one_version(entered: &Entered) -> Told {
    let mut gateway = Gateway::new(entered, "forward-one", Way::Back);
    let daemon = gateway.start("forward = \"10.79.0.2:443\"");
    assert!(daemon.has_said("config-doubtful"), "{}", daemon.log());
    gateway.stage.alice.knock("camera", V6).unwrap();
    assert_silent(&gateway.stage.alice.host, 8443, V6);
    gateway.stage.alice.knock("camera", V4).unwrap();
    enter(&gateway.stage.alice.host, V4, "behind!");
    Told::Whole
}

fn warns(entered: &Entered) -> Told {
    let gateway = Gateway::new(entered, "forward-off", Way::Back);
    let set = |value| {
        let server = &gateway.stage.server;
        server.set_sysctl("net/ipv4/ip_forward", value).unwrap();
    };
    set("0");
    let daemon = gateway.start(BOTH);
    let log = daemon.log();
    assert!(daemon.has_said("warned"), "{log}");
    assert!(log.contains("sysctl net.ipv4.ip_forward=1"), "{log}");
    assert!(!log.contains("sysctl net.ipv6"), "{log}");
    let warnings = || daemon.status()["warnings"].to_string();
    assert!(warnings().contains("no IPv4 packets"), "{}", warnings());
    set("1");
    assert!(!warnings().contains("no IPv4 packets"), "{}", warnings());
    Told::Whole
}

/// A socket that hears nobody but the gateway's port.
fn flow(host: &Host, family: Family) -> UdpSocket {
    let own = SocketAddr::new(address(host.name(), family), 0);
    let open = || -> io::Result<UdpSocket> {
        let socket = UdpSocket::bind(own)?;
        socket.connect(door(8443, family))?;
        Ok(socket)
    };
    host.run(open).unwrap().unwrap()
}

/// What comes back for some words; a port that is closed aloud is another error than one that is silent.
fn answer(flow: &UdpSocket, patience: Duration) -> Result<Vec<u8>, ErrorKind> {
    flow.set_read_timeout(Some(patience)).unwrap();
    let mut heard = [0; 64];
    let came = flow.send(WORDS).and_then(|_| flow.recv(&mut heard));
    let length = came.map_err(|error| error.kind())?;
    Ok(heard[..length].into())
}

fn enter(host: &Host, family: Family, greeting: &str) -> TcpStream {
    let mut reached = try_door(host, 8443, family);
    assert_eq!(
        reached.greeting(PATIENCE).as_deref(),
        Some(greeting),
        "{reached:?}"
    );
    match reached {
        Reached::Connected { stream, .. } => stream,
        other => panic!("not in: {other:?}"),
    }
}

/// Whether bytes pass in both directions.
fn talks(stream: &mut TcpStream) -> bool {
    says_back(stream, PATIENCE)
}

/// Whether nothing comes back any more.
fn is_mute(stream: &mut TcpStream) -> bool {
    !says_back(stream, SHORTLY)
}

fn says_back(stream: &mut TcpStream, patience: Duration) -> bool {
    stream.set_read_timeout(Some(patience)).unwrap();
    let mut heard = [0; 5];
    let said = stream.write_all(b"hello");
    said.and_then(|()| stream.read_exact(&mut heard)).is_ok() && heard == *b"hello"
}

fn reloads_of(daemon: &Daemon) -> usize {
    daemon.log().matches("\"what\":\"reloaded\"").count()
}

const BOTH: &str = "forward = [\"10.79.0.2:443\", \"[fd79::2]:443\"]";
const SILENCE: Result<Vec<u8>, ErrorKind> = Err(ErrorKind::WouldBlock);
const WORDS: &[u8] = b"hello";
const PATIENCE: Duration = Duration::from_secs(10);
const SHORTLY: Duration = Duration::from_millis(300);
