//! Privileges: what each process may do, given up for good and then tried for.

use std::fs;
use std::io;

use caps::{CapSet, Capability, CapsHashSet};
use nightlatch_config::{Server, SourceChoice};
use nix::unistd::{Gid, Uid, User, setgroups, setresgid, setresuid};
use rustix::net::{AddressFamily, SocketType, socket};
use rustix::process::{DumpableBehavior, set_dumpable_behavior};
use rustix::thread::{
    CapabilitySet, clear_ambient_capability_set, remove_capability_from_bounding_set,
    set_no_new_privs,
};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::options::Means;

/// A privilege that is missing, or that would not go.
#[derive(Debug, Error)]
pub(crate) enum PrivilegeError {
    /// The process lacks what it needs to start.
    #[error(
        "the capability {0} is missing\n  start as root, or give it: \
         `AmbientCapabilities={0}` in the systemd unit, or `setcap {1}+ep` on the program"
    )]
    Missing(&'static str, &'static str),
    /// The user that the listener should become does not exist.
    #[error(
        "there is no user {0:?} for the listener to become\n  name one that exists: `user = \"nobody\"` under [server]"
    )]
    NoSuchUser(String),
    /// The user that the listener should become is root.
    #[error(
        "the listener may not run as {0:?}, who is root\n  name another one: `user = \"nobody\"` under [server]"
    )]
    Root(String),
    /// A step of giving up failed.
    #[error(
        "the listener could not give up {step}\n  it does not read the network with more than it needs: see `user` under [server]"
    )]
    Kept {
        /// What was to be given up.
        step: &'static str,
        /// What the kernel said.
        #[source]
        cause: io::Error,
    },
    /// Something that was given up came back.
    #[error(
        "{0} could be had again after it was given up\n  this kernel does not keep its word: the listener stops"
    )]
    Regained(&'static str),
}

/// Which user the listener ends up as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Becoming {
    /// It changed to this user.
    User(u32),
    /// It was never root.
    AlreadyUnprivileged(u32),
    /// It is root of a user namespace in which no other user exists.
    NamespaceRoot,
}

/// Says which capability is missing before anything is tried, because the kernel's own words do not.
pub(crate) fn demand(means: Means, server: &Server) -> Result<(), PrivilegeError> {
    let hears = |is_meant: fn(&SourceChoice) -> bool| server.sources.iter().any(is_meant);
    let needed = [
        (
            hears(|one| matches!(one, SourceChoice::Packets | SourceChoice::Pcap(_))),
            Capability::CAP_NET_RAW,
            "CAP_NET_RAW",
            "cap_net_raw",
        ),
        (
            means == Means::Kernel || hears(|one| matches!(one, SourceChoice::Nflog(_))),
            Capability::CAP_NET_ADMIN,
            "CAP_NET_ADMIN",
            "cap_net_admin",
        ),
        (
            server
                .knock_port
                .is_some_and(|port| port < FIRST_UNPRIVILEGED_PORT),
            Capability::CAP_NET_BIND_SERVICE,
            "CAP_NET_BIND_SERVICE",
            "cap_net_bind_service",
        ),
    ];
    let missing = needed
        .iter()
        .find(|(is_needed, capability, ..)| *is_needed && !has(*capability));
    missing.map_or(Ok(()), |(.., name, setcap)| {
        Err(PrivilegeError::Missing(name, setcap))
    })
}

fn has(capability: Capability) -> bool {
    caps::has_cap(None, CapSet::Effective, capability).unwrap_or(false)
}

/// Gives up everything: groups but those of logs, user, capabilities, and the way back. Sockets must
/// be open by now.
pub(crate) fn drop_everything(
    identity: Identity,
    log_groups: &[u32],
) -> Result<Becoming, PrivilegeError> {
    let nothing = CapsHashSet::new();
    // Before the user: with root goes the capability that this takes.
    drop_bounds(&nothing)?;
    let becoming = become_user(identity, log_groups)?;
    drop_capabilities(&nothing)?;
    refuse_regaining(becoming)?;
    Ok(becoming)
}

/// Keeps one capability, the broker's: it changes the gate, and nothing else. Who has it not, and
/// only tells of a gate, keeps none.
pub(crate) fn keep_net_admin() -> Result<(), PrivilegeError> {
    let gate = Capability::CAP_NET_ADMIN;
    let gate_alone: CapsHashSet = has(gate).then_some(gate).into_iter().collect();
    drop_bounds(&gate_alone)?;
    drop_capabilities(&gate_alone)
}

/// Keeps none at all, for helpers that change nothing; the user stays, whose files they write.
pub(crate) fn keep_nothing() -> Result<(), PrivilegeError> {
    let nothing = CapsHashSet::new();
    drop_bounds(&nothing)?;
    drop_capabilities(&nothing)?;
    if caps::raise(None, CapSet::Effective, Capability::CAP_NET_ADMIN).is_ok() {
        return Err(PrivilegeError::Regained("CAP_NET_ADMIN"));
    }
    Ok(())
}

/// Whom the listener becomes, by number: names are looked up before anything depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    user: u32,
    group: u32,
}

impl Identity {
    /// The user of this name, who must not be root.
    pub(crate) fn of(name: &str) -> Result<Self, PrivilegeError> {
        let user = User::from_name(name)
            .map_err(|cause| kept("root: the users' list cannot be read", cause.into()))?
            .ok_or_else(|| PrivilegeError::NoSuchUser(name.to_owned()))?;
        if user.uid.is_root() {
            return Err(PrivilegeError::Root(name.to_owned()));
        }
        Ok(Self {
            user: user.uid.as_raw(),
            group: user.gid.as_raw(),
        })
    }
}

impl Identity {
    /// The same user in another group.
    pub(crate) const fn in_group(self, group: u32) -> Self {
        Self { group, ..self }
    }

    /// User and group, by number.
    pub(crate) const fn numbers(self) -> (u32, u32) {
        (self.user, self.group)
    }
}

fn become_user(identity: Identity, log_groups: &[u32]) -> Result<Becoming, PrivilegeError> {
    let own = Uid::effective();
    let Identity { user, group } = identity;
    if !own.is_root() {
        return Ok(Becoming::AlreadyUnprivileged(own.as_raw()));
    }
    if !is_known_here(user, group) {
        return Ok(Becoming::NamespaceRoot);
    }
    change(Uid::from_raw(user), Gid::from_raw(group), log_groups)?;
    Ok(Becoming::User(user))
}

fn change(user: Uid, group: Gid, log_groups: &[u32]) -> Result<(), PrivilegeError> {
    // Root's group is nobody's to keep, whatever a log belongs to.
    let kept_groups = log_groups.iter().filter(|group| **group != 0);
    let kept_groups: Vec<Gid> = kept_groups.map(|group| Gid::from_raw(*group)).collect();
    setgroups(&kept_groups).map_err(|cause| kept("its supplementary groups", cause.into()))?;
    setresgid(group, group, group).map_err(|cause| kept("its group", cause.into()))?;
    setresuid(user, user, user).map_err(|cause| kept("its user", cause.into()))
}

/// Whether this user namespace knows the user and the group.
pub(crate) fn is_known_here(user: u32, group: u32) -> bool {
    is_mapped(user, "/proc/self/uid_map") && is_mapped(group, "/proc/self/gid_map")
}

/// Whether this user namespace knows the id: in the demonstration's there is only root.
fn is_mapped(id: u32, map: &str) -> bool {
    let Ok(text) = fs::read_to_string(map) else {
        return true;
    };
    text.lines().any(|line| {
        let mut numbers = line
            .split_whitespace()
            .filter_map(|word| word.parse::<u64>().ok());
        let (Some(first), _, Some(count)) = (numbers.next(), numbers.next(), numbers.next()) else {
            return false;
        };
        u64::from(id)
            .checked_sub(first)
            .is_some_and(|offset| offset < count)
    })
}

/// Without `CAP_SETPCAP` the bounding set stays; `no_new_privs` makes it worthless then.
fn drop_bounds(keep: &CapsHashSet) -> Result<(), PrivilegeError> {
    if !has(Capability::CAP_SETPCAP) {
        return Ok(());
    }
    for capability in caps::runtime::thread_all_supported().difference(keep) {
        let bit = CapabilitySet::from_bits_retain(1_u64 << capability.index());
        remove_capability_from_bounding_set(bit)
            .map_err(|cause| kept("its bounding set", cause.into()))?;
    }
    Ok(())
}

fn drop_capabilities(keep: &CapsHashSet) -> Result<(), PrivilegeError> {
    clear_ambient_capability_set()
        .map_err(|cause| kept("its ambient capabilities", cause.into()))?;
    caps::set(None, CapSet::Inheritable, &CapsHashSet::new())
        .map_err(|cause| kept("inheritable capabilities", io::Error::other(cause)))?;
    caps::set(None, CapSet::Effective, keep)
        .map_err(|cause| kept("effective capabilities", io::Error::other(cause)))?;
    caps::set(None, CapSet::Permitted, keep)
        .map_err(|cause| kept("permitted capabilities", io::Error::other(cause)))?;
    // A core would hold keys; and nobody else may look into us.
    set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .map_err(|cause| kept("its core dumps", cause.into()))?;
    set_no_new_privs(true).map_err(|cause| kept("new privileges", cause.into()))
}

/// Tries to take back each thing that was given up. Success is a failure.
fn refuse_regaining(becoming: Becoming) -> Result<(), PrivilegeError> {
    let root = Uid::from_raw(0);
    if matches!(becoming, Becoming::User(_)) && setresuid(root, root, root).is_ok() {
        return Err(PrivilegeError::Regained("root"));
    }
    if caps::raise(None, CapSet::Effective, Capability::CAP_NET_RAW).is_ok() {
        return Err(PrivilegeError::Regained("CAP_NET_RAW"));
    }
    if socket(AddressFamily::PACKET, SocketType::DGRAM, None).is_ok() {
        return Err(PrivilegeError::Regained("a packet socket"));
    }
    Ok(())
}

fn kept(step: &'static str, cause: io::Error) -> PrivilegeError {
    PrivilegeError::Kept { step, cause }
}

/// The kernel's default; who lowered it is asked for a capability too much, and is told which.
const FIRST_UNPRIVILEGED_PORT: u16 = 1024;
