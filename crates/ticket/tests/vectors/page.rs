//! The pages read back, and what they have in common.

use core::convert::Infallible;
use std::collections::BTreeMap;
use std::path::Path;

use nightlatch_ticket::{PairKeys, PresharedSecret, SecretKey};
use rand_core::{TryCryptoRng, TryRng};

/// A page of vectors, read back.
pub(crate) struct Page(BTreeMap<String, Vec<Table>>);

pub(crate) type Table = BTreeMap<String, String>;

impl Page {
    /// The tables of that name.
    pub(crate) fn of(&self, table: &str) -> Vec<Table> {
        self.0[table].clone()
    }
}

pub(crate) fn page(name: &str) -> Page {
    let text = std::fs::read_to_string(Path::new(FOLDER).join(name)).unwrap();
    Page(toml::from_str(&text).unwrap())
}

/// A generator of the one nonce that is wanted.
pub(crate) struct Given(pub(crate) [u8; 12]);

impl TryRng for Given {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        panic!("sealing asks for bytes")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        panic!("sealing asks for bytes")
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.copy_from_slice(&self.0);
        Ok(())
    }
}

impl TryCryptoRng for Given {}

pub(crate) fn both_ends(pair: &Table) -> (PairKeys, PairKeys) {
    let (client, server) = (
        secret(&pair["client_secret"]),
        secret(&pair["server_secret"]),
    );
    let shared = PresharedSecret::from_bytes(unhex(&pair["preshared"]));
    let here = PairKeys::of_client(&client, &server.public(), &shared).unwrap();
    let there = PairKeys::of_server(&server, &client.public(), &shared).unwrap();
    (here, there)
}

pub(crate) fn keys() -> PairKeys {
    both_ends(&page("keys.toml").of("pair")[0]).1
}

pub(crate) fn secret(digits: &str) -> SecretKey {
    SecretKey::from_bytes(unhex(digits))
}

pub(crate) fn number(digits: &str) -> u64 {
    digits.parse().unwrap()
}

pub(crate) fn unhex<const N: usize>(digits: &str) -> [u8; N] {
    bytes(digits).try_into().unwrap()
}

pub(crate) fn bytes(digits: &str) -> Vec<u8> {
    let pairs = (0..digits.len()).step_by(2);
    pairs
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
        .collect()
}

pub(crate) const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors");
