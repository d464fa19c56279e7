//! The filter of system calls: only these, or all but these.

use std::collections::BTreeMap;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};

use seccompiler::SeccompCmpArgLen::{Dword, Qword};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, apply_filter,
};

use super::{Asking, LogAccess, SandboxError};

/// Anything else ends the process at once: whoever asks for it is no longer us.
pub(super) fn allow_only(whole: &[libc::c_long], narrow: Calls) -> Result<(), SandboxError> {
    let whole = whole.iter().map(|call| (*call, Vec::new()));
    install(
        whole.chain(narrow).collect(),
        SeccompAction::KillProcess,
        SeccompAction::Allow,
    )
}

/// Anything else is refused, as by a kernel that does not have it.
pub(super) fn allow_or_refuse(whole: &[libc::c_long], narrow: Calls) -> Result<(), SandboxError> {
    let whole = whole.iter().map(|call| (*call, Vec::new()));
    install(
        whole.chain(narrow).collect(),
        SeccompAction::Errno(libc::ENOSYS.unsigned_abs()),
        SeccompAction::Allow,
    )
}

/// These end the process at once; the rest is the broker's own business.
pub(super) fn forbid(calls: &[libc::c_long]) -> Result<(), SandboxError> {
    let calls = calls.iter().map(|call| (*call, Vec::new()));
    install(
        calls.collect(),
        SeccompAction::Allow,
        SeccompAction::KillProcess,
    )
}

/// System calls, and for each in which forms.
pub(super) type Calls = BTreeMap<libc::c_long, Vec<SeccompRule>>;

/// The calls that are allowed in some forms only.
pub(super) fn narrow_calls<'fd>(
    acks: impl Iterator<Item = BorrowedFd<'fd>>,
    logs: &LogAccess<'_>,
    asking: Asking,
) -> Result<Calls, SandboxError> {
    let socket = only(1, Dword, of(libc::SOL_SOCKET))?;
    let filter = only(2, Dword, of(libc::SO_ATTACH_FILTER))?;
    let lock = only(2, Dword, of(libc::SO_LOCK_FILTER))?;
    // Builds for tests look whether a descriptor is open before they close it.
    let is_open = only(1, Dword, of(libc::F_GETFD))?;
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
        (libc::SYS_fcntl, vec![form(vec![is_open])?]),
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
    if asking == Asking::AfterLinks {
        let flags = only(1, Dword, libc::SIOCGIFFLAGS)?;
        calls.insert(libc::SYS_ioctl, vec![form(vec![flags])?]);
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
    let of_descriptor = masked(2, libc::AT_EMPTY_PATH, libc::AT_EMPTY_PATH)?;
    Ok(Calls::from([
        (libc::SYS_openat, vec![form(vec![to_read])?]),
        (libc::SYS_statx, vec![form(vec![of_descriptor])?]),
    ]))
}

/// Any form of a call whose first argument is this descriptor.
fn to_descriptor(descriptor: RawFd) -> Result<SeccompRule, SandboxError> {
    form(vec![only(0, Dword, of(descriptor))?])
}

/// These bits of an argument, and no others of the mask.
pub(super) fn masked(
    place: u8,
    mask: libc::c_int,
    bits: libc::c_int,
) -> Result<SeccompCondition, SandboxError> {
    SeccompCondition::new(place, Dword, SeccompCmpOp::MaskedEq(of(mask)), of(bits)).map_err(refused)
}

pub(super) fn form(conditions: Vec<SeccompCondition>) -> Result<SeccompRule, SandboxError> {
    SeccompRule::new(conditions).map_err(refused)
}

pub(super) fn only(
    place: u8,
    width: SeccompCmpArgLen,
    value: u64,
) -> Result<SeccompCondition, SandboxError> {
    SeccompCondition::new(place, width, SeccompCmpOp::Eq, value).map_err(refused)
}

pub(super) fn of(number: libc::c_int) -> u64 {
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

const STANDARD_ERROR: RawFd = 2;
