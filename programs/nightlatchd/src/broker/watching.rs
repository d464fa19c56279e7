//! What the listener is to watch for, told whenever it changes: a line was used, a time step passed, a port got a listener.

use core::time::Duration;

use nightlatch_core::{Instant, Now, PortRange};

use super::error::BrokerError;
use super::round::Round;
use crate::channel::{VariantText, Word};
use crate::ephemeral::ephemeral_ports;

/// What the listener was told, and when to look for more.
pub(super) struct Watching {
    /// Ports that the configuration says are in use.
    named: Vec<PortRange>,
    told: Option<u64>,
    in_use: Vec<PortRange>,
    look_at: Instant,
}

impl Watching {
    pub(super) fn new(named: Vec<PortRange>) -> Self {
        Self {
            named,
            told: None,
            in_use: Vec::new(),
            look_at: Instant::default(),
        }
    }

    /// Takes what another configuration names; the listener is told at once.
    pub(super) fn replace(&mut self, named: Vec<PortRange>) {
        self.named = named;
        self.told = None;
    }
}

impl Round {
    /// Tells the listener which steps count now, and where a touch does not count.
    pub(super) fn follow_sequences(&mut self, now: Now) -> Result<(), BrokerError> {
        let generation = self.gatekeeper.variants_generation(now);
        let has_any = !self.gatekeeper.policy().sequences().is_empty();
        if !has_any && self.watching.told.is_none_or(|told| told == generation) {
            self.watching.told = Some(generation);
            return Ok(());
        }
        let is_due = has_any && now.monotonic >= self.watching.look_at;
        let in_use = if is_due || self.watching.told.is_none() {
            self.watching.look_at = now.monotonic.saturating_add(LOOK_EVERY);
            self.ports_in_use()
        } else {
            self.watching.in_use.clone()
        };
        if self.watching.told == Some(generation) && in_use == self.watching.in_use {
            return Ok(());
        }
        for variant in self.gatekeeper.variants(now) {
            self.channel
                .tell(&Word::Variant(VariantText::of(&variant)))?;
        }
        self.channel.tell(&Word::Watch {
            in_use: in_use.clone(),
        })?;
        self.watching.told = Some(generation);
        self.watching.in_use = in_use;
        Ok(())
    }

    /// When the kernel is to be asked again; never where there are no sequences.
    pub(super) fn look_again(&self) -> Option<Instant> {
        let has_any = !self.gatekeeper.policy().sequences().is_empty();
        has_any.then_some(self.watching.look_at)
    }

    /// Where somebody listens, from where this host itself sends datagrams, and what the configuration names.
    ///
    /// Where the kernel does not say, what is known stays: somebody who knocks may be led astray by a
    /// visit to a port that got its listener since.
    fn ports_in_use(&mut self) -> Vec<PortRange> {
        let Ok(listening) = self.sockets.listening() else {
            return self.watching.in_use.clone();
        };
        let mut in_use = self.watching.named.clone();
        in_use.extend(listening);
        in_use.extend(ephemeral_ports());
        in_use.sort_unstable();
        in_use.dedup();
        in_use
    }
}

/// A service that starts is left in peace by then; asking costs the kernel some microseconds.
const LOOK_EVERY: Duration = Duration::from_secs(5);
