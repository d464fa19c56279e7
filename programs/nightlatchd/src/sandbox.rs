//! The sandbox: which system calls and which files are left once the privileges are gone.

use std::collections::BTreeMap;
use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreatedAttr, RulesetStatus,
};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, apply_filter,
};
use thiserror::Error;

/// The sandbox could not be closed.
#[derive(Debug, Error)]
pub(crate) enum SandboxError {
    /// Landlock refused its own description.
    #[error("Landlock refused the sandbox\n  report this with your kernel's version")]
    Landlock(#[from] landlock::RulesetError),
    /// A folder that must stay writable cannot be opened.
    #[error(
        "a folder that must stay writable cannot be opened\n  create it, or correct its path in the configuration"
    )]
    Folder(#[from] landlock::PathFdError),
    /// The filter could not be built or installed.
    #[error(
        "the filter of system calls could not be installed\n  a kernel with CONFIG_SECCOMP_FILTER is needed"
    )]
    Seccomp(#[source] Box<seccompiler::Error>),
    /// The processor is one that the filter does not know.
    #[error(
        "the filter of system calls does not know this processor\n  x86_64 and aarch64 are known"
    )]
    Processor,
}

/// How much of Landlock this kernel has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Landlocked {
    /// Everything that was asked for is in force.
    Fully,
    /// The kernel knows only a part of it.
    Partly,
    /// The kernel has no Landlock: seccomp stands alone.
    Not,
}

/// The listener's: no file at all, no TCP, and a score of system calls.
pub(crate) fn confine_listener() -> Result<Landlocked, SandboxError> {
    let landlocked = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(ABI::V5))?
        .handle_access(AccessNet::from_all(ABI::V5))?
        .create()?
        .restrict_self()?;
    allow_only(LISTENER_CALLS)?;
    Ok(landlocked_as(&landlocked.ruleset))
}

/// The broker's: it may read, since a reload reads the configuration, but write only in its own folders.
pub(crate) fn confine_broker(writable: &[&Path]) -> Result<Landlocked, SandboxError> {
    let mut ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_write(ABI::V5) | AccessFs::Execute)?
        .handle_access(AccessNet::from_all(ABI::V5))?
        .create()?;
    for folder in writable {
        ruleset = ruleset.add_rule(PathBeneath::new(
            PathFd::new(folder)?,
            AccessFs::from_write(ABI::V5),
        ))?;
    }
    let landlocked = ruleset.restrict_self()?;
    forbid(BROKER_NEVER)?;
    Ok(landlocked_as(&landlocked.ruleset))
}

const fn landlocked_as(status: &RulesetStatus) -> Landlocked {
    match status {
        RulesetStatus::FullyEnforced => Landlocked::Fully,
        RulesetStatus::PartiallyEnforced => Landlocked::Partly,
        RulesetStatus::NotEnforced => Landlocked::Not,
    }
}

/// Anything else ends the process at once: whoever asks for it is no longer us.
fn allow_only(calls: &[libc::c_long]) -> Result<(), SandboxError> {
    let calls = calls.iter().map(|call| (*call, Vec::new()));
    let filters = [(libc::SYS_setsockopt, socket_filters()?)];
    install(
        calls.chain(filters).collect(),
        SeccompAction::KillProcess,
        SeccompAction::Allow,
    )
}

/// These end the process at once; the rest is the broker's own business.
fn forbid(calls: &[libc::c_long]) -> Result<(), SandboxError> {
    let calls = calls.iter().map(|call| (*call, Vec::new()));
    install(
        calls.collect(),
        SeccompAction::Allow,
        SeccompAction::KillProcess,
    )
}

/// Of all socket options only the packet filter, which follows the epochs, and its lock.
fn socket_filters() -> Result<Vec<SeccompRule>, SandboxError> {
    let options = [libc::SO_ATTACH_FILTER, libc::SO_LOCK_FILTER];
    let only = |place: u8, value: libc::c_int| {
        let value = u64::from(value.unsigned_abs());
        SeccompCondition::new(place, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value)
    };
    let rules =
        options.map(|option| SeccompRule::new(vec![only(1, libc::SOL_SOCKET)?, only(2, option)?]));
    rules
        .into_iter()
        .collect::<Result<_, _>>()
        .map_err(|cause| SandboxError::Seccomp(Box::new(cause.into())))
}

fn install(
    calls: BTreeMap<libc::c_long, Vec<SeccompRule>>,
    otherwise: SeccompAction,
    listed: SeccompAction,
) -> Result<(), SandboxError> {
    let processor =
        TargetArch::try_from(std::env::consts::ARCH).map_err(|_| SandboxError::Processor)?;
    let program: BpfProgram = SeccompFilter::new(calls, otherwise, listed, processor)
        .and_then(BpfProgram::try_from)
        .map_err(|cause| SandboxError::Seccomp(Box::new(cause.into())))?;
    apply_filter(&program).map_err(|cause| SandboxError::Seccomp(Box::new(cause)))
}

/// What the loop of the listener needs, and what the allocator and a dying process need.
const LISTENER_CALLS: &[libc::c_long] = &[
    // its sockets
    libc::SYS_recvmmsg,
    libc::SYS_recvmsg,
    libc::SYS_recvfrom,
    libc::SYS_sendmsg,
    libc::SYS_sendto,
    libc::SYS_getsockopt, // the kernel's count of lost frames
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_close,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_poll,
    libc::SYS_ppoll,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_epoll_wait,
    libc::SYS_epoll_pwait,
    libc::SYS_clock_gettime,
    // memory
    libc::SYS_brk,
    libc::SYS_mmap,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_mprotect,
    libc::SYS_futex,
    libc::SYS_getrandom,
    // ends
    libc::SYS_rt_sigreturn,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_tgkill,
    libc::SYS_exit,
    libc::SYS_exit_group,
];

/// What the broker never does again once it runs: start a program, or reach into the system or another process.
const BROKER_NEVER: &[libc::c_long] = &[
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_setns,
    libc::SYS_unshare,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_open_by_handle_at,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
];
