//! What survives a crash: the watermark, and the counters that ran ahead of it.

use alloc::collections::BTreeMap;

use nightlatch_core::{ClientId, Marks, Record};
use nightlatch_ticket::Counter;

/// What survives a crash.
#[derive(Clone, Default)]
pub struct Disk {
    watermark: Counter,
    exact: BTreeMap<ClientId, Counter>,
    used: BTreeMap<[u8; 16], u64>,
    writes: usize,
}

impl Disk {
    /// Writes a record down.
    pub fn write(&mut self, record: Record) {
        self.writes = self.writes.saturating_add(1);
        match record {
            Record::Watermark(watermark) => self.watermark = watermark,
            Record::Ahead { client, counter } => {
                self.exact.insert(client, counter);
            }
            Record::Used { mark, number, .. } => self.remember(mark, number),
        }
    }

    /// Notes that a line or a time step counts as used.
    pub fn remember(&mut self, mark: [u8; 16], number: u64) {
        self.used.insert(mark, number);
    }

    /// Writes every counter down, as at a clean stop: nothing is in doubt afterwards.
    pub fn write_all(&mut self, counters: impl Iterator<Item = (ClientId, Counter)>) {
        self.exact.extend(counters);
        self.watermark = Counter(0);
    }

    /// Is replaced by an empty one, with everything up to this watermark in doubt.
    pub fn lose(&mut self, watermark: Counter) {
        *self = Self {
            watermark,
            ..Self::default()
        };
    }

    /// What a start finds: after a crash all up to the watermark is in doubt.
    pub const fn marks(&self) -> Marks {
        Marks {
            floor: self.watermark,
            watermark: self.watermark,
        }
    }

    /// The counter on record for a client.
    pub fn counter(&self, client: ClientId) -> Counter {
        self.exact.get(&client).copied().unwrap_or_default()
    }

    /// The lines and time steps on record.
    pub fn used(&self) -> impl Iterator<Item = ([u8; 16], u64)> + '_ {
        self.used.iter().map(|(mark, number)| (*mark, *number))
    }

    /// How often something had to be written.
    pub const fn writes(&self) -> usize {
        self.writes
    }
}
