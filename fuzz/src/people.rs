//! One server and its clients, with fixed keys: the same in every run, so that a find can be repeated.

use core::time::Duration;
use std::sync::LazyLock;

use nightlatch_core::{
    Answers, Client, Instant, Limits, Now, Passage, Policy, Service, ServiceId, ServiceSet,
};
use nightlatch_ticket::{Counter, PairKeys, PresharedSecret, PublicKey, SecretKey, UnixTime};

/// Everybody who holds a key.
pub struct People {
    server: SecretKey,
    own: PublicKey,
    clients: Vec<PublicKey>,
    /// Agreed on once: a fuzzer has better things to do than curve arithmetic.
    pairs: Vec<PairKeys>,
}

impl People {
    /// The server and its three clients.
    pub fn all() -> &'static Self {
        static ALL: LazyLock<People> = LazyLock::new(People::agree);
        &ALL
    }

    fn agree() -> Self {
        let secret = |byte: u8| SecretKey::from_bytes([byte; 32]);
        let server = secret(Self::SERVER);
        let clients: Vec<SecretKey> = (0..Self::CLIENTS)
            .map(|place| secret(Self::FIRST + place))
            .collect();
        let pair = |client| PairKeys::of_client(client, &server.public(), &preshared()).unwrap();
        Self {
            own: server.public(),
            pairs: clients.iter().map(pair).collect(),
            clients: clients.iter().map(SecretKey::public).collect(),
            server,
        }
    }

    /// The keys that a client shares with the server.
    pub fn pair(&self, client: usize) -> &PairKeys {
        &self.pairs[client]
    }

    /// What a client may open: the first everything, the second the first service only, and so on.
    pub fn may(client: usize, service: ServiceId) -> bool {
        client.is_multiple_of(2) || service == ServiceId(0)
    }

    /// Everybody as the gatekeeper knows them when nobody has knocked.
    pub fn clients(&self) -> Vec<Client> {
        let services = |place| {
            [ServiceId(0), ServiceId(1)]
                .into_iter()
                .filter(move |id| Self::may(place, *id))
        };
        let keys = |client| {
            PairKeys::of_server_known(&self.server, &self.own, client, &preshared()).unwrap()
        };
        let everybody = self.clients.iter().enumerate();
        everybody
            .map(|(place, client)| Client {
                keys: keys(client),
                may: services(place).collect::<ServiceSet>(),
                may_tell: false,
                last: Counter(0),
            })
            .collect()
    }

    /// Two services: one that lasts, one for a single connection.
    pub fn policy() -> Policy {
        let service = |name: &str, port: &str, passage| Service {
            name: name.into(),
            ports: vec![port.parse().unwrap()],
            inserts: vec![],
            forwards: vec![],
            lasts: Duration::from_secs(30),
            at_most: LONGEST,
            passage,
            runs: None,
            cuts: false,
        };
        let services = vec![
            service("ssh", "tcp/22", Passage::Lasting),
            service("vpn", "udp/1194", Passage::OneShot),
        ];
        Policy::new(services, vec![], Answers::Sealed, Limits::default()).unwrap()
    }

    /// How many clients there are.
    pub const CLIENTS: u8 = 3;
    /// The bytes behind the keys, for the forger.
    pub(crate) const SERVER: u8 = 200;
    pub(crate) const FIRST: u8 = 1;
    pub(crate) const SHARED: u8 = 7;
}

/// A moment in the middle of an epoch, with a monotonic clock that has run for an hour.
pub fn noon() -> Now {
    Now {
        monotonic: Instant::from_duration(Duration::from_hours(1)),
        unix: UnixTime::from_secs(1_800_000_300),
    }
}

fn preshared() -> PresharedSecret {
    PresharedSecret::from_bytes([People::SHARED; 32])
}

/// The longest that a client may ask for.
pub(crate) const LONGEST: Duration = Duration::from_secs(300);
