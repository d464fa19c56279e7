//! Who may knock, and what the listener needs to know of it.

use alloc::vec::Vec;

use nightlatch_core::{Client, ClientId, DoorstepPlan, ServiceSet};
use nightlatch_ticket::{Counter, SecretKey, TagKey};

use crate::{KNOCK_PORT, Person};

pub(crate) fn roster(
    people: usize,
    server: &SecretKey,
    last: impl Fn(ClientId) -> Counter,
) -> Vec<Client> {
    let client = |number: u32| Client {
        keys: Person::keys_of_server(number, server),
        may: ServiceSet::all(),
        may_tell: true,
        last: last(ClientId(number)),
    };
    (0..).take(people).map(client).collect()
}

pub(crate) const fn usual_plan() -> DoorstepPlan {
    DoorstepPlan {
        knock_port: Some(KNOCK_PORT),
        span: None,
    }
}

pub(crate) fn tag_keys(clients: &[Client]) -> Vec<TagKey> {
    clients.iter().map(|client| client.keys.tag_key()).collect()
}
