//! Somebody with a key, a place and a clock of his own.

use core::net::IpAddr;

use nightlatch_ticket::{
    Counter, Epoch, Kind, Memory, PairKeys, PresharedSecret, Request, SecretKey, ServiceHash,
    Tagged, UnixTime,
};

/// Somebody with a key, a place and a clock of his own, which may be wrong.
pub struct Person {
    pub(crate) secret: SecretKey,
    pub(crate) keys: PairKeys,
    /// What he remembers of the server.
    pub memory: Memory,
    /// The address that he takes for his own.
    pub at: IpAddr,
    /// The address that the server sees: another one behind a NAT.
    pub seen_at: IpAddr,
    /// By how many milliseconds his clock is ahead.
    pub clock_error: i64,
}

impl Person {
    /// The person with this number: the same keys in every run.
    #[expect(
        clippy::expect_used,
        reason = "a test that cannot be set up should stop"
    )]
    pub(crate) fn new(number: u32, server: &SecretKey, at: IpAddr) -> Self {
        let secret = secret_key(number);
        Self {
            keys: PairKeys::of_client(&secret, &server.public(), &shared(number))
                .expect("the key of a person is not a weak one"),
            secret,
            memory: Memory::default(),
            at,
            seen_at: at,
            clock_error: 0,
        }
    }

    /// What the server makes of this person's key.
    #[expect(
        clippy::expect_used,
        reason = "a test that cannot be set up should stop"
    )]
    pub(crate) fn keys_of_server(number: u32, server: &SecretKey) -> PairKeys {
        PairKeys::of_server(server, &secret_key(number).public(), &shared(number))
            .expect("the key of a person is not a weak one")
    }

    /// His clock.
    pub fn clock(&self, truth: UnixTime) -> UnixTime {
        truth.shifted(self.clock_error)
    }

    /// A request as he would write it now, and the tag he would put on it; he counts it as sent.
    pub fn request(&mut self, kind: Kind, service: &str, truth: UnixTime) -> (Request, Tagged) {
        let time = self.clock(truth).shifted(self.memory.offset);
        let counter = Counter::following(self.memory.above(time), time);
        self.memory.last = counter;
        let request = Request {
            kind,
            counter,
            time,
            service: ServiceHash::of(service),
            claimed: Some(self.at),
            wanted: 0,
        };
        (request, Tagged::Now(Epoch::at(time)))
    }

    /// His secret key, for those who steal it.
    pub const fn secret(&self) -> &SecretKey {
        &self.secret
    }
}

fn secret_key(number: u32) -> SecretKey {
    SecretKey::from_bytes(bytes(number, 0x11))
}

fn shared(number: u32) -> PresharedSecret {
    PresharedSecret::from_bytes(bytes(number, 0x22))
}

fn bytes(number: u32, filling: u8) -> [u8; 32] {
    let mut bytes = [filling; 32];
    for (to, from) in bytes.iter_mut().zip(number.to_be_bytes()) {
        *to = from;
    }
    bytes
}
