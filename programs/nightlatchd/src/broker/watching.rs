//! What the listener is to watch for, told whenever it changes: a line was used, a time step passed, a port got a
//! listener, an interface an address.

use core::time::Duration;
use std::net::IpAddr;

use nightlatch_core::{Gatekeeper, Instant, Now, PortRange};
use nightlatch_firewall::{AddressTable, SocketTable};

use crate::channel::{Channel, ChannelError, MOST_ADDRESSES, VariantText, Word};
use crate::ephemeral::ephemeral_ports;

/// What the listener was told, and where to look for more.
pub(super) struct Watching {
    sockets: SocketTable,
    interfaces: AddressTable,
    /// Ports that the configuration says are in use.
    named: Vec<PortRange>,
    told: Option<u64>,
    in_use: Vec<PortRange>,
    addresses: Vec<IpAddr>,
    /// When the kernel is to be asked again.
    look_at: Option<Instant>,
}

impl Watching {
    pub(super) fn new(
        (sockets, interfaces): (SocketTable, AddressTable),
        named: Vec<PortRange>,
    ) -> Self {
        Self {
            sockets,
            interfaces,
            named,
            told: None,
            in_use: Vec::new(),
            addresses: Vec::new(),
            look_at: None,
        }
    }

    /// Takes what another configuration names; the listener is told at once.
    pub(super) fn replace(&mut self, named: Vec<PortRange>) {
        self.named = named;
        self.told = None;
    }

    /// Tells the listener which steps count now, and where a touch does not count.
    pub(super) fn follow(
        &mut self,
        gatekeeper: &Gatekeeper,
        channel: &Channel,
        now: Now,
    ) -> Result<(), ChannelError> {
        let generation = gatekeeper.variants_generation(now);
        let has_changed = self.told != Some(generation);
        let is_due = self.look_at.is_some_and(|at| at <= now.monotonic);
        if !has_changed && !is_due {
            return Ok(());
        }
        self.look_at = Some(now.monotonic.saturating_add(LOOK_EVERY));
        self.tell_addresses(channel)?;
        let in_use = self.look();
        if !has_changed && in_use == self.in_use {
            return Ok(());
        }
        for variant in gatekeeper.variants(now) {
            channel.tell(&Word::Variant(VariantText::of(&variant)))?;
        }
        self.in_use.clone_from(&in_use);
        let edition = gatekeeper.edition();
        channel.tell(&Word::Watch { edition, in_use })?;
        self.told = Some(generation);
        Ok(())
    }

    /// Where the kernel does not say, what is known stays.
    fn tell_addresses(&mut self, channel: &Channel) -> Result<(), ChannelError> {
        match self.interfaces.addresses(MOST_ADDRESSES) {
            Ok(addresses) if addresses != self.addresses => {
                channel.tell(&Word::Addresses(addresses.clone()))?;
                self.addresses = addresses;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// When there may be something to tell without anybody having knocked.
    pub(super) const fn next_deadline(&self) -> Option<Instant> {
        self.look_at
    }

    /// Where somebody listens, from where this host itself sends datagrams, and what the configuration names.
    ///
    /// Where the kernel does not say, what is known stays: somebody who knocks may be led astray by a
    /// visit to a port that got its listener since.
    fn look(&mut self) -> Vec<PortRange> {
        let Ok(listening) = self.sockets.listening() else {
            return self.in_use.clone();
        };
        let mut in_use = self.named.clone();
        in_use.extend(listening);
        in_use.extend(ephemeral_ports());
        in_use.sort_unstable();
        in_use.dedup();
        in_use
    }
}

/// A service that starts is left in peace by then; asking costs the kernel some microseconds.
const LOOK_EVERY: Duration = Duration::from_secs(5);
