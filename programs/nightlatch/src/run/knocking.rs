//! The tasks that knock at a server of the configuration.

use std::net::SocketAddr;

use nightlatch_ticket::Kind;

use crate::call::{Call, Called, Want};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::knock::{Breadth, Family, Hearing, Visit, resolve};
use crate::options::{Close, Connect, Door, Knock, Manner, Ssh, Way};
use crate::packing::Wrapping;
use crate::report::Report;
use crate::voice::{remark, say};
use crate::{connect, ssh};

use super::sequences::touched;

pub(super) fn knock(options: &Knock) -> Result<Exit, Failure> {
    if let Some(exit) = touched(options)? {
        return Ok(exit);
    }
    let way = &options.way;
    let kind = if options.close {
        Kind::Close
    } else {
        Kind::Knock
    };
    let usual = opening(way);
    let want = Want {
        kind,
        lasting: options.lasting,
        wrapping: Wrapping {
            pause: options.touching.pause,
            ..usual.wrapping
        },
        ..usual
    };
    ask(&options.door, want, &options.manner, way)
}

pub(super) fn close(options: &Close) -> Result<Exit, Failure> {
    let want = Want {
        kind: Kind::Close,
        ..opening(&options.way)
    };
    ask(&options.door, want, &options.manner, &options.way)
}

/// Asks a server for what is wanted, in the manner that the person wishes.
fn ask(door: &Door, want: Want<'_>, manner: &Manner, way: &Way) -> Result<Exit, Failure> {
    let call = prepare(&door.server, door.service.as_deref(), way)?;
    let called = call.knock(in_manner(want, manner))?;
    tell_beside(&call, &called, way);
    tell_outcome(report(&call, &called.visits), manner)
}

/// What is wanted, in the manner that the person wishes.
pub(super) fn in_manner<'a>(want: Want<'a>, manner: &Manner) -> Want<'a> {
    Want {
        address: manner.address,
        hearing: if manner.no_ack {
            Hearing::Silent
        } else {
            Hearing::Answers
        },
        ..want
    }
}

/// Says what came of it, to people or to programs.
pub(super) fn tell_outcome(report: Report<'_>, manner: &Manner) -> Result<Exit, Failure> {
    let said = report.said();
    said.remarks.iter().for_each(|line| remark(line));
    if manner.json {
        say(&report.json())?;
    } else {
        said.answers.iter().try_for_each(|line| say(line))?;
    }
    Ok(report.exit())
}

pub(super) fn connect_through(options: &Connect) -> Result<Exit, Failure> {
    let Connect {
        host,
        port,
        service,
        way,
    } = options;
    let call = prepare(host, service.as_deref(), way)?;
    let called = call.knock(Want {
        breadth: Breadth::First,
        ..opening(way)
    })?;
    let report = report(&call, &called.visits);
    tell_beside(&call, &called, way);
    // Standard output belongs to the connection, and a knock that went well is no news to ssh.
    report.said().remarks.iter().for_each(|line| remark(line));
    let open = called.visits.iter().filter(|visit| visit.is_open());
    let mut addresses: Vec<_> = open.map(|visit| at_port(visit.place, *port)).collect();
    if addresses.is_empty() {
        if report.exit() == Exit::Refused {
            return Ok(Exit::Refused);
        }
        // The answer may be what was lost, and not the knock: trying costs little.
        let routes = resolve(&call.server.host, *port, family(way))?;
        addresses = routes.into_iter().flat_map(|route| route.places).collect();
    }
    connect::join(&connect::reach(&addresses)?).map_err(Failure::Join)?;
    Ok(Exit::Done)
}

pub(super) fn ssh_through(options: &Ssh) -> Result<Exit, Failure> {
    let Ssh { service, way, line } = options;
    // What is not UTF-8 is no host that the configuration could know: it finds none.
    let destination = line
        .first()
        .map(|first| first.to_string_lossy())
        .unwrap_or_default();
    let host = ssh::host_in(&destination);
    let call = prepare(host, service.as_deref(), way)?;
    let called = call.knock(opening(way))?;
    let report = report(&call, &called.visits);
    let said = report.said();
    tell_beside(&call, &called, way);
    said.answers
        .iter()
        .chain(&said.remarks)
        .for_each(|line| remark(line));
    if report.exit() == Exit::Refused {
        return Ok(Exit::Refused);
    }
    let really = (host != call.server.host).then_some(call.server.host.as_str());
    Err(ssh::become_ssh(really, only_open_family(&called.visits, way), line).into())
}

pub(super) fn prepare(server: &str, service: Option<&str>, way: &Way) -> Result<Call, Failure> {
    Ok(Call::prepare(
        server,
        service,
        way.config.as_deref(),
        way.passphrase_file.as_deref(),
    )?)
}

pub(super) fn opening(way: &Way) -> Want<'static> {
    Want {
        kind: Kind::Knock,
        lasting: None,
        address: None,
        hearing: Hearing::Answers,
        family: family(way),
        breadth: Breadth::Every,
        wrapping: Wrapping {
            means: way.method,
            ..Wrapping::default()
        },
    }
}

fn report<'a>(call: &'a Call, visits: &'a [Visit]) -> Report<'a> {
    Report {
        server: &call.server.name,
        service: &call.service,
        visits,
    }
}

/// What is said whatever came of the knock.
pub(super) fn tell_beside(call: &Call, called: &Called, way: &Way) {
    if way.verbose {
        remark(&report(call, &called.visits).diary());
    }
    tell_forgotten(called);
    if !call.is_service_known() {
        let services = call.server.services.join(", ");
        remark(&format!(
            "the configuration does not know this service of {}; it knows: {services}",
            call.server.name
        ));
    }
}

/// A knock is not the worse for it, but the next one may be.
pub(super) fn tell_forgotten(called: &Called) {
    if let Some(error) = &called.forgotten {
        remark(&format!("nightlatch: {error}"));
    }
}

pub(super) const fn family(way: &Way) -> Option<Family> {
    match way {
        Way { ipv4: true, .. } => Some(Family::V4),
        Way { ipv6: true, .. } => Some(Family::V6),
        _ => None,
    }
}

/// The one family that ssh must use, since the door is not open over the other.
fn only_open_family(visits: &[Visit], way: &Way) -> Option<Family> {
    let mut open = visits
        .iter()
        .filter(|visit| visit.is_open())
        .map(|visit| visit.family);
    match (open.next(), open.next()) {
        (Some(only), None) => Some(only),
        _ => family(way),
    }
}

fn at_port(mut place: SocketAddr, port: u16) -> SocketAddr {
    place.set_port(port);
    place
}
