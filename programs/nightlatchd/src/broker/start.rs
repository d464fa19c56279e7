//! The start, in the one order that is safe; and the end.

use core::time::Duration;
use std::path::Path;
use std::process::Child;

use nightlatch_config::{Interfaces, Server, SourceChoice};
use nightlatch_core::Client;
use nightlatch_firewall::{DryRun, How, Nftables};
use nightlatch_journal::{folder_in, socket_beside};

use super::child::{start_clerk, start_journal, start_listener};
use super::errands::Errands;
use super::error::BrokerError;
use super::heralding::{Heralding, plan_of};
use super::prepare::{Gate, Start};
use super::readiness::wait_until_ready;
use super::reload::Fixed;
use super::reporting::event;
use super::round::{Ended, Round};
use super::scribe::Order;
use super::signals::Signals;
use crate::channel::{Channel, ChannelError, KEYS_A_WORD, ListenerPlan, SpanPlan, Word};
use crate::errand::Plan;
use crate::events::{Hearers, Kind};
use crate::log::{Form, Line};
use crate::log_groups::groups_of;
use crate::options::Daemon;
use crate::privilege::{Identity, demand};
use crate::state::StateFolder;
use crate::status::StatusSocket;
use crate::{clerk, clock, random, watchdog};

/// Runs until it is asked to end, or cannot go on.
pub(crate) fn run(options: &Daemon) -> Result<(), BrokerError> {
    let server = options.file().load()?;
    demand(options.means(), &server)?;
    let mut fixed = Fixed::of(&server)?;
    let (state, remembered) = StateFolder::open(&server.state)?;
    let socket = StatusSocket::bind(&server.status_socket)
        .map_err(|cause| BrokerError::Status(server.status_socket.clone(), cause))?;
    let signals =
        Signals::listen().map_err(|cause| BrokerError::System("to hear signals", cause))?;
    let mut firewall = open_firewall(options)?;
    let errands = errands(&server, options)?;
    fixed.has_actions |= errands.runner().is_some();
    let mut hearers = hearers(&server, options)?;
    let heralding = heralding(&server, options, fixed.identity, &mut hearers)?;
    let (channel, mut child) = listener(&server, fixed.identity)?;
    // Only with a listener that works is anything closed; but before the keys are derived: with very
    // many clients that takes a while, and strangers need not watch.
    let opened = wait_until_ready(&channel, &signals, &server.sources)
        .and_then(|listener_is| Ok((listener_is, firewall.raise(&server.gate)?)));
    let (listener_is, raised) = match opened {
        Ok(opened) => opened,
        Err(error) => return Err(blame(error, &mut child)),
    };
    let start = Start {
        options,
        fixed,
        state,
        remembered,
        socket,
        signals,
        listener_is,
        raised,
        errands,
        hearers,
        heralding,
    };
    match start.finish(server, channel, firewall) {
        Ok(mut round) => {
            round.report(&event(Kind::Started).saying(env!("CARGO_PKG_VERSION")));
            let ended = round.run();
            round.end(ended, &mut child)
        }
        Err((error, mut firewall)) => {
            // A first start that fails leaves the ports as it found them: nobody is locked out by a typo.
            if raised.how == How::Built {
                let _ = firewall.lower();
            }
            Err(blame(error, &mut child))
        }
    }
}

impl Round {
    /// Writes exact counters after a clean end, and says goodbye either way. The gate stays as it is: closed.
    fn end(
        mut self,
        ended: Result<Ended, BrokerError>,
        child: &mut Child,
    ) -> Result<(), BrokerError> {
        watchdog::stopping();
        let why = match &ended {
            Ok(Ended) => "asked to".to_owned(),
            Err(error) => crate::because(error),
        };
        let now = clock::now();
        let counters = self.counters();
        let banned = self.guarding.recorded(now);
        self.scribe
            .order(Order::Close(counters, banned), END_PATIENCE, now);
        self.written(now);
        self.sum_all_refusals_up();
        self.report(&event(Kind::Stopping).saying(&why));
        self.log.say(Line::Stopping { why });
        drop(self.channel);
        self.hearers.end(HEARERS_PATIENCE);
        if let Some(runner) = self.errands.take_runner() {
            // What it still does it ends by itself; systemd waits for it where it is told to.
            let _ = runner.end(RUNNER_PATIENCE);
        }
        match ended {
            Ok(Ended) => {
                let _ = child.wait();
                Ok(())
            }
            Err(error) => Err(blame(error, child)),
        }
    }
}

/// Where the channel broke because the listener ended, its own end says more.
fn blame(error: BrokerError, child: &mut Child) -> BrokerError {
    match error {
        error @ BrokerError::Channel(ChannelError::Closed) => {
            child.wait().map_or(error, BrokerError::from)
        }
        error => error,
    }
}

fn open_firewall(options: &Daemon) -> Result<Gate, BrokerError> {
    Ok(if options.dry_run {
        Box::new(DryRun::telling(std::io::stdout()))
    } else {
        Box::new(Nftables::open()?)
    })
}

/// Starts the runner, where there is something to run; a dry run only tells of it.
fn errands(server: &Server, options: &Daemon) -> Result<Errands, BrokerError> {
    let plan = Plan::of(&server.actions, Form::of(server.log))?;
    if options.dry_run {
        return Ok(Errands::on_paper(&plan, server.messages));
    }
    Errands::start(&plan, server.messages, &server.state)
}

/// Starts who hears of events; a dry run only says them.
fn hearers(server: &Server, options: &Daemon) -> Result<Hearers, BrokerError> {
    let mut hearers = Hearers::default();
    let Some(journal) = server.journal.filter(|_| !options.dry_run) else {
        return Ok(hearers);
    };
    let socket = socket_beside(&server.status_socket);
    let unstarted = |cause| BrokerError::Clerk(socket.clone(), cause);
    // Its own folder is another one.
    let folder = std::path::absolute(folder_in(&server.state)).map_err(unstarted)?;
    let plan = clerk::Plan {
        folder,
        keep_seconds: journal.keep.as_secs(),
        at_most: journal.at_most,
        form: Form::of(server.log),
    };
    hearers.add(start_clerk(&plan, &socket).map_err(unstarted)?);
    Ok(hearers)
}

/// Starts the herald, where somebody is told; of a dry run nobody is.
fn heralding(
    server: &Server,
    options: &Daemon,
    identity: Identity,
    hearers: &mut Hearers,
) -> Result<Heralding, BrokerError> {
    let plan = plan_of(server, identity)?;
    if options.dry_run {
        return Ok(Heralding::default());
    }
    Heralding::start(&plan, hearers)
}

fn listener(server: &Server, identity: Identity) -> Result<(Channel, Child), BrokerError> {
    let (channel, theirs) =
        Channel::pair().map_err(|cause| BrokerError::System("a pair of sockets", cause))?;
    let journal = server.sources.contains(&SourceChoice::Journal);
    let journal = journal.then(|| start_journal(identity)).transpose();
    let journal = journal.map_err(BrokerError::Journal)?;
    let child = start_listener(theirs, journal).map_err(BrokerError::Listener)?;
    let interfaces = match &server.interfaces {
        Interfaces::All => Vec::new(),
        Interfaces::Named(names) => names.clone(),
    };
    let span = server.span.as_ref();
    let plan = ListenerPlan {
        knock_port: server.knock_port,
        span: span.map(|(span, carrier)| SpanPlan::of(span, *carrier)),
        sources: server.sources.iter().map(as_told).collect(),
        interfaces,
        identity,
        log_groups: groups_of(logs(server)),
    };
    channel.tell(&Word::Plan(plan))?;
    Ok((channel, child))
}

/// The logs that are followed.
fn logs(server: &Server) -> impl Iterator<Item = &Path> {
    server.sources.iter().filter_map(|source| match source {
        SourceChoice::Log(path) => Some(path.as_path()),
        _ => None,
    })
}

/// A source as the listener is told of it; its own folder is another one.
fn as_told(source: &SourceChoice) -> String {
    match source {
        SourceChoice::Log(path) => {
            let whole = std::path::absolute(path).unwrap_or_else(|_| path.clone());
            SourceChoice::Log(whole).to_string()
        }
        other => other.to_string(),
    }
}

/// Hands the keys over by which the listener recognises clients. They open nothing.
pub(super) fn hand_over(channel: &Channel, clients: &[Client]) -> Result<(), ChannelError> {
    for some in clients.chunks(KEYS_A_WORD) {
        channel.tell(&Word::Keys(
            some.iter().map(|client| client.keys.tag_key()).collect(),
        ))?;
    }
    Ok(())
}

/// Has the listener take the keys that were handed over.
pub(super) fn begin(channel: &Channel) -> Result<(), ChannelError> {
    channel.tell(&Word::Begin {
        secret: random::draw(),
    })
}

/// Commands that run at the end have their own time limits; the daemon itself waits no longer.
const RUNNER_PATIENCE: Duration = Duration::from_secs(20);
/// A batch and a sync take no second.
const HEARERS_PATIENCE: Duration = Duration::from_secs(5);
/// A million counters take a second; systemd's own patience is longer.
const END_PATIENCE: Duration = Duration::from_secs(30);
