//! From sockets open to knocks heard: privileges given up, keys derived, grants adopted.

use nightlatch_config::{LogForm, Server};
use nightlatch_core::{Gatekeeper, Marks, Now, WINDOW};
use nightlatch_firewall::{Firewall, Hold, Raised};
use nightlatch_ticket::Counter;

use super::bell::{Bell, Rope};
use super::error::BrokerError;
use super::keys::derive;
use super::reload::{Fixed, Reloaded, Reloading};
use super::round::Round;
use super::scribe::{Scribe, Written};
use super::seats::Seats;
use super::signals::Signals;
use super::start::hand_over;
use super::view::Tallies;
use crate::channel::{Channel, ChannelError, Letter};
use crate::clock;
use crate::log::{Form, Line, Log};
use crate::options::Daemon;
use crate::privilege::keep_net_admin;
use crate::sandbox::confine_broker;
use crate::state::{Doubt, Remembered, StateFolder};
use crate::status::StatusSocket;
use crate::watchdog::{self, Watchdog};

/// What is open before the privileges go.
pub(super) struct Start<'a> {
    pub(super) options: &'a Daemon,
    pub(super) state: StateFolder,
    pub(super) remembered: Remembered,
    pub(super) socket: StatusSocket,
    pub(super) signals: Signals,
    pub(super) raised: Raised,
}

/// The firewall, whichever it is.
pub(super) type Gate = Box<dyn Firewall>;

impl<'s> Start<'s> {
    /// The rest of the start; where it fails, the firewall comes back so that it can be put right.
    pub(super) fn finish(
        self,
        server: Server,
        channel: Channel,
        mut firewall: Gate,
    ) -> Result<Round, (BrokerError, Gate)> {
        match self.prepare(&server, &channel, firewall.as_mut()) {
            Ok(ready) => Ok(ready.into_round(server, channel, firewall)),
            Err(error) => Err((error, firewall)),
        }
    }

    /// From privileges gone to knocks heard.
    fn prepare(
        mut self,
        server: &Server,
        channel: &Channel,
        firewall: &mut dyn Firewall,
    ) -> Result<Prepared<'s>, BrokerError> {
        keep_net_admin()?;
        let folders = [Some(server.state.as_path()), server.status_socket.parent()];
        confine_broker(&folders.into_iter().flatten().collect::<Vec<_>>())?;
        let log = Log::start(form(server.log));
        let now = clock::now();
        let marks = self.marks(&log, now);
        let clients = derive(
            &server.server_key,
            &server.roster,
            &self.remembered.counters,
            &|done| {
                watchdog::starting(done, server.roster.len());
                log.say(Line::Deriving {
                    done,
                    clients: server.roster.len(),
                });
            },
        )?;
        hand_over(channel, &clients)?;
        let listener_is = wait_until_ready(channel)?;
        let mut gatekeeper = Gatekeeper::new(server.policy.clone(), clients, marks, now);
        let standing = firewall.standing().unwrap_or_default();
        let adopted = standing.len();
        for standing in standing {
            gatekeeper.adopt(standing, now);
        }
        self.announce(server, &log, &listener_is, adopted);
        for warning in gatekeeper.warnings(now) {
            log.say(Line::Warned {
                warning: warning.to_string(),
            });
        }
        let reloads = bell()?;
        let writings = bell()?;
        Ok(Prepared {
            start: self,
            log,
            gatekeeper,
            listener_is,
            reloads,
            writings,
            now,
        })
    }

    /// Which counters may have been used by a life before this one.
    fn marks(&mut self, log: &Log, now: Now) -> Marks {
        let window = Counter(now.unix.saturating_add(WINDOW).as_nanos());
        let (floor, why) = match self.remembered.doubt {
            None => {
                return Marks {
                    floor: Counter(0),
                    watermark: Counter(0),
                };
            }
            Some(Doubt::Crash(watermark)) => (watermark, "the daemon did not stop cleanly"),
            Some(Doubt::Lost) => (window, "the state folder remembers nothing"),
        };
        log.say(Line::StateInDoubt {
            why: why.to_owned(),
        });
        match self.state.watermark(floor) {
            Ok(()) => Marks {
                floor,
                watermark: floor,
            },
            Err(cause) => {
                log.say(Line::StateFailing {
                    cause: cause.to_string(),
                });
                Marks {
                    floor,
                    watermark: Counter(0),
                }
            }
        }
    }

    fn announce(&self, server: &Server, log: &Log, listener_is: &str, adopted: usize) {
        for warning in &server.warnings {
            log.say(Line::ConfigDoubtful {
                warning: warning.to_string(),
            });
        }
        log.say(Line::GateRaised {
            guarded: server.gate.guarded.len(),
            hold: in_words(self.raised.hold),
            adopted,
            running: self.raised.running,
        });
        log.say(Line::Ready {
            clients: server.roster.len(),
            knock_port: server.gate.knock_port,
            listener: listener_is.to_owned(),
        });
    }
}

/// Everything that the round needs and that the configuration does not hold.
struct Prepared<'a> {
    start: Start<'a>,
    log: Log,
    gatekeeper: Gatekeeper,
    listener_is: String,
    reloads: (Bell<Reloaded>, Rope<Reloaded>),
    writings: (Bell<Written>, Rope<Written>),
    now: Now,
}

impl Prepared<'_> {
    fn into_round(self, server: Server, channel: Channel, firewall: Gate) -> Round {
        let Start {
            options,
            state,
            socket,
            signals,
            raised,
            ..
        } = self.start;
        let (reloads, done) = self.reloads;
        let tallies = Tallies {
            listener_is: self.listener_is,
            dry_run: options.dry_run,
            owned: raised.hold == Hold::Ours,
            since: Some(self.now),
            ..Tallies::default()
        };
        watchdog::ready(server.roster.len());
        Round {
            channel,
            gatekeeper: self.gatekeeper,
            firewall,
            scribe: Scribe::start(state, self.writings),
            reloading: Reloading {
                config: options.config.clone(),
                fixed: Fixed::of(&server),
                done,
                is_under_way: false,
            },
            seats: Seats::new(server.roster, &server.policy),
            plan: server.gate,
            reloads,
            signals,
            socket,
            log: self.log,
            watchdog: Watchdog::new(self.now),
            tallies,
        }
    }
}

fn bell<T>() -> Result<(Bell<T>, Rope<T>), BrokerError> {
    Bell::new().map_err(|cause| BrokerError::System("an event counter", cause))
}

fn wait_until_ready(channel: &Channel) -> Result<String, BrokerError> {
    match channel.wait_for_letter()? {
        Letter::Ready {
            user,
            landlocked,
            namespace_root,
        } => Ok(describe(user, landlocked, namespace_root)),
        Letter::Claim(_) | Letter::Tally(_) => Err(ChannelError::Malformed.into()),
    }
}

fn describe(user: u32, landlocked: u8, namespace_root: bool) -> String {
    let who = if namespace_root {
        "as root of a namespace without other users".to_owned()
    } else {
        format!("as user {user}")
    };
    let files = match landlocked {
        2 => "no files",
        1 => "hardly any files (an older Landlock)",
        _ => "no Landlock in this kernel",
    };
    format!("{who}, no capabilities, {files}, system calls filtered")
}

fn in_words(hold: Hold) -> String {
    match hold {
        Hold::Ours => "kept by the kernel, also from other programs".to_owned(),
        Hold::Shared => {
            "watched, since this kernel does not keep it from other programs".to_owned()
        }
    }
}

fn form(form: LogForm) -> Form {
    match form {
        LogForm::Json => Form::Json,
        // Set by systemd where standard error is the journal.
        LogForm::Auto if std::env::var_os("JOURNAL_STREAM").is_some() => Form::Journal,
        LogForm::Human | LogForm::Auto => Form::Human,
    }
}
