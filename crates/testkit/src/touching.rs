//! Ports touched one after the other, as anybody can: the whole way from packets to an open door.

use alloc::vec::Vec;
use core::net::IpAddr;

use nightlatch_core::{
    Claim, Doorstep, DoorstepPlan, Policy, Probe, Protocol, Refused, Step, Variant,
};
use nightlatch_ticket::{Frame, Span, spread};

use crate::{Came, KNOCK_PORT, Packet, Scene};

impl Scene {
    /// So many people, and a listener that hears encrypted sequences in the usual span.
    pub fn touchable(people: u32, policy: Policy) -> Self {
        let mut scene = Self::governed(people, policy);
        let plan = DoorstepPlan {
            knock_port: Some(KNOCK_PORT),
            span: Some((usual_span(), Protocol::Tcp)),
        };
        let keys = scene.people.iter().map(|person| person.keys.tag_key());
        scene.doorstep = Doorstep::new(plan, keys.collect(), [9; 16], scene.now);
        scene.heed();
        scene
    }

    /// Hands each of these on; says what became of the one that opened, if one did.
    pub(crate) fn judge_each(&mut self, claims: &[Claim]) -> Came {
        let forged = Came::Refused(Refused::Forged);
        let came: Vec<Came> = claims.iter().map(|claim| self.judge(claim)).collect();
        let opened = came.into_iter().find(|came| *came != forged);
        opened.unwrap_or(forged)
    }

    /// From now on everybody has the tags of this person, as two clients may have by chance.
    pub fn lend_tags_of(&mut self, who: usize) {
        let tags = self.people.iter().map(|_| self.keys(who).tag_key());
        let tags = tags.collect();
        self.doorstep.replace_clients(tags, self.now);
    }

    /// Somebody at this address sends a packet.
    pub fn touch(&mut self, packet: &Packet, source: IpAddr) -> Came {
        self.touches = self.touches.wrapping_add(1);
        let frame = packet.frame(self.touches, source);
        self.deliver(&frame)
    }

    /// Somebody at this address takes these steps; says what became of the last one.
    #[expect(
        clippy::expect_used,
        clippy::missing_panics_doc,
        reason = "a story is about sequences that have steps"
    )]
    pub fn take_steps(&mut self, variant: &Variant, source: IpAddr) -> Came {
        let came = variant.steps.iter().map(|step| {
            let packet = packet_for(step);
            self.touch(&packet, source)
        });
        came.last().expect("a sequence has steps")
    }

    /// Somebody at this address touches the ports that spell a frame, in the order of `places`;
    /// says what became of the first packet that was more than a part of it.
    #[expect(
        clippy::expect_used,
        clippy::missing_panics_doc,
        reason = "a test that cannot be set up should stop"
    )]
    pub fn spell_out(&mut self, frame: &Frame, places: &[usize], source: IpAddr) -> Option<Came> {
        let (span, symbols) = (usual_span(), spread(frame));
        let mut came = Vec::new();
        for place in places {
            let symbol = symbols.get(*place).expect("there are 31 symbols");
            let port = span.port(*symbol).expect("the span has room");
            came.push(self.touch(&Packet::syn(port), source));
        }
        let is_more = |came: &Came| !matches!(came, Came::Noted(_) | Came::Ignored(_));
        came.into_iter().find(is_more)
    }

    /// The listener is told what to watch for, if that is something else than before.
    pub(crate) fn heed(&mut self) {
        let generation = self.gatekeeper.variants_generation(self.now);
        if generation != self.heeded {
            let variants = self.gatekeeper.variants(self.now);
            let edition = self.gatekeeper.edition();
            self.doorstep.replace_variants(edition, variants, &[]);
            self.heeded = generation;
        }
    }
}

fn packet_for(step: &Step) -> Packet {
    match step.probe {
        Probe::Tcp { port, .. } => Packet::syn(port),
        Probe::Udp { port } => Packet::udp(port),
        Probe::Icmp { kind, .. } => Packet::icmp(kind),
    }
}

#[expect(
    clippy::expect_used,
    reason = "a test that cannot be set up should stop"
)]
fn usual_span() -> Span {
    Span::new(20_000, 28_191, &[]).expect("the usual span is wide enough")
}
