//! `[service.…]`: what a knock opens, and for how long.

use std::{collections::BTreeMap, ops::Range, time::Duration};

use nightlatch_core::{
    LONGEST, MOST_PORTS, MOST_SERVICES, Passage, Port, PortRange, Protocol, Service, ServiceId,
};
use serde_spanned::Spanned;

use super::{
    actions::ActionBook,
    cuts::cuts,
    forwards, inserts,
    settings::Settings,
    values::{time, unknown_word},
};
use crate::{
    desk::Desk,
    document::Named,
    names::{NAME_ADVICE, is_name},
    ports::{each_port, read_ports},
    remark::Remark,
    text::{List, ServiceText},
    time_span::write_time_span,
};

/// All services, by name and in the order of the file.
pub(crate) struct ServiceBook {
    numbers: BTreeMap<String, ServiceId>,
    services: Vec<Service>,
    /// Where the name of each of them stands.
    places: Vec<Range<usize>>,
}

impl ServiceBook {
    /// Reads all services. A broken one keeps its name, so that nobody is told it did not exist.
    pub(crate) fn read(
        written: &[Named<ServiceText>],
        settings: Option<&Settings>,
        actions: &ActionBook,
        desk: &mut Desk,
    ) -> Self {
        let mut book = Self {
            numbers: BTreeMap::new(),
            services: Vec::new(),
            places: Vec::new(),
        };
        for (number, service) in (0..).zip(written.iter().take(MOST_SERVICES)) {
            book.numbers
                .insert(service.name.get_ref().clone(), ServiceId(number));
            if let Some(meant) = meant(service, settings, actions, desk) {
                book.services.push(meant);
                book.places.push(service.name.span());
            }
        }
        if let Some(first_too_many) = written.get(MOST_SERVICES) {
            desk.add(
                Remark::error(
                    first_too_many.name.span(),
                    format!("more than {MOST_SERVICES} services"),
                )
                .advise("put ports that open together into one service"),
            );
        }
        forwards::complain_of_two_places(&book.services, &book.places, desk);
        if let Some(settings) = settings {
            warn_of_dead_ends(&book.services, settings, desk);
        }
        book
    }

    /// The service of that name, or a remark about the word that names none.
    pub(crate) fn find(&self, name: &str, span: Range<usize>) -> Result<ServiceId, Remark> {
        let known = self.numbers.keys().map(String::as_str);
        let found = self.numbers.get(name).copied();
        found.ok_or_else(|| unknown_word("service", name, span, known))
    }

    /// Those that are right, in the order of the file.
    pub(crate) fn services(&self) -> &[Service] {
        &self.services
    }

    /// Where the name of each of them stands.
    pub(crate) fn places(&self) -> &[Range<usize>] {
        &self.places
    }

    pub(crate) fn into_services(self) -> Vec<Service> {
        self.services
    }
}

fn meant(
    written: &Named<ServiceText>,
    settings: Option<&Settings>,
    actions: &ActionBook,
    desk: &mut Desk,
) -> Option<Service> {
    let Named { name, text } = written;
    if !is_name(name.get_ref()) {
        desk.add(
            Remark::error(
                name.span(),
                format!("a service cannot be called {:?}", name.get_ref()),
            )
            .advise(NAME_ADVICE),
        );
    }
    let runs = match &text.run {
        Some(written) => actions.find(written, desk).map(Some),
        None => Some(None),
    };
    let inserts = match &text.insert {
        Some(written) => inserts::read(name, written, desk),
        None => Some(Vec::new()),
    };
    let ports = match &text.open {
        None if text.run.is_some() || text.insert.is_some() => Some(Vec::new()),
        open => ports(name, open.as_ref(), settings, desk),
    };
    let forwards = match &ports {
        Some(ports) => forwards::read(text, ports, settings, desk),
        None => Some(Vec::new()),
    };
    let bounds = Duration::from_secs(1)..=LONGEST;
    let lasts = match &text.r#for {
        Some(written) => time(written, bounds.clone(), desk),
        None => Some(USUAL_FOR),
    };
    let at_most = match &text.at_most {
        Some(written) => time(written, bounds, desk),
        None => lasts.map(|lasts| lasts.max(USUAL_AT_MOST)),
    };
    let cuts = cuts(text, ports.as_deref().unwrap_or_default(), settings, desk);
    let (ports, forwards, inserts, cuts) = (ports?, forwards?, inserts?, cuts?);
    let (lasts, at_most, runs) = (lasts?, at_most?, runs?);
    if at_most < lasts {
        complain_of_order(text, lasts, at_most, desk);
        return None;
    }
    let passage = match &text.one_shot {
        Some(once) if *once.get_ref() => Passage::OneShot,
        _ => Passage::Lasting,
    };
    let service = Service {
        name: name.get_ref().clone(),
        ports,
        inserts,
        forwards,
        lasts,
        at_most,
        passage,
        runs,
        cuts,
    };
    inserts::fits(&service, text, desk).then_some(service)
}

fn ports(
    name: &Spanned<String>,
    written: Option<&Spanned<List>>,
    settings: Option<&Settings>,
    desk: &mut Desk,
) -> Option<Vec<Port>> {
    let list = match written {
        Some(list) if !list.get_ref().0.is_empty() => &list.get_ref().0,
        _ => {
            let span = written.map_or_else(|| name.span(), Spanned::span);
            desk.add(
                Remark::error(span, format!("service `{}` opens nothing", name.get_ref()))
                    .advise("name what it opens: open = [\"tcp/22\"]")
                    .advise("or a set of your own firewall: insert = [\"ipv4 into ipset admins\"]")
                    .advise("or what it runs instead: run = \"ACTION\""),
            );
            return None;
        }
    };
    let before = desk.errors();
    let mut ports: Vec<(Port, Range<usize>)> = Vec::new();
    for text in list {
        let fresh = match read_ports(text.get_ref()) {
            Ok(range) => each_port(range, MOST_PORTS),
            Err(error) => {
                desk.add(Remark::of(text.span(), &error));
                continue;
            }
        };
        let fits = fresh.filter(|fresh| fresh.len().saturating_add(ports.len()) <= MOST_PORTS);
        let Some(fresh) = fits else {
            desk.add(
                Remark::error(
                    text.span(),
                    format!(
                        "service `{}` opens more than {MOST_PORTS} ports",
                        name.get_ref()
                    ),
                )
                .advise("make several services of it"),
            );
            break;
        };
        for port in fresh {
            check_port(port, text, &ports, settings, desk);
            ports.push((port, text.span()));
        }
    }
    (desk.errors() == before).then(|| ports.into_iter().map(|(port, _)| port).collect())
}

fn check_port(
    port: Port,
    text: &Spanned<String>,
    before: &[(Port, Range<usize>)],
    settings: Option<&Settings>,
    desk: &mut Desk,
) {
    if let Some((_, span)) = before.iter().find(|(other, _)| *other == port) {
        desk.add(
            Remark::error(text.span(), format!("{port} stands here twice"))
                .also(span.clone(), "first here")
                .advise("name each port once"),
        );
    }
    let Some(settings) = settings else { return };
    let knocks = settings
        .knock_port
        .and_then(|number| Port::new(Protocol::Udp, number));
    if knocks == Some(port) {
        desk.add(
            Remark::error(text.span(), "the knock port cannot be opened")
                .label("knocks come in here, and nothing answers")
                .advise("give the service another port"),
        );
        return;
    }
    let is_guarded = |range: &Spanned<PortRange>| range.get_ref().contains(port);
    if !settings.guard.iter().any(is_guarded) {
        desk.add(
            Remark::warning(
                text.span(),
                format!("{port} is not guarded, so opening it does nothing"),
            )
            .label("everybody reaches it already")
            .advise(format!(
                "add {:?} to `guard`, or leave it out here",
                port.to_string()
            )),
        );
    }
}

fn complain_of_order(text: &ServiceText, lasts: Duration, at_most: Duration, desk: &mut Desk) {
    let Some(written) = &text.at_most else { return };
    let [lasts, at_most] = [lasts, at_most].map(write_time_span);
    let remark = Remark::error(
        written.span(),
        format!(
            "it opens for {lasts} and may last {at_most} at most: `at-most` is less than `for`"
        ),
    )
    .advise(format!(
        "raise `at-most` to {lasts} or more, or lower `for`"
    ));
    desk.add(match &text.r#for {
        Some(span) => remark.also(span.span(), "how long it opens"),
        None => remark,
    });
}

/// A guarded port that no service opens is shut for good: most likely somebody is about to lock himself out.
fn warn_of_dead_ends(services: &[Service], settings: &Settings, desk: &mut Desk) {
    if !desk.is_clean() {
        return;
    }
    let opens = |range: &Spanned<PortRange>| {
        let mut ports = services.iter().flat_map(|service| &service.ports);
        ports.any(|port| range.get_ref().contains(*port))
    };
    for range in settings.guard.iter().filter(|range| !opens(range)) {
        desk.add(
            Remark::warning(
                range.span(),
                format!("{} is guarded and no service opens it", range.get_ref()),
            )
            .label("nobody can get in here")
            .advise("add it to the `open` of a service, or leave it out of `guard`"),
        );
    }
}

/// Long enough to type a passphrase, short enough that nobody else stumbles in.
const USUAL_FOR: Duration = Duration::from_secs(30);

/// What a client may ask for where the administrator said nothing.
const USUAL_AT_MOST: Duration = Duration::from_mins(10);
