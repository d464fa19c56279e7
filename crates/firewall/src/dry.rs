//! A gate that changes nothing and tells what it would have done.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::io::Write;
use std::os::fd::BorrowedFd;
use std::time::Duration;

use nightlatch_core::{
    AddressSet, Banned, Cut, Effect, GatePlan, MOST_BANS, Member, Opening, Prefix, Standing,
};

use crate::commands::{cut_line, in_words, lift_line};
use crate::gate::{
    ApplyError, Disturbance, Firewall, Hold, How, ListError, LowerError, Lowered, Noise,
    NoiseError, RaiseError, Raised, SeverError, Severed, WatchError,
};
use crate::key::Key;
use crate::layout::Set;
use crate::script;
use crate::sets::SetError;

/// Remembers and tells; never touches the kernel, needs no permission.
///
/// It has no clock: an opening or a ban stays until it is ended, and always has the whole of its time left.
pub struct DryRun {
    plan: Option<GatePlan>,
    openings: BTreeMap<(Set, Vec<u8>), Standing>,
    bans: BTreeMap<Prefix, Duration>,
    cuts: BTreeSet<Cut>,
    told: VecDeque<String>,
    listener: Option<Box<dyn Write + Send>>,
}

impl DryRun {
    /// Remembers what it is told; read it with [`DryRun::told`].
    pub fn new() -> Self {
        Self {
            plan: None,
            openings: BTreeMap::new(),
            bans: BTreeMap::new(),
            cuts: BTreeSet::new(),
            told: VecDeque::new(),
            listener: None,
        }
    }

    /// Writes every line to `listener` besides, at once.
    pub fn telling(listener: impl Write + Send + 'static) -> Self {
        Self {
            listener: Some(Box::new(listener)),
            ..Self::new()
        }
    }

    /// What it would have done, line by line in nft's syntax; the oldest lines go when there are too many.
    pub fn told(&self) -> impl Iterator<Item = &str> {
        self.told.iter().map(String::as_str)
    }

    /// The plan that it was raised with, while it stands.
    pub fn plan(&self) -> Option<&GatePlan> {
        self.plan.as_ref()
    }

    fn tell(&mut self, text: &str) {
        for line in text.lines() {
            if self.told.len() >= LINES_REMEMBERED {
                self.told.pop_front();
            }
            self.told.push_back(line.to_owned());
            if let Some(listener) = &mut self.listener {
                // Whoever asked for a dry run and closed the pipe does not want to read it.
                let _ = writeln!(listener, "{line}");
            }
        }
    }

    fn open(&mut self, opening: Opening, lasts: Duration) {
        let standing = Standing {
            opening,
            remaining: lasts,
        };
        self.openings.insert(place(&opening), standing);
    }

    fn lift(&mut self, cut: Cut) {
        if self.cuts.remove(&cut) {
            self.tell(&lift_line(cut));
        }
    }

    fn close(&mut self, opening: &Opening) {
        self.openings.remove(&place(opening));
    }
}

impl Default for DryRun {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for DryRun {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("DryRun")
            .field("openings", &self.openings.len())
            .field("lines", &self.told.len())
            .finish_non_exhaustive()
    }
}

impl Firewall for DryRun {
    fn raise(&mut self, plan: &GatePlan) -> Result<Raised, RaiseError> {
        let how = if self.plan.is_some() {
            How::Adopted
        } else {
            How::Built
        };
        self.plan = Some(plan.clone());
        self.tell(&script::render(plan));
        let carried = self.openings.len();
        Ok(Raised {
            how,
            hold: Hold::Ours,
            carried,
            running: 0,
            left_out: 0,
        })
    }

    fn apply(&mut self, effect: &Effect) -> Result<(), ApplyError> {
        if self.plan.is_none() {
            return Err(ApplyError::NoGate);
        }
        match effect {
            Effect::Open { openings, lasts } => {
                for opening in openings {
                    self.lift(Cut::of(*opening));
                    self.open(*opening, *lasts);
                }
            }
            Effect::Close { openings } => {
                for opening in openings {
                    self.close(opening);
                }
            }
            // Whoever is in them is the administrator's business; here they are only told of.
            Effect::Insert { .. } | Effect::Remove { .. } => {}
            Effect::Ban { prefixes, lasts } => {
                self.bans
                    .extend(prefixes.iter().map(|prefix| (*prefix, *lasts)));
                // Strangers cause bans, and here nothing ends them.
                while self.bans.len() > MOST_BANS {
                    self.bans.pop_first();
                }
            }
            Effect::Pardon { prefixes } => {
                self.bans.retain(|prefix, _| !prefixes.contains(prefix));
            }
        }
        for line in in_words(effect) {
            self.tell(&line);
        }
        Ok(())
    }

    fn look_up(&mut self, _set: &AddressSet) -> Result<(), SetError> {
        Ok(())
    }

    fn are_sets_made_anew(&mut self) -> bool {
        false
    }

    fn left_alone(&mut self) -> Vec<Member> {
        Vec::new()
    }

    fn sever(&mut self, cuts: &[Cut]) -> Result<Severed, SeverError> {
        if self.plan.is_none() {
            return Err(ApplyError::NoGate.into());
        }
        for cut in cuts {
            // As many as the kernel would hold; a cut that stands is not told again.
            if self.cuts.len() < MOST_CUTS && self.cuts.insert(*cut) {
                self.tell(&cut_line(*cut));
            }
        }
        Ok(Severed { sockets: 0 })
    }

    fn standing(&mut self) -> Result<Vec<Standing>, ListError> {
        Ok(self.openings.values().copied().collect())
    }

    fn banned(&mut self) -> Result<Vec<Banned>, ListError> {
        let banned = |(prefix, remaining): (&Prefix, &Duration)| Banned {
            prefix: *prefix,
            remaining: *remaining,
        };
        Ok(self.bans.iter().map(banned).collect())
    }

    fn lower(&mut self) -> Result<Lowered, LowerError> {
        self.openings.clear();
        self.bans.clear();
        self.cuts.clear();
        if self.plan.take().is_none() {
            return Ok(Lowered::NotThere);
        }
        self.tell("delete table inet nightlatch");
        Ok(Lowered::Removed)
    }

    fn watch(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    fn disturbed(&mut self) -> Result<Disturbance, WatchError> {
        Ok(Disturbance::Nothing)
    }

    fn noise(&mut self) -> Result<Noise, NoiseError> {
        Ok(Noise::default())
    }
}

fn place(opening: &Opening) -> (Set, Vec<u8>) {
    (
        Set::of(opening),
        Key::of_opening(opening).as_bytes().to_vec(),
    )
}

/// Enough to read back a long afternoon; small enough to forget about.
const LINES_REMEMBERED: usize = 4096;
const MOST_CUTS: usize = 65_536;

#[cfg(test)]
mod tests {
    use nightlatch_core::{Passage, Stay};

    use super::*;

    fn plan() -> GatePlan {
        GatePlan {
            knock_port: Some(62201),
            knock_socket: None,
            guarded: vec!["tcp/22".parse().unwrap()],
            forwards: vec![],
        }
    }

    fn openings() -> Vec<Opening> {
        vec![Opening {
            address: "203.0.113.7".parse().unwrap(),
            port: "tcp/22".parse().unwrap(),
            passage: Passage::OneShot,
        }]
    }

    #[test]
    fn it_tells_every_change_in_the_words_of_nft() {
        let mut dry = DryRun::new();
        let _ = dry.raise(&plan()).unwrap();
        let lasts = Duration::from_millis(90_500);
        dry.apply(&Effect::Open {
            openings: openings(),
            lasts,
        })
        .unwrap();
        dry.apply(&Effect::Close {
            openings: openings(),
        })
        .unwrap();
        let _ = dry.lower().unwrap();
        let told: Vec<&str> = dry.told().collect();
        assert!(told.contains(&"\t\ttcp dport 22 goto guard"));
        assert_eq!(
            told[told.len() - 3..],
            [
                "add element inet nightlatch once4 { 203.0.113.7 . tcp . 22 timeout 1m30s500ms }",
                "destroy element inet nightlatch once4 { 203.0.113.7 . tcp . 22 }",
                "delete table inet nightlatch",
            ]
        );
    }

    #[test]
    fn it_keeps_the_openings_that_it_would_have_made() {
        let mut dry = DryRun::new();
        let effect = Effect::Open {
            openings: openings(),
            lasts: Duration::from_secs(30),
        };
        assert!(matches!(dry.apply(&effect), Err(ApplyError::NoGate)));
        assert_eq!(dry.raise(&plan()).unwrap().how, How::Built);
        dry.apply(&effect).unwrap();
        dry.apply(&effect).unwrap();
        assert_eq!(dry.standing().unwrap().len(), 1);
        assert_eq!(dry.raise(&plan()).unwrap().carried, 1);
        dry.apply(&Effect::Close {
            openings: openings(),
        })
        .unwrap();
        assert_eq!(dry.standing().unwrap(), []);
        assert_eq!(dry.lower().unwrap(), Lowered::Removed);
        assert_eq!(dry.lower().unwrap(), Lowered::NotThere);
    }

    #[test]
    fn it_keeps_and_tells_the_bans_that_it_would_have_made() {
        let mut dry = DryRun::new();
        let _ = dry.raise(&plan()).unwrap();
        let prefixes: Vec<Prefix> = ["203.0.113.7", "2001:db8::7", "2001:db8::/64"]
            .map(|text| text.parse().unwrap())
            .to_vec();
        let lasts = Duration::from_mins(10);
        let effect = Effect::Ban {
            prefixes: prefixes.clone(),
            lasts,
        };
        dry.apply(&effect).unwrap();
        assert_eq!(dry.banned().unwrap().len(), 3);
        dry.apply(&Effect::Pardon { prefixes }).unwrap();
        assert_eq!(dry.banned().unwrap(), []);
        let told: Vec<&str> = dry.told().collect();
        assert_eq!(
            told[told.len() - 6..],
            [
                "add element inet nightlatch ban4 { 203.0.113.7 timeout 10m }",
                "add element inet nightlatch ban6 { 2001:db8::7 timeout 10m }",
                "add element inet nightlatch ban6net { 2001:db8:: timeout 10m }",
                "destroy element inet nightlatch ban4 { 203.0.113.7 }",
                "destroy element inet nightlatch ban6 { 2001:db8::7 }",
                "destroy element inet nightlatch ban6net { 2001:db8:: }",
            ]
        );
    }

    #[test]
    fn there_is_an_end_to_the_bans_that_it_keeps() {
        let mut dry = DryRun::new();
        let _ = dry.raise(&plan()).unwrap();
        let who = |number| Prefix::of(std::net::Ipv4Addr::from_bits(number).into());
        for number in 0..70 {
            let prefixes = (number * 1000..(number + 1) * 1000).map(who).collect();
            let lasts = Duration::from_mins(1);
            dry.apply(&Effect::Ban { prefixes, lasts }).unwrap();
        }
        assert_eq!(dry.banned().unwrap().len(), MOST_BANS);
    }

    #[test]
    fn it_tells_what_it_would_have_put_into_whose_sets() {
        let mut dry = DryRun::new();
        let _ = dry.raise(&plan()).unwrap();
        let member = |set: &str, address: &str| Member {
            set: std::sync::Arc::new(set.parse().unwrap()),
            address: address.parse().unwrap(),
        };
        let members = vec![
            member("ipv4 into nftables inet filter admins", "203.0.113.7"),
            member("ipv6 into ipset admins6", "2001:db8::7"),
        ];
        let lasts = Duration::from_secs(90);
        let stay = |member: &Member| Stay {
            member: member.clone(),
            lasts,
        };
        let stays = members.iter().map(stay).collect();
        dry.apply(&Effect::Insert { stays }).unwrap();
        dry.apply(&Effect::Remove { members }).unwrap();
        let told: Vec<&str> = dry.told().collect();
        assert_eq!(
            told[told.len() - 4..],
            [
                "add element inet filter admins { 203.0.113.7 timeout 1m30s }",
                "ipset add admins6 2001:db8::7 timeout 90 -exist",
                "destroy element inet filter admins { 203.0.113.7 }",
                "ipset del admins6 2001:db8::7 -exist",
            ]
        );
    }

    #[test]
    fn it_tells_whom_it_would_cut_off_once_and_that_the_next_grant_lifts_it() {
        let mut dry = DryRun::new();
        let cuts: Vec<Cut> = openings().into_iter().map(Cut::of).collect();
        assert!(dry.sever(&cuts).is_err(), "there is no gate");
        let _ = dry.raise(&plan()).unwrap();
        let before = dry.told().count();
        for _ in 0..2 {
            assert_eq!(dry.sever(&cuts).unwrap(), Severed { sockets: 0 });
        }
        dry.apply(&Effect::Open {
            openings: openings(),
            lasts: Duration::from_secs(30),
        })
        .unwrap();
        let told: Vec<&str> = dry.told().skip(before).collect();
        assert_eq!(
            told,
            [
                "add element inet nightlatch cut4 { 203.0.113.7 . tcp . 22 timeout 5d }",
                "destroy element inet nightlatch cut4 { 203.0.113.7 . tcp . 22 }",
                "add element inet nightlatch once4 { 203.0.113.7 . tcp . 22 timeout 30s }",
            ]
        );
    }

    #[test]
    fn it_forgets_its_oldest_lines() {
        let mut dry = DryRun::new();
        let _ = dry.raise(&plan()).unwrap();
        for _ in 0..LINES_REMEMBERED {
            dry.apply(&Effect::Close {
                openings: openings(),
            })
            .unwrap();
        }
        assert_eq!(dry.told().count(), LINES_REMEMBERED);
        assert!(dry.told().all(|line| line.starts_with("destroy")));
    }
}
