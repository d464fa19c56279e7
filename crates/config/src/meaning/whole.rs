//! The whole of a server's file: every table is read, whatever is wrong with the others.

use std::path::Path;

use nightlatch_core::{
    ActionId, Limits, MOST_HEARD_BY_PORTS, Policy, PolicyError, Protocol, Sequence,
};
use nightlatch_ticket::Span;
use serde_spanned::Spanned;

use super::{
    actions::ActionBook,
    clients, encrypted, journal, limits, notify,
    sequences::{self, Surroundings},
    services::ServiceBook,
    settings::{self, Need, Needs, Settings},
    sources,
    suspects::{self, Neighbours},
    unopened,
};
use crate::{
    desk::Desk,
    document::{Document, Named, Section},
    guarding::Guarding,
    remark::Remark,
    roster::Roster,
    server::Server,
    text::{
        ActionText, ClientText, EncryptedText, GuardText, JournalText, LimitsText, MessagesText,
        NotifyText, SequenceText, ServerText, ServiceText,
    },
    trust::folder_of,
};

/// The file's tables as they are written.
struct Written {
    server: Option<Section<ServerText>>,
    limits: Option<Section<LimitsText>>,
    services: Vec<Named<ServiceText>>,
    clients: Vec<Named<ClientText>>,
    sequences: Vec<Named<SequenceText>>,
    encrypted: Option<Section<EncryptedText>>,
    actions: Vec<Named<ActionText>>,
    messages: Option<Section<MessagesText>>,
    guard: Option<Section<GuardText>>,
    journal: Option<Section<JournalText>>,
    notifications: Vec<Named<NotifyText>>,
}

/// Builds the server from its file; `None` if anything is on the desk that is wrong.
pub(crate) fn server(path: &Path, text: &str, desk: &mut Desk) -> Option<Server> {
    let written = read(text, desk)?;
    let folder = folder_of(path);
    let needs = written.needs();
    let settings = written
        .server
        .as_ref()
        .and_then(|section| settings::read(section, folder, needs, desk));
    let limits = written.limits.as_ref().map_or_else(
        || Some(Limits::default()),
        |section| limits::read(&section.text, desk),
    );
    let actions = ActionBook::read(&written.actions, desk);
    let services = ServiceBook::read(&written.services, settings.as_ref(), &actions, desk);
    let messages = messages(written.messages.as_ref(), &actions, desk);
    warn_of_unused(&actions, &services, messages, desk);
    let span = written.span(&services, settings.as_ref(), desk);
    let around = Surroundings {
        services: &services,
        knock_port: settings.as_ref().and_then(|settings| settings.knock_port),
        span: span.as_ref(),
        folder,
    };
    let sequences = sequences::read(&written.sequences, &around, desk);
    let guarding = guarding(written.guard.as_ref(), &around, &sequences, desk);
    let journal = journal::read(written.journal.as_ref(), desk);
    let notifications = notify::read(&written.notifications, &services, folder, desk);
    let roster = clients::read(&written.clients, &services, settings.as_ref(), folder, desk);
    written.warn_of_clients(&roster, span.is_some(), desk);
    if roster.is_empty() {
        unopened::warn(&services, &sequences, desk);
    }
    if !desk.is_clean() {
        return None;
    }
    let (settings, limits) = (settings?, limits?);
    let policy = Policy::new(
        services.into_services(),
        sequences,
        settings.answers,
        limits,
    );
    match hearing(policy, span.as_ref()) {
        Ok(policy) => {
            let server = Server {
                span,
                actions: actions.into_actions(),
                messages,
                guarding: guarding?,
                journal,
                notifications,
                ..settings.server(policy, roster)
            };
            written.warn_of_unseen(&server, desk);
            Some(server)
        }
        Err(error) => {
            desk.add(Remark::of(0..0, &error));
            None
        }
    }
}

/// A policy that hears encrypted sequences where there is a span for them.
fn hearing(
    policy: Result<Policy, PolicyError>,
    span: Option<&(Span, Protocol)>,
) -> Result<Policy, PolicyError> {
    match span {
        Some(_) => policy.and_then(Policy::with_encrypted_sequences),
        None => policy,
    }
}

fn read(text: &str, desk: &mut Desk) -> Option<Written> {
    let mut document = Document::open(text, &TABLES, desk)?;
    if !document.has("server") {
        desk.add(
            Remark::error(0..0, "there is no table [server]")
                .advise("begin with [server] and guard = [\"tcp/22\"]"),
        );
    }
    if !document.has("service") {
        desk.add(
            Remark::error(0..0, "there is no service, so nothing could ever be opened")
                .advise("add one: [service.ssh] and open = [\"tcp/22\"]"),
        );
    }
    Some(Written {
        server: document.section("server", desk),
        limits: document.section("limits", desk),
        services: document.named("service", desk),
        clients: document.named("client", desk),
        sequences: document.named("sequence", desk),
        encrypted: document.section("encrypted-sequence", desk),
        actions: document.named("action", desk),
        messages: document.section("messages", desk),
        guard: document.section("guard", desk),
        journal: document.section("journal", desk),
        notifications: document.named("notify", desk),
    })
}

impl Written {
    fn needs(&self) -> Needs {
        let mut servers = self.server.iter().map(|section| &section.text);
        let has_list = servers.any(|server| server.clients_file.is_some());
        let opens_nothing = |service: &Named<ServiceText>| {
            let text = &service.text;
            text.open.is_none() && (text.run.is_some() || text.insert.is_some())
        };
        Needs {
            key: if self.clients.is_empty() && !has_list {
                Need::Optional
            } else {
                Need::Required
            },
            guard: if !self.services.is_empty() && self.services.iter().all(opens_nothing) {
                Need::Optional
            } else {
                Need::Required
            },
        }
    }

    /// Nobody to knock, or too many to be heard in every way.
    fn warn_of_clients(&self, roster: &Roster, hears_ports: bool, desk: &mut Desk) {
        if roster.is_empty() {
            self.warn_of_nobody(desk);
        }
        if hears_ports && roster.len() > MOST_HEARD_BY_PORTS {
            self.warn_of_deafness(desk);
        }
    }

    /// Beyond a bound only the first clients are heard by ports.
    fn warn_of_deafness(&self, desk: &mut Desk) {
        if let Some(section) = &self.encrypted {
            desk.add(
                Remark::warning(
                    section.place.clone(),
                    format!("encrypted sequences of the first {MOST_HEARD_BY_PORTS} clients are heard, and no more"),
                )
                .advise("let the others knock with tickets, or put those who need ports first"),
            );
        }
    }

    /// Where encrypted sequences are heard, if they are.
    fn span(
        &self,
        services: &ServiceBook,
        settings: Option<&Settings>,
        desk: &mut Desk,
    ) -> Option<(Span, Protocol)> {
        let section = self.encrypted.as_ref()?;
        let span = encrypted::read(section, settings, desk);
        encrypted::complain_of_twins(services.services(), services.places(), desk);
        span
    }

    /// What the file asks for and no source shows.
    fn warn_of_unseen(&self, server: &Server, desk: &mut Desk) {
        if let Some(section) = &self.server {
            sources::warn_of_unseen(&section.text, server, desk);
        }
    }

    /// Without clients some parts of the file do nothing.
    fn warn_of_nobody(&self, desk: &mut Desk) {
        if self.sequences.is_empty() && desk.is_clean() {
            desk.add(
                Remark::warning(0..0, "there is no client, so nobody can knock")
                    .advise("make a key with nightlatch keygen, and add a table [client.NAME]"),
            );
        } else if let Some(section) = &self.encrypted {
            desk.add(
                Remark::warning(
                    section.place.clone(),
                    "there is no client, so nobody can send an encrypted sequence",
                )
                .advise("make a key with nightlatch keygen, and add a table [client.NAME]"),
            );
        }
    }
}

fn guarding(
    section: Option<&Section<GuardText>>,
    around: &Surroundings<'_>,
    sequences: &[Sequence],
    desk: &mut Desk,
) -> Option<Guarding> {
    let Some(section) = section else {
        return Some(Guarding::default());
    };
    let neighbours = Neighbours {
        services: around.services,
        sequences,
        knock_port: around.knock_port,
        span: around.span,
    };
    suspects::read(&section.text, &neighbours, desk)
}

fn messages(
    section: Option<&Section<MessagesText>>,
    actions: &ActionBook,
    desk: &mut Desk,
) -> Option<ActionId> {
    let written: Option<&Spanned<String>> = section?.text.run.as_ref();
    actions.find(written?, desk)
}

fn warn_of_unused(
    actions: &ActionBook,
    services: &ServiceBook,
    messages: Option<ActionId>,
    desk: &mut Desk,
) {
    let runs = services
        .services()
        .iter()
        .filter_map(|service| service.runs);
    let used: Vec<ActionId> = runs.chain(messages).collect();
    if desk.is_clean() {
        actions.warn_of_unused(&used, desk);
    }
}

/// The tables that a server's file may have.
pub(crate) const TABLES: [&str; 11] = [
    "server",
    "limits",
    "service",
    "client",
    "sequence",
    "encrypted-sequence",
    "action",
    "messages",
    "guard",
    "journal",
    "notify",
];
