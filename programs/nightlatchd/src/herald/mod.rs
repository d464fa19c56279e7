//! The herald: tells others what happened, and has nothing to say in it.
//!
//! ```text
//!  events ─► ration ─┬─► letter ─► queue ─► post, signed ─► webhook      a thread for each
//!   (one by one,     │                └─ again, later ◄───── not told
//!    or summed up)   └─► line ─► the system's log
//! ```
//! It holds what signs webhooks, and no key that opens anything. It talks to receivers, so it has given up
//! everything else: taken over, it can tell lies about what happened. If it ends, knocks go on.

mod answer;
mod letter;
mod plan;
mod post;
mod queue;
mod receiver;
mod retry_after;
mod round;
mod signature;
mod syslog;
mod teller;
mod trial;
mod webhook;

use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;

use rustix::event::{PollFd, PollFlags, poll};
use thiserror::Error;

use crate::channel::ChannelError;
use crate::events::{Ear, Tidings};
use crate::inherited::{close_descriptors, outlive_signals};
use crate::log::Log;
use crate::privilege::{PrivilegeError, drop_everything};
use crate::sandbox::{Landlocked, SandboxError, confine_herald};
use crate::way::Way;
use plan::PlanEar;
pub(crate) use plan::{Plan, check};
pub(crate) use post::CertificatesError;
use receiver::Surroundings;
use round::Round;
use teller::Teller;
pub(crate) use trial::{new_secret, try_out};

/// Why the herald ended.
#[derive(Debug, Error)]
pub(crate) enum HeraldError {
    /// The broker is not what it was.
    #[error(transparent)]
    Channel(#[from] ChannelError),
    /// A privilege would not go.
    #[error(transparent)]
    Privilege(#[from] PrivilegeError),
    /// The sandbox would not close.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The system refused something small that always works.
    #[error("the system refused {0} to the herald")]
    System(&'static str, #[source] io::Error),
    /// Waiting failed.
    #[error("waiting was refused by the system")]
    Wait(#[source] io::Error),
}

/// Runs until the broker ends, which is no error.
pub(crate) fn run() -> Result<(), HeraldError> {
    let system = |what| move |cause| HeraldError::System(what, cause);
    close_descriptors();
    outlive_signals().map_err(system("to outlive signals"))?;
    rustix::thread::set_name(c"nightlatch-call")
        .map_err(|cause| HeraldError::System("a name", cause.into()))?;
    let ear = Ear::from_stdin().map_err(system("its standard input"))?;
    let plans = io::stdout().as_fd().try_clone_to_owned();
    let plans = plans.map_err(system("its standard output"))?;
    let plans = PlanEar::over(Way::over(plans));
    match prepare(ear, plans) {
        Ok(round) => round.run(),
        // The broker did not get far enough to have anything told.
        Err(HeraldError::Channel(ChannelError::Closed)) => Ok(()),
        Err(error) => Err(error),
    }
}

fn prepare(ear: Ear, mut plans: PlanEar) -> Result<Round, HeraldError> {
    let plan = first_plan(&mut plans)?;
    // While it may still be asked for.
    let pid = std::os::unix::process::parent_id();
    let becoming = drop_everything(plan.identity, &[])?;
    let landlocked = confine_herald(becoming)?;
    let log = Log::start(plan.form).map_err(|cause| HeraldError::System("a thread", cause))?;
    let teller = Teller::new(log);
    if landlocked == Landlocked::Not {
        teller.warn("this kernel's Landlock does not keep the herald from files".to_owned());
    }
    let mut round = Round {
        ear,
        plans,
        receivers: Vec::new(),
        around: Surroundings {
            host: hostname().into(),
            pid,
            teller: Arc::new(teller),
        },
        told: Tidings::default(),
        before: Tidings::default(),
    };
    round.replan(plan);
    Ok(round)
}

/// What this host calls itself.
fn hostname() -> String {
    let host = rustix::system::uname();
    host.nodename().to_string_lossy().into_owned()
}

fn first_plan(plans: &mut PlanEar) -> Result<Plan, HeraldError> {
    loop {
        if let Some(plan) = plans.plan()? {
            return Ok(plan);
        }
        let mut fds = [PollFd::new(plans.way(), PollFlags::IN)];
        match poll(&mut fds, None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(errno) => return Err(HeraldError::Wait(errno.into())),
        }
    }
}
