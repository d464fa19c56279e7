//! What may be opened, by whom, for how long: right by construction.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use nightlatch_ticket::ServiceHash;

use crate::{Service, ServiceId};

/// How many services a policy can have: one bit each in a [`ServiceSet`](crate::ServiceSet).
pub const MOST_SERVICES: usize = 64;

/// How many ports one service can open: they go to the kernel in one message.
pub const MOST_PORTS: usize = 16;

/// The longest that any grant lasts: what is open for longer is not guarded but forgotten.
pub const LONGEST: Duration = Duration::from_hours(30 * 24);

/// Times on the wire are whole seconds, and a grant of none would be no grant.
const SHORTEST: Duration = Duration::from_secs(1);

/// Tags reach one epoch of ten minutes to either side; a clock further off is not recognised.
const WIDEST_FRESHNESS: Duration = Duration::from_mins(10);

/// Whether proven clients are answered; strangers never are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Answers {
    /// A sealed answer goes to whoever proved to hold a key.
    #[default]
    Sealed,
    /// Nobody is answered: clients repair themselves less well, and nothing leaves the host.
    Silent,
}

/// How much of everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many grants may be in force at once, all clients together.
    pub grants: usize,
    /// How many of them one client may hold.
    pub per_client: u32,
    /// How far a client's clock may be off.
    pub freshness: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // Some 40 MiB when all are taken: more than a busy gateway needs at once.
            grants: 262_144,
            // A person with several devices and services, many times over; one stolen key cannot
            // fill the ledger.
            per_client: 64,
            freshness: Duration::from_mins(1),
        }
    }
}

/// What may be opened, by whom, for how long; it cannot be built wrong or changed later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    services: Vec<Service>,
    hashes: Vec<ServiceHash>,
    answers: Answers,
    limits: Limits,
}

impl Policy {
    /// Builds the policy, or says what is wrong with its parts.
    pub fn new(
        services: Vec<Service>,
        answers: Answers,
        limits: Limits,
    ) -> Result<Self, PolicyError> {
        check_limits(limits)?;
        if services.len() > MOST_SERVICES {
            return Err(PolicyError::TooManyServices(services.len()));
        }
        services.iter().try_for_each(check_service)?;
        let hashes = distinct_hashes(&services)?;
        Ok(Self {
            services,
            hashes,
            answers,
            limits,
        })
    }

    /// The services in their order; a [`ServiceId`] is a place in it.
    pub fn services(&self) -> &[Service] {
        &self.services
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

    /// The service of this name.
    pub fn service_by_name(&self, name: &str) -> Option<(ServiceId, &Service)> {
        let place = self.services.iter().position(|known| known.name == name)?;
        self.at(place)
    }

    fn at(&self, place: usize) -> Option<(ServiceId, &Service)> {
        let id = u8::try_from(place).ok()?;
        Some((ServiceId(id), self.services.get(place)?))
    }
}

fn check_limits(limits: Limits) -> Result<(), PolicyError> {
    if limits.grants == 0 || limits.per_client == 0 {
        return Err(PolicyError::NoGrants);
    }
    if limits.freshness < SHORTEST || limits.freshness > WIDEST_FRESHNESS {
        return Err(PolicyError::Freshness(limits.freshness));
    }
    Ok(())
}

fn check_service(service: &Service) -> Result<(), PolicyError> {
    let name = || service.name.clone();
    if service.name.is_empty() {
        return Err(PolicyError::NoName);
    }
    if service.ports.is_empty() {
        return Err(PolicyError::NoPorts(name()));
    }
    if service.ports.len() > MOST_PORTS {
        return Err(PolicyError::TooManyPorts(name(), service.ports.len()));
    }
    for (place, port) in service.ports.iter().enumerate() {
        if service.ports.iter().take(place).any(|other| other == port) {
            return Err(PolicyError::SamePort(name(), *port));
        }
    }
    if service.lasts < SHORTEST {
        return Err(PolicyError::TooShort(name()));
    }
    if service.at_most > LONGEST {
        return Err(PolicyError::TooLong(name()));
    }
    if service.at_most < service.lasts {
        return Err(PolicyError::LongerThanAllowed(name()));
    }
    Ok(())
}

/// Two names with one hash would be one service on the wire; only the administrator can part them.
fn distinct_hashes(services: &[Service]) -> Result<Vec<ServiceHash>, PolicyError> {
    let mut hashes: Vec<ServiceHash> = Vec::with_capacity(services.len());
    for service in services {
        let hash = ServiceHash::of(&service.name);
        if let Some(place) = hashes.iter().position(|known| *known == hash) {
            let other = services.get(place).map(|service| service.name.clone());
            return Err(PolicyError::SameName(
                other.unwrap_or_default(),
                service.name.clone(),
            ));
        }
        hashes.push(hash);
    }
    Ok(hashes)
}

/// Why there can be no such policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// More services than a set of them has bits.
    #[error("{0} services are too many\n  up to 64 fit; put ports that open together into one")]
    TooManyServices(usize),
    /// A service without a name.
    #[error("a service has no name\n  give it a short one: clients ask for it by name")]
    NoName,
    /// A service that opens nothing.
    #[error("service {0:?} opens nothing\n  name a port, for example tcp/22")]
    NoPorts(String),
    /// A service that opens more than one message to the kernel holds.
    #[error("service {0:?} opens {1} ports\n  up to 16 fit; make two services of it")]
    TooManyPorts(String, usize),
    /// A service that names a port twice.
    #[error("service {0:?} names {1} twice\n  once is enough")]
    SamePort(String, crate::Port),
    /// A service that would close before it opens.
    #[error("service {0:?} lasts no second\n  a grant lasts at least one second")]
    TooShort(String),
    /// A service that stays open for so long that nobody would call it guarded.
    #[error("service {0:?} may last for more than 30 days\n  leave the port open, or knock again")]
    TooLong(String),
    /// A service that lasts longer than it may.
    #[error("service {0:?} lasts longer than a client may ask for\n  raise at_most or lower lasts")]
    LongerThanAllowed(String),
    /// Two services that a request cannot tell apart.
    #[error("services {0:?} and {1:?} look the same to a client\n  rename one of them")]
    SameName(String, String),
    /// Limits that allow no grant at all.
    #[error("the limits allow no grant\n  each of them has to be at least 1")]
    NoGrants,
    /// A freshness that no clock meets, or that the tags do not reach.
    #[error("a freshness of {0:?} cannot be kept\n  choose from 1 second to 10 minutes")]
    Freshness(Duration),
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::Passage;

    fn ssh() -> Service {
        Service {
            name: "ssh".into(),
            ports: vec!["tcp/22".parse().unwrap()],
            lasts: Duration::from_secs(30),
            at_most: Duration::from_hours(1),
            passage: Passage::Lasting,
        }
    }

    fn named(name: &str) -> Service {
        Service {
            name: name.into(),
            ..ssh()
        }
    }

    fn policy(services: Vec<Service>) -> Result<Policy, PolicyError> {
        Policy::new(services, Answers::Sealed, Limits::default())
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

    #[test]
    fn the_sixty_fifth_service_is_refused() {
        let many = |count: u32| (0..count).map(|n| named(&alloc::format!("s{n}"))).collect();
        assert!(policy(many(64)).is_ok());
        assert_eq!(policy(many(65)), Err(PolicyError::TooManyServices(65)));
    }

    #[test]
    fn limits_that_let_nobody_in_are_refused() {
        let with = |limits| Policy::new(vec![ssh()], Answers::Sealed, limits);
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
