//! Random days against a naive model: knocks, replays, jumps, crashes, reloads, in any order.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "a sum that overflows fails the test, as it should"
)]

use std::collections::BTreeSet;

use core::net::IpAddr;
use core::time::Duration;

use nightlatch_core::{Answers, Instant, ServiceSet};
use nightlatch_testkit::{Came, Scene, usual_policy};
use nightlatch_ticket::{Epoch, Kind, Sealed, Status};
use proptest::prelude::*;

use crate::repairs::granted;
use crate::{address, limits, seconds};

/// What may happen on a day.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Knock {
        who: usize,
        service: usize,
        wanted: u32,
    },
    Close {
        who: usize,
        service: usize,
    },
    /// Somebody sends a packet that he recorded.
    Replay {
        which: usize,
        from: usize,
    },
    Wait(u64),
    /// The server's clock jumps, and nobody else's.
    Jump(i64),
    /// Everybody sets his clock by the server's.
    SetClocks,
    Crash,
    StopAndStart,
    Reload,
    /// A person goes where another one lives.
    Move {
        who: usize,
        to: usize,
    },
}

const PEOPLE: usize = 3;
/// So few that a day can use them up.
const GRANTS: usize = 4;
const EACH: u32 = 3;
const SERVICES: [(&str, &[u16]); 2] = [("ssh", &[22]), ("web", &[80, 443])];

fn deed() -> impl Strategy<Value = Deed> {
    let (who, service) = (0..PEOPLE, 0..SERVICES.len());
    prop_oneof![
        8 => (who.clone(), service.clone(), prop_oneof![Just(0_u32), 1..4000_u32])
            .prop_map(|(who, service, wanted)| Deed::Knock { who, service, wanted }),
        2 => (who.clone(), service).prop_map(|(who, service)| Deed::Close { who, service }),
        3 => (0..64_usize, who.clone()).prop_map(|(which, from)| Deed::Replay { which, from }),
        4 => prop_oneof![0..40_u64, 0..4000_u64].prop_map(Deed::Wait),
        1 => prop_oneof![-90..90_i64, -3000..3000_i64, -1_000_000_000..1_000_000_000_i64]
            .prop_map(Deed::Jump),
        2 => Just(Deed::SetClocks),
        2 => Just(Deed::Crash),
        1 => Just(Deed::StopAndStart),
        1 => Just(Deed::Reload),
        1 => (who.clone(), who).prop_map(|(who, to)| Deed::Move { who, to }),
    ]
}

/// One holder of one opening, written down as plainly as can be.
#[derive(Clone, Debug)]
struct Held {
    /// Nobody knows whose it is after a restart.
    by: Option<(usize, usize)>,
    address: IpAddr,
    port: u16,
    until: Instant,
}

/// The day as the model sees it.
struct Day {
    scene: Scene,
    held: Vec<Held>,
    last: [u64; PEOPLE],
    floor: u64,
    recorded: Vec<Sealed>,
    /// Whose each of them was, and its counter.
    counted: Vec<(usize, u64)>,
    honoured: BTreeSet<usize>,
}

impl Day {
    fn new() -> Self {
        Self {
            scene: Scene::with(3, Answers::Sealed, limits(GRANTS, EACH)),
            held: Vec::new(),
            last: [0; PEOPLE],
            floor: 0,
            recorded: Vec::new(),
            counted: Vec::new(),
            honoured: BTreeSet::new(),
        }
    }

    fn live(&mut self, deed: Deed) {
        match deed {
            Deed::Knock {
                who,
                service,
                wanted,
            } => self.ask(Kind::Knock, who, service, wanted),
            Deed::Close { who, service } => self.ask(Kind::Close, who, service, 0),
            Deed::Replay { which, from } => self.replay(which, from),
            Deed::Wait(time) => self.scene.wait(seconds(time)),
            Deed::Jump(by) => self.jump(by),
            Deed::SetClocks => {
                (0..PEOPLE).for_each(|who| self.scene.person(who).clock_error = 0);
            }
            Deed::Crash => {
                self.scene.crash();
                self.restarted();
            }
            Deed::StopAndStart => {
                self.scene.stop_and_start();
                self.restarted();
            }
            Deed::Reload => {
                let policy = usual_policy(Answers::Sealed, limits(GRANTS, EACH));
                self.scene.reload(policy, &[0, 1, 2], ServiceSet::all());
                self.last = self.last.map(|last| last.max(self.floor));
            }
            Deed::Move { who, to } => {
                let there = address(&format!("198.18.0.{}", to + 1));
                (self.scene.person(who).at, self.scene.person(who).seen_at) = (there, there);
            }
        }
        self.check();
    }

    fn ask(&mut self, kind: Kind, who: usize, service: usize, wanted: u32) {
        let now = self.scene.now();
        let (mut request, tagged) =
            self.scene
                .person(who)
                .request(kind, SERVICES[service].0, now.unix);
        request.wanted = wanted;
        let sealed = self.scene.seal(who, &request, tagged);
        self.recorded.push(sealed);
        self.counted.push((who, request.counter.0));
        let came = self.scene.send_from(who, &sealed);

        let here = self.scene.person(who).seen_at;
        let (counter, sent) = (request.counter.0, request.time);
        // The first epoch of all has none before it.
        let heard = Epoch::at(sent).0.abs_diff(Epoch::at(now.unix).0.max(1)) <= 1;
        let expected = if !heard {
            "noise"
        } else if counter <= self.last[who] {
            "replayed"
        } else {
            self.last[who] = counter;
            if counter <= self.floor {
                "in doubt"
            } else if now.unix.distance(sent) > Duration::from_mins(1) {
                "stale"
            } else if kind == Kind::Close {
                self.expect_close(who, service, here)
            } else {
                self.expect_knock(who, service, here, wanted)
            }
        };
        assert_eq!(said(&came), expected, "{came:?}");
        if matches!(came, Came::Opened(_)) {
            self.honoured.insert(self.recorded.len() - 1);
        }
    }

    fn expect_knock(
        &mut self,
        who: usize,
        service: usize,
        here: IpAddr,
        wanted: u32,
    ) -> &'static str {
        let now = self.scene.now().monotonic;
        let mine = |held: &Held| held.by == Some((who, service)) && held.address == here;
        let mut grants: Vec<_> = self
            .held
            .iter()
            .filter(|held| held.until > now)
            .filter_map(|held| held.by.map(|by| (by, held.address)))
            .collect();
        grants.sort_unstable();
        grants.dedup();
        let is_there = grants.contains(&((who, service), here));
        let own = grants
            .iter()
            .filter(|((client, _), _)| *client == who)
            .count();
        if !is_there && (grants.len() >= GRANTS || own >= EACH as usize) {
            return "full";
        }
        let lasts = if wanted == 0 {
            30
        } else {
            u64::from(wanted.min(3600))
        };
        self.held.retain(|held| !mine(held));
        for port in SERVICES[service].1 {
            self.held.push(Held {
                by: Some((who, service)),
                address: here,
                port: *port,
                until: now.saturating_add(seconds(lasts)),
            });
        }
        "opened"
    }

    fn expect_close(&mut self, who: usize, service: usize, here: IpAddr) -> &'static str {
        let now = self.scene.now().monotonic;
        let ports = SERVICES[service].1;
        let open = |day: &Self| {
            ports
                .iter()
                .filter(|port| day.is_held(here, **port))
                .count()
        };
        let is_mine = |held: &Held| held.by == Some((who, service)) && held.address == here;
        let had_own = self
            .held
            .iter()
            .any(|held| is_mine(held) && held.until > now);
        let before = open(self);
        self.held.retain(|held| {
            let is_nobodys = held.by.is_none() && ports.contains(&held.port);
            !(is_mine(held) || is_nobodys && held.address == here)
        });
        if had_own || open(self) < before {
            "closed"
        } else {
            "nothing to close"
        }
    }

    fn replay(&mut self, which: usize, from: usize) {
        if self.recorded.is_empty() {
            return;
        }
        let which = which % self.recorded.len();
        let source = address(&format!("198.18.0.{}", from + 1));
        let came = self.scene.send(&self.recorded[which], source);
        // It may be its first time, if it was noise or stale when it was sent; never its second.
        if let Came::Opened(grant) = &came {
            assert!(self.honoured.insert(which), "opened twice for one packet");
            self.adopt_replay(grant);
        }
        if matches!(came, Came::Closed(_) | Came::Answered(_)) {
            self.resync(&came);
        }
        if matches!(came, Came::Answered(Status::InDoubt)) {
            // It is used up, though it counts as no more than the floor where counters are handed on.
            let (who, counter) = self.counted[which];
            self.last[who] = self.last[who].max(counter);
        }
        let counters = self.scene.gatekeeper.counters();
        for (client, last) in counters {
            let known = &mut self.last[client.0 as usize];
            assert!(last.0 >= *known, "a counter fell back");
            // What is in doubt counts as used where counters are handed on.
            if last.0 > self.floor {
                *known = last.0;
            }
        }
    }

    /// A packet that was held back until a jump made it fresh counts as its sender's own.
    fn adopt_replay(&mut self, grant: &nightlatch_core::Grant) {
        let (who, service) = (
            grant.knocker.client().unwrap().0 as usize,
            usize::from(grant.service.0),
        );
        let wanted = u32::try_from(grant.lasts.as_secs()).unwrap();
        self.expect_knock(who, service, grant.address, wanted);
    }

    fn resync(&mut self, came: &Came) {
        if let Came::Closed(grants) = came {
            for grant in grants {
                let client = grant.knocker.client().unwrap();
                let service = usize::from(grant.service.0);
                self.expect_close(client.0 as usize, service, grant.address);
            }
        }
    }

    fn jump(&mut self, by: i64) {
        let before = self.scene.now().unix;
        self.scene.jump(by);
        let truly = before.offset_to(self.scene.now().unix);
        for who in 0..PEOPLE {
            self.scene.person(who).clock_error -= truly;
        }
    }

    fn restarted(&mut self) {
        for (who, last) in self.last.iter_mut().enumerate() {
            *last = self
                .scene
                .disk
                .counter(nightlatch_core::ClientId(u32::try_from(who).unwrap()))
                .0;
        }
        self.floor = self.scene.disk.marks().floor.0;
        let now = self.scene.now().monotonic;
        let mut openings: Vec<Held> = Vec::new();
        for held in self.held.drain(..).filter(|held| held.until > now) {
            let same = openings
                .iter_mut()
                .find(|other| (other.address, other.port) == (held.address, held.port));
            match same {
                Some(other) => other.until = other.until.max(held.until),
                None => openings.push(Held { by: None, ..held }),
            }
        }
        self.held = openings;
    }

    fn check(&self) {
        let now = self.scene.now();
        for place in 1..=PEOPLE {
            let here = address(&format!("198.18.0.{place}"));
            for port in [22, 80, 443] {
                let is_open = self.scene.is_open(here, port);
                assert_eq!(
                    is_open,
                    self.is_held(here, port),
                    "{here}, {port}: {:?}",
                    self.held
                );
            }
        }
        assert!(self.scene.gatekeeper.grants(now).count() <= GRANTS);
        assert!(
            self.scene
                .door
                .shortest()
                .is_none_or(|least| least >= seconds(1))
        );
        assert_eq!(self.scene.doorstep.current_tags().count(), PEOPLE * 4);
    }

    fn is_held(&self, here: IpAddr, port: u16) -> bool {
        let now = self.scene.now().monotonic;
        let here = |held: &&Held| (held.address, held.port) == (here, port);
        self.held.iter().filter(here).any(|held| held.until > now)
    }
}

fn said(came: &Came) -> &'static str {
    match came {
        Came::Ignored(_) => "noise",
        Came::Refused(_) => "replayed",
        Came::Opened(_) => "opened",
        Came::Closed(_) => "closed",
        Came::Answered(Status::InDoubt) => "in doubt",
        Came::Answered(Status::Stale) => "stale",
        Came::Answered(Status::Full) => "full",
        Came::Answered(Status::Closed) => "nothing to close",
        other => panic!("the model knows no such answer: {other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_random_day_goes_as_the_naive_model_says_and_ends_with_everybody_in(
        deeds in proptest::collection::vec(deed(), 1..80),
    ) {
        let mut day = Day::new();
        for deed in deeds {
            day.live(deed);
        }
        for who in 0..PEOPLE {
            // Whatever has happened: when the doors have closed, each one gets in by himself.
            day.scene.wait(seconds(3700));
            granted(day.scene.attempt(who, "ssh"));
        }
    }
}
