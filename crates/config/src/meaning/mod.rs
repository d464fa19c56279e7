//! What the server's file means: right by construction, or a complaint at its place.

mod clients;
mod guard;
mod limits;
mod origins;
mod services;
mod settings;
mod values;

use std::path::Path;

use nightlatch_core::Policy;

pub(crate) use clients::{key_remark, public_key, secret_path};
pub(crate) use services::ServiceBook;
pub(crate) use settings::is_interface;
pub(crate) use values::{USUAL_KNOCK_PORT, answers, port};

use crate::{
    desk::Desk,
    document::{Document, Section},
    remark::Remark,
    server::Server,
    text::{ClientText, LimitsText, ServerText, ServiceText},
    trust::folder_of,
};

/// Builds the server from its file; `None` if anything is on the desk that is wrong.
pub(crate) fn server(path: &Path, text: &str, desk: &mut Desk) -> Option<Server> {
    let mut document = Document::open(text, &TABLES, desk)?;
    let folder = folder_of(path);
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
    let server: Option<Section<ServerText>> = document.section("server", desk);
    let limits: Option<Section<LimitsText>> = document.section("limits", desk);
    let services = document.named::<ServiceText>("service", desk);
    let clients = document.named::<ClientText>("client", desk);

    let settings = server
        .as_ref()
        .and_then(|section| settings::read(section, folder, desk));
    let limits = limits.map_or_else(
        || Some(nightlatch_core::Limits::default()),
        |section| limits::read(&section.text, desk),
    );
    let book = ServiceBook::read(&services, settings.as_ref(), desk);
    let roster = clients::read(clients, &book, settings.as_ref(), folder, desk);
    if !desk.is_clean() {
        return None;
    }
    let (settings, limits) = (settings?, limits?);
    match Policy::new(book.into_services(), settings.answers, limits) {
        Ok(policy) => Some(settings.server(policy, roster)),
        Err(error) => {
            desk.add(Remark::of(0..0, &error));
            None
        }
    }
}

/// The tables that a server's file may have.
pub(crate) const TABLES: [&str; 4] = ["server", "limits", "service", "client"];
