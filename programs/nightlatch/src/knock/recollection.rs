//! What is known of a server from earlier knocks, whichever way it was reached.

use std::net::IpAddr;

use nightlatch_config::Remembered;
use nightlatch_ticket::{Counter, Memory, UnixTime};

/// Counter and clock are the server's; the address that it sees is one for each network we are in.
#[derive(Clone, Debug, Default)]
pub struct Recollection {
    remembered: Remembered,
    /// The counters that another knock, still on its way, may use.
    taken: Counter,
}

impl Recollection {
    /// What an earlier run left behind.
    pub const fn new(remembered: Remembered) -> Self {
        Self {
            remembered,
            taken: Counter(0),
        }
    }

    /// What is to be left behind for the next run.
    pub const fn remembered(&self) -> &Remembered {
        &self.remembered
    }

    /// The same, for a knock that goes out while others are on their way with counters up to `taken`.
    #[must_use]
    pub fn beyond(&self, taken: Counter) -> Self {
        Self {
            remembered: self.remembered.clone(),
            taken: self.taken.max(taken),
        }
    }

    /// The counter to be above, and what the server's clock shows when ours shows `now`.
    pub fn above_and(&self, now: UnixTime) -> (Counter, UnixTime) {
        // Both are the server's and the same from every network.
        let memory = self.known("");
        let time = now.shifted(memory.offset);
        (memory.above(time), time)
    }

    /// What an attempt from this computer's address `local` begins with.
    pub fn memory(&self, local: IpAddr) -> Memory {
        self.known(&network(local))
    }

    fn known(&self, network: &str) -> Memory {
        let mut memory = self.remembered.memory(network);
        // What is taken is above all that counts.
        if self.taken > Counter(0) {
            memory.last = self.taken;
        }
        memory
    }

    /// Takes in what an attempt that began with `before` ended with.
    pub fn learn(&mut self, local: IpAddr, before: Memory, after: Memory) {
        let known = self.memory(local);
        let learnt = Memory {
            // Lower than before where the one before counts no more.
            last: if known.last == before.last {
                after.last
            } else {
                known.last.max(after.last)
            },
            named: if after.named == before.named {
                known.named
            } else {
                after.named
            },
            // Who heard nothing of the clock must not undo what another has just heard.
            offset: if after.offset == before.offset {
                known.offset
            } else {
                after.offset
            },
            address: after.address.or(known.address),
        };
        self.remembered.learn(&network(local), learnt);
        self.taken = Counter(0);
    }
}

/// The name under which a network is remembered: our own address in it.
///
/// Two networks that give us the same one are taken for one; that costs a round trip when they
/// differ in how we are seen from outside.
fn network(local: IpAddr) -> String {
    local.to_canonical().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Memory = Memory {
        last: Counter(0),
        named: Counter(0),
        offset: 0,
        address: None,
    };

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn counters_only_rise() {
        let mut recollection = Recollection::default();
        recollection.learn(
            address("::1"),
            NOTHING,
            Memory {
                last: Counter(9),
                ..NOTHING
            },
        );
        recollection.learn(
            address("127.0.0.1"),
            NOTHING,
            Memory {
                last: Counter(7),
                ..NOTHING
            },
        );
        assert_eq!(recollection.memory(address("127.0.0.1")).last, Counter(9));
        assert_eq!(
            recollection.beyond(Counter(20)).memory(address("::1")).last,
            Counter(20)
        );
    }

    #[test]
    fn silence_one_way_does_not_undo_what_was_learnt_the_other_way() {
        let mut recollection = Recollection::default();
        recollection.learn(
            address("127.0.0.1"),
            NOTHING,
            Memory {
                offset: -90_000,
                ..NOTHING
            },
        );
        recollection.learn(address("::1"), NOTHING, NOTHING);
        assert_eq!(recollection.memory(address("::1")).offset, -90_000);
    }

    #[test]
    fn a_clock_set_right_is_forgotten() {
        let mut recollection = Recollection::default();
        let wrong = Memory {
            offset: -90_000,
            ..NOTHING
        };
        recollection.learn(address("::1"), NOTHING, wrong);
        recollection.learn(address("::1"), wrong, NOTHING);
        assert_eq!(recollection.memory(address("::1")).offset, 0);
    }

    #[test]
    fn each_network_has_its_own_address() {
        let seen = Some(address("203.0.113.7"));
        let mut recollection = Recollection::default();
        recollection.learn(
            address("10.0.0.2"),
            NOTHING,
            Memory {
                address: seen,
                ..NOTHING
            },
        );
        assert_eq!(recollection.memory(address("10.0.0.2")).address, seen);
        assert_eq!(recollection.memory(address("10.0.0.3")).address, None);
    }
}
