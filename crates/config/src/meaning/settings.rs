//! `[server]` and `[limits]`: where knocks come in, what is guarded, how much of everything.

use std::{
    collections::BTreeSet,
    ops::Range,
    path::{Path, PathBuf},
};

use nightlatch_core::{Answers, Forward, GatePlan, Policy, Port, PortRange};
use nightlatch_ticket::{PublicKey, SecretKey};
use serde_spanned::Spanned;

use super::{
    guard, sources,
    values::{USUAL_KNOCK_PORT, answers, path_of, port, user, word},
};
use crate::{
    desk::Desk,
    document::Section,
    guarding::Guarding,
    journal::Journal,
    key_file::{StoredKey, read_secret_key},
    ports::read_ports,
    remark::Remark,
    roster::Roster,
    server::{Interfaces, LogForm, Server},
    source_choice::SourceChoice,
    text::{List, ServerText, WordOrList},
};

/// `[server]`, understood.
pub(crate) struct Settings {
    pub(crate) answers: Answers,
    /// Where knocks come in; nowhere without a key.
    pub(crate) knock_port: Option<u16>,
    /// The guarded ranges, each with its place.
    pub(crate) guard: Vec<Spanned<PortRange>>,
    /// The ports where touches shall not count, each with its place.
    pub(crate) in_use: Vec<Spanned<PortRange>>,
    pub(crate) clients_file: Option<Spanned<PathBuf>>,
    server_key: Option<SecretKey>,
    state: PathBuf,
    status_socket: PathBuf,
    sources: Vec<SourceChoice>,
    interfaces: Interfaces,
    user: String,
    log: LogForm,
}

impl Settings {
    /// The first of these ports that is open to everybody.
    pub(crate) fn unguarded<'p>(&self, ports: &'p [Port]) -> Option<&'p Port> {
        let is_guarded = |port: &Port| {
            let contains = |range: &Spanned<PortRange>| range.get_ref().contains(*port);
            self.guard.iter().any(contains)
        };
        ports.iter().find(|port| !is_guarded(port))
    }

    /// The server, as far as `[server]` says what it is.
    pub(crate) fn server(self, policy: Policy, roster: Roster) -> Server {
        let ports =
            |ranges: Vec<Spanned<PortRange>>| ranges.into_iter().map(Spanned::into_inner).collect();
        let services = policy.services().iter();
        let forwards: BTreeSet<Forward> = services
            .flat_map(|service| &service.forwards)
            .copied()
            .collect();
        // Nobody listens here at what leads on, and who uses it touches no closed port.
        let mut in_use: Vec<PortRange> = ports(self.in_use);
        in_use.extend(forwards.iter().map(|forward| PortRange::from(forward.port)));
        in_use.dedup();
        // A socket gets nothing that the gate has dropped before.
        let has_socket = self.sources.contains(&SourceChoice::Udp);
        Server {
            policy,
            gate: GatePlan {
                knock_port: self.knock_port.filter(|_| !has_socket),
                knock_socket: self.knock_port.filter(|_| has_socket),
                guarded: ports(self.guard),
                forwards: forwards.into_iter().collect(),
            },
            knock_port: self.knock_port,
            sources: self.sources,
            roster,
            server_key: self.server_key,
            span: None,
            in_use,
            actions: Vec::new(),
            messages: None,
            guarding: Guarding::default(),
            journal: Some(Journal::default()),
            notifications: Vec::new(),
            state: self.state,
            status_socket: self.status_socket,
            interfaces: self.interfaces,
            user: self.user,
            log: self.log,
            warnings: Vec::new(),
        }
    }

    pub(crate) fn public_key(&self) -> Option<PublicKey> {
        self.server_key.as_ref().map(SecretKey::public)
    }
}

/// Whether something has to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    Required,
    Optional,
}

/// What the rest of the file asks of `[server]`.
#[derive(Clone, Copy)]
pub(crate) struct Needs {
    /// The server's key, where there are clients.
    pub(crate) key: Need,
    /// Guarded ports, where something opens.
    pub(crate) guard: Need,
}

/// Reads every key of `[server]`, so that all that is wrong is said at once.
pub(crate) fn read(
    section: &Section<ServerText>,
    folder: &Path,
    needs: Needs,
    desk: &mut Desk,
) -> Option<Settings> {
    let text = &section.text;
    let path = |written: &Option<Spanned<String>>, usual: &str, desk: &mut Desk| match written {
        Some(written) => path_of(written, folder, None, desk),
        None => Some(folder.join(usual)),
    };
    let has_key =
        needs.key == Need::Required || text.key.is_some() || folder.join(USUAL_KEY).exists();
    let server_key = if has_key {
        server_key(text.key.as_ref(), &section.place, folder, desk).map(Some)
    } else {
        Some(None)
    };
    let knock_port = port(text.knock_port.as_ref(), USUAL_KNOCK_PORT, desk);
    let heard = knock_port.filter(|_| has_key);
    let guard = guard::read(
        text.guard.as_ref(),
        &section.place,
        (heard, needs.guard),
        desk,
    );
    let in_use = in_use(text.in_use.as_ref(), desk);
    let answers = answers(text.answers.as_ref(), desk);
    let state = path(&text.state, "/var/lib/nightlatch", desk);
    let status_socket = path(&text.status_socket, "/run/nightlatch/status.sock", desk);
    let sources = sources::read(text.sources.as_ref(), folder, heard, desk);
    let interfaces = interfaces(text.interfaces.as_ref(), desk);
    let user = listener_user(text.user.as_ref(), desk);
    let log = log(text.log.as_ref(), desk);
    let clients_file = match &text.clients_file {
        Some(written) => Some(Spanned::new(
            written.span(),
            path_of(written, folder, None, desk)?,
        )),
        None => None,
    };
    knock_port?;
    Some(Settings {
        answers: answers?,
        knock_port: heard,
        guard: guard?,
        in_use: in_use?,
        clients_file,
        server_key: server_key?,
        state: state?,
        status_socket: status_socket?,
        sources: sources?,
        interfaces: interfaces?,
        user: user?,
        log: log?,
    })
}

fn in_use(written: Option<&Spanned<List>>, desk: &mut Desk) -> Option<Vec<Spanned<PortRange>>> {
    let before = desk.errors();
    let list = written.iter().flat_map(|list| &list.get_ref().0);
    let ports = list
        .filter_map(|text| match read_ports(text.get_ref()) {
            Ok(range) => Some(Spanned::new(text.span(), range)),
            Err(error) => {
                desk.add(Remark::of(text.span(), &error));
                None
            }
        })
        .collect();
    (desk.errors() == before).then_some(ports)
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
        None => folder.join(USUAL_KEY),
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

/// Whom the listener becomes: everybody but root.
fn listener_user(written: Option<&Spanned<String>>, desk: &mut Desk) -> Option<String> {
    let name = user(written, desk)?;
    let Some(written) = written.filter(|_| name == "root") else {
        return Some(name);
    };
    desk.add(
        Remark::error(
            written.span(),
            "the listener reads what strangers send, and must not be root",
        )
        .advise("leave it at \"nobody\", or make a user for it"),
    );
    None
}

/// Where the server's key lies when nothing else is said.
const USUAL_KEY: &str = "server.key";
