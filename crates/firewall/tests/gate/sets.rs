//! Stories of sets that are the administrator's own, made and read by `nft` and `ipset`.

use std::sync::Arc;
use std::time::Duration;

use nightlatch_core::{AddressSet, Effect, Member, Stay};
use nightlatch_firewall::{
    ApplyError, Disturbance, Fault, Firewall, Nftables, Raised, Refresh, SetError,
};
use nightlatch_lab::{program, wait_until};

use crate::scene::{Scene, old_kernel, plan};
use crate::{Story, skip_one};

pub(crate) const STORIES: &[Story] = &[
    (
        "an_address_gets_into_sets_of_nftables_and_leaves_by_itself",
        nftables,
    ),
    (
        "an_address_gets_into_sets_of_ipset_and_leaves_by_itself",
        ipset,
    ),
    ("a_set_of_ipset_that_was_made_anew_is_found_once", remade),
    ("renewing_sets_the_time_anew_on_every_kernel", renewed),
    ("what_the_administrator_put_in_for_ever_stays", for_ever),
    ("a_set_that_does_not_fit_is_refused_with_its_reason", unfit),
    (
        "where_one_set_is_unfit_nothing_is_inserted_anywhere",
        nothing_by_halves,
    ),
    ("a_set_that_is_full_or_gone_is_said_to_be", full_or_gone),
    ("a_set_that_is_made_anew_is_noticed", made_anew),
];

const ADMINS: &str = "ipv4 into nftables inet filter admins";
const ADMINS_6: &str = "ipv6 into nftables inet filter admins6";
const OLD: &str = "ipv4 into nftables ip old-filter admins";
const IPSET: &str = "ipv4 into ipset admins";
const IPSET_6: &str = "ipv6 into ipset admins6";

const RULESET: [&str; 5] = [
    "add table inet filter",
    "add set inet filter admins { type ipv4_addr; flags timeout; }",
    "add set inet filter admins6 { type ipv6_addr; flags timeout; }",
    "add table ip old-filter",
    "add set ip old-filter admins { type ipv4_addr; flags timeout, dynamic; timeout 1d; }",
];

const IPSETS: [&str; 2] = [
    "create admins hash:ip timeout 0",
    "create admins6 hash:ip family inet6 timeout 0",
];

fn nftables() {
    let Some((scene, mut gate)) = with_nft() else {
        return;
    };
    let who = ["192.0.2.7", "2001:db8::7", "192.0.2.7"];
    let sets = [ADMINS, ADMINS_6, OLD];
    insert(&mut gate, &sets, &who, 3500).unwrap();
    let listed = scene.ruleset().unwrap();
    for element in ["192.0.2.7 timeout 3s500ms", "2001:db8::7 timeout 3s500ms"] {
        assert!(listed.contains(element), "{listed}");
    }
    let is_gone = || !scene.ruleset().unwrap().contains("expires");
    assert!(!is_gone());
    assert!(
        wait_until(PATIENCE, is_gone),
        "{}",
        scene.ruleset().unwrap()
    );
    insert(&mut gate, &sets, &who, 60_000).unwrap();
    remove(&mut gate, &sets, &who).unwrap();
    remove(&mut gate, &sets, &who).unwrap();
    assert!(is_gone(), "taken out early");
}

fn ipset() {
    let Some((scene, mut gate)) = with_ipset() else {
        return;
    };
    let (sets, who) = ([IPSET, IPSET_6], ["192.0.2.7", "2001:db8::7"]);
    insert(&mut gate, &sets, &who, 3500).unwrap();
    for (name, address) in ["admins", "admins6"].into_iter().zip(who) {
        let listed = list(&scene, name);
        assert!(listed.contains(&format!("{address} timeout ")), "{listed}");
    }
    for (name, address) in ["admins", "admins6"].into_iter().zip(who) {
        let is_gone = || !list(&scene, name).contains(address);
        assert!(wait_until(PATIENCE, is_gone), "{}", list(&scene, name));
    }
    insert(&mut gate, &sets, &who, 60_000).unwrap();
    remove(&mut gate, &sets, &who).unwrap();
    remove(&mut gate, &sets, &who).unwrap();
    assert!(!list(&scene, "admins").contains("192.0.2.7"));
    assert!(!list(&scene, "admins6").contains("2001:db8::7"));
}

fn remade() {
    let Some((scene, mut gate)) = with_ipset() else {
        return;
    };
    assert!(!gate.are_sets_made_anew(), "none is used");
    let knock = |gate: &mut Nftables| insert(gate, &[IPSET], &["192.0.2.7"], 60_000).unwrap();
    knock(&mut gate);
    run(&scene, "ipset", "flush admins");
    run(&scene, "ipset", "add admins 192.0.2.8 timeout 9");
    assert!(!gate.are_sets_made_anew(), "it is the same set");
    let remakes: [&[&str]; 2] = [
        &["destroy admins", "create admins hash:ip timeout 0"],
        &[
            "create other hash:ip timeout 0",
            "swap other admins",
            "destroy other",
        ],
    ];
    for lines in remakes {
        for line in lines {
            run(&scene, "ipset", line);
        }
        assert!(gate.are_sets_made_anew(), "{lines:?}");
        assert!(!gate.are_sets_made_anew(), "once");
        // Whoever knocks before anybody asks does not hide it from the others.
        for line in lines {
            run(&scene, "ipset", line);
        }
        knock(&mut gate);
        assert!(gate.are_sets_made_anew(), "{lines:?}");
    }
    run(&scene, "ipset", "destroy admins");
    assert!(!gate.are_sets_made_anew(), "there is none to fill");
    run(&scene, "ipset", "create admins hash:ip timeout 0");
    assert!(gate.are_sets_made_anew());
}

fn renewed() {
    for refresh in [
        Refresh::InPlace,
        Refresh::DestroyFirst,
        Refresh::DeleteFirst,
    ] {
        let Some((scene, mut gate)) = with_nft() else {
            return;
        };
        if refresh != Refresh::InPlace {
            gate = scene.open_with(old_kernel(refresh));
            let _: Raised = gate.raise(&plan()).unwrap();
        }
        for lasts in [600_000, 1_200_000, 300_000] {
            insert(&mut gate, &[ADMINS], &["192.0.2.7"], lasts).unwrap();
            let listed = scene.ruleset().unwrap();
            let minutes = format!("192.0.2.7 timeout {}m", lasts / 60_000);
            assert!(listed.contains(&minutes), "{refresh:?}: {listed}");
        }
        remove(&mut gate, &[ADMINS], &["192.0.2.7"]).unwrap();
        remove(&mut gate, &[ADMINS], &["192.0.2.7"]).unwrap();
        assert!(
            !scene.ruleset().unwrap().contains("192.0.2.7"),
            "{refresh:?}"
        );
    }
    let Some((scene, mut gate)) = with_ipset() else {
        return;
    };
    for lasts in [600_000, 1_200_000, 300_000] {
        insert(&mut gate, &[IPSET], &["192.0.2.7"], lasts).unwrap();
        let listed = list(&scene, "admins");
        let mut seconds =
            (lasts / 1000 - 20..=lasts / 1000).map(|s| format!("192.0.2.7 timeout {s}"));
        assert!(seconds.any(|text| listed.contains(&text)), "{listed}");
    }
}

fn for_ever() {
    for refresh in [
        Refresh::InPlace,
        Refresh::DestroyFirst,
        Refresh::DeleteFirst,
    ] {
        let Some((scene, mut gate)) = with_nft() else {
            return;
        };
        if refresh != Refresh::InPlace {
            gate = scene.open_with(old_kernel(refresh));
            let _: Raised = gate.raise(&plan()).unwrap();
        }
        nft(&scene, "add element inet filter admins { 192.0.2.1 }");
        // Where the set has a time of its own, "for ever" has to be said, and newer programs can say it.
        insert(
            &mut gate,
            &[ADMINS, ADMINS],
            &["192.0.2.1", "192.0.2.7"],
            60_000,
        )
        .unwrap();
        assert_eq!(gate.left_alone(), [member(ADMINS, "192.0.2.1")], "said");
        insert(&mut gate, &[ADMINS], &["192.0.2.1"], 60_000).unwrap();
        assert_eq!(gate.left_alone(), [], "said once");
        remove(&mut gate, &[ADMINS, ADMINS], &["192.0.2.1", "192.0.2.7"]).unwrap();
        let listed = scene.ruleset().unwrap();
        assert!(listed.contains("192.0.2.1"), "{listed}");
        assert!(!listed.contains("192.0.2.1 timeout"), "{listed}");
        assert!(!listed.contains("192.0.2.7"), "{listed}");
    }
    let Some((scene, mut gate)) = with_ipset() else {
        return;
    };
    run(&scene, "ipset", "add admins 192.0.2.1 timeout 0");
    insert(
        &mut gate,
        &[IPSET, IPSET],
        &["192.0.2.1", "192.0.2.7"],
        60_000,
    )
    .unwrap();
    assert_eq!(gate.left_alone(), [member(IPSET, "192.0.2.1")]);
    remove(&mut gate, &[IPSET, IPSET], &["192.0.2.1", "192.0.2.7"]).unwrap();
    let listed = list(&scene, "admins");
    assert!(listed.contains("192.0.2.1 timeout 0"), "{listed}");
    assert!(!listed.contains("192.0.2.7"), "{listed}");
}

fn unfit() {
    let Some((scene, mut gate)) = with_nft() else {
        return;
    };
    for (definition, fault) in [
        ("{ type ipv4_addr; }", Fault::NoTimeouts),
        ("{ type ipv6_addr; flags timeout; }", Fault::OtherThings),
        ("{ type inet_service; flags timeout; }", Fault::OtherThings),
        ("{ type mark; flags timeout; }", Fault::OtherThings),
        (
            "{ type ipv4_addr; flags interval, timeout; }",
            Fault::Ranges,
        ),
        (
            "{ type ipv4_addr . inet_service; flags timeout; }",
            Fault::Concatenated,
        ),
    ] {
        nft(&scene, &format!("add set inet filter odd {definition}"));
        refused(&mut gate, "ipv4 into nftables inet filter odd", fault);
        nft(&scene, "delete set inet filter odd");
    }
    refused(
        &mut gate,
        "ipv4 into nftables inet filter odd",
        Fault::Missing,
    );
    refused(
        &mut gate,
        "ipv4 into nftables inet no-table odd",
        Fault::Missing,
    );
    let Some((scene, mut gate)) = with_ipset() else {
        return;
    };
    for (definition, fault) in [
        ("hash:ip", Fault::NoTimeouts),
        ("hash:ip family inet6 timeout 0", Fault::OtherThings),
        ("hash:net timeout 0", Fault::OtherThings),
        ("hash:ip,port timeout 0", Fault::Concatenated),
        ("hash:ip netmask 24 timeout 0", Fault::Networks),
    ] {
        run(&scene, "ipset", &format!("create odd {definition}"));
        refused(&mut gate, "ipv4 into ipset odd", fault);
        run(&scene, "ipset", "destroy odd");
    }
    refused(&mut gate, "ipv4 into ipset odd", Fault::Missing);
}

fn nothing_by_halves() {
    let Some((scene, mut gate)) = with_nft() else {
        return;
    };
    let sets = [ADMINS, "ipv4 into ipset no-such-set"];
    let who = ["192.0.2.7", "192.0.2.7"];
    let error = insert(&mut gate, &sets, &who, 60_000).unwrap_err();
    assert!(
        matches!(error, ApplyError::Set(SetError::Unfit { .. })),
        "{error:?}"
    );
    assert!(!scene.ruleset().unwrap().contains("192.0.2.7"));
    // Where a set is gone, nobody is in it any more.
    insert(&mut gate, &[ADMINS], &["192.0.2.7"], 60_000).unwrap();
    remove(&mut gate, &sets, &who).unwrap();
    assert!(!scene.ruleset().unwrap().contains("192.0.2.7"));
}

fn full_or_gone() {
    let Some((scene, mut gate)) = with_nft() else {
        return;
    };
    nft(
        &scene,
        "add set inet filter small { type ipv4_addr; flags timeout; size 1; }",
    );
    let small = "ipv4 into nftables inet filter small";
    insert(&mut gate, &[small], &["192.0.2.7"], 60_000).unwrap();
    insert(&mut gate, &[small], &["192.0.2.7"], 60_000).unwrap();
    let error = insert(&mut gate, &[small], &["192.0.2.8"], 60_000).unwrap_err();
    assert!(
        matches!(error, ApplyError::Set(SetError::Full(_))),
        "{error:?}"
    );
    nft(&scene, "delete table inet filter");
    let error = insert(&mut gate, &[small], &["192.0.2.8"], 60_000).unwrap_err();
    assert!(
        error.to_string().contains("nft add set inet filter small"),
        "{error}"
    );
    let Some((scene, mut gate)) = with_ipset() else {
        return;
    };
    run(&scene, "ipset", "create small hash:ip timeout 0 maxelem 1");
    let small = "ipv4 into ipset small";
    insert(&mut gate, &[small], &["192.0.2.7"], 60_000).unwrap();
    let error = insert(&mut gate, &[small], &["192.0.2.8"], 60_000).unwrap_err();
    assert!(
        matches!(error, ApplyError::Set(SetError::Full(_))),
        "{error:?}"
    );
}

fn made_anew() {
    let Some((scene, mut gate)) = with_nft() else {
        return;
    };
    nft(&scene, "delete table inet filter");
    nft(&scene, &format!("{}; {}", RULESET[0], RULESET[1]));
    assert_eq!(
        gate.disturbed().unwrap(),
        Disturbance::Nothing,
        "not ours yet"
    );
    insert(&mut gate, &[ADMINS], &["192.0.2.7"], 60_000).unwrap();
    assert_eq!(gate.disturbed().unwrap(), Disturbance::Nothing);
    nft(&scene, "delete element inet filter admins { 192.0.2.7 }");
    assert_eq!(
        gate.disturbed().unwrap(),
        Disturbance::Nothing,
        "he means it"
    );
    nft(
        &scene,
        &format!("delete table inet filter; {}; {}", RULESET[0], RULESET[1]),
    );
    assert_eq!(gate.disturbed().unwrap(), Disturbance::SetsMade);
    assert_eq!(gate.disturbed().unwrap(), Disturbance::Nothing, "told once");
}

fn refused(gate: &mut Nftables, text: &str, wanted: Fault) {
    let looked_up = gate.look_up(&text.parse().unwrap()).unwrap_err();
    let inserted = insert(gate, &[text], &["192.0.2.7"], 60_000).unwrap_err();
    for error in [ApplyError::Set(looked_up), inserted] {
        assert!(
            matches!(&error, ApplyError::Set(SetError::Unfit { fault, .. }) if *fault == wanted),
            "{text}: {error:?}"
        );
    }
}

fn insert(
    gate: &mut Nftables,
    sets: &[&str],
    addresses: &[&str],
    millis: u64,
) -> Result<(), ApplyError> {
    let lasts = Duration::from_millis(millis);
    let stays = members(sets, addresses).map(|member| Stay { member, lasts });
    let stays = stays.collect();
    gate.apply(&Effect::Insert { stays })
}

fn remove(gate: &mut Nftables, sets: &[&str], addresses: &[&str]) -> Result<(), ApplyError> {
    let members = members(sets, addresses).collect();
    gate.apply(&Effect::Remove { members })
}

fn members<'a>(sets: &'a [&str], addresses: &'a [&str]) -> impl Iterator<Item = Member> + 'a {
    let pairs = sets.iter().zip(addresses);
    pairs.map(|(set, address)| member(set, address))
}

fn member(set: &str, address: &str) -> Member {
    let set: AddressSet = set.parse().unwrap();
    Member {
        set: Arc::new(set),
        address: address.parse().unwrap(),
    }
}

/// A gate on a host where an administrator has tables of his own; none without the program `nft`.
fn with_nft() -> Option<(Scene, Nftables)> {
    let scene = Scene::new();
    if scene.ruleset().is_none() {
        skip_one("there is no nft here to make sets with");
        return None;
    }
    let gate = scene.gate();
    for line in RULESET {
        nft(&scene, line);
    }
    Some((scene, gate))
}

/// The same for sets of ipset; none without the program or without the kernel's part.
fn with_ipset() -> Option<(Scene, Nftables)> {
    let scene = Scene::new();
    for line in IPSETS {
        let Some((said, is_done)) = call(&scene, "ipset", line) else {
            skip_one("there is no ipset here to make sets with");
            return None;
        };
        if !is_done {
            skip_one(&format!("this kernel makes no set of ipset: {said}"));
            return None;
        }
    }
    let gate = scene.gate();
    Some((scene, gate))
}

fn nft(scene: &Scene, line: &str) {
    let (said, is_done) = scene.nft(&[line]).unwrap();
    assert!(is_done, "{line}: {said}");
}

fn run(scene: &Scene, tool: &str, line: &str) {
    let (said, is_done) = call(scene, tool, line).unwrap();
    assert!(is_done, "{line}: {said}");
}

fn list(scene: &Scene, name: &str) -> String {
    let listed = call(scene, "ipset", &format!("list {name}"));
    listed.unwrap().0
}

fn call(scene: &Scene, tool: &str, line: &str) -> Option<(String, bool)> {
    let called = scene.server.run(|| {
        let output = program(tool).args(line.split(' ')).output().ok()?;
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.push_str(&String::from_utf8_lossy(&output.stderr));
        Some((text, output.status.success()))
    });
    called.unwrap()
}

const PATIENCE: Duration = Duration::from_secs(10);
