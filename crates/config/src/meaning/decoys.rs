//! Decoys: ports that nobody touches who means well. So nothing of ours may lie there.

use nightlatch_core::{Method, Port, PortRange, Probe, Protocol, Sequence, Step};

use super::suspects::{Decoy, Neighbours};
use crate::{desk::Desk, remark::Remark};

/// Complains of decoys that somebody touches who knocks rightly.
pub(super) fn complain(decoys: &[Decoy], around: &Neighbours<'_>, desk: &mut Desk) {
    for (decoy, place) in decoys {
        if let Some(what) = around.at(*decoy) {
            desk.add(
                Remark::error(place.clone(), format!("{decoy} cannot be a decoy"))
                    .label(what)
                    .advise("choose a port that only scanners touch, such as tcp/23"),
            );
        }
    }
}

impl Neighbours<'_> {
    /// What of ours lies at these ports.
    fn at(&self, decoy: PortRange) -> Option<String> {
        let knocks = self
            .knock_port
            .and_then(|port| Port::new(Protocol::Udp, port));
        if knocks.is_some_and(|port| decoy.contains(port)) {
            return Some("knocks come in here".to_owned());
        }
        let services = self.services.services().iter();
        let opened = services
            .filter(|service| service.ports.iter().any(|port| decoy.contains(*port)))
            .map(|service| format!("service `{}` opens it", service.name));
        let touched = self
            .sequences
            .iter()
            .filter(|sequence| is_touched(decoy, sequence))
            .map(|sequence| format!("sequence `{}` touches it", sequence.name));
        let spelled = self
            .span
            .filter(|(span, carrier)| overlaps(decoy, *carrier, span.bounds()))
            .map(|_| "encrypted sequences touch it".to_owned());
        opened.chain(touched).chain(spelled).next()
    }
}

fn is_touched(decoy: PortRange, sequence: &Sequence) -> bool {
    let is_among = |steps: &[Step]| {
        let ports = steps.iter().filter_map(|step| port_of(step.probe));
        ports.into_iter().any(|port| decoy.contains(port))
    };
    match &sequence.method {
        Method::Plain(steps) => is_among(steps),
        Method::OneTime(lines) => lines.iter().any(|line| is_among(&line.steps)),
        Method::Timed(timed) => overlaps(decoy, timed.protocol, timed.span),
    }
}

const fn port_of(probe: Probe) -> Option<Port> {
    match probe {
        Probe::Tcp { port, .. } => Port::new(Protocol::Tcp, port),
        Probe::Udp { port } => Port::new(Protocol::Udp, port),
        Probe::Icmp { .. } => None,
    }
}

fn overlaps(decoy: PortRange, protocol: Protocol, (first, last): (u16, u16)) -> bool {
    decoy.protocol() == protocol && decoy.first() <= last && first <= decoy.last()
}
