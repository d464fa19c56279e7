//! The policy itself: services and sequences in their places.

use alloc::vec::Vec;

use nightlatch_ticket::{ServiceHash, ShortService};

use super::sequences::check_sequences;
use super::services::{MOST_SERVICES, check_service, check_short_names, distinct_hashes};
use super::{Answers, Limits, PolicyError};
use crate::ledger::Key;
use crate::{Deed, Knocker, Sequence, SequenceId, Service, ServiceId};

/// What may be opened, by whom, for how long; it cannot be built wrong or changed later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    services: Vec<Service>,
    hashes: Vec<ServiceHash>,
    sequences: Vec<Sequence>,
    hears_frames: bool,
    answers: Answers,
    limits: Limits,
}

impl Policy {
    /// Builds the policy, or says what is wrong with its parts.
    pub fn new(
        services: Vec<Service>,
        sequences: Vec<Sequence>,
        answers: Answers,
        limits: Limits,
    ) -> Result<Self, PolicyError> {
        limits.check()?;
        if services.len() > MOST_SERVICES {
            return Err(PolicyError::TooManyServices(services.len()));
        }
        services.iter().try_for_each(check_service)?;
        let hashes = distinct_hashes(&services)?;
        check_sequences(&sequences, services.len())?;
        Ok(Self {
            services,
            hashes,
            sequences,
            hears_frames: false,
            answers,
            limits,
        })
    }

    /// The same policy, but that encrypted sequences are heard too, if they can tell its services
    /// from each other: they name them in 14 bits.
    pub fn with_encrypted_sequences(self) -> Result<Self, PolicyError> {
        check_short_names(&self.services, &self.hashes)?;
        Ok(Self {
            hears_frames: true,
            ..self
        })
    }

    /// The services in their order; a [`ServiceId`] is a place in it.
    pub fn services(&self) -> &[Service] {
        &self.services
    }

    /// The sequences in their order; a [`SequenceId`] is a place in it.
    pub fn sequences(&self) -> &[Sequence] {
        &self.sequences
    }

    /// Whether proven clients are answered.
    pub const fn answers(&self) -> Answers {
        self.answers
    }

    /// How much of everything.
    pub const fn limits(&self) -> Limits {
        self.limits
    }

    /// The service at this place.
    pub fn service(&self, id: ServiceId) -> Option<&Service> {
        self.services.get(usize::from(id.0))
    }

    /// The service that a request means: at most 64 short comparisons, no name on the wire.
    pub fn service_by_hash(&self, hash: ServiceHash) -> Option<(ServiceId, &Service)> {
        let place = self.hashes.iter().position(|known| *known == hash)?;
        self.at(place)
    }

    /// Whether encrypted sequences are heard.
    pub const fn hears_encrypted_sequences(&self) -> bool {
        self.hears_frames
    }

    /// The service that an encrypted sequence means; none if those are not heard.
    pub fn service_by_short_hash(&self, short: ShortService) -> Option<(ServiceId, &Service)> {
        let mut hashes = self.hashes.iter();
        let place = hashes.position(|known| known.short() == short)?;
        self.hears_frames.then(|| self.at(place)).flatten()
    }

    /// The service of this name.
    pub fn service_by_name(&self, name: &str) -> Option<(ServiceId, &Service)> {
        let place = self.services.iter().position(|known| known.name == name)?;
        self.at(place)
    }

    /// The sequence at this place.
    pub fn sequence(&self, id: SequenceId) -> Option<&Sequence> {
        self.sequences.get(usize::from(id.0))
    }

    /// The sequence of this name.
    pub fn sequence_by_name(&self, name: &str) -> Option<(SequenceId, &Sequence)> {
        self.numbered().find(|(_, sequence)| sequence.name == name)
    }

    /// Every sequence with its place.
    pub(crate) fn numbered(&self) -> impl Iterator<Item = (SequenceId, &Sequence)> {
        (0..).map(SequenceId).zip(&self.sequences)
    }

    /// The grants that end when somebody closes: a client's own, or those by every sequence that
    /// opens the service for the same address.
    pub(crate) fn closed_by(&self, closing: Key) -> impl Iterator<Item = Key> + '_ {
        let own = closing.knocker.client().map(|_| closing);
        let is_meant = move |sequence: &Sequence| {
            own.is_none() && sequence.service == closing.service && sequence.deed == Deed::Open
        };
        let sequences = self.numbered().filter(move |(_, other)| is_meant(other));
        own.into_iter().chain(sequences.map(move |(id, _)| Key {
            knocker: Knocker::Sequence(id),
            ..closing
        }))
    }

    fn at(&self, place: usize) -> Option<(ServiceId, &Service)> {
        let id = u8::try_from(place).ok()?;
        Some((ServiceId(id), self.services.get(place)?))
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::String;
    use alloc::sync::Arc;
    use alloc::vec;
    use core::time::Duration;

    use super::*;
    use crate::{ActionId, LONGEST, Passage};

    fn ssh() -> Service {
        Service {
            name: "ssh".into(),
            ports: vec!["tcp/22".parse().unwrap()],
            inserts: vec![],
            forwards: vec![],
            lasts: Duration::from_secs(30),
            at_most: Duration::from_hours(1),
            passage: Passage::Lasting,
            runs: None,
            cuts: false,
        }
    }

    fn named(name: &str) -> Service {
        Service {
            name: name.into(),
            ..ssh()
        }
    }

    fn policy(services: Vec<Service>) -> Result<Policy, PolicyError> {
        Policy::new(services, vec![], Answers::Sealed, Limits::default())
    }

    #[test]
    fn a_service_is_found_by_name_and_by_hash() {
        let policy = policy(vec![ssh(), named("web")]).unwrap();
        let (id, service) = policy.service_by_hash(ServiceHash::of("web")).unwrap();
        assert_eq!((id, service.name.as_str()), (ServiceId(1), "web"));
        assert_eq!(policy.service_by_name("web").unwrap().0, ServiceId(1));
        assert_eq!(policy.service_by_hash(ServiceHash::of("mail")), None);
        assert_eq!(policy.service(ServiceId(2)), None);
    }

    #[test]
    fn two_services_that_a_request_cannot_tell_apart_are_refused() {
        assert_eq!(
            policy(vec![ssh(), ssh()]),
            Err(PolicyError::SameName("ssh".into(), "ssh".into()))
        );
    }

    #[test]
    fn a_service_that_cannot_be_right_is_refused_with_its_reason() {
        let refused = |change: fn(&mut Service)| {
            let mut service = ssh();
            change(&mut service);
            policy(vec![service]).unwrap_err()
        };
        let name = || String::from("ssh");
        assert_eq!(refused(|s| s.name.clear()), PolicyError::NoName);
        assert_eq!(refused(|s| s.ports.clear()), PolicyError::NoPorts(name()));
        assert_eq!(
            refused(|s| s.ports = (1..=17)
                .filter_map(|n| crate::Port::new(crate::Protocol::Tcp, n))
                .collect()),
            PolicyError::TooManyPorts(name(), 17)
        );
        assert_eq!(
            refused(|s| s.ports.push(s.ports[0])),
            PolicyError::SamePort(name(), "tcp/22".parse().unwrap())
        );
        assert_eq!(
            refused(|s| s.lasts = Duration::from_millis(999)),
            PolicyError::TooShort(name())
        );
        assert_eq!(
            refused(|s| s.at_most = LONGEST + Duration::from_secs(1)),
            PolicyError::TooLong(name())
        );
        assert_eq!(
            refused(|s| s.at_most = Duration::from_secs(29)),
            PolicyError::LongerThanAllowed(name())
        );
    }

    /// Two names whose hashes begin alike, found by trying.
    fn alike() -> (Service, Service) {
        let mut seen = alloc::collections::BTreeMap::new();
        (0..)
            .find_map(|number: u32| {
                let name = alloc::format!("s{number}");
                let other = seen.insert(ServiceHash::of(&name).short(), name.clone())?;
                Some((named(&other), named(&name)))
            })
            .unwrap()
    }

    #[test]
    fn services_that_an_encrypted_sequence_cannot_tell_apart_are_refused_where_it_is_heard() {
        let (one, other) = alike();
        let names = (one.name.clone(), other.name.clone());
        let both = policy(vec![one, other]).unwrap();
        assert_eq!(
            both.with_encrypted_sequences(),
            Err(PolicyError::SameShortName(names.0, names.1))
        );
    }

    #[test]
    fn a_short_hash_means_a_service_only_where_encrypted_sequences_are_heard() {
        let deaf = policy(vec![ssh(), named("web")]).unwrap();
        let short = ServiceHash::of("web").short();
        assert_eq!(deaf.service_by_short_hash(short), None);
        assert!(!deaf.hears_encrypted_sequences());
        let hearing = deaf.with_encrypted_sequences().unwrap();
        assert!(hearing.hears_encrypted_sequences());
        let (id, _) = hearing.service_by_short_hash(short).unwrap();
        assert_eq!(id, ServiceId(1));
    }

    #[test]
    fn a_service_may_open_nothing_where_something_runs() {
        let only_runs = Service {
            ports: vec![],
            runs: Some(ActionId(0)),
            ..ssh()
        };
        assert!(policy(vec![only_runs]).is_ok());
    }

    #[test]
    fn a_service_may_open_nothing_where_it_inserts_somewhere() {
        let into = |sets: &[&str]| Service {
            ports: vec![],
            inserts: sets
                .iter()
                .map(|set| Arc::new(set.parse().unwrap()))
                .collect(),
            ..ssh()
        };
        let alone = into(&["ipv4 into ipset admins"]);
        assert!(policy(vec![alone.clone()]).is_ok());
        let twice = into(&["ipv4 into ipset admins", "ipv6 into ipset admins"]);
        assert!(matches!(policy(vec![twice]), Err(PolicyError::SameSet(..))));
        let many: Vec<String> = (0..17)
            .map(|n| alloc::format!("ipv4 into ipset a{n}"))
            .collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(policy(vec![into(&many[..16])]).is_ok());
        let refused = policy(vec![into(&many)]);
        assert_eq!(refused, Err(PolicyError::TooManySets("ssh".into(), 17)));
        let once = Service {
            passage: Passage::OneShot,
            ..alone.clone()
        };
        assert_eq!(
            policy(vec![once]),
            Err(PolicyError::OneShotSet("ssh".into()))
        );
        let month = Service {
            at_most: Duration::from_hours(25 * 24),
            ..alone
        };
        let refused = policy(vec![month]);
        assert_eq!(refused, Err(PolicyError::TooLongForIpset("ssh".into())));
    }

    #[test]
    fn the_sixty_fifth_service_is_refused() {
        let many = |count: u32| (0..count).map(|n| named(&alloc::format!("s{n}"))).collect();
        assert!(policy(many(64)).is_ok());
        assert_eq!(policy(many(65)), Err(PolicyError::TooManyServices(65)));
    }

    #[test]
    fn limits_that_let_nobody_in_are_refused() {
        let with = |limits| Policy::new(vec![ssh()], vec![], Answers::Sealed, limits);
        let usual = Limits::default();
        for limits in [
            Limits { grants: 0, ..usual },
            Limits {
                per_client: 0,
                ..usual
            },
        ] {
            assert_eq!(with(limits), Err(PolicyError::NoGrants));
        }
        for freshness in [Duration::ZERO, Duration::from_secs(601)] {
            let limits = Limits { freshness, ..usual };
            assert_eq!(with(limits), Err(PolicyError::Freshness(freshness)));
        }
    }
}
