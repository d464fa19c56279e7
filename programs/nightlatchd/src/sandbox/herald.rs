//! The herald's sandbox: names are looked up by code of others, so what it asks for in vain is refused,
//! and what only a taken-over process asks for ends it.

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreatedAttr,
};
use seccompiler::SeccompCmpArgLen::{Dword, Qword};

use super::calls::{BROKER_NEVER, HERALD_CALLS};
use super::filter::{Calls, allow_or_refuse, forbid, form, masked, of, only};
use super::{Landlocked, SandboxError, landlocked_as};
use crate::privilege::Becoming;

/// The herald's: it makes connections and takes none, reads what looking up names reads, and writes to no file.
pub(crate) fn confine_herald(becoming: Becoming) -> Result<Landlocked, SandboxError> {
    let mut ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(ABI::V5))?
        .handle_access(AccessNet::BindTcp)?
        .create()?;
    let settings: &[&str] = match becoming {
        // Root's secrets are closed to this user. Who changes resolv.conf puts another file in its place; and
        // what is in /run may come after us, who start before the network.
        Becoming::User(_) => &["/etc", "/run"],
        Becoming::AlreadyUnprivileged(_) | Becoming::NamespaceRoot => SETTINGS,
    };
    for path in settings.iter().chain(LIBRARIES) {
        // What is not there is not needed either.
        if let Ok(path) = PathFd::new(path) {
            ruleset = ruleset.add_rule(PathBeneath::new(path, AccessFs::ReadFile))?;
        }
    }
    let landlocked = ruleset.restrict_self()?;
    forbid(BROKER_NEVER)?;
    allow_or_refuse(HERALD_CALLS, narrow_calls()?)?;
    Ok(landlocked_as(&landlocked.ruleset))
}

/// The calls that are allowed in some forms only.
fn narrow_calls() -> Result<Calls, SandboxError> {
    let families = [
        libc::AF_UNIX,
        libc::AF_INET,
        libc::AF_INET6,
        libc::AF_NETLINK,
    ];
    let sockets = families.map(|family| form(vec![only(0, Dword, of(family))?]));
    let to_read = masked(
        2,
        libc::O_ACCMODE | libc::O_CREAT | libc::O_TRUNC,
        libc::O_RDONLY,
    )?;
    // A thread, never a process. What clone3 asks for no filter sees: it is refused, and clone is taken.
    let thread = libc::CLONE_VM | libc::CLONE_THREAD;
    let thread = masked(0, thread, thread)?;
    Ok(Calls::from([
        (
            libc::SYS_socket,
            sockets.into_iter().collect::<Result<_, _>>()?,
        ),
        (libc::SYS_openat, vec![form(vec![to_read])?]),
        (libc::SYS_clone, vec![form(vec![thread])?]),
        (
            libc::SYS_ioctl,
            vec![
                form(vec![only(1, Dword, libc::FIONBIO)?])?,
                form(vec![only(1, Dword, libc::FIONREAD)?])?,
            ],
        ),
        (
            libc::SYS_prctl,
            vec![form(vec![only(0, Qword, of(libc::PR_SET_NAME))?])?],
        ),
    ]))
}

/// What the system's resolver reads.
const SETTINGS: &[&str] = &[
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/nsswitch.conf",
    "/etc/gai.conf",
    "/etc/services",
    "/etc/localtime",
    "/etc/ld.so.cache",
];

/// What it is made of, and where others keep the file that resolv.conf leads to.
const LIBRARIES: &[&str] = &[
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/run/systemd/resolve",
    "/run/NetworkManager",
    "/run/resolvconf",
    "/run/connman",
];
