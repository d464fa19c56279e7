//! Stories of a gateway: what it passes on to others is between them; what it is asked itself is its own.
//!
//! ```text
//!   alice, bob, stranger ── lan ── server (nightlatchd, forwards) ── inner
//! ```

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use nightlatch_lab::{Entered, Forger, Greeter, Host, connect, pause, wait_until};

use crate::daemon::Daemon;
use crate::sources::load;
use crate::stage::Family::{V4, V6};
use crate::stage::{Family, Stage, address, assert_silent, door, is_in, server};
use crate::touch::{syn, syns};
use crate::{Story, Told};

pub(crate) const STORIES: &[Story] = &[
    (
        "what_a_gateway_passes_on_is_no_failure",
        passed_on_and_not_counted,
    ),
    (
        "a_ban_on_a_gateway_stops_nothing_that_it_passes_on",
        passed_on_although_banned,
    ),
];

/// A gateway with its daemon, and the host behind it.
struct Gateway {
    stage: Stage,
    daemon: Daemon,
    inner: Host,
    _greeter: Greeter,
}

/// Else everybody who uses the Internet through a gateway would be a scanner to it.
fn passed_on_and_not_counted(entered: &Entered) -> Told {
    let Gateway { stage, daemon, .. } = &gateway(entered, "gateway-counts");
    let forger = Forger::open(&stage.stranger).unwrap();
    for family in [V4, V6] {
        let from = SocketAddr::new(address("stranger", family), 40_000);
        for port in (20_000..20_040).chain([2323]) {
            let to = SocketAddr::new(inside(family), port);
            syn(&forger, from, to, u32::from(port));
        }
        // Behind all of them.
        assert!(gets_through(&stage.stranger, 8443, family));
    }
    pause(A_MOMENT);
    let status = daemon.status();
    assert_eq!(status["guard"]["suspects"], 0, "{status}");
    // What it is asked itself it counts, at whichever of its addresses.
    let far_side = IpAddr::from([10, 78, 0, 1]);
    let from = SocketAddr::new(address("stranger", V4), 40_000);
    syn(&forger, from, SocketAddr::new(far_side, 2323), 1);
    daemon.await_line("banned");
    Told::Whole
}

fn passed_on_although_banned(entered: &Entered) -> Told {
    let Gateway {
        stage,
        daemon,
        inner,
        ..
    } = &gateway(entered, "gateway-bans");
    let is_published = load(&stage.server, PUBLISHED);
    let forger = Forger::open(&stage.stranger).unwrap();
    for family in [V4, V6] {
        assert!(!is_published || is_in(&stage.stranger, 9443, family));
        let stranger = address("stranger", family);
        syns(&forger, SocketAddr::new(stranger, 40_000), 20_000..20_040);
        let banned = format!("\"what\":\"banned\",\"source\":\"{stranger}\"");
        assert!(
            wait_until(PATIENCE, || daemon.log().contains(&banned)),
            "{}",
            daemon.log()
        );
        // The gateway is silent, also where it stands for the host behind it; the way through it is open.
        assert_silent(&stage.stranger, 8443, family);
        if is_published {
            assert_silent(&stage.stranger, 9443, family);
        }
        assert!(gets_through(&stage.stranger, 8443, family));
        assert!(gets_through(&stage.alice.host, 8443, family));
        // Nor does it stop what comes from within.
        let outside = connect(inner, door(8443, family), PATIENCE).unwrap();
        assert!(outside.is_connected());
    }
    Told::Whole
}

fn gateway(entered: &Entered, name: &str) -> Gateway {
    let stage = Stage::new(entered, name);
    let inner = stage.world.host("inner").unwrap();
    let near = stage.server.plug("eth1", &["10.78.0.1/24", "fd78::1/64"]);
    let far = inner.plug("eth0", &["10.78.0.2/24", "fd78::2/64"]);
    stage.world.join(near, far).unwrap();
    stage.server.forward().unwrap();
    for outer in [&stage.alice.host, &stage.stranger] {
        outer.add_route("10.78.0.0/24", server(V4)).unwrap();
        outer.add_route("fd78::/64", server(V6)).unwrap();
    }
    for (network, gateway) in [("10.77.0.0/24", "10.78.0.1"), ("fd77::/64", "fd78::1")] {
        inner.add_route(network, gateway.parse().unwrap()).unwrap();
    }
    let greeter = Greeter::start(&inner, 8443, "inside").unwrap();
    stage.write_config(&(stage.config.clone() + BANNING));
    let daemon = stage.start();
    // The listener hears a moment later which ports are in use.
    pause(A_MOMENT);
    Gateway {
        stage,
        daemon,
        inner,
        _greeter: greeter,
    }
}

/// Whether a host gets through the gateway to the one behind it.
fn gets_through(host: &Host, port: u16, family: Family) -> bool {
    let to = SocketAddr::new(inside(family), port);
    connect(host, to, PATIENCE).unwrap().is_connected()
}

fn inside(family: Family) -> IpAddr {
    match family {
        V4 => IpAddr::from([10, 78, 0, 2]),
        V6 => IpAddr::from([0xfd78, 0, 0, 0, 0, 0, 0, 2]),
    }
}

const BANNING: &str = r#"
[guard]
ban = true
decoys = ["tcp/2323"]
"#;
/// A port of the gateway that leads to the host behind it.
const PUBLISHED: &str = "table inet published {
    chain pre { type nat hook prerouting priority dstnat;
        fib daddr type local tcp dport 9443 dnat ip to 10.78.0.2:8443
        fib daddr type local tcp dport 9443 dnat ip6 to [fd78::2]:8443
    }
}";
const A_MOMENT: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_secs(5);
