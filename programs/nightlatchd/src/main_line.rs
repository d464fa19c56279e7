//! From the command line to what it asks for, and back to an exit code.

use std::error::Error;
use std::ffi::OsString;
use std::path::Path;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Parser};
use nightlatch_capture::{CaptureError, OpenError};
use nightlatch_config::Server;

use crate::check::check;
use crate::clerk::ClerkError;
use crate::config_file::ConfigFile;
use crate::errand::Doer;
use crate::exit::Exit;
use crate::herald::HeraldError;
use crate::listener::ListenerError;
use crate::log_ruleset::Tool;
use crate::options::{Command, Form, GateCommand, NotifyCommand, Options};
use crate::runner::{HandError, RunError};
use crate::voice::{complain, say};
use crate::{broker, clerk, gate, herald, import, listener, log_ruleset, replay, runner, sources};

/// Does what the arguments ask for.
pub fn run(arguments: impl Iterator<Item = OsString>) -> Exit {
    let options = match Options::try_parse_from(arguments) {
        Ok(options) => options,
        Err(error) => return explain(error),
    };
    match options.command {
        Some(Command::Listener) => {
            end(listener::run().map_err(|error| (listener_exit(&error), because(&error))))
        }
        Some(Command::Runner { state }) => {
            end(runner::run(&state).map_err(|error| (runner_exit(&error), because(&error))))
        }
        Some(Command::Clerk { plan }) => {
            end(clerk::run(&plan).map_err(|error| (clerk_exit(&error), because(&error))))
        }
        Some(Command::Herald) => {
            end(herald::run().map_err(|error| (herald_exit(&error), because(&error))))
        }
        Some(Command::Hand { user, group, words }) => {
            let became = runner::become_command(Doer { user, group }, &words);
            end(became.map_err(|error| (hand_exit(&error), because(&error))))
        }
        Some(Command::Gate {
            what: GateCommand::Down,
        }) => match gate::down() {
            Ok(exit) => exit,
            Err(error) => end(Err((error.exit(), because(&error)))),
        },
        Some(Command::Gate {
            what: GateCommand::Show(at),
        }) => with_config(&at.file_or(options.run.file()), gate::show),
        Some(Command::Notify { what }) => notify(&what, options.run.file()),
        Some(Command::Sources { json, at }) => {
            sources::show(&at.file_or(options.run.file()), Form::of_switch(json))
        }
        Some(Command::LogRuleset { iptables, at }) => {
            let tool = if iptables { Tool::Iptables } else { Tool::Nft };
            with_config(&at.file_or(options.run.file()), |server| {
                log_ruleset::show(server, tool)
            })
        }
        Some(Command::Import(order)) => {
            end(import::import(&order).map_err(|error| (error.exit(), because(&error))))
        }
        None if options.run.check => check(&options.run.file()),
        None if options.run.read.is_some() => {
            let from = options
                .run
                .read
                .as_deref()
                .unwrap_or_else(|| Path::new("-"));
            let form = Form::of_switch(options.run.json);
            let told = (form, options.run.deeds());
            let read = replay::replay(&options.run.file(), from, told);
            end(read.map_err(|error| (error.exit(), because(&error))))
        }
        None => end(broker::run(&options.run).map_err(|error| (error.exit(), because(&error)))),
    }
}

/// The command as clap knows it, for man pages and completions.
pub fn command() -> clap::Command {
    Options::command()
}

/// An error with everything that caused it, the way people read it: `what: why`, then what to do.
pub fn because(error: &dyn Error) -> String {
    let whole = error.to_string();
    let (what, to_do) = whole.split_once('\n').unwrap_or((&whole, ""));
    let mut line = what.to_owned();
    let mut cause = error.source();
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&error.to_string());
        cause = error.source();
    }
    if !to_do.is_empty() {
        line.push('\n');
        line.push_str(to_do);
    }
    line
}

fn notify(what: &NotifyCommand, daemons: ConfigFile) -> Exit {
    let NotifyCommand::Test { name, at } = what else {
        return say(&herald::new_secret());
    };
    with_config(&at.file_or(daemons), |server| {
        match herald::try_out(server, name) {
            Ok(answer) => say(&answer),
            Err(error) => {
                complain(&because(&error));
                error.exit()
            }
        }
    })
}

pub(crate) fn with_config(file: &ConfigFile, then: impl Fn(&Server) -> Exit) -> Exit {
    match file.load() {
        Ok(server) => {
            for warning in &server.warnings {
                complain(&warning.to_string());
            }
            then(&server)
        }
        Err(error) => {
            complain(&because(&error));
            Exit::Config
        }
    }
}

fn end(ended: Result<(), (Exit, String)>) -> Exit {
    match ended {
        Ok(()) => Exit::Ok,
        Err((exit, why)) => {
            complain(&format!("nightlatchd: {why}"));
            exit
        }
    }
}

fn listener_exit(error: &ListenerError) -> Exit {
    match error {
        ListenerError::Privilege(_) | ListenerError::Open(OpenError::NoPermission) => {
            Exit::Permission
        }
        ListenerError::Channel(_) | ListenerError::Disorder => Exit::Software,
        ListenerError::Capture(CaptureError::LogEnded) => Exit::Unavailable,
        _ => Exit::System,
    }
}

const fn runner_exit(error: &RunError) -> Exit {
    match error {
        RunError::Channel(_) | RunError::Disorder => Exit::Software,
        RunError::System(..) | RunError::Wait(_) => Exit::System,
    }
}

const fn clerk_exit(error: &ClerkError) -> Exit {
    match error {
        ClerkError::Channel(_) => Exit::Software,
        ClerkError::Privilege(_) => Exit::Permission,
        _ => Exit::System,
    }
}

const fn herald_exit(error: &HeraldError) -> Exit {
    match error {
        HeraldError::Privilege(_) => Exit::Permission,
        HeraldError::Channel(_) => Exit::Software,
        HeraldError::Sandbox(_) | HeraldError::System(..) | HeraldError::Wait(_) => Exit::System,
    }
}

const fn hand_exit(error: &HandError) -> Exit {
    match error {
        HandError::Refused { .. } | HandError::Regained => Exit::Permission,
        HandError::Program(..) => Exit::Unavailable,
    }
}

/// Help and version are no errors; everything else of clap's is a wrong command line.
fn explain(mut error: clap::Error) -> Exit {
    keep_internals_back(&mut error);
    let _ = error.print();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Exit::Ok,
        _ => Exit::Usage,
    }
}

/// What the daemon starts by itself is no advice for people.
fn keep_internals_back(error: &mut clap::Error) {
    let suggested = error.remove(ContextKind::SuggestedSubcommand);
    let Some(ContextValue::Strings(names)) = suggested else {
        return;
    };
    let commands = command();
    let is_for_people = |name: &String| {
        let found = commands.find_subcommand(name);
        found.is_some_and(|command| !command.is_hide_set())
    };
    let names: Vec<String> = names.into_iter().filter(is_for_people).collect();
    if !names.is_empty() {
        error.insert(
            ContextKind::SuggestedSubcommand,
            ContextValue::Strings(names),
        );
    }
}
