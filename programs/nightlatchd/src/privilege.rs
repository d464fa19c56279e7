//! Privileges: what each process may do, given up for good and then tried for.

use std::fs;
use std::io;

use caps::{CapSet, Capability, CapsHashSet};
use nix::unistd::{Gid, Uid, User, setgroups, setresgid, setresuid};
use rustix::net::{AddressFamily, SocketType, socket};
use rustix::thread::{
    clear_ambient_capability_set, remove_capability_from_bounding_set, set_no_new_privs,
};
use thiserror::Error;

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
pub(crate) fn demand(dry_run: bool) -> Result<(), PrivilegeError> {
    let needed: &[(Capability, &str, &str)] = &[
        (Capability::CAP_NET_RAW, "CAP_NET_RAW", "cap_net_raw"),
        (Capability::CAP_NET_ADMIN, "CAP_NET_ADMIN", "cap_net_admin"),
    ];
    let needed = needed
        .iter()
        .filter(|(capability, ..)| !dry_run || *capability == Capability::CAP_NET_RAW);
    for (capability, name, setcap) in needed {
        if !caps::has_cap(None, CapSet::Effective, *capability).unwrap_or(false) {
            return Err(PrivilegeError::Missing(name, setcap));
        }
    }
    Ok(())
}

/// Gives up everything: groups, user, capabilities, and the way back. Sockets must be open by now.
pub(crate) fn drop_everything(user: &str) -> Result<Becoming, PrivilegeError> {
    let becoming = become_user(user)?;
    drop_capabilities(&CapsHashSet::new())?;
    refuse_regaining(becoming)?;
    Ok(becoming)
}

/// Keeps one capability, the broker's: it changes the gate, and nothing else.
pub(crate) fn keep_net_admin() -> Result<(), PrivilegeError> {
    drop_capabilities(&CapsHashSet::from([Capability::CAP_NET_ADMIN]))
}

fn become_user(name: &str) -> Result<Becoming, PrivilegeError> {
    let own = Uid::effective();
    if !own.is_root() {
        return Ok(Becoming::AlreadyUnprivileged(own.as_raw()));
    }
    let user = User::from_name(name)
        .map_err(|cause| kept("root: the users' list cannot be read", cause.into()))?
        .ok_or_else(|| PrivilegeError::NoSuchUser(name.to_owned()))?;
    if user.uid.is_root() {
        return Err(PrivilegeError::Root(name.to_owned()));
    }
    if !is_mapped(user.uid.as_raw(), "/proc/self/uid_map")
        || !is_mapped(user.gid.as_raw(), "/proc/self/gid_map")
    {
        return Ok(Becoming::NamespaceRoot);
    }
    change(user.uid, user.gid)?;
    Ok(Becoming::User(user.uid.as_raw()))
}

fn change(user: Uid, group: Gid) -> Result<(), PrivilegeError> {
    setgroups(&[]).map_err(|cause| kept("its supplementary groups", cause.into()))?;
    setresgid(group, group, group).map_err(|cause| kept("its group", cause.into()))?;
    setresuid(user, user, user).map_err(|cause| kept("its user", cause.into()))
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

fn drop_capabilities(keep: &CapsHashSet) -> Result<(), PrivilegeError> {
    clear_ambient_capability_set()
        .map_err(|cause| kept("its ambient capabilities", cause.into()))?;
    // Without CAP_SETPCAP the bounding set stays; no_new_privs below makes it worthless.
    if caps::has_cap(None, CapSet::Effective, Capability::CAP_SETPCAP).unwrap_or(false) {
        for capability in caps::runtime::thread_all_supported().difference(keep) {
            let bit = rustix::thread::CapabilitySet::from_bits_retain(1_u64 << capability.index());
            remove_capability_from_bounding_set(bit)
                .map_err(|cause| kept("its bounding set", cause.into()))?;
        }
    }
    caps::set(None, CapSet::Inheritable, &CapsHashSet::new())
        .map_err(|cause| kept("inheritable capabilities", io::Error::other(cause)))?;
    caps::set(None, CapSet::Effective, keep)
        .map_err(|cause| kept("effective capabilities", io::Error::other(cause)))?;
    caps::set(None, CapSet::Permitted, keep)
        .map_err(|cause| kept("permitted capabilities", io::Error::other(cause)))?;
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
