//! The world: makes hosts and the cables between them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::clock::wait_until;
use crate::error::LabError;
use crate::host::{Host, Plug};
use crate::kernel::Kernel;
use crate::links::{End, Wanted};
use crate::switch::Switch;

/// A small network; make it after [`crate::enter`].
#[derive(Clone, Debug)]
pub struct World {
    next_index: Arc<AtomicU32>,
}

impl World {
    /// An empty world.
    pub fn new() -> Self {
        Self {
            next_index: Arc::new(AtomicU32::new(FIRST_INDEX)),
        }
    }

    /// A host without any link but its loopback.
    pub fn host(&self, name: &str) -> Result<Host, LabError> {
        Host::new(name)
    }

    /// Joins two hosts with a cable; it can be used when this returns.
    pub fn join(&self, near: Plug<'_>, far: Plug<'_>) -> Result<(), LabError> {
        let (near_index, far_index) = (self.index(), self.index());
        near.host.run(|| {
            let here = End {
                name: near.interface,
                index: near_index,
            };
            let there = End {
                name: far.interface,
                index: far_index,
            };
            let mut kernel = Kernel::open(near.host.name())?;
            kernel.add_pair(&here, &there, far.host.namespace())
        })??;
        for plug in [near, far] {
            plug.set_up()?;
        }
        for plug in [near, far] {
            plug.await_running()?;
        }
        Ok(())
    }

    /// A switch that joins as many hosts as are plugged into it.
    pub fn switch(&self, name: &str) -> Result<Switch, LabError> {
        Switch::new(self.clone(), name)
    }

    /// A number that no other interface of this world has.
    pub(crate) fn index(&self) -> u32 {
        self.next_index.fetch_add(1, Ordering::Relaxed)
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl Plug<'_> {
    fn set_up(&self) -> Result<(), LabError> {
        for address in self.addresses {
            self.host.add_address(self.interface, address)?;
        }
        self.host.ask(self.interface, |kernel, index| {
            kernel.set_link(index, Wanted::Up)
        })
    }

    /// Waits until the link carries packets and no address of it is on probation.
    fn await_running(&self) -> Result<(), LabError> {
        self.host.ask(self.interface, |kernel, index| {
            let is_usable = || kernel.is_running(index).unwrap_or(false) && self.is_settled();
            if wait_until(PATIENCE, is_usable) {
                Ok(())
            } else {
                let (host, interface) = (self.host.name().to_owned(), self.interface.to_owned());
                Err(LabError::NotUp { host, interface })
            }
        })
    }

    /// The kernel clears the mark of a fresh IPv6 address in the background; until then it is deaf.
    fn is_settled(&self) -> bool {
        let table = std::fs::read_to_string("/proc/thread-self/net/if_inet6").unwrap_or_default();
        !table.lines().any(|line| is_tentative(line, self.interface))
    }
}

/// One line of the table: address, number, prefix length, scope, flags, name.
fn is_tentative(line: &str, interface: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    let &[_, _, _, _, flags, name] = words.as_slice() else {
        return false;
    };
    name == interface && u8::from_str_radix(flags, 16).is_ok_and(|flags| flags & TENTATIVE != 0)
}

/// `IFA_F_TENTATIVE`.
const TENTATIVE: u8 = 0x40;

/// Above the numbers that the kernel gives by itself to loopbacks and tunnels.
const FIRST_INDEX: u32 = 100;

/// The kernel may put off news about a link for up to a second, and a busy machine for longer.
const PATIENCE: Duration = Duration::from_secs(20);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tentative_address_is_told_from_a_settled_one() {
        let line = |flags| format!("fd770000000000000000000000000001 64 40 00 {flags}     eth0");
        assert!(is_tentative(&line("c2"), "eth0"));
        assert!(!is_tentative(&line("82"), "eth0"));
        assert!(!is_tentative(&line("c2"), "eth1"));
        assert!(!is_tentative("", "eth0"));
    }
}
