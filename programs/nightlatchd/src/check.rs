//! `--check`: whether a start with this configuration would go well, as far as that shows beforehand.
//!
//! What a start refuses is refused here too, since people write `--check && systemctl restart`. What may
//! come later, as a program or a set may, is warned of.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

use nightlatch_config::{Action, Command, Server, SourceChoice, Strength};
use nightlatch_core::Deed;
use nightlatch_firewall::Nftables;
use nightlatch_journal::socket_beside;
use rustix::fs::{Access, access};

use crate::broker::{BrokerError, derive, unfit};
use crate::config_file::ConfigFile;
use crate::errand::Plan;
use crate::exit::Exit;
use crate::listener::{HAS_LIBPCAP, ListenerError};
use crate::log::Form;
use crate::log_groups::{OUT_OF_REACH, is_within_reach};
use crate::main_line::{because, with_config};
use crate::privilege::Identity;
use crate::state::StateFolder;
use crate::status::StatusSocket;
use crate::voice::{complain, say};
use crate::{forwarding, herald, interfaces, log_ruleset};

/// Says whether the configuration is right, and what is doubtful in it.
pub(crate) fn check(file: &ConfigFile) -> Exit {
    with_config(file, |server| {
        if let Err(why) = start_would_go_well(server) {
            complain(&why);
            return Exit::Config;
        }
        let doubts = programs(&server.actions)
            .chain(forwarding::doubts(&server.gate))
            .chain(interfaces::doubts(&server.interfaces))
            .chain(log_ruleset::doubts(server));
        for doubt in doubts {
            complain(&format!("warning: {doubt}"));
        }
        doubt_sets(server);
        say(&praise(file.path(), server))
    })
}

/// The refusals of a start, in its order, but for those that depend on who starts it and what runs already.
fn start_would_go_well(server: &Server) -> Result<(), String> {
    Identity::of(&server.user).map_err(in_words)?;
    StateFolder::look(&server.state).map_err(in_words)?;
    socket(&server.status_socket)?;
    if server.journal.is_some() {
        socket(&socket_beside(&server.status_socket))?;
    }
    Plan::of(&server.actions, Form::of(server.log)).map_err(in_words)?;
    herald::check(&server.notifications).map_err(in_words)?;
    server.sources.iter().try_for_each(source)?;
    let nobody = BTreeMap::new();
    derive(server.server_key.as_ref(), &server.roster, &nobody, &|_| ()).map_err(in_words)?;
    Ok(())
}

fn socket(path: &Path) -> Result<(), String> {
    let unmade = |cause| BrokerError::Status(path.to_path_buf(), cause);
    StatusSocket::look(path).map_err(unmade).map_err(in_words)
}

/// What of a source does not depend on who else has it: the rest `nightlatchd sources` tries.
fn source(choice: &SourceChoice) -> Result<(), String> {
    let is_wrong = |why| Err(format!("the source {choice}: {why}"));
    match choice {
        SourceChoice::Log(path) if !folder_of(path).is_dir() => {
            is_wrong("the folder is not there\n  a log may come later, its folder may not")
        }
        SourceChoice::Log(path) if path.exists() && !path.is_file() => is_wrong(
            "it is a folder, a pipe or a device\n  name the file that the syslog daemon writes",
        ),
        // Whoever starts the daemon: the listener opens it when its privileges are gone.
        SourceChoice::Log(path) if path.exists() && !is_within_reach(path) => {
            is_wrong(OUT_OF_REACH)
        }
        SourceChoice::Journal if !Path::new(JOURNALCTL).exists() => is_wrong(
            "there is no /usr/bin/journalctl, which reads it out\n  take another source: `nightlatchd sources` tries all",
        ),
        SourceChoice::Pcap(_) if !HAS_LIBPCAP => Err(in_words(ListenerError::NoLibpcap)),
        _ => Ok(()),
    }
}

fn folder_of(path: &Path) -> &Path {
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    folder.unwrap_or_else(|| Path::new("."))
}

/// Programs of actions that could not be run now. They may be installed later: a grant opens all the same.
fn programs(actions: &[Action]) -> impl Iterator<Item = String> + '_ {
    actions.iter().flat_map(|action| {
        let halves = [&action.stop, &action.start_six, &action.stop_six];
        let halves = halves.into_iter().flatten();
        let commands = core::iter::once(&action.start).chain(halves);
        let doubts = commands.filter_map(program);
        doubts.map(|doubt| format!("action `{}`: {doubt}", action.name))
    })
}

fn program(command: &Command) -> Option<String> {
    let Command::Argv(words) = command else {
        return None;
    };
    // Only the knock says what stands for the address.
    let program = words.first().filter(|program| !program.contains("%IP%"))?;
    let path = Path::new(program);
    let is_program = path.is_file() && access(path, Access::EXEC_OK).is_ok();
    let wrong = if !path.exists() {
        "there is no such program"
    } else if !is_program {
        "it is no program that can be started"
    } else {
        return None;
    };
    Some(format!(
        "{program}: {wrong}\n  until there is one, a knock runs nothing"
    ))
}

/// Looks up the sets that services name, where that is allowed. They are the administrator's own and
/// may come and go, so what is wrong with them does not make the configuration wrong.
fn doubt_sets(server: &Server) {
    let mut services = server.policy.services().iter();
    if services.all(|service| service.inserts.is_empty()) {
        return;
    }
    match Nftables::open() {
        Ok(mut firewall) => {
            for unfit in unfit(&server.policy, &mut firewall) {
                let (service, cause) = (unfit.service, unfit.cause);
                complain(&format!("warning: service {service}: {cause}"));
            }
        }
        Err(error) => complain(&format!(
            "the sets at `insert` were not looked up: {}",
            because(&error)
        )),
    }
}

fn praise(path: &Path, server: &Server) -> String {
    let guarded = count(server.gate.guarded.len(), "guarded range");
    let services = count(server.policy.services().len(), "service");
    let clients = count(server.roster.len(), "client");
    let sequences = count(server.policy.sequences().len(), "sequence");
    let praise = format!(
        "{} is right: {guarded}, {services}, {clients}, {sequences}",
        path.display()
    );
    let all = server.policy.sequences().iter();
    // What only closes tempts nobody.
    let opening = all.filter(|sequence| sequence.deed == Deed::Open);
    let strengths =
        opening.map(|sequence| format!("{}: {}", sequence.name, Strength::of(sequence)));
    let lines: Vec<String> = core::iter::once(praise).chain(strengths).collect();
    lines.join("\n")
}

fn count(number: usize, thing: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{ending}")
}

fn in_words(error: impl Error) -> String {
    because(&error)
}

const JOURNALCTL: &str = "/usr/bin/journalctl";
