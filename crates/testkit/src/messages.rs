//! Messages as people seal them, and as they are told.

use core::net::{IpAddr, SocketAddr};

use nightlatch_core::{ClientId, MessageClaim};
use nightlatch_ticket::{
    AddressClaim, Answer, Epoch, Kind, MessageText, Packet, Request, SealedMessage, ServiceHash,
    Tagged, Wish, seal_message,
};

use crate::scene::SOURCE_PORT;
use crate::{Came, KNOCK_PORT, SERVER_V4, Scene, Told};

impl Scene {
    /// A person says something once.
    pub fn say(&mut self, who: usize, text: &str) -> Came {
        let sealed = self.message(who, text);
        self.send_from(who, &sealed)
    }

    /// Tells the server something, repairing what keeps it from arriving.
    pub fn attempt_to_tell(&mut self, who: usize, text: &str) -> Told {
        let wish = Wish {
            kind: Kind::Message,
            service: ServiceHash::NONE,
            wanted: 0,
            answer: Answer::Awaited(AddressClaim::Likely(self.person(who).at)),
        };
        let text = text_of(text);
        self.pursue(who, wish, |scene, request, tagged| {
            let mut rng = scene.rng.clone();
            let keys = scene.keys(who);
            let packet = Packet::telling(&text, request, tagged, keys, &mut rng);
            scene.rng = rng;
            let _ = scene.send_from(who, packet.as_bytes());
        })
    }

    /// A message as the person would make it now, not sent yet.
    pub fn message(&mut self, who: usize, text: &str) -> SealedMessage {
        let now = self.now().unix;
        let (request, _) = self.person(who).request(Kind::Message, "", now);
        self.seal_message(who, &request, text)
    }

    /// Seals a message with a person's keys, under the tag of the request's own time.
    pub fn seal_message(&mut self, who: usize, request: &Request, text: &str) -> SealedMessage {
        let epoch = Epoch::at(request.time);
        let mut rng = self.rng.clone();
        let sealed = seal_message(request, &text_of(text), epoch, self.keys(who), &mut rng);
        self.rng = rng;
        sealed
    }

    /// What the doorstep would hand on of a message that a person sends now.
    pub fn message_claim(&mut self, who: usize, sealed: &SealedMessage) -> MessageClaim {
        MessageClaim {
            client: ClientId(u32::try_from(who).unwrap_or(u32::MAX)),
            tagged: Tagged::Now(Epoch::at(self.now().unix)),
            source: SocketAddr::new(self.person(who).seen_at, SOURCE_PORT),
            destination: SocketAddr::new(IpAddr::V4(SERVER_V4), KNOCK_PORT),
            sealed: *sealed,
        }
    }
}

#[expect(
    clippy::expect_used,
    reason = "a test that cannot be set up should stop"
)]
fn text_of(text: &str) -> MessageText {
    MessageText::new(text).expect("the text is short enough")
}
