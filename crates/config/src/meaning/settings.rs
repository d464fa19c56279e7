//! `[server]` and `[limits]`: where knocks come in, what is guarded, how much of everything.

use std::{
    ops::Range,
    path::{Path, PathBuf},
};

use nightlatch_core::{Answers, GatePlan, Policy, PortRange};
use nightlatch_ticket::{PublicKey, SecretKey};
use serde_spanned::Spanned;

use super::{
    guard,
    values::{USUAL_KNOCK_PORT, answers, path_of, port, word},
};
use crate::{
    desk::Desk,
    document::Section,
    key_file::{StoredKey, read_secret_key},
    remark::Remark,
    roster::Roster,
    server::{Interfaces, LogForm, Server},
    text::{ServerText, WordOrList},
};

/// `[server]`, understood.
pub(crate) struct Settings {
    pub(crate) answers: Answers,
    pub(crate) gate: GatePlan,
    /// The guarded ranges once more, each with its place.
    pub(crate) guard: Vec<Spanned<PortRange>>,
    pub(crate) clients_file: Option<Spanned<PathBuf>>,
    server_key: SecretKey,
    state: PathBuf,
    status_socket: PathBuf,
    interfaces: Interfaces,
    user: String,
    log: LogForm,
}

impl Settings {
    pub(crate) fn server(self, policy: Policy, roster: Roster) -> Server {
        Server {
            policy,
            gate: self.gate,
            roster,
            server_key: self.server_key,
            state: self.state,
            status_socket: self.status_socket,
            interfaces: self.interfaces,
            user: self.user,
            log: self.log,
            warnings: Vec::new(),
        }
    }

    pub(crate) fn public_key(&self) -> PublicKey {
        self.server_key.public()
    }
}

/// Reads every key of `[server]`, so that all that is wrong is said at once.
pub(crate) fn read(
    section: &Section<ServerText>,
    folder: &Path,
    desk: &mut Desk,
) -> Option<Settings> {
    let text = &section.text;
    let path = |written: &Option<Spanned<String>>, usual: &str, desk: &mut Desk| match written {
        Some(written) => path_of(written, folder, None, desk),
        None => Some(folder.join(usual)),
    };
    let knock_port = port(text.knock_port.as_ref(), USUAL_KNOCK_PORT, desk);
    let guard = guard::read(text.guard.as_ref(), &section.place, knock_port, desk);
    let answers = answers(text.answers.as_ref(), desk);
    let server_key = server_key(text.key.as_ref(), &section.place, folder, desk);
    let state = path(&text.state, "/var/lib/nightlatch", desk);
    let status_socket = path(&text.status_socket, "/run/nightlatch/status.sock", desk);
    let interfaces = interfaces(text.interfaces.as_ref(), desk);
    let user = user(text.user.as_ref(), desk);
    let log = log(text.log.as_ref(), desk);
    let clients_file = match &text.clients_file {
        Some(written) => Some(Spanned::new(
            written.span(),
            path_of(written, folder, None, desk)?,
        )),
        None => None,
    };
    let guard = guard?;
    let guarded = guard.iter().map(|range| *range.get_ref()).collect();
    Some(Settings {
        answers: answers?,
        gate: GatePlan {
            knock_port: knock_port?,
            guarded,
        },
        guard,
        clients_file,
        server_key: server_key?,
        state: state?,
        status_socket: status_socket?,
        interfaces: interfaces?,
        user: user?,
        log: log?,
    })
}

fn log(written: Option<&Spanned<String>>, desk: &mut Desk) -> Option<LogForm> {
    word(
        written,
        &[
            ("auto", LogForm::Auto),
            ("human", LogForm::Human),
            ("json", LogForm::Json),
        ],
        desk,
    )
}

fn server_key(
    written: Option<&Spanned<String>>,
    place: &Range<usize>,
    folder: &Path,
    desk: &mut Desk,
) -> Option<SecretKey> {
    let span = written.map_or_else(|| place.clone(), Spanned::span);
    let path = match written {
        Some(written) => path_of(written, folder, None, desk)?,
        None => folder.join("server.key"),
    };
    match read_secret_key(&path) {
        Ok(StoredKey::Open(key)) => return Some(key),
        Ok(StoredKey::Sealed(_)) => desk.add(
            Remark::error(
                span,
                "the server's key is sealed with a passphrase, and the daemon has nobody to ask",
            )
            .advise("make a key without a passphrase, readable by root only"),
        ),
        Err(error) => desk.add(Remark::of(span, &error).label("the server's own secret key")),
    }
    None
}

fn interfaces(written: Option<&Spanned<WordOrList>>, desk: &mut Desk) -> Option<Interfaces> {
    let Some(written) = written else {
        return Some(Interfaces::All);
    };
    let remark = match written.get_ref() {
        WordOrList::Word(word) if word == "all" => return Some(Interfaces::All),
        WordOrList::Word(word) => {
            Remark::error(written.span(), format!("{word:?} is not known here"))
                .advise(format!("choose \"all\", or a list: [{word:?}]"))
        }
        WordOrList::List(list) if list.is_empty() => Remark::error(
            written.span(),
            "no interface is listened on, so nobody could knock",
        )
        .advise("choose \"all\", or name them: [\"eth0\"]"),
        WordOrList::List(list) => match list.iter().find(|name| !is_interface(name.get_ref())) {
            None => {
                return Some(Interfaces::Named(
                    list.iter().map(|name| name.get_ref().clone()).collect(),
                ));
            }
            Some(name) => Remark::error(
                name.span(),
                format!("{:?} cannot be an interface", name.get_ref()),
            )
            .advise("a name has 1 to 15 characters, without spaces or slashes: see `ip link`"),
        },
    };
    desk.add(remark);
    None
}

/// As the kernel sees it: at most 15 bytes, no slash, no space.
pub(crate) fn is_interface(name: &str) -> bool {
    let strange =
        |letter: char| letter.is_whitespace() || letter.is_control() || matches!(letter, '/' | ':');
    (1..=15).contains(&name.len()) && !matches!(name, "." | "..") && !name.contains(strange)
}

fn user(written: Option<&Spanned<String>>, desk: &mut Desk) -> Option<String> {
    let Some(written) = written else {
        return Some(String::from("nobody"));
    };
    let remark = match written.get_ref().as_str() {
        "root" | "0" => Remark::error(
            written.span(),
            "the listener reads what strangers send, and must not be root",
        )
        .advise("leave it at \"nobody\", or make a user for it"),
        name if name.is_empty()
            || name.contains(|letter: char| {
                letter.is_whitespace() || matches!(letter, ':' | '\0')
            }) =>
        {
            Remark::error(written.span(), format!("{name:?} cannot be a user"))
                .advise("leave it at \"nobody\", or make a user for it")
        }
        name => return Some(name.to_owned()),
    };
    desk.add(remark);
    None
}
