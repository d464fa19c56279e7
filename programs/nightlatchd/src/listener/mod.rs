//! The listener: reads what strangers send, and can do nothing else.
//!
//! ```text
//! sockets open ─► privileges gone ─► sandbox closed ─► keys in ─► first frame read
//! ```
//! It holds keys that recognise clients and open nothing. Who takes it over can withhold knocks.

mod attention;
mod ears;
mod places;
mod round;
mod telling;
mod touches;
mod watching;

use nightlatch_capture::{Interfaces, KnockShape, PacketSocket, ReplySocket, Touches, Watch};
use nightlatch_core::{Doorstep, DoorstepPlan, PortRange, Sentry, SentryPlan};
use nightlatch_ticket::{MESSAGE_LENGTH, SEALED_LENGTH, TagKey};
use thiserror::Error;

use crate::channel::{Channel, ChannelError, Letter, ListenerPlan, Word};
use crate::clock;
use crate::inherited::{close_descriptors, outlive_signals};
use crate::privilege::{PrivilegeError, drop_everything};
use crate::sandbox::{SandboxError, confine_listener};
use watching::Watching;

pub(crate) use places::{PLACES, Place};

/// Why the listener ended.
#[derive(Debug, Error)]
pub(crate) enum ListenerError {
    /// The broker is gone, or not what it was.
    #[error(transparent)]
    Channel(#[from] ChannelError),
    /// The packet sockets could not be opened.
    #[error(transparent)]
    Open(#[from] nightlatch_capture::OpenError),
    /// The packet sockets failed later.
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
    let sockets = Sockets::open(&plan)?;
    let becoming = drop_everything(plan.identity)?;
    fall_silent()?;
    let landlocked = confine_listener(sockets.replies.iter().flat_map(ReplySocket::descriptors))?;
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
    watching.begin(&mut doorstep, &mut sentry, &start.in_use);
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

/// What was opened while it was still allowed.
pub(crate) struct Sockets {
    packets: PacketSocket,
    /// None where nobody has a key: then nobody is answered.
    replies: Option<ReplySocket>,
}

impl Sockets {
    fn open(plan: &ListenerPlan) -> Result<Self, ListenerError> {
        let interfaces = match plan.interfaces.as_slice() {
            [] => Interfaces::All,
            names => Interfaces::Named(names.to_vec()),
        };
        let watch = Watch {
            interfaces,
            knock: plan.knock_port.map(|port| KnockShape {
                port,
                lengths: vec![KNOCK, MESSAGE],
            }),
            touches: Touches::default(),
        };
        Ok(Self {
            packets: PacketSocket::open(&watch)?,
            replies: plan.knock_port.map(ReplySocket::open).transpose()?,
        })
    }
}

/// What the broker says before the first frame is looked at.
struct Start {
    clients: Vec<TagKey>,
    in_use: Vec<PortRange>,
    sentry: SentryPlan,
    secret: [u8; 16],
}

impl Start {
    /// Keys and sequences until the broker says that these were all.
    fn hear(channel: &mut Channel, watching: &mut Watching) -> Result<Self, ListenerError> {
        let (mut clients, mut in_use) = (Vec::new(), Vec::new());
        let mut sentry = SentryPlan::default();
        loop {
            match channel.wait()? {
                Word::Keys(more) => clients.extend(more),
                Word::Variant(variant) => watching.take(&variant)?,
                Word::Watch { in_use: ports } => in_use = ports,
                Word::Guard(guard) => sentry = watching.guard(&guard)?,
                Word::Begin { secret } => {
                    return Ok(Self {
                        clients,
                        in_use,
                        sentry,
                        secret,
                    });
                }
                Word::Plan(_) | Word::Reply(_) => return Err(ListenerError::Disorder),
            }
        }
    }
}

/// What a knock's datagram carries, in the width of a UDP length.
const KNOCK: u16 = 100;
const _: () = assert!(KNOCK as usize == SEALED_LENGTH);
/// The same for a message.
const MESSAGE: u16 = 1124;
const _: () = assert!(MESSAGE as usize == MESSAGE_LENGTH);
