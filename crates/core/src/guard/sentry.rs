//! The sentry: the listener's half of the guard. It counts, and says who is suspect.

use alloc::vec::Vec;
use core::net::IpAddr;
use core::time::Duration;

use nightlatch_wire::Observation;

use super::crowd::Crowd;
use super::loudest::{Loud, Loudest};
use super::ports::Ports;
use super::suspicion::{Instance, Suspicion};
use super::{Failure, Prefix};
use crate::doorstep::hosts;
use crate::{Glance, Ignored, Instant, Now, PortRange, Refused};

/// From when on somebody is suspect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentryPlan {
    /// Within how long failures are added up.
    pub window: Duration,
    /// How many failed knocks of one kind are too many.
    pub failures: u32,
    /// How many different closed ports are too many, up to [`SentryPlan::MOST_PORTS`].
    pub closed_ports: u32,
    /// Ports that only scanners touch: once is too often.
    pub decoys: Vec<PortRange>,
}

/// Somebody who failed too often. It is the listener's word, and it may be about a forged source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suspect {
    /// Who.
    pub prefix: Prefix,
    /// What he did.
    pub failure: Failure,
    /// How often; of closed ports, how many.
    pub count: u32,
}

/// Whether somebody may be told of now.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Voice {
    Aloud,
    Silent,
}

/// Counts failures by reason and source, within a fixed bound of memory.
pub struct Sentry {
    plan: SentryPlan,
    crowd: Crowd,
    loudest: Loudest,
    ports: Ports,
    /// Where this host can be reached, in order; none where that is not known.
    addresses: Vec<IpAddr>,
    counts: [u64; Failure::SEEN.len()],
    /// The second that runs, and how many may still be told in it.
    telling: (u64, u32),
}

impl SentryPlan {
    /// More different ports than this are not told apart reliably.
    pub const MOST_PORTS: u32 = 64;
}

impl Default for SentryPlan {
    fn default() -> Self {
        Self {
            window: Duration::from_mins(10),
            failures: 20,
            closed_ports: 10,
            decoys: Vec::new(),
        }
    }
}

impl Sentry {
    /// A sentry that has seen nothing yet, and knows no closed port until
    /// [`Sentry::replace_ports`]. The secret is random and of the edge's drawing.
    pub fn new(plan: SentryPlan, secret: [u8; 16]) -> Self {
        Self {
            ports: Ports::unknown(&plan.decoys),
            plan,
            crowd: Crowd::new(secret),
            loudest: Loudest::new(),
            addresses: Vec::new(),
            counts: [0; Failure::SEEN.len()],
            telling: (0, SUSPECTS_A_SECOND),
        }
    }

    /// Takes another plan; what was counted stays. Call [`Sentry::replace_ports`] afterwards.
    pub fn replace_plan(&mut self, plan: SentryPlan) {
        self.ports = Ports::unknown(&plan.decoys);
        self.plan = plan;
    }

    /// All ports are closed but these.
    pub fn replace_ports(&mut self, in_use: &[PortRange]) {
        self.ports = Ports::new(in_use, &self.plan.decoys);
    }

    /// Only what comes to these addresses of this host is a failure: what passes through it to others
    /// is between them. Where none is named, all count.
    pub fn replace_addresses(&mut self, mut addresses: Vec<IpAddr>) {
        addresses.sort_unstable();
        self.addresses = addresses;
    }

    /// Counts what the doorstep made of a packet, if it was a failure; says so if its source has
    /// failed too often, and at most [`SUSPECTS_A_SECOND`] in a second.
    pub fn observe(
        &mut self,
        seen: &Observation<'_>,
        glance: &Glance,
        now: Now,
    ) -> Option<Suspect> {
        let (failure, port) = self.failure(seen, glance)?;
        if !self.is_for_us(seen.destination) {
            return None;
        }
        let source = hosts(seen.source, seen.destination).ok();
        let source = source.map(|(source, _)| source);
        if source.is_some_and(|source| source.is_loopback()) {
            // This host's own programs: what listens on loopback alone is no port in use to strangers.
            return None;
        }
        if let Some(count) = self.counts.get_mut(usize::from(failure.number())) {
            *count = count.saturating_add(1);
        }
        let source = source?;
        self.note(source, (failure, port), now.monotonic)
    }

    /// Counts what the broker refused without a word; says so if that source is too often at what
    /// nobody does who knocks rightly. A network may double packets, and people may mistype.
    pub fn refused(&mut self, source: IpAddr, reason: Refused, now: Now) -> Option<Suspect> {
        let source = source.to_canonical();
        self.note(source, (Failure::Refused(reason), 0), now.monotonic)
    }

    /// How often each failure was, in the order of [`Failure::SEEN`].
    pub const fn counts(&self) -> &[u64; Failure::SEEN.len()] {
        &self.counts
    }

    /// The loudest within the window, the loudest first.
    pub fn loudest(&mut self, now: Now) -> Vec<Loud> {
        self.loudest.forget(self.plan.window, now.monotonic);
        self.loudest.list()
    }

    fn failure(&self, seen: &Observation<'_>, glance: &Glance) -> Option<(Failure, u16)> {
        match glance {
            Glance::Ignore(Ignored::WrongLength) => Some((Failure::WrongLength, 0)),
            Glance::Ignore(Ignored::UnknownTag) => Some((Failure::UnknownTag, 0)),
            Glance::Ignore(Ignored::OverQuota) => Some((Failure::OverQuota, 0)),
            Glance::Ignore(Ignored::NotForUs | Ignored::Astray) => self.ports.failure(seen),
            Glance::Ignore(Ignored::NoHost | Ignored::Repeated | Ignored::Crowded)
            | Glance::Claim(_)
            | Glance::Claims(_)
            | Glance::Advance(_) => None,
        }
    }

    fn is_for_us(&self, destination: IpAddr) -> bool {
        let destination = destination.to_canonical();
        self.addresses.is_empty() || self.addresses.binary_search(&destination).is_ok()
    }

    fn note(&mut self, source: IpAddr, what: (Failure, u16), now: Instant) -> Option<Suspect> {
        let print = self.crowd.print(source);
        let network = Prefix::network_of(source).filter(|_| !is_of_the_link(source));
        let together =
            network.and_then(|network| self.count(network, what, (print, Voice::Aloud), now));
        // The whole network says more. But the broker may spare it for somebody else in it: so the
        // address, which is not told now, is told with its next failure.
        let voice = together.map_or(Voice::Aloud, |_| Voice::Silent);
        let alone = self.count(Prefix::of(source), what, (print, voice), now);
        together.or(alone)
    }

    fn count(
        &mut self,
        prefix: Prefix,
        (failure, port): (Failure, u16),
        (print, voice): (u32, Voice),
        now: Instant,
    ) -> Option<Suspect> {
        let instance = Instance {
            prefix,
            failure,
            print,
            mark: self.crowd.mark(port),
        };
        let suspicion = self.crowd.count(&instance, self.plan.window, now)?;
        let count = suspicion.at_least();
        // A network is only loud as such where several of it are.
        if prefix.address().is_some() || suspicion.turns() > 1 {
            let loud = Loud {
                prefix,
                failure,
                count,
            };
            self.loudest.hear(loud, now);
        }
        let measure = measure(suspicion);
        let is_too_much = measure >= self.plan.threshold(prefix, failure);
        if !is_too_much || voice == Voice::Silent || suspicion.is_told_within(TELL_AGAIN, now) {
            return None;
        }
        if !may_tell(&mut self.telling, now) {
            return None;
        }
        suspicion.tell(now);
        Some(Suspect {
            prefix,
            failure,
            count: measure,
        })
    }
}

impl SentryPlan {
    fn threshold(&self, prefix: Prefix, failure: Failure) -> u32 {
        match failure {
            Failure::WrongLength
            | Failure::UnknownTag
            | Failure::OverQuota
            | Failure::Refused(Refused::UnknownClient | Refused::Forged | Refused::Malformed) => {
                self.failures.max(1)
            }
            Failure::Refused(_) => u32::MAX,
            Failure::ClosedPort => self.closed_ports.clamp(1, Self::MOST_PORTS),
            // One address may have been forged: a whole network is not banned for it.
            Failure::Decoy if prefix.is_network() => DECOYS_OF_A_NETWORK,
            Failure::Decoy => 1,
        }
    }
}

/// How far it has come: for a network by how many of it, as far as that can be told, so that nobody
/// is suspect for what one neighbour does alone.
fn measure(suspicion: &Suspicion) -> u32 {
    let measure = match suspicion.failure {
        Failure::ClosedPort => suspicion.ports(),
        _ => suspicion.at_least(),
    };
    match suspicion.prefix.address() {
        Some(_) => measure,
        None => measure.min(suspicion.turns()),
    }
}

/// Takes one out of this second's share, if there is one left.
fn may_tell(telling: &mut (u64, u32), now: Instant) -> bool {
    let second = now.since_start().as_secs();
    if telling.0 != second {
        *telling = (second, SUSPECTS_A_SECOND);
    }
    match telling.1.checked_sub(1) {
        Some(left) => {
            telling.1 = left;
            true
        }
        None => false,
    }
}

/// Neighbours on the link share their prefix with the router.
const fn is_of_the_link(source: IpAddr) -> bool {
    match source {
        IpAddr::V4(_) => false,
        IpAddr::V6(source) => source.is_unicast_link_local(),
    }
}

/// More than anybody's host is scanned by honest scanners; few enough that the broker does not notice.
const SUSPECTS_A_SECOND: u32 = 32;
/// Who goes on is told again, so that he is banned again when his ban is over.
const TELL_AGAIN: Duration = Duration::from_secs(10);
const DECOYS_OF_A_NETWORK: u32 = 3;

#[cfg(test)]
mod tests {
    use super::super::crowd::SETS;
    use super::*;
    use crate::bounded::WAYS;

    fn sentry() -> Sentry {
        Sentry::new(SentryPlan::default(), [7; 16])
    }

    fn at(seconds: u64) -> Instant {
        Instant::from_duration(
            Duration::from_secs(1000).saturating_add(Duration::from_secs(seconds)),
        )
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn forged(number: u32) -> IpAddr {
        IpAddr::V4(core::net::Ipv4Addr::from_bits(0x0a00_0000 | number))
    }

    const KNOCK: (Failure, u16) = (Failure::UnknownTag, 0);

    #[test]
    fn who_fails_too_often_within_the_window_is_suspect() {
        let mut sentry = sentry();
        let source = address("192.0.2.1");
        for second in 0..19 {
            assert_eq!(sentry.note(source, KNOCK, at(second)), None);
        }
        let suspect = sentry.note(source, KNOCK, at(19)).unwrap();
        assert_eq!((suspect.prefix, suspect.count), (Prefix::of(source), 20));
        assert_eq!(
            sentry.note(source, KNOCK, at(20)),
            None,
            "told a moment ago"
        );
        assert!(sentry.note(source, KNOCK, at(30)).is_some(), "and goes on");
    }

    #[test]
    fn what_the_broker_refuses_is_counted_and_forgers_are_suspect() {
        let mut sentry = sentry();
        let now = Now {
            monotonic: at(1),
            unix: nightlatch_ticket::UnixTime::default(),
        };
        let source = address("192.0.2.1");
        let mut suspects = |reason| {
            let refused = (0..100).filter_map(|_| sentry.refused(source, reason, now));
            refused.count()
        };
        assert_eq!(suspects(Refused::Replayed), 0);
        assert_eq!(suspects(Refused::Forged), 1);
        let loudest = sentry.loudest(now);
        assert!(loudest.iter().all(|loud| loud.count == 100) && loudest.len() == 2);
    }

    #[test]
    fn what_was_too_long_ago_does_not_count() {
        let mut sentry = sentry();
        let source = address("192.0.2.1");
        for failure in 0..100 {
            assert_eq!(sentry.note(source, KNOCK, at(failure * 35)), None);
        }
    }

    #[test]
    fn the_same_closed_ports_again_and_again_are_no_scan_and_some_more_are() {
        let mut sentry = sentry();
        let source = address("192.0.2.1");
        let mut touch = |port| sentry.note(source, (Failure::ClosedPort, port), at(1));
        for port in (0..1000).map(|touch| 7000 + touch % 9) {
            assert_eq!(touch(port), None);
        }
        // Two ports may make the same mark; never does one make two.
        let found = (8000..8010).find_map(touch).unwrap();
        assert_eq!((found.failure, found.count), (Failure::ClosedPort, 10));
    }

    #[test]
    fn one_touch_of_a_decoy_is_enough_and_three_neighbours_make_a_network() {
        let mut sentry = sentry();
        let touch = (Failure::Decoy, 23);
        let mut told = |host: u16| {
            let source = IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, host]);
            sentry.note(source, touch, at(1)).unwrap().prefix
        };
        assert_eq!(told(1), "2001:db8::1".parse().unwrap());
        assert_eq!(told(2), "2001:db8::2".parse().unwrap());
        assert_eq!(told(3), "2001:db8::3".parse().unwrap());
        assert_eq!(told(4), "2001:db8::/64".parse().unwrap());
    }

    #[test]
    fn who_changes_his_address_with_every_packet_is_known_by_his_network() {
        let mut sentry = sentry();
        let suspects = (1..=30_u16).filter_map(|host| {
            let source = IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, host]);
            sentry.note(source, KNOCK, at(1))
        });
        let suspects: Vec<_> = suspects.map(|suspect| suspect.prefix).collect();
        assert_eq!(suspects, ["2001:db8::/64".parse().unwrap()]);
    }

    #[test]
    fn one_alone_makes_no_network_suspect() {
        let mut sentry = sentry();
        let source = address("2001:db8::1");
        let mut suspects = (0..200).filter_map(|second| sentry.note(source, KNOCK, at(second)));
        let is_alone = |suspect: Suspect| suspect.prefix == Prefix::of(source);
        assert!(suspects.all(is_alone));
    }

    #[test]
    fn an_address_is_told_soon_although_its_network_was() {
        let mut sentry = sentry();
        let [one, other] = ["2001:db8::1", "2001:db8::2"].map(address);
        // Its network may be spared for somebody else in it: that must not hide the address each time.
        let mut told = |source, second| {
            let suspect = sentry.note(source, (Failure::Decoy, 23), at(second));
            suspect.map(|suspect| suspect.prefix)
        };
        for second in 1..4 {
            let _ = (told(one, second), told(other, second));
        }
        let network = Prefix::network_of(one);
        assert_eq!(told(one, 60), network);
        assert_eq!(told(one, 60), Some(Prefix::of(one)));
    }

    #[test]
    fn what_passes_through_this_host_to_others_is_no_failure() {
        let mut sentry = sentry();
        sentry.replace_ports(&[]);
        sentry.replace_addresses(["2001:db8::1", "192.0.2.1"].map(address).to_vec());
        assert!(sentry.is_for_us(address("192.0.2.1")));
        assert!(sentry.is_for_us(address("::ffff:192.0.2.1")));
        assert!(!sentry.is_for_us(address("198.51.100.7")));
        sentry.replace_addresses(Vec::new());
        assert!(sentry.is_for_us(address("198.51.100.7")), "nobody knows");
    }

    #[test]
    fn the_link_itself_is_no_network() {
        let mut sentry = sentry();
        for host in 1..=200_u16 {
            let source = IpAddr::from([0xfe80, 0, 0, 0, 0, 0, 0, host]);
            assert_eq!(sentry.note(source, KNOCK, at(1)), None);
        }
    }

    #[test]
    fn however_many_are_suspect_few_are_told_in_a_second() {
        let mut sentry = sentry();
        let decoy = (Failure::Decoy, 23);
        let told = (0..10_000).filter_map(|number| sentry.note(forged(number), decoy, at(1)));
        assert_eq!(told.count(), 32);
        // Who was not told is not forgotten.
        assert!(sentry.note(forged(9_999), decoy, at(2)).is_some());
    }

    #[test]
    fn a_million_sources_fill_three_megabytes_and_the_ten_loudest_are_named() {
        let mut sentry = sentry();
        let loud = |place: u32| IpAddr::from([192, 0, 2, u8::try_from(place).unwrap()]);
        for number in 0..1_000_000_u32 {
            let _ = sentry.note(forged(number), KNOCK, at(u64::from(number / 5000)));
            let (place, turn) = (number % 10, number / 10 % 20);
            // The tenth is heard every 20th time its turn comes, the first hardly ever misses it.
            if turn <= 19 - place {
                let _ = sentry.note(loud(place), KNOCK, at(u64::from(number / 5000)));
            }
        }
        assert_eq!(sentry.crowd.places(), SETS * WAYS);
        assert!(SETS * WAYS * size_of::<Suspicion>() < 3 << 20);
        let now = Now {
            monotonic: at(200),
            unix: nightlatch_ticket::UnixTime::default(),
        };
        let named: Vec<IpAddr> = sentry
            .loudest(now)
            .iter()
            .take(10)
            .map(|loud| loud.prefix.first())
            .collect();
        assert_eq!(named, (0..10).map(loud).collect::<Vec<_>>());
    }

    #[test]
    fn an_innocent_newcomer_does_not_pay_for_whom_he_displaces() {
        let mut sentry = sentry();
        // Every place has more than is too much, none of it by one source alone.
        for number in 0..500_000_u32 {
            let failure = (Failure::UnknownTag, 0);
            assert_eq!(sentry.note(forged(number), failure, at(1)), None);
        }
    }
}
