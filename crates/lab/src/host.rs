//! A host: a network namespace held by a descriptor, and what is done inside it.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::panic::resume_unwind;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use nix::sched::{CloneFlags, setns, unshare};

use crate::address::Subnet;
use crate::error::LabError;
use crate::kernel::Kernel;
use crate::links::Wanted;
use crate::process::Process;

/// A host of the small network; clones are the same host, and it ends with the last of them.
#[derive(Clone)]
pub struct Host {
    parts: Arc<Parts>,
}

struct Parts {
    name: String,
    namespace: OwnedFd,
    addresses: Mutex<Vec<IpAddr>>,
}

/// Where a cable goes in: an interface of a host, and the addresses that it gets.
#[derive(Clone, Copy, Debug)]
pub struct Plug<'a> {
    pub(crate) host: &'a Host,
    pub(crate) interface: &'a str,
    pub(crate) addresses: &'a [&'a str],
}

impl Host {
    /// Makes a namespace with its loopback up.
    pub(crate) fn new(name: &str) -> Result<Self, LabError> {
        let namespace = in_thread(name, || {
            unshare(CloneFlags::CLONE_NEWNET)?;
            // The thread's own, not the process's: /proc/self would be the main thread's.
            Ok(OwnedFd::from(std::fs::File::open(
                "/proc/thread-self/ns/net",
            )?))
        })?
        .map_err(|cause: io::Error| LabError::kernel(name, "make a namespace", cause))?;
        let parts = Parts {
            name: name.to_owned(),
            namespace,
            addresses: Mutex::default(),
        };
        let host = Self {
            parts: Arc::new(parts),
        };
        host.prepare()?;
        Ok(host)
    }

    /// The name it was made with.
    pub fn name(&self) -> &str {
        &self.parts.name
    }

    /// The namespace, for programs that want to enter it themselves.
    pub fn namespace(&self) -> BorrowedFd<'_> {
        self.parts.namespace.as_fd()
    }

    /// Runs a piece of work on a fresh thread inside this host and waits for it.
    pub fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T, LabError> {
        in_thread(self.name(), || {
            setns(self.namespace(), CloneFlags::CLONE_NEWNET)?;
            Ok(work())
        })?
        .map_err(|cause: io::Error| LabError::kernel(self.name(), "enter the namespace", cause))
    }

    /// Starts a piece of work on a thread of its own inside this host.
    pub fn begin<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<JoinHandle<io::Result<T>>, LabError> {
        let host = self.clone();
        thread::Builder::new()
            .name(self.name().to_owned())
            .spawn(move || {
                setns(host.namespace(), CloneFlags::CLONE_NEWNET)?;
                Ok(work())
            })
            .map_err(|cause| LabError::kernel(self.name(), "start a thread", cause))
    }

    /// Starts a program inside this host; it is killed when the returned process is dropped.
    pub fn spawn(&self, mut command: Command) -> Result<Process, LabError> {
        self.run(|| Process::start(&mut command))?
            .map_err(|cause| LabError::kernel(self.name(), "start a program", cause))
    }

    /// Starts a program that alone sees the mounts which `prepare` makes, whatever they cover.
    pub fn spawn_apart(
        &self,
        mut command: Command,
        prepare: impl FnOnce() -> io::Result<()> + Send,
    ) -> Result<Process, LabError> {
        self.run(|| {
            // This thread's own, and of what it starts; it ends with this call.
            unshare(CloneFlags::CLONE_NEWNS)?;
            prepare()?;
            Process::start(&mut command)
        })?
        .map_err(|cause| LabError::kernel(self.name(), "start a program apart", cause))
    }

    /// An interface of this host as one end of a cable.
    pub fn plug<'a>(&'a self, interface: &'a str, addresses: &'a [&'a str]) -> Plug<'a> {
        Plug {
            host: self,
            interface,
            addresses,
        }
    }

    /// Every address given so far, in the order in which it was given.
    pub fn addresses(&self) -> Vec<IpAddr> {
        self.parts
            .addresses
            .lock()
            .map(|addresses| addresses.clone())
            .unwrap_or_default()
    }

    /// The first IPv4 address given.
    pub fn address_v4(&self) -> Option<IpAddr> {
        self.addresses().into_iter().find(IpAddr::is_ipv4)
    }

    /// The first IPv6 address given.
    pub fn address_v6(&self) -> Option<IpAddr> {
        self.addresses().into_iter().find(IpAddr::is_ipv6)
    }

    /// Gives one more address to an interface.
    pub fn add_address(&self, interface: &str, address: &str) -> Result<(), LabError> {
        let subnet: Subnet = address.parse()?;
        self.ask(interface, |kernel, index| kernel.add_address(index, subnet))?;
        if let Ok(mut addresses) = self.parts.addresses.lock() {
            addresses.push(subnet.address);
        }
        Ok(())
    }

    /// Takes an address from an interface.
    pub fn remove_address(&self, interface: &str, address: &str) -> Result<(), LabError> {
        let subnet: Subnet = address.parse()?;
        self.ask(interface, |kernel, index| {
            kernel.remove_address(index, subnet)
        })?;
        if let Ok(mut addresses) = self.parts.addresses.lock() {
            addresses.retain(|known| *known != subnet.address);
        }
        Ok(())
    }

    /// Sends what goes to `destination` (`0.0.0.0/0`: everything) through a gateway.
    pub fn add_route(&self, destination: &str, via: IpAddr) -> Result<(), LabError> {
        let destination: Subnet = destination.parse()?;
        self.run(|| Kernel::open(self.name())?.add_route(destination, via))?
    }

    /// Takes an interface up.
    pub fn link_up(&self, interface: &str) -> Result<(), LabError> {
        self.ask(interface, |kernel, index| {
            kernel.set_link(index, Wanted::Up)
        })
    }

    /// Takes an interface down; its routes go, and so do its IPv6 addresses.
    pub fn link_down(&self, interface: &str) -> Result<(), LabError> {
        self.ask(interface, |kernel, index| {
            kernel.set_link(index, Wanted::Down)
        })
    }

    /// Deletes an interface, and with it the other end of its pair.
    #[expect(
        clippy::redundant_closure_for_method_calls,
        reason = "the method itself is bound to one lifetime, the closure to any"
    )]
    pub fn link_delete(&self, interface: &str) -> Result<(), LabError> {
        self.ask(interface, |kernel, index| kernel.delete_link(index))
    }

    /// Writes a kernel setting of this host, named as under /proc/sys, as in `net/ipv4/ip_forward`.
    pub fn set_sysctl(&self, setting: &str, value: &str) -> Result<(), LabError> {
        let path = Path::new("/proc/sys").join(setting);
        self.run(|| std::fs::write(path, value))?
            .map_err(|cause| LabError::kernel(self.name(), &format!("set {setting}"), cause))
    }

    /// Passes on packets that are for others.
    pub fn forward(&self) -> Result<(), LabError> {
        self.set_sysctl("net/ipv4/ip_forward", "1")?;
        self.set_sysctl("net/ipv6/conf/all/forwarding", "1")
    }

    /// Asks the route socket something about one of this host's interfaces.
    pub(crate) fn ask<T: Send>(
        &self,
        interface: &str,
        question: impl FnOnce(&mut Kernel<'_>, u32) -> Result<T, LabError> + Send,
    ) -> Result<T, LabError> {
        self.run(|| {
            let index = self.index(interface)?;
            question(&mut Kernel::open(self.name())?, index)
        })?
    }

    /// The number of an interface; call it inside the host.
    fn index(&self, interface: &str) -> Result<u32, LabError> {
        nix::net::if_::if_nametoindex(interface).map_err(|cause| {
            LabError::kernel(
                self.name(),
                &format!("find the interface {interface}"),
                cause,
            )
        })
    }

    fn prepare(&self) -> Result<(), LabError> {
        // Some systems start namespaces without IPv6, or make addresses wait for a second. Where
        // /proc/sys cannot be written, the kernel's own defaults have to do.
        drop(self.set_sysctl("net/ipv6/conf/all/disable_ipv6", "0"));
        drop(self.set_sysctl("net/ipv6/conf/default/disable_ipv6", "0"));
        drop(self.set_sysctl("net/ipv6/conf/default/accept_dad", "0"));
        drop(self.set_sysctl("net/ipv6/conf/default/router_solicitations", "0"));
        self.link_up("lo")
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Host").field(&self.name()).finish()
    }
}

/// Runs one piece of work on a fresh thread: namespaces are a thread's, and this one ends with it.
fn in_thread<T: Send>(name: &str, work: impl FnOnce() -> T + Send) -> Result<T, LabError> {
    thread::scope(|scope| {
        let thread = thread::Builder::new()
            .name(name.to_owned())
            .spawn_scoped(scope, work)
            .map_err(|cause| LabError::kernel(name, "start a thread", cause))?;
        // A failed assertion inside a host is a failed assertion of the whole test.
        thread.join().map_or_else(|panic| resume_unwind(panic), Ok)
    })
}
