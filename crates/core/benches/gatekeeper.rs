//! What a claim costs the broker, with nobody in and with a hundred thousand grants in force.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a bench stops when it is wrong, and its names say what it measures"
)]

use std::cell::{Cell, RefCell};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use divan::Bencher;
use nightlatch_core::{
    Answers, Claim, Client, ClientId, Gatekeeper, Grant, Instant, Limits, Marks, Now, ServiceSet,
    TicketClaim, Verdict,
};
use nightlatch_testkit::usual_policy;
use nightlatch_ticket::{
    Counter, Epoch, Kind, PairKeys, PresharedSecret, Request, SecretKey, ServiceHash, Tagged,
    UnixTime, seal,
};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

/// Enough of them for a hundred thousand grants of 64 each.
const CLIENTS: u32 = 2_048;
const GRANTS: [u32; 3] = [0, 10_000, 100_000];

fn main() {
    divan::main();
}

#[divan::bench(args = GRANTS, sample_count = 100, sample_size = 200)]
fn a_new_grant(bencher: Bencher<'_, '_>, grants: u32) {
    let house = House::new(grants);
    let given: RefCell<Vec<Grant>> = RefCell::new(Vec::new());
    bencher
        .with_inputs(|| {
            // Those of the last sample leave, so that it is always about the same number.
            for grant in given.borrow_mut().drain(..) {
                house.gatekeeper.borrow_mut().withdraw(&grant);
            }
            let number = house.counter.get();
            house.claim(number % CLIENTS, 0x2000_0000 | number)
        })
        .bench_local_values(|claim| {
            given.borrow_mut().push(house.grant(&claim));
        });
}

#[divan::bench(args = GRANTS, sample_count = 100, sample_size = 200)]
fn a_grant_renewed(bencher: Bencher<'_, '_>, grants: u32) {
    let house = House::new(grants);
    let grants = grants.max(1);
    house.grant(&house.claim(0, 0x1000_0000));
    bencher
        .with_inputs(|| {
            let number = house.counter.get().wrapping_mul(2_654_435_761) % grants;
            house.claim(number % CLIENTS, 0x1000_0000 | number)
        })
        .bench_local_values(|claim| house.grant(&claim));
}

#[divan::bench]
fn a_forgery(bencher: Bencher<'_, '_>) {
    let house = House::new(0);
    let mut claim = house.claim(1, 1);
    if let Claim::Ticket(claim) = &mut claim {
        claim.sealed[50] ^= 1;
    }
    bencher.bench_local(|| house.gatekeeper.borrow_mut().judge(&claim, now()));
}

#[divan::bench]
fn a_replay(bencher: Bencher<'_, '_>) {
    let house = House::new(0);
    let claim = house.claim(1, 1);
    house.grant(&claim);
    bencher.bench_local(|| house.gatekeeper.borrow_mut().judge(&claim, now()));
}

#[divan::bench]
fn an_answer_is_sealed(bencher: Bencher<'_, '_>) {
    let house = House::new(0);
    let judgement = house
        .gatekeeper
        .borrow_mut()
        .judge(&house.claim(1, 1), now());
    let ack = judgement.ack.unwrap();
    let mut rng = ChaCha8Rng::from_seed([1; 32]);
    bencher.bench_local(|| {
        house
            .gatekeeper
            .borrow()
            .seal_ack(ClientId(1), &ack, &mut rng)
    });
}

#[divan::bench]
fn a_claim_crosses_as_bytes(bencher: Bencher<'_, '_>) {
    let house = House::new(0);
    let claim = house.claim(1, 1);
    bencher.bench_local(|| Claim::from_bytes(&divan::black_box(&claim).to_bytes()));
}

struct House {
    gatekeeper: RefCell<Gatekeeper>,
    keys: Vec<PairKeys>,
    counter: Cell<u32>,
    rng: RefCell<ChaCha8Rng>,
}

impl House {
    fn new(grants: u32) -> Self {
        let server = SecretKey::from_bytes([1; 32]);
        let pair = |client: u32| {
            let mut secret = [2; 32];
            secret[..4].copy_from_slice(&client.to_be_bytes());
            let public = SecretKey::from_bytes(secret).public();
            PairKeys::of_server(&server, &public, &PresharedSecret::none()).unwrap()
        };
        let clients = (0..CLIENTS).map(|client| Client {
            keys: pair(client),
            may: ServiceSet::all(),
            may_tell: false,
            last: Counter(0),
        });
        let policy = usual_policy(Answers::Sealed, Limits::default());
        let marks = Marks {
            floor: Counter(0),
            watermark: Counter(u64::MAX),
        };
        let house = Self {
            gatekeeper: RefCell::new(Gatekeeper::new(policy, clients.collect(), marks, [], now())),
            keys: (0..CLIENTS).map(pair).collect(),
            counter: Cell::new(1),
            rng: RefCell::new(ChaCha8Rng::from_seed([3; 32])),
        };
        for number in 0..grants {
            house.grant(&house.claim(number % CLIENTS, 0x1000_0000 | number));
        }
        house
    }

    /// A claim that has never been made, from an address.
    fn claim(&self, client: u32, address: u32) -> Claim {
        let counter = self.counter.get() + 1;
        self.counter.set(counter);
        let address = IpAddr::V4(Ipv4Addr::from_bits(address));
        let request = Request {
            kind: Kind::Knock,
            counter: Counter(u64::from(counter)),
            time: now().unix,
            service: ServiceHash::of("ssh"),
            claimed: Some(address),
            wanted: 0,
        };
        let tagged = Tagged::Now(Epoch::at(now().unix));
        let keys = &self.keys[usize::try_from(client).unwrap()];
        Claim::Ticket(TicketClaim {
            client: ClientId(client),
            tagged,
            source: SocketAddr::new(address, 4000),
            destination: "192.0.2.1:62201".parse().unwrap(),
            sealed: seal(&request, tagged, keys, &mut *self.rng.borrow_mut()),
        })
    }

    fn grant(&self, claim: &Claim) -> Grant {
        match self.gatekeeper.borrow_mut().judge(claim, now()).verdict {
            Verdict::Grant(grant) => grant,
            other => panic!("{other:?}"),
        }
    }
}

fn now() -> Now {
    Now {
        monotonic: Instant::from_duration(Duration::from_secs(1)),
        unix: UnixTime::from_secs(1_900_000_500),
    }
}
