//! From the options to the parts that do the work.

mod habit;
mod knocking;
mod sequences;
mod telling;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use knocking::{close, connect_through, knock, ssh_through};
use sequences::sequence;
pub(crate) use telling::TextError;
use telling::tell;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::keys::{self, Lock};
use crate::options::{Journal, Keygen, Options, Public, Status, Task};
use crate::voice::{remark, say};
use crate::{demo, journal, mishap, status, surroundings};

/// Does what the command line says.
pub fn run(line: impl IntoIterator<Item = OsString>) -> ExitCode {
    mishap::own_up();
    let line: Vec<OsString> = line.into_iter().collect();
    let options = match Options::try_parse_from(&line) {
        Ok(options) => options,
        Err(error) => return misunderstood(&error, &line).into(),
    };
    match perform(options.task) {
        Ok(code) => code,
        Err(failure) => {
            remark(failure.told().trim_end());
            if failure.finds_no_server() {
                tell_habit(&line);
            }
            failure.exit().into()
        }
    }
}

fn misunderstood(error: &clap::Error, line: &[OsString]) -> Exit {
    // A closed stream: nobody is left to be told.
    let _ = error.print();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Exit::Done,
        ErrorKind::UnknownArgument => {
            tell_habit(line);
            Exit::Usage
        }
        _ => Exit::Usage,
    }
}

fn tell_habit(line: &[OsString]) {
    if let Some(meant) = habit::meant(line) {
        remark(&meant);
    }
}

fn perform(task: Task) -> Result<ExitCode, Failure> {
    Ok(match task {
        // First of all, since a process can go into namespaces only while it has one thread.
        Task::Demo(options) => return demo::run(&options).map_err(Failure::Demo),
        Task::Keygen(options) => keygen(&options),
        Task::Public(options) => public(&options),
        Task::Knock(options) => knock(&options),
        Task::Close(options) => close(&options),
        Task::Connect(options) => connect_through(&options),
        Task::Ssh(options) => ssh_through(&options),
        Task::Tell(options) => tell(&options),
        Task::Sequence(options) => sequence(&options),
        Task::Status(options) => tell_status(&options),
        Task::Journal(options) => tell_journal(&options),
    }?
    .into())
}

fn keygen(options: &Keygen) -> Result<Exit, Failure> {
    let file = key_file(options.output.as_deref())?;
    if options.preshared {
        keys::make_preshared(&file)?;
        remark(&format!(
            "the pre-shared secret is in {}: the server gets the same file",
            file.display()
        ));
        return Ok(Exit::Done);
    }
    let lock = match &options.passphrase_file {
        Some(words) => Lock::File(words),
        None if options.passphrase => Lock::Asked,
        None => Lock::Open,
    };
    let public = keys::make(&file, lock)?;
    remark(&format!(
        "the secret key is in {}: show it to nobody; the public key is",
        file.display()
    ));
    say(&public.to_string())?;
    Ok(Exit::Done)
}

/// Where the key goes; our own folder is made where it is missing, and no other.
fn key_file(named: Option<&Path>) -> Result<PathBuf, Failure> {
    let usual = match (surroundings::key_file(), named) {
        (Ok(usual), _) => usual,
        (Err(_), Some(named)) => return Ok(named.to_owned()),
        (Err(homeless), None) => return Err(homeless.into()),
    };
    let file = named.unwrap_or(&usual);
    if file.parent() == usual.parent() {
        keys::make_folder_of(file)?;
    }
    Ok(file.to_owned())
}

fn public(options: &Public) -> Result<Exit, Failure> {
    let file = match &options.file {
        Some(file) => file.clone(),
        None => surroundings::key_file()?,
    };
    say(&keys::public(&file, options.passphrase_file.as_deref())?.to_string())?;
    Ok(Exit::Done)
}

fn tell_status(options: &Status) -> Result<Exit, Failure> {
    let told = if options.json {
        status::for_programs
    } else {
        status::for_people
    };
    say(&told(&options.socket)?)?;
    Ok(Exit::Done)
}

fn tell_journal(options: &Journal) -> Result<Exit, Failure> {
    journal::run(options)?;
    Ok(Exit::Done)
}
