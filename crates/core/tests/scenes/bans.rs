//! Bans: what the broker believes of the listener's word, and what it never does for it.

use core::net::{IpAddr, Ipv4Addr};

use nightlatch_core::{
    BanPlan, Banned, BannedBefore, Banning, Bans, Effect, Failure, Prefix, Sentence, Spared,
    Suspect,
};
use nightlatch_testkit::Scene;
use proptest::prelude::*;

use crate::{ALICE, address, elsewhere, home, opened, seconds};

fn bans() -> Bans {
    Bans::new(plan())
}

fn plan() -> BanPlan {
    BanPlan {
        banning: Banning::Ban,
        allow: vec!["192.0.2.0/24".parse().unwrap()],
        ..BanPlan::default()
    }
}

fn prefix(text: &str) -> Prefix {
    text.parse().unwrap()
}

fn suspect(prefix: Prefix) -> Suspect {
    Suspect {
        prefix,
        failure: Failure::ClosedPort,
        count: 10,
    }
}

fn judge(scene: &Scene, bans: &mut Bans, prefix: Prefix) -> Result<Sentence, Spared> {
    bans.judge(&suspect(prefix), &scene.gatekeeper, scene.now())
}

/// Bans, and has the kernel do it.
fn ban(scene: &mut Scene, bans: &mut Bans, prefix: Prefix) -> Sentence {
    let sentence = judge(scene, bans, prefix).unwrap();
    let now = scene.now().monotonic;
    assert!(scene.door.apply(&sentence.effect(), now));
    sentence
}

#[test]
fn a_ban_ends_by_itself_and_the_next_one_lasts_longer() {
    let (mut scene, mut bans) = (Scene::new(), bans());
    let who = Prefix::of(elsewhere());
    for (nth, lasts) in [(1, 600), (2, 3600), (3, 86_400), (4, 86_400)] {
        let sentence = ban(&mut scene, &mut bans, who);
        assert_eq!((sentence.nth, sentence.lasts), (nth, seconds(lasts)));
        assert!(scene.door.is_banned(elsewhere(), scene.now().monotonic));
        assert_eq!(judge(&scene, &mut bans, who), Err(Spared::InForce));
        assert_eq!(bans.expire(scene.now()), []);
        scene.wait(seconds(lasts));
        assert!(!scene.door.is_banned(elsewhere(), scene.now().monotonic));
        assert_eq!(bans.expire(scene.now()), [who]);
    }
    // A day of quiet, and it begins anew.
    scene.wait(seconds(86_401));
    assert_eq!(ban(&mut scene, &mut bans, who).nth, 1);
}

#[test]
fn nobody_is_banned_unless_the_administrator_says_so() {
    let (scene, mut bans) = (Scene::new(), Bans::new(BanPlan::default()));
    let judged = judge(&scene, &mut bans, Prefix::of(elsewhere()));
    assert_eq!(judged, Err(Spared::CountOnly));
}

#[test]
fn whom_the_administrator_allows_is_never_banned() {
    let (scene, mut bans) = (Scene::new(), bans());
    let judged = judge(&scene, &mut bans, prefix("192.0.2.77"));
    assert_eq!(judged, Err(Spared::Allowed));
    let plan = BanPlan {
        allow: vec![prefix("2001:db8::7")],
        ..plan()
    };
    let _ = bans.replace(plan);
    // A network that one who is allowed lives in is not banned either.
    let judged = judge(&scene, &mut bans, prefix("2001:db8::/64"));
    assert_eq!(judged, Err(Spared::Allowed));
}

#[test]
fn more_than_an_address_or_one_network_of_ipv6_is_never_banned() {
    let (scene, mut bans) = (Scene::new(), bans());
    for wide in [
        "0.0.0.0/0",
        "203.0.113.0/24",
        "203.0.113.4/31",
        "::/0",
        "2001:db8::/63",
        "2001:db8::/127",
    ] {
        assert_eq!(
            judge(&scene, &mut bans, prefix(wide)),
            Err(Spared::TooWide),
            "{wide}"
        );
    }
}

#[test]
fn what_is_no_host_of_elsewhere_is_never_banned() {
    let (scene, mut bans) = (Scene::new(), bans());
    for here in [
        "127.0.0.1",
        "0.0.0.0",
        "169.254.1.1",
        "255.255.255.255",
        "224.0.0.1",
        "::1",
        "::",
        "fe80::1",
        "fe80::/64",
        "ff02::1",
    ] {
        assert_eq!(
            judge(&scene, &mut bans, prefix(here)),
            Err(Spared::NoHost),
            "{here}"
        );
    }
}

#[test]
fn who_holds_a_grant_is_not_banned_while_it_lasts() {
    let (mut scene, mut bans) = (Scene::new(), bans());
    opened(&scene.knock(ALICE, "ssh"));
    let who = Prefix::of(home(&mut scene, ALICE));
    assert_eq!(judge(&scene, &mut bans, who), Err(Spared::HoldsGrant));
    scene.wait(seconds(100_000));
    assert!(judge(&scene, &mut bans, who).is_ok());
}

#[test]
fn a_network_in_which_somebody_holds_a_grant_is_not_banned() {
    let (mut scene, mut bans) = (Scene::new(), bans());
    let here = address("2001:db8::7");
    (scene.person(ALICE).at, scene.person(ALICE).seen_at) = (here, here);
    opened(&scene.knock(ALICE, "ssh"));
    let network = Prefix::network_of(here).unwrap();
    assert_eq!(judge(&scene, &mut bans, network), Err(Spared::HoldsGrant));
    assert!(judge(&scene, &mut bans, prefix("2001:db8:0:1::/64")).is_ok());
}

#[test]
fn a_banned_one_who_knocks_rightly_gets_in_and_is_banned_no_more() {
    let (mut scene, mut bans) = (Scene::new(), bans());
    let here = home(&mut scene, ALICE);
    let _ = ban(&mut scene, &mut bans, Prefix::of(here));
    let grant_is_given = opened(&scene.knock(ALICE, "ssh"));
    assert!(scene.is_open(here, 22), "{grant_is_given:?}");
    let now = scene.now().monotonic;
    for effect in bans.lift(here) {
        assert!(scene.door.apply(&effect, now));
    }
    assert!(!scene.door.is_banned(here, now) && bans.is_empty());
    assert_eq!(bans.lift(here), []);
}

#[test]
fn an_address_of_a_banned_network_is_banned_already() {
    let (scene, mut bans) = (Scene::new(), bans());
    judge(&scene, &mut bans, prefix("2001:db8::/64"))
        .map(drop)
        .unwrap();
    let judged = judge(&scene, &mut bans, prefix("2001:db8::9"));
    assert_eq!(judged, Err(Spared::InForce));
}

#[test]
fn a_listener_that_was_taken_over_has_sixty_banned_in_a_minute_and_no_more_than_there_may_be() {
    let (mut scene, mut bans) = (Scene::new(), bans());
    let _ = bans.replace(BanPlan {
        at_most: 100,
        ..plan()
    });
    let mut banned = 0;
    for number in 0..10_000_u32 {
        let who = Prefix::of(IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 | number)));
        banned += usize::from(judge(&scene, &mut bans, who).is_ok());
        if number % 1000 == 999 {
            assert!(bans.len() <= 100);
            assert_eq!(banned, bans.len());
            scene.wait(seconds(10));
        }
    }
    assert_eq!(bans.len(), 100);
}

#[test]
fn what_the_kernel_refused_was_no_ban() {
    let (scene, mut bans) = (Scene::new(), bans());
    let who = Prefix::of(elsewhere());
    judge(&scene, &mut bans, who).map(drop).unwrap();
    bans.withdraw(who);
    assert_eq!(
        judge(&scene, &mut bans, who).map(|sentence| sentence.nth),
        Ok(1)
    );
}

#[test]
fn what_the_kernel_refused_makes_nobody_forget_the_bans_before() {
    let (mut scene, mut bans) = (Scene::new(), bans());
    let who = Prefix::of(elsewhere());
    for nth in [1, 2] {
        assert_eq!(ban(&mut scene, &mut bans, who).nth, nth);
        scene.wait(seconds(3600));
        let _ = bans.expire(scene.now());
    }
    assert_eq!(judge(&scene, &mut bans, who).map(|it| it.nth), Ok(3));
    bans.withdraw(who);
    assert_eq!(judge(&scene, &mut bans, who).map(|it| it.nth), Ok(3));
}

#[test]
fn how_often_somebody_was_banned_outlives_a_restart() {
    let (mut scene, mut bans) = (Scene::new(), bans());
    let who = Prefix::of(elsewhere());
    let _ = ban(&mut scene, &mut bans, who);
    let before: Vec<BannedBefore> = bans.before(scene.now()).collect();
    let restarted = |remaining| {
        let mut bans = self::bans();
        let before = before.iter().map(|one| BannedBefore { remaining, ..*one });
        bans.remember(before, scene.now());
        bans
    };
    let nth = |scene: &Scene, mut bans: Bans| judge(scene, &mut bans, who).map(|it| it.nth);
    assert_eq!(nth(&scene, restarted(before[0].remaining)), Ok(2));
    assert_eq!(nth(&scene, restarted(seconds(0))), Ok(1), "long ago");
    let (wrong, none) = (restarted(seconds(u64::MAX)), self::bans());
    scene.wait(seconds(2 * 86_400));
    assert_eq!(nth(&scene, wrong), Ok(1), "a day at most");
    assert_eq!(none.before(scene.now()).count(), 0);
}

#[test]
fn whom_we_spare_for_who_he_is_others_do_not_hear_of() {
    let mut scene = Scene::new();
    let bans = Bans::new(BanPlan {
        allow: vec![prefix("192.0.2.0/24")],
        ..BanPlan::default()
    });
    opened(&scene.knock(ALICE, "ssh"));
    let alice = Prefix::of(home(&mut scene, ALICE));
    let told = |scene: &Scene, prefix| bans.may_be_told(prefix, &scene.gatekeeper, scene.now());
    assert_eq!(told(&scene, alice), Err(Spared::HoldsGrant));
    assert_eq!(told(&scene, prefix("192.0.2.7")), Err(Spared::Allowed));
    assert_eq!(told(&scene, prefix("fe80::1")), Err(Spared::NoHost));
    assert_eq!(told(&scene, Prefix::of(elsewhere())), Ok(()));
    scene.wait(seconds(100_000));
    assert_eq!(told(&scene, alice), Ok(()), "the grant is over");
}

#[test]
fn all_of_ipv4_behind_a_translator_is_never_banned_together() {
    let (scene, mut bans) = (Scene::new(), bans());
    let judged = judge(&scene, &mut bans, prefix("64:ff9b::/64"));
    assert_eq!(judged, Err(Spared::TooWide));
    assert!(judge(&scene, &mut bans, prefix("64:ff9b::198.51.100.7")).is_ok());
}

#[test]
fn bans_of_a_former_life_go_on_unless_they_are_not_allowed_any_more() {
    let (scene, mut bans) = (Scene::new(), bans());
    let standing = ["203.0.113.66", "192.0.2.7", "2001:db8::/64"].map(|text| Banned {
        prefix: prefix(text),
        remaining: seconds(300),
    });
    let lifted = bans.adopt(&standing, scene.now());
    let pardoned = Effect::Pardon {
        prefixes: vec![prefix("192.0.2.7")],
    };
    assert_eq!(lifted, [pardoned]);
    let in_force: Vec<Prefix> = bans.in_force(scene.now()).map(|ban| ban.prefix).collect();
    assert_eq!(in_force, [prefix("203.0.113.66"), prefix("2001:db8::/64")]);
    assert_eq!(bans.replace(BanPlan::default()).len(), 1, "off means off");
    assert!(bans.is_empty());
}

#[test]
fn a_gate_that_was_taken_away_gets_its_bans_back() {
    let (mut scene, mut bans) = (Scene::new(), bans());
    let _ = ban(&mut scene, &mut bans, Prefix::of(elsewhere()));
    scene.door.lose();
    let now = scene.now();
    assert!(!scene.door.is_banned(elsewhere(), now.monotonic));
    for effect in bans.restore(now) {
        assert!(scene.door.apply(&effect, now.monotonic));
    }
    assert!(scene.door.is_banned(elsewhere(), now.monotonic));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn whatever_the_listener_says_nobody_is_banned_who_may_not_be(
        words in prop::collection::vec((any::<[u8; 16]>(), any::<bool>(), 0..=128_u8, 0..100_u64), 0..200)
    ) {
        let (mut scene, mut bans) = (Scene::new(), bans());
        opened(&scene.knock(ALICE, "ssh"));
        let alice = home(&mut scene, ALICE);
        for (octets, is_four, length, later) in words {
            let [a, b, c, d, ..] = octets;
            let address = if is_four { IpAddr::from([a, b, c, d]) } else { IpAddr::from(octets) };
            scene.wait(seconds(later / 50));
            let said = Prefix::new(address, length).unwrap_or_else(|| Prefix::of(address));
            if let Ok(sentence) = judge(&scene, &mut bans, said) {
                prop_assert!(sentence.prefix.address().is_some() || sentence.prefix.is_network());
                prop_assert!(!prefix("192.0.2.0/24").overlaps(sentence.prefix));
                prop_assert!(!sentence.prefix.contains(alice) || !scene.is_open(alice, 22));
                prop_assert!(sentence.lasts <= seconds(86_400));
            }
            let _ = bans.expire(scene.now());
            prop_assert!(bans.len() <= 4096);
        }
    }
}
