//! Who holds the gate: owners, restarts, others who tear it down.

use std::time::Duration;

use nightlatch_core::{GatePlan, Passage, Shows};
use nightlatch_firewall::{
    ApplyError, Disturbance, Firewall, Hold, How, LowerError, Lowered, Nftables, OpenError,
    RaiseError, Refresh, render,
};
use nightlatch_lab::wait_until;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::thread::{CapabilitySet, capabilities, set_capabilities};

use crate::Story;
use crate::forwards::leading;
use crate::scene::{
    LONG, PATIENCE, Scene, VERSIONS, Version, lasting, old_kernel, once, open, opening, plan,
    plan_of,
};

pub(crate) const STORIES: &[Story] = &[
    (
        "the_gate_stays_closed_when_its_process_dies",
        stays_closed_when_its_process_dies,
    ),
    (
        "the_gate_is_adopted_with_its_grants",
        is_adopted_with_its_grants,
    ),
    (
        "the_gate_can_be_raised_again_and_again",
        can_be_raised_again_and_again,
    ),
    (
        "the_gate_is_rebuilt_with_its_grants",
        is_rebuilt_with_its_grants,
    ),
    ("the_gate_belongs_to_one_process", belongs_to_one_process),
    ("the_gate_is_taken_away_cleanly", is_taken_away_cleanly),
    (
        "the_gate_survives_a_flushed_ruleset",
        survives_a_flushed_ruleset,
    ),
    (
        "the_gate_is_missed_when_it_is_gone_and_put_back",
        is_missed_when_it_is_gone_and_put_back,
    ),
    (
        "the_gate_is_missed_also_when_nobody_could_look",
        is_missed_also_when_nobody_could_look,
    ),
    (
        "the_gate_is_suspicious_of_changes_by_others",
        is_suspicious_of_changes_by_others,
    ),
    (
        "the_gate_does_not_mind_other_tables",
        does_not_mind_other_tables,
    ),
    (
        "the_gate_says_which_capability_is_missing",
        says_which_capability_is_missing,
    ),
    (
        "the_gate_is_what_it_is_said_to_be",
        is_what_it_is_said_to_be,
    ),
    (
        "the_gate_shows_no_grant_without_an_end",
        shows_no_grant_without_an_end,
    ),
];

fn is_readable(gate: &Nftables) -> bool {
    let watch = gate.watch().unwrap();
    let mut fds = [PollFd::new(&watch, PollFlags::IN)];
    poll(
        &mut fds,
        Some(&Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        }),
    )
    .unwrap()
        == 1
}

fn stays_closed_when_its_process_dies() {
    let scene = Scene::new();
    let _service = scene.service(22);
    let mut gate = scene.gate();
    let short = Duration::from_secs(2);
    gate.apply(&open(
        &[lasting(&scene.alice, Version::Four, "tcp/22")],
        short,
    ))
    .unwrap();
    assert!(scene.gets_in(&scene.alice, Version::Four, 22));
    drop(gate);
    assert!(scene.is_dropped(&scene.mallory, Version::Four, 22));
    assert!(wait_until(PATIENCE, || scene.is_dropped(
        &scene.alice,
        Version::Four,
        22
    )));
}

fn is_adopted_with_its_grants() {
    let scene = Scene::new();
    let _service = scene.service(22);
    let _more = scene.service(8080);
    let mut gate = scene.gate();
    let openings = [
        lasting(&scene.alice, Version::Four, "tcp/22"),
        once(&scene.alice, Version::Six, "tcp/22"),
    ];
    gate.apply(&open(&openings, LONG)).unwrap();
    assert!(scene.is_dropped(&scene.mallory, Version::Four, 22));
    drop(gate);
    let mut gate = scene.open();
    let raised = gate.raise(&plan_of(&["tcp/22", "tcp/8080"])).unwrap();
    assert_eq!((raised.how, raised.hold), (How::Adopted, Hold::Ours));
    assert_eq!(
        gate.noise().unwrap().strangers.packets,
        1,
        "the tallies go on"
    );
    let mut kept: Vec<_> = gate
        .standing()
        .unwrap()
        .iter()
        .map(|each| each.opening)
        .collect();
    kept.sort();
    assert_eq!(kept, openings);
    for version in VERSIONS {
        assert!(scene.gets_in(&scene.alice, version, 22));
        assert!(
            scene.is_dropped(&scene.mallory, version, 8080),
            "the plan is the later one"
        );
    }
    gate.apply(&open(
        &[lasting(&scene.mallory, Version::Four, "tcp/8080")],
        LONG,
    ))
    .unwrap();
    assert!(scene.gets_in(&scene.mallory, Version::Four, 8080));
}

fn can_be_raised_again_and_again() {
    let scene = Scene::new();
    let mut gate = scene.gate();
    let before = scene.ruleset();
    for _ in 0..3 {
        assert_eq!(gate.raise(&plan()).unwrap().how, How::Adopted);
    }
    assert_eq!(scene.ruleset(), before);
}

/// A table of another shape: here one that an older kernel could not give to an owner.
fn is_rebuilt_with_its_grants() {
    let scene = Scene::new();
    let _service = scene.service(22);
    let mut earlier = scene.open_with(old_kernel(Refresh::DestroyFirst));
    assert_eq!(earlier.raise(&plan()).unwrap().hold, Hold::Shared);
    let openings = [
        lasting(&scene.alice, Version::Four, "tcp/22"),
        once(&scene.alice, Version::Six, "tcp/22"),
    ];
    earlier.apply(&open(&openings, LONG)).unwrap();
    drop(earlier);
    let mut gate = scene.open();
    let raised = gate.raise(&plan()).unwrap();
    assert_eq!(
        (raised.how, raised.hold, raised.carried),
        (How::Rebuilt, Hold::Ours, 2)
    );
    let standing = gate.standing().unwrap();
    assert_eq!(standing.len(), 2);
    assert!(
        standing
            .iter()
            .all(|each| each.remaining > LONG.mul_f64(0.8))
    );
    for version in VERSIONS {
        assert!(scene.gets_in(&scene.alice, version, 22));
    }
    assert!(
        scene.is_dropped(&scene.alice, Version::Six, 22),
        "one-shot stayed one-shot"
    );
}

fn belongs_to_one_process() {
    let scene = Scene::new();
    let mut first = scene.gate();
    let mut second = scene.open();
    assert!(matches!(
        second.raise(&plan()),
        Err(RaiseError::HeldByAnother { .. })
    ));
    assert!(matches!(second.lower(), Err(LowerError::HeldByAnother)));
    let effect = open(&[lasting(&scene.mallory, Version::Four, "tcp/22")], LONG);
    assert!(matches!(
        second.apply(&effect),
        Err(ApplyError::HeldByAnother)
    ));
    assert!(first.standing().unwrap().is_empty());
    assert_eq!(first.disturbed().unwrap(), Disturbance::Nothing);
    assert_eq!(first.lower().unwrap(), Lowered::Removed);
    assert_eq!(second.raise(&plan()).unwrap().how, How::Built);
}

fn is_taken_away_cleanly() {
    let scene = Scene::new();
    let _service = scene.service(22);
    let before = scene.ruleset();
    let gate = scene.gate();
    drop(gate);
    // Another process, as `gate down` is one.
    let mut gate = scene.open();
    assert_eq!(gate.lower().unwrap(), Lowered::Removed);
    assert_eq!(gate.lower().unwrap(), Lowered::NotThere);
    assert!(scene.gets_in(&scene.mallory, Version::Four, 22));
    assert_eq!(scene.ruleset(), before);
}

fn survives_a_flushed_ruleset() {
    let scene = Scene::new();
    let mut gate = scene.gate();
    let Some((text, done)) = scene.nft(&["flush", "ruleset"]) else {
        return crate::skip_one("no `nft` here to flush the ruleset with");
    };
    assert!(done, "{text}");
    assert!(scene.is_dropped(&scene.mallory, Version::Four, 22));
    assert_eq!(gate.disturbed().unwrap(), Disturbance::Nothing);
    let (text, done) = scene
        .nft(&["delete", "table", "inet", "nightlatch"])
        .unwrap();
    assert!(!done, "{text}");
}

/// On kernels without owners everybody with the capability can delete it.
fn is_missed_when_it_is_gone_and_put_back() {
    let scene = Scene::new();
    let _service = scene.service(22);
    let mut gate = scene.open_with(old_kernel(Refresh::DestroyFirst));
    assert_eq!(gate.raise(&plan()).unwrap().how, How::Built);
    let opened = lasting(&scene.alice, Version::Four, "tcp/22");
    gate.apply(&open(&[opened], LONG)).unwrap();
    assert!(!is_readable(&gate), "our own changes are no news");
    assert_eq!(gate.disturbed().unwrap(), Disturbance::Nothing);

    let mut other = scene.open();
    assert_eq!(other.lower().unwrap(), Lowered::Removed);
    assert!(is_readable(&gate));
    assert_eq!(gate.disturbed().unwrap(), Disturbance::Gone);
    assert!(scene.gets_in(&scene.mallory, Version::Four, 22));
    assert_eq!(gate.raise(&plan()).unwrap().how, How::Built);
    assert!(scene.is_dropped(&scene.mallory, Version::Four, 22));
    assert_eq!(gate.disturbed().unwrap(), Disturbance::Nothing);
    assert!(!is_readable(&gate));
}

/// The news is heard, but the look fails: here for want of the capability.
fn is_missed_also_when_nobody_could_look() {
    let scene = Scene::new();
    let mut gate = scene.open_with(old_kernel(Refresh::InPlace));
    let _ = gate.raise(&plan()).unwrap();
    let _ = scene.open().lower().unwrap();
    let looked = scene
        .server
        .run(|| {
            let mut sets = capabilities(None).unwrap();
            sets.effective.remove(CapabilitySet::NET_ADMIN);
            set_capabilities(None, sets).unwrap();
            gate.disturbed()
        })
        .unwrap();
    assert!(looked.is_err(), "{looked:?}");
    assert!(!is_readable(&gate), "the news itself is gone");
    for _ in 0..2 {
        assert_eq!(gate.disturbed().unwrap(), Disturbance::Gone);
    }
    let _ = gate.raise(&plan()).unwrap();
    assert_eq!(gate.disturbed().unwrap(), Disturbance::Nothing);
}

fn is_suspicious_of_changes_by_others() {
    let scene = Scene::new();
    let mut gate = scene.open_with(old_kernel(Refresh::InPlace));
    let _ = gate.raise(&plan()).unwrap();
    let mut other = scene.open_with(old_kernel(Refresh::InPlace));
    let effect = open(&[lasting(&scene.mallory, Version::Four, "tcp/22")], LONG);
    other.apply(&effect).unwrap();
    assert!(is_readable(&gate));
    assert_eq!(gate.disturbed().unwrap(), Disturbance::Changed);
    assert_eq!(gate.disturbed().unwrap(), Disturbance::Nothing);
}

fn does_not_mind_other_tables() {
    let scene = Scene::new();
    let mut gate = scene.open_with(old_kernel(Refresh::InPlace));
    let _ = gate.raise(&plan()).unwrap();
    let Some((text, done)) = scene.nft(&["add", "table", "ip", "nightlatch"]) else {
        return crate::skip_one("no `nft` here to make a table with");
    };
    assert!(done, "{text}");
    assert!(is_readable(&gate));
    assert_eq!(gate.disturbed().unwrap(), Disturbance::Nothing);
}

fn says_which_capability_is_missing() {
    let scene = Scene::new();
    let refused = scene
        .server
        .run(|| {
            let mut sets = capabilities(None).unwrap();
            sets.effective.remove(CapabilitySet::NET_ADMIN);
            set_capabilities(None, sets).unwrap();
            Nftables::open().map(drop)
        })
        .unwrap();
    let Err(error @ OpenError::NoPermission) = refused else {
        panic!("{refused:?}");
    };
    assert!(error.to_string().contains("CAP_NET_ADMIN"));
}

/// What we write byte by byte is what `nft` makes of the text that we show.
fn is_what_it_is_said_to_be() {
    let scene = Scene::new();
    let twin = Scene::new();
    let without_keys = GatePlan {
        knock_port: None,
        ..plan()
    };
    let plans = [
        vec!["tcp/22", "tcp/80-90", "udp/53"],
        vec!["udp/1-65535", "tcp/7-9"],
        vec![
            "tcp/65535",
            "tcp/65533-65534",
            "tcp/1",
            "tcp/100-200",
            "tcp/150-300",
        ],
        vec![],
    ]
    .map(|guarded| plan_of(&guarded));
    let with_a_socket = GatePlan {
        knock_socket: Some(62_201),
        ..without_keys.clone()
    };
    let leading = [Shows::Theirs, Shows::Ours].map(leading);
    let others = [without_keys, with_a_socket].into_iter().chain(leading);
    for plan in plans.into_iter().chain(others) {
        let mut gate = scene.open_with(old_kernel(Refresh::InPlace));
        let _ = gate.raise(&plan).unwrap();
        let text = render(&plan);
        let Some((said, done)) = twin.nft(&[&text]) else {
            return crate::skip_one("no `nft` here to compare with");
        };
        assert!(done, "{said}\n{text}");
        assert_eq!(scene.ruleset(), twin.ruleset());
        twin.nft(&["flush", "ruleset"]);
        assert_eq!(gate.lower().unwrap(), Lowered::Removed);
    }
}

fn shows_no_grant_without_an_end() {
    let scene = Scene::new();
    let mut gate = scene.open_with(old_kernel(Refresh::InPlace));
    let _ = gate.raise(&plan()).unwrap();
    let element = "add element inet nightlatch open4 { 10.77.0.3 . tcp . 22 }";
    let Some((text, done)) = scene.nft(&[element]) else {
        return crate::skip_one("no `nft` here to add an element with");
    };
    assert!(done, "{text}");
    let standing = gate.standing().unwrap();
    assert_eq!(standing.len(), 1);
    let expected = opening(&scene.mallory, Version::Four, "tcp/22", Passage::Lasting);
    assert_eq!(standing[0].opening, expected);
    assert!(standing[0].remaining <= Duration::from_mins(1));
}
