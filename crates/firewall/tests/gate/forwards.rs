//! Ports that lead on to a host behind this one: for whoever has a grant, and for nobody else.

use std::io::{Read, Write};
use std::net::{Ipv6Addr, SocketAddr, TcpListener};
use std::time::Duration;

use nightlatch_core::{Cut, Forward, GatePlan, Shows};
use nightlatch_firewall::{Disturbance, Firewall, Hold, How, Lowered, Refresh};
use nightlatch_lab::{Greeter, Host, Reached, connect, wait_until};

use crate::Story;
use crate::running::{Way, backend_of, backend_with};
use crate::scene::{
    LONG, PATIENCE, SOON, Scene, VERSIONS, Version, address_of, close, connected, falls_silent,
    lasting, old_kernel, open, plan_of, still_talks,
};

pub(crate) const STORIES: &[Story] = &[
    (
        "what_leads_on_is_for_those_with_a_grant",
        is_for_those_with_a_grant,
    ),
    (
        "what_leads_on_lives_on_after_its_grant_and_can_be_cut",
        lives_on_and_can_be_cut,
    ),
    (
        "what_leads_on_is_cut_in_both_directions",
        is_cut_in_both_directions,
    ),
    (
        "what_leads_on_in_one_version_is_silent_in_the_other",
        is_silent_in_the_other_version,
    ),
    (
        "what_leads_on_comes_back_through_this_host_if_it_is_masked",
        comes_back_if_it_is_masked,
    ),
    (
        "what_leads_on_comes_and_goes_with_the_plan",
        comes_and_goes_with_the_plan,
    ),
    (
        "what_leads_on_is_put_back_when_it_was_torn_out",
        is_put_back_when_it_was_torn_out,
    ),
    (
        "what_was_severed_stays_cut_when_the_gate_was_torn_down",
        stays_cut_when_the_gate_was_torn_down,
    ),
    (
        "what_leads_elsewhere_through_this_host_is_left_alone",
        is_left_alone_elsewhere,
    ),
];

/// tcp/85 of the server leads to tcp/22 of the backend.
pub(crate) fn leading(shows: Shows) -> GatePlan {
    let forwards = ["10.79.0.2:22", "[fd79::2]:22"].map(|to| Forward {
        port: "tcp/85".parse().unwrap(),
        to: to.parse().unwrap(),
        shows,
    });
    GatePlan {
        forwards: forwards.to_vec(),
        ..plan_of(&["tcp/22", "tcp/80-90", "udp/53"])
    }
}

fn inner_service(backend: &Host) -> Greeter {
    Greeter::start(backend, 22, "hello").unwrap()
}

fn is_for_those_with_a_grant() {
    let scene = Scene::new();
    let backend = backend_of(&scene);
    let _service = inner_service(&backend);
    let mut gate = scene.open();
    let _ = gate.raise(&leading(Shows::Theirs)).unwrap();
    for version in VERSIONS {
        assert!(scene.is_dropped(&scene.mallory, version, 85));
        let short = Duration::from_secs(2);
        let opening = lasting(&scene.alice, version, "tcp/85");
        gate.apply(&open(&[opening], short)).unwrap();
        let mut stream = connected(scene.try_tcp(&scene.alice, version, 85));
        assert!(still_talks(&mut stream));
        assert!(scene.is_dropped(&scene.mallory, version, 85));
        assert!(
            wait_until(PATIENCE, || scene.is_dropped(&scene.alice, version, 85)),
            "the kernel's timeout ends it"
        );
        assert!(still_talks(&mut stream), "what runs goes on");
    }
}

fn lives_on_and_can_be_cut() {
    let scene = Scene::new();
    let backend = backend_of(&scene);
    let _service = inner_service(&backend);
    let mut gate = scene.open();
    let _ = gate.raise(&leading(Shows::Theirs)).unwrap();
    for version in VERSIONS {
        let both = [&scene.alice, &scene.mallory].map(|host| lasting(host, version, "tcp/85"));
        gate.apply(&open(&both, LONG)).unwrap();
        let mut hers = connected(scene.try_tcp(&scene.alice, version, 85));
        let mut his = connected(scene.try_tcp(&scene.mallory, version, 85));
        gate.apply(&close(&both[..1])).unwrap();
        assert!(still_talks(&mut hers));
        let _ = gate.sever(&[Cut::of(both[0])]).unwrap();
        assert!(falls_silent(&mut hers));
        assert!(still_talks(&mut his));
        gate.apply(&open(&both[..1], LONG)).unwrap();
        let mut again = connected(scene.try_tcp(&scene.alice, version, 85));
        assert!(still_talks(&mut again));
    }
}

/// The host behind goes on sending, and nobody has asked it anything.
fn is_cut_in_both_directions() {
    let scene = Scene::new();
    let backend = backend_of(&scene);
    let at = SocketAddr::from((Ipv6Addr::UNSPECIFIED, 22));
    let listener = backend.run(|| TcpListener::bind(at)).unwrap().unwrap();
    let mut gate = scene.open();
    for shows in [Shows::Theirs, Shows::Ours] {
        let _ = gate.raise(&leading(shows)).unwrap();
        for version in VERSIONS {
            let opening = lasting(&scene.alice, version, "tcp/85");
            gate.apply(&open(&[opening], LONG)).unwrap();
            let Reached::Connected { mut stream, .. } = scene.try_tcp(&scene.alice, version, 85)
            else {
                panic!("not connected");
            };
            let (mut far, _) = listener.accept().unwrap();
            let mut hears = |patience: Duration| {
                far.write_all(b"x").unwrap();
                stream.set_read_timeout(Some(patience)).unwrap();
                stream.read_exact(&mut [0]).is_ok()
            };
            assert!(hears(PATIENCE));
            gate.apply(&close(&[opening])).unwrap();
            assert!(hears(PATIENCE));
            let _ = gate.sever(&[Cut::of(opening)]).unwrap();
            assert!(!hears(SOON), "what the other host sends");
        }
    }
}

/// The server has a service of its own at that port; whoever was let in was let in to another host.
fn is_silent_in_the_other_version() {
    let scene = Scene::new();
    let backend = backend_of(&scene);
    let _inner = inner_service(&backend);
    let own = scene.service(85);
    let mut gate = scene.open();
    let mut plan = leading(Shows::Theirs);
    plan.forwards.retain(|forward| forward.to.is_ipv4());
    let _ = gate.raise(&plan).unwrap();
    let both = VERSIONS.map(|version| lasting(&scene.alice, version, "tcp/85"));
    gate.apply(&open(&both, LONG)).unwrap();
    assert!(scene.gets_in(&scene.alice, Version::Four, 85));
    assert!(scene.is_dropped(&scene.alice, Version::Six, 85));
    assert_eq!(own.greeted(), 0);
}

/// The backend knows no way to strangers' addresses.
fn comes_back_if_it_is_masked() {
    let scene = Scene::new();
    let backend = backend_with(&scene, Way::None);
    let _service = inner_service(&backend);
    let mut gate = scene.open();
    let _ = gate.raise(&leading(Shows::Theirs)).unwrap();
    let both = VERSIONS.map(|version| lasting(&scene.alice, version, "tcp/85"));
    gate.apply(&open(&both, LONG)).unwrap();
    for version in VERSIONS {
        assert!(scene.is_dropped(&scene.alice, version, 85));
    }
    let _ = gate.raise(&leading(Shows::Ours)).unwrap();
    for version in VERSIONS {
        let mut stream = connected(scene.try_tcp(&scene.alice, version, 85));
        assert!(still_talks(&mut stream));
        let opening = lasting(&scene.alice, version, "tcp/85");
        gate.apply(&close(&[opening])).unwrap();
        let _ = gate.sever(&[Cut::of(opening)]).unwrap();
        assert!(falls_silent(&mut stream));
    }
}

fn comes_and_goes_with_the_plan() {
    let scene = Scene::new();
    let backend = backend_of(&scene);
    let _inner = inner_service(&backend);
    let own = scene.service(85);
    let without = plan_of(&["tcp/80-90"]);
    let mut gate = scene.open();
    assert_eq!(gate.raise(&without).unwrap().how, How::Built);
    let opening = lasting(&scene.alice, Version::Four, "tcp/85");
    gate.apply(&open(&[opening], LONG)).unwrap();
    assert!(scene.is_dropped(&scene.mallory, Version::Four, 85));
    for (plan, at_home) in [
        (leading(Shows::Theirs), 0),
        (leading(Shows::Ours), 0),
        (without, 1),
    ] {
        let raised = gate.raise(&plan).unwrap();
        assert_eq!(raised.how, How::Adopted, "the grants stay where they are");
        assert!(scene.gets_in(&scene.alice, Version::Four, 85));
        assert!(wait_until(PATIENCE, || own.greeted() == at_home));
    }
    assert_eq!(
        gate.noise().unwrap().strangers.packets,
        1,
        "the tallies go on"
    );
    let _ = gate.raise(&leading(Shows::Ours)).unwrap();
    assert_eq!(gate.lower().unwrap(), Lowered::Removed);
    if let Some(ruleset) = scene.ruleset() {
        assert_eq!(ruleset, "");
    }
}

fn is_put_back_when_it_was_torn_out() {
    let scene = Scene::new();
    let backend = backend_of(&scene);
    let _service = inner_service(&backend);
    let mut gate = scene.open_with(old_kernel(Refresh::InPlace));
    let plan = leading(Shows::Ours);
    assert_eq!(gate.raise(&plan).unwrap().hold, Hold::Shared);
    let opening = lasting(&scene.alice, Version::Four, "tcp/85");
    gate.apply(&open(&[opening], LONG)).unwrap();
    for damage in [
        "flush chain inet nightlatch forwards",
        "delete chain inet nightlatch masked",
        "flush chain inet nightlatch forwards; delete chain inet nightlatch forwards",
    ] {
        let Some((text, done)) = scene.nft(&[damage]) else {
            return crate::skip_one("no `nft` here to tear something out with");
        };
        let is_empty_first = done || {
            let (_, done) = scene
                .nft(&[&format!("flush chain inet nightlatch masked; {damage}")])
                .unwrap();
            done
        };
        assert!(is_empty_first, "{text}");
        assert_eq!(gate.disturbed().unwrap(), Disturbance::Changed);
        let raised = gate.raise(&plan).unwrap();
        assert_eq!(raised.left_out, 0);
        assert_eq!(gate.standing().unwrap().len(), 1, "{damage}");
        assert!(scene.gets_in(&scene.alice, Version::Four, 85), "{damage}");
        assert!(scene.is_dropped(&scene.mallory, Version::Four, 85));
    }
}

/// Conntrack knows the connection still, and no grant has lifted the cut.
fn stays_cut_when_the_gate_was_torn_down() {
    let scene = Scene::new();
    let backend = backend_of(&scene);
    let _service = inner_service(&backend);
    let mut gate = scene.open_with(old_kernel(Refresh::InPlace));
    let _ = gate.raise(&leading(Shows::Theirs)).unwrap();
    let opening = lasting(&scene.alice, Version::Four, "tcp/85");
    gate.apply(&open(&[opening], LONG)).unwrap();
    let mut stream = connected(scene.try_tcp(&scene.alice, Version::Four, 85));
    gate.apply(&close(&[opening])).unwrap();
    let _ = gate.sever(&[Cut::of(opening)]).unwrap();
    assert!(falls_silent(&mut stream));
    let Some((text, done)) = scene.nft(&["flush ruleset"]) else {
        return crate::skip_one("no `nft` here to tear the gate down with");
    };
    assert!(done, "{text}");
    let raised = gate.raise(&leading(Shows::Theirs)).unwrap();
    assert_eq!((raised.how, raised.running), (How::Built, 0));
    assert!(falls_silent(&mut stream));
}

/// The same port of another host that is reached through this one leads where it always did.
fn is_left_alone_elsewhere() {
    let scene = Scene::new();
    let backend = backend_of(&scene);
    let _service = Greeter::start(&backend, 85, "hello").unwrap();
    let mut gate = scene.open();
    let _ = gate.raise(&leading(Shows::Ours)).unwrap();
    for version in VERSIONS {
        let to = SocketAddr::new(address_of(&backend, version), 85);
        let reached = connect(&scene.mallory, to, PATIENCE).unwrap();
        assert!(reached.is_connected());
    }
}
