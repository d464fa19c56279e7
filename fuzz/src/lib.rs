//! What several targets share: a server and its clients, a hand that seals what no client would say, a town.

mod forger;
mod people;
mod town;
mod witness;

pub use forger::{Forger, Plain};
pub use people::{People, noon};
pub use town::{Town, address, crooked};
pub use witness::{Sent, Witness};
