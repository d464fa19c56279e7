//! The sandbox: which system calls and which files are left once the privileges are gone.

use std::collections::BTreeMap;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreatedAttr, RulesetStatus,
};
use seccompiler::SeccompCmpArgLen::{Dword, Qword};
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
#[repr(u8)]
pub(crate) enum Landlocked {
    /// The kernel has no Landlock: seccomp stands alone.
    Not = 0,
    /// The kernel knows only a part of it.
    Partly = 1,
    /// Everything that was asked for is in force.
    Fully = 2,
}

impl Landlocked {
    /// Every degree, in the order of its number.
    pub(crate) const ALL: [Self; 3] = [Self::Not, Self::Partly, Self::Fully];
}

/// What following logs takes.
#[derive(Debug)]
pub(crate) struct LogAccess<'a> {
    /// Where rotated logs are opened again.
    pub(crate) folders: Vec<&'a Path>,
    /// What the followers write to, to call themselves.
    pub(crate) marks: Vec<RawFd>,
}

/// The listener's: no file but logs in the folders of those it follows, no TCP, and a score of
/// system calls, some for one descriptor alone.
///
/// A packet socket may also send, on every link and on loopback, which the gate believes. So nothing
/// can be sent to an address but through the sockets for acks.
pub(crate) fn confine_listener<'fd>(
    acks: impl Iterator<Item = BorrowedFd<'fd>>,
    logs: &LogAccess<'_>,
) -> Result<Landlocked, SandboxError> {
    let mut ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(ABI::V5))?
        .handle_access(AccessNet::from_all(ABI::V5))?
        .create()?;
    for folder in &logs.folders {
        let reading = PathBeneath::new(PathFd::new(folder)?, AccessFs::ReadFile);
        ruleset = ruleset.add_rule(reading)?;
    }
    let landlocked = ruleset.restrict_self()?;
    let mut calls = LISTENER_CALLS.to_vec();
    if !logs.folders.is_empty() {
        calls.extend(LOG_CALLS);
    }
    allow_only(&calls, narrow_calls(acks, logs)?)?;
    Ok(landlocked_as(&landlocked.ruleset))
}

/// The broker's: it may read, since a reload reads the configuration, but write only its state, and
/// take its status socket away at the end.
pub(crate) fn confine_broker(state: &Path, socket: &Path) -> Result<Landlocked, SandboxError> {
    let writing = AccessFs::from_write(ABI::V5);
    let landlocked = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(writing | AccessFs::Execute)?
        .handle_access(AccessNet::from_all(ABI::V5))?
        .create()?
        .add_rule(PathBeneath::new(PathFd::new(state)?, writing))?
        .add_rule(PathBeneath::new(
            PathFd::new(folder_of(socket))?,
            AccessFs::RemoveFile,
        ))?
        .restrict_self()?;
    forbid(BROKER_NEVER)?;
    Ok(landlocked_as(&landlocked.ruleset))
}

fn folder_of(file: &Path) -> &Path {
    file.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or_else(|| Path::new("."))
}

const fn landlocked_as(status: &RulesetStatus) -> Landlocked {
    match status {
        RulesetStatus::FullyEnforced => Landlocked::Fully,
        RulesetStatus::PartiallyEnforced => Landlocked::Partly,
        RulesetStatus::NotEnforced => Landlocked::Not,
    }
}

/// Anything else ends the process at once: whoever asks for it is no longer us.
fn allow_only(whole: &[libc::c_long], narrow: Calls) -> Result<(), SandboxError> {
    let whole = whole.iter().map(|call| (*call, Vec::new()));
    install(
        whole.chain(narrow).collect(),
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

/// System calls, and for each in which forms.
type Calls = BTreeMap<libc::c_long, Vec<SeccompRule>>;

/// The calls that are allowed in some forms only.
fn narrow_calls<'fd>(
    acks: impl Iterator<Item = BorrowedFd<'fd>>,
    logs: &LogAccess<'_>,
) -> Result<Calls, SandboxError> {
    let socket = only(1, Dword, of(libc::SOL_SOCKET))?;
    let filter = only(2, Dword, of(libc::SO_ATTACH_FILTER))?;
    let lock = only(2, Dword, of(libc::SO_LOCK_FILTER))?;
    let through_acks = acks.map(|fd| to_descriptor(fd.as_raw_fd()));
    let through_acks: Vec<_> = through_acks.collect::<Result<_, _>>()?;
    let written = core::iter::once(STANDARD_ERROR).chain(logs.marks.iter().copied());
    let mut calls = Calls::from([
        // The filter follows the epochs, and is locked when it need not any more.
        (
            libc::SYS_setsockopt,
            vec![
                form(vec![socket.clone(), filter])?,
                form(vec![socket, lock])?,
            ],
        ),
        // To the other end of what is connected: the channel, and the kernel's news about links.
        (libc::SYS_sendto, vec![form(vec![only(4, Qword, 0)?])?]),
        (
            libc::SYS_write,
            written.map(to_descriptor).collect::<Result<_, _>>()?,
        ),
    ]);
    if !logs.folders.is_empty() {
        calls.extend(log_calls()?);
    }
    // A call without a form would be allowed in every form.
    if !through_acks.is_empty() {
        calls.insert(libc::SYS_sendmsg, through_acks);
    }
    Ok(calls)
}

/// What opens a log again, and what looks at its length: nothing that makes or changes a file, and
/// no file that is not open.
fn log_calls() -> Result<Calls, SandboxError> {
    let to_read = masked(
        2,
        libc::O_ACCMODE | libc::O_CREAT | libc::O_TRUNC,
        libc::O_RDONLY,
    )?;
    // Builds for tests look whether a descriptor is open before they close it.
    let is_open = only(1, Dword, of(libc::F_GETFD))?;
    let of_descriptor = masked(2, libc::AT_EMPTY_PATH, libc::AT_EMPTY_PATH)?;
    Ok(Calls::from([
        (libc::SYS_openat, vec![form(vec![to_read])?]),
        (libc::SYS_fcntl, vec![form(vec![is_open])?]),
        (libc::SYS_statx, vec![form(vec![of_descriptor])?]),
    ]))
}

/// Any form of a call whose first argument is this descriptor.
fn to_descriptor(descriptor: RawFd) -> Result<SeccompRule, SandboxError> {
    form(vec![only(0, Dword, of(descriptor))?])
}

/// These bits of an argument, and no others of the mask.
fn masked(
    place: u8,
    mask: libc::c_int,
    bits: libc::c_int,
) -> Result<SeccompCondition, SandboxError> {
    SeccompCondition::new(place, Dword, SeccompCmpOp::MaskedEq(of(mask)), of(bits)).map_err(refused)
}

fn form(conditions: Vec<SeccompCondition>) -> Result<SeccompRule, SandboxError> {
    SeccompRule::new(conditions).map_err(refused)
}

fn only(place: u8, width: SeccompCmpArgLen, value: u64) -> Result<SeccompCondition, SandboxError> {
    SeccompCondition::new(place, width, SeccompCmpOp::Eq, value).map_err(refused)
}

fn of(number: libc::c_int) -> u64 {
    number.unsigned_abs().into()
}

fn refused(cause: seccompiler::BackendError) -> SandboxError {
    SandboxError::Seccomp(Box::new(cause.into()))
}

fn install(
    calls: Calls,
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
    libc::SYS_getsockopt, // the kernel's count of lost frames
    libc::SYS_read,
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

/// What following a log needs beside that.
const LOG_CALLS: &[libc::c_long] = &[
    libc::SYS_pread64,
    libc::SYS_inotify_add_watch,
    libc::SYS_inotify_rm_watch,
];

const STANDARD_ERROR: RawFd = 2;

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
    // Root's files are its own: Landlock does not watch over their modes.
    #[cfg(target_arch = "x86_64")]
    libc::SYS_chmod,
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_chown,
    libc::SYS_fchown,
    libc::SYS_fchownat,
    libc::SYS_setxattr,
    libc::SYS_fsetxattr,
    libc::SYS_mknodat,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
];
