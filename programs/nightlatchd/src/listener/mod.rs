//! The listener: reads what strangers send, and can do nothing else.
//!
//! ```text
//! sockets open ─► privileges gone ─► sandbox closed ─► keys in ─► first frame read
//! ```
//! It holds keys that recognise clients and open nothing. Who takes it over can withhold knocks.

mod batch;
mod ears;
mod echoes;
mod inlet;
mod places;
mod round;
mod sources;
mod telling;
mod touches;
mod watching;

use std::net::IpAddr;

use nightlatch_capture::ReplySocket;
use nightlatch_core::{Doorstep, DoorstepPlan, PortRange, Sentry, SentryPlan};
use nightlatch_ticket::TagKey;
use thiserror::Error;

use crate::channel::{Channel, ChannelError, Letter, Word};
use crate::clock;
use crate::inherited::{close_descriptors, outlive_signals};
use crate::privilege::{PrivilegeError, drop_everything};
use crate::sandbox::{SandboxError, confine_listener};
use sources::Sources;
use watching::Watching;

pub(crate) use ears::hear_and_show;
pub(crate) use inlet::{HAS_LIBPCAP, Keyholes, try_source};
pub(crate) use places::{PLACES, Place};
pub(crate) use touches::touches;

/// Why the listener ended.
#[derive(Debug, Error)]
pub(crate) enum ListenerError {
    /// The broker is gone, or not what it was.
    #[error(transparent)]
    Channel(#[from] ChannelError),
    /// The packet sockets could not be opened.
    #[error(transparent)]
    Open(#[from] nightlatch_capture::OpenError),
    /// The NFLOG group could not be had.
    #[error(transparent)]
    Nflog(#[from] nightlatch_capture::NflogError),
    /// The kernel's log could not be opened.
    #[error(transparent)]
    KernelLog(#[from] nightlatch_capture::KernelLogError),
    /// libpcap gives nothing.
    #[cfg(feature = "libpcap")]
    #[error(transparent)]
    Libpcap(#[from] nightlatch_capture::LibpcapError),
    /// There is no libpcap in this build.
    #[error(
        "this build has no libpcap\n  build it with: cargo build --release -p nightlatchd --features libpcap"
    )]
    NoLibpcap,
    /// A log could not be followed.
    #[error(transparent)]
    Log(#[from] nightlatch_capture::FollowError),
    /// A source failed later.
    #[error(transparent)]
    Capture(#[from] nightlatch_capture::CaptureError),
    /// The kernel took no other filter.
    #[error(transparent)]
    Filter(#[from] nightlatch_capture::FilterError),
    /// The socket for acks could not be opened.
    #[error(transparent)]
    Reply(#[from] nightlatch_capture::ReplyOpenError),
    /// A privilege would not go.
    #[error(transparent)]
    Privilege(#[from] PrivilegeError),
    /// The sandbox would not close.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The broker did not begin with a plan, or broke off.
    #[error("the broker's words came in an order that does not exist")]
    Disorder,
    /// Waiting failed.
    #[error("waiting for frames was refused by the system")]
    Wait(#[from] std::io::Error),
}

/// Runs until the broker ends, which is no error.
pub(crate) fn run() -> Result<(), ListenerError> {
    close_descriptors();
    outlive_signals()?;
    // Else `ps` and `top` show the "exe" of /proc/self/exe.
    rustix::thread::set_name(c"nightlatch-ear").map_err(std::io::Error::from)?;
    // The first look at the clock asks the kernel where its page for that is: the sandbox forbids it later.
    let _ = clock::now();
    let mut channel = Channel::from_stdin().map_err(ChannelError::Io)?;
    let Word::Plan(plan) = channel.wait()? else {
        return Err(ListenerError::Disorder);
    };
    let mut sources = Sources::open(&plan)?;
    // None where nobody has a key: then nobody is answered.
    let replies = sources.replies(plan.knock_port)?;
    let becoming = drop_everything(plan.identity, &plan.log_groups)?;
    sources.open_logs(&plan)?;
    fall_silent()?;
    let acks = replies.iter().flat_map(ReplySocket::descriptors);
    let landlocked = confine_listener(acks, &sources.log_access(), sources.asking())?;
    channel.post(&Letter::Ready(becoming, landlocked))?;
    let span = plan
        .span
        .as_ref()
        .map(|span| span.read().ok_or(ListenerError::Disorder));
    let mut watching = Watching::new(span.transpose()?, plan.knock_port);
    let start = Start::hear(&mut channel, &mut watching)?;
    let doorstep_plan = DoorstepPlan {
        knock_port: plan.knock_port,
        span: watching.span().cloned(),
    };
    let mut doorstep = Doorstep::new(doorstep_plan, start.clients, start.secret, clock::now());
    let mut sentry = Sentry::new(start.sentry, start.secret);
    sentry.replace_addresses(start.addresses);
    watching.begin((&mut doorstep, &mut sentry), 0, &start.in_use);
    let sockets = (sources, replies);
    match round::Round::new(channel, sockets, (doorstep, sentry), watching).run() {
        Err(ListenerError::Channel(ChannelError::Closed)) => Ok(()),
        ended => ended,
    }
}

/// From here on the exit code says why it ended: who takes this process over does not write the log.
fn fall_silent() -> std::io::Result<()> {
    let nowhere = std::fs::File::options().write(true).open("/dev/null")?;
    rustix::stdio::dup2_stderr(nowhere).map_err(Into::into)
}

/// What the broker says before the first frame is looked at.
struct Start {
    clients: Vec<TagKey>,
    in_use: Vec<PortRange>,
    addresses: Vec<IpAddr>,
    sentry: SentryPlan,
    secret: [u8; 16],
}

impl Start {
    /// Keys and sequences until the broker says that these were all.
    fn hear(channel: &mut Channel, watching: &mut Watching) -> Result<Self, ListenerError> {
        let (mut clients, mut in_use) = (Vec::new(), Vec::new());
        let mut addresses = Vec::new();
        let mut sentry = SentryPlan::default();
        loop {
            match channel.wait()? {
                Word::Keys(more) => clients.extend(more),
                Word::Variant(variant) => watching.take(&variant)?,
                // The first policy is number 0.
                Word::Watch { in_use: ports, .. } => in_use = ports,
                Word::Addresses(all) => addresses = all,
                Word::Guard(guard) => sentry = watching.guard(&guard)?,
                Word::Begin { secret } => {
                    return Ok(Self {
                        clients,
                        in_use,
                        addresses,
                        sentry,
                        secret,
                    });
                }
                Word::Plan(_) | Word::Reply(_) => return Err(ListenerError::Disorder),
            }
        }
    }
}
