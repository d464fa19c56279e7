//! Encrypted sequences as people seal them, and as a listener hands them on.

use alloc::vec::Vec;
use core::net::IpAddr;

use nightlatch_core::{Claim, ClientId, FrameList, FramesClaim};
use nightlatch_ticket::{
    Counter, Epoch, Frame, SequenceKind, SequenceRequest, SequenceText, ServiceHash, ShortService,
    seal_sequence,
};

use crate::{Came, SERVER_V4, Scene};

/// An encrypted sequence as it was sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spelled {
    /// Its frames.
    pub frames: Vec<Frame>,
    /// The epoch that they are of.
    pub epoch: Epoch,
}

impl Scene {
    /// A person asks for a service by way of ports.
    pub fn knock_by_ports(&mut self, who: usize, service: &str) -> Came {
        let spelled = self.spell(who, SequenceKind::Knock, service);
        self.hand_on(who, &spelled)
    }

    /// What a person would send now by way of ports, not sent yet.
    pub fn spell(&mut self, who: usize, kind: SequenceKind, service: &str) -> Spelled {
        let request = self.request_by_ports(who, kind, ServiceHash::of(service).short());
        self.spell_request(who, &request)
    }

    /// What a person would send now to say something by way of ports.
    #[expect(
        clippy::expect_used,
        clippy::missing_panics_doc,
        reason = "a test that cannot be set up should stop"
    )]
    pub fn spell_text(&mut self, who: usize, text: &str) -> Spelled {
        let mut request = self.request_by_ports(who, SequenceKind::Message, ShortService::NONE);
        request.text = SequenceText::new(text).expect("the text is short");
        self.spell_request(who, &request)
    }

    /// A request that a person would make now; he counts it as sent.
    #[expect(
        clippy::expect_used,
        clippy::missing_panics_doc,
        reason = "a test that cannot be set up should stop"
    )]
    pub fn request_by_ports(
        &mut self,
        who: usize,
        kind: SequenceKind,
        service: ShortService,
    ) -> SequenceRequest {
        let truth = self.now().unix;
        let person = self.person(who);
        let time = person.clock(truth);
        let counter = Counter::of_sequence(person.memory.above(time), time);
        let counter = counter.expect("the counters of a story are near its clock");
        person.memory.last = counter;
        SequenceRequest {
            kind,
            counter,
            time,
            service,
            wanted: 0,
            text: SequenceText::default(),
        }
    }

    /// Seals a request with a person's keys, for the address that he takes for his own.
    pub fn spell_request(&mut self, who: usize, request: &SequenceRequest) -> Spelled {
        let epoch = Epoch::of_counter(request.counter);
        let at = self.person(who).at;
        Spelled {
            frames: seal_sequence(request, at, epoch, self.keys(who)),
            epoch,
        }
    }

    /// The listener hands on what came from where the server sees a person.
    pub fn hand_on(&mut self, who: usize, spelled: &Spelled) -> Came {
        let claim = self.frames_claim(who, spelled);
        self.judge(&Claim::Frames(claim))
    }

    /// What the listener would say of it.
    #[expect(
        clippy::expect_used,
        clippy::missing_panics_doc,
        reason = "what was sealed has one to four frames"
    )]
    pub fn frames_claim(&mut self, who: usize, spelled: &Spelled) -> FramesClaim {
        FramesClaim {
            client: ClientId(u32::try_from(who).unwrap_or(u32::MAX)),
            epoch: spelled.epoch,
            source: self.person(who).seen_at,
            destination: IpAddr::V4(SERVER_V4),
            frames: FrameList::new(&spelled.frames).expect("one to four frames"),
        }
    }
}
