//! A gate is taken over by the next process, whatever stood and whatever is wanted now.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use nightlatch_core::{Banned, Cut, Effect, GatePlan, Opening, Prefix, Shows};
use nightlatch_firewall::{Firewall, Hold, How, Nftables};

use crate::Story;
use crate::forwards::leading;
use crate::scene::{LONG, Scene, Version, address_of, lasting, once, open, plan, plan_of, udp};

pub(crate) const STORIES: &[Story] = &[
    (
        "a_takeover_works_from_every_kind_of_gate_to_every_other",
        works_from_every_kind_to_every_other,
    ),
    ("a_takeover_leaves_no_moment_open", leaves_no_moment_open),
];

/// What a gate looks like, and what is in it beside one lasting grant.
struct Kind {
    name: &'static str,
    plan: GatePlan,
    fill: fn(&Scene, &mut Nftables),
}

fn kinds() -> [Kind; 9] {
    let only = |plan| (plan, nothing as fn(&Scene, &mut Nftables));
    let several = GatePlan {
        guarded: ["tcp/1-1024", "tcp/7000", "udp/53", "udp/500-600"]
            .map(|range| range.parse().unwrap())
            .to_vec(),
        ..leading(Shows::Ours)
    };
    let without_keys = GatePlan {
        knock_port: None,
        ..plan()
    };
    let with_a_socket = GatePlan {
        knock_socket: Some(62_201),
        ..without_keys.clone()
    };
    [
        ("plain", only(plan())),
        ("forward", only(leading(Shows::Theirs))),
        ("masquerade", only(leading(Shows::Ours))),
        ("cut", (plan(), cut)),
        ("one-shot", (plan(), one_shot)),
        ("ban", (plan(), ban)),
        ("several", (several, everything)),
        ("without keys", only(without_keys)),
        ("with a socket", only(with_a_socket)),
    ]
    .map(|(name, (plan, fill))| Kind { name, plan, fill })
}

fn nothing(_: &Scene, _: &mut Nftables) {}

fn cut(scene: &Scene, gate: &mut Nftables) {
    let _ = gate.sever(&[severed(scene)]).unwrap();
}

fn one_shot(scene: &Scene, gate: &mut Nftables) {
    gate.apply(&open(&[single(scene)], LONG)).unwrap();
}

fn ban(scene: &Scene, gate: &mut Nftables) {
    let prefixes = vec![banned(scene)];
    gate.apply(&Effect::Ban {
        prefixes,
        lasts: LONG,
    })
    .unwrap();
}

fn everything(scene: &Scene, gate: &mut Nftables) {
    for fill in [cut, one_shot, ban] {
        fill(scene, gate);
    }
}

fn severed(scene: &Scene) -> Cut {
    Cut::of(lasting(&scene.mallory, Version::Four, "tcp/80"))
}

fn single(scene: &Scene) -> Opening {
    once(&scene.alice, Version::Four, "tcp/80")
}

fn banned(scene: &Scene) -> Prefix {
    Prefix::of(address_of(&scene.mallory, Version::Four))
}

/// What is listed of a gate, without the times; those have to be nearly whole.
fn contents(gate: &mut Nftables) -> (Vec<Opening>, Vec<Prefix>) {
    let standing = gate.standing().unwrap();
    let bans: Vec<Banned> = gate.banned().unwrap();
    let times = standing.iter().map(|each| each.remaining);
    let times = times.chain(bans.iter().map(|each| each.remaining));
    assert!(
        times
            .into_iter()
            .all(|time| time <= LONG && time > LONG.mul_f64(0.5))
    );
    let mut openings: Vec<Opening> = standing.iter().map(|each| each.opening).collect();
    openings.sort();
    (openings, bans.iter().map(|each| each.prefix).collect())
}

fn works_from_every_kind_to_every_other() {
    let scene = Scene::new();
    let granted = lasting(&scene.alice, Version::Four, "tcp/22");
    for stands in kinds() {
        for wanted in kinds() {
            let pair = format!("{} → {}", stands.name, wanted.name);
            let mut gate = scene.open();
            assert_eq!(gate.raise(&stands.plan).unwrap().how, How::Built, "{pair}");
            gate.apply(&open(&[granted], LONG)).unwrap();
            (stands.fill)(&scene, &mut gate);
            let before = contents(&mut gate);
            // The kernel sees the same whichever way a process ends: its socket closes.
            drop(gate);
            let mut next = scene.open();
            let raised = next.raise(&wanted.plan);
            let raised = raised.unwrap_or_else(|error| panic!("{pair}: {error:?}"));
            assert_eq!(
                (raised.how, raised.hold),
                (How::Adopted, Hold::Ours),
                "{pair}"
            );
            assert_eq!(contents(&mut next), before, "{pair}");
            let shown = scene.ruleset();
            // As it would be if it had never been another one.
            let _ = next.lower().unwrap();
            let _ = next.raise(&wanted.plan).unwrap();
            if let (Some(shown), Some(anew)) = (shown, scene.ruleset()) {
                assert_eq!(lines_of(&shown), lines_of(&anew), "{pair}");
            }
            let _ = next.lower().unwrap();
        }
    }
}

/// The chains with their lines, without what the sets hold and the counters count.
fn lines_of(ruleset: &str) -> Vec<&str> {
    let chains = ruleset.split("\tchain ").skip(1);
    chains.collect()
}

/// A stranger sends without a pause while the gate goes from hand to hand.
fn leaves_no_moment_open() {
    let scene = Scene::new();
    let echo = scene.echo(Version::Four, 53);
    let to = SocketAddr::new(address_of(&scene.server, Version::Four), 53);
    let flood = udp(&scene.mallory, Version::Four, 4000);
    let _ = scene.open().raise(&plan()).unwrap();
    let is_over = AtomicBool::new(false);
    let raised = thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                let _ = flood.send_to(b"let me in", to);
            }
        });
        let plans = [
            leading(Shows::Ours),
            plan(),
            leading(Shows::Theirs),
            plan_of(&["udp/53"]),
        ];
        let each = plans.iter().cycle().take(40);
        // Whatever comes of it: nothing here may fail before the flood has been told to end.
        let raised: Vec<_> = each.map(|plan| scene.open().raise(plan)).collect();
        is_over.store(true, Ordering::Relaxed);
        raised
    });
    assert!(raised.iter().all(Result::is_ok), "{raised:?}");
    assert!(!echo.hears_and_is_silent());
    let mut gate = scene.open();
    let _ = gate.raise(&plan()).unwrap();
    assert!(gate.noise().unwrap().strangers.packets > 0);
}
