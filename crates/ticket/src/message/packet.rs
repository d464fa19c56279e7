//! The packet of a message: a knock's head, and room for 1024 bytes of text; docs/protocol.md §15.

use rand_core::CryptoRng;

use super::Text;
use crate::layout::{self, PLAIN_LENGTH, Plain, field, put, sealed};
use crate::open::decrypt;
use crate::seal::encrypt;
use crate::{
    Epoch, Kind, OpenError, PairKeys, Request, ServiceHash, Tagged, WrongLength, nonce_of, tag_of,
};

/// How many bytes a message has at most.
pub const LONGEST_MESSAGE: usize = 1024;

/// The length of every packet that carries a message.
pub const MESSAGE_LENGTH: usize = 1124;

/// A sealed message: tag 8 ‖ nonce 12 ‖ ciphertext 1088 ‖ authenticator 16.
pub type SealedMessage = [u8; MESSAGE_LENGTH];

/// What a message says.
pub type MessageText = Text<LONGEST_MESSAGE>;

/// Seals a message. Of the request, counter, time and claimed address are sent; it is of kind message.
pub fn seal_message(
    request: &Request,
    text: &MessageText,
    epoch: Epoch,
    keys: &PairKeys,
    rng: &mut impl CryptoRng,
) -> SealedMessage {
    let tag = keys.tags().tag_for(Tagged::Now(epoch));
    let mut plain = write(request, text);
    let mut packet = [0; MESSAGE_LENGTH];
    if let Some((nonce, authenticator)) = encrypt(tag, &mut plain, keys.knock(), rng) {
        put::<{ sealed::TAG }, 8, _>(&mut packet, tag.0);
        put::<{ sealed::NONCE }, 12, _>(&mut packet, nonce);
        put::<{ sealed::CIPHERTEXT }, WHOLE, _>(&mut packet, plain);
        put::<AUTHENTICATOR, 16, _>(&mut packet, authenticator);
    }
    packet
}

/// Opens a message, on the server. Whether it is fresh is not this function's business.
pub fn open_message(
    packet: &SealedMessage,
    keys: &PairKeys,
) -> Result<(Request, MessageText), OpenError> {
    let mut plain = field::<{ sealed::CIPHERTEXT }, WHOLE, _>(packet);
    let authenticator = field::<AUTHENTICATOR, 16, _>(packet);
    let outside = (tag_of(packet), nonce_of(packet), authenticator);
    decrypt(outside, &mut plain, keys.knock())?;
    read(&plain)
}

/// A datagram's bytes as a sealed message, if they are as many as one has.
pub fn as_sealed_message(payload: &[u8]) -> Result<&SealedMessage, WrongLength> {
    payload.try_into().map_err(|_| WrongLength {
        found: payload.len(),
    })
}

fn write(request: &Request, text: &MessageText) -> [u8; WHOLE] {
    let head = layout::write_request(&Request {
        kind: Kind::Message,
        service: ServiceHash::NONE,
        wanted: 0,
        ..*request
    });
    let length = u16::try_from(text.as_bytes().len()).unwrap_or_default();
    let mut whole = [0; WHOLE];
    put::<0, PLAIN_LENGTH, _>(&mut whole, head);
    put::<TEXT_LENGTH, 2, _>(&mut whole, length.to_be_bytes());
    let places = whole.iter_mut().skip(PLAIN_LENGTH);
    places
        .zip(text.as_bytes())
        .for_each(|(to, from)| *to = *from);
    whole
}

/// Reads a message, in the order in which docs/protocol.md lists what can be wrong.
fn read(whole: &[u8; WHOLE]) -> Result<(Request, MessageText), OpenError> {
    let mut head: Plain = field::<0, PLAIN_LENGTH, _>(whole);
    let length = usize::from(u16::from_be_bytes(field::<TEXT_LENGTH, 2, _>(whole)));
    put::<TEXT_LENGTH, 2, _>(&mut head, [0; 2]);
    let request = layout::read_request(&head)?;
    if request.kind != Kind::Message {
        return Err(OpenError::UnknownKind(request.kind as u8));
    }
    let room = field::<PLAIN_LENGTH, LONGEST_MESSAGE, _>(whole);
    let (text, rest) = room.split_at_checked(length).ok_or(OpenError::BadText)?;
    let text = MessageText::from_bytes(text).ok_or(OpenError::BadText)?;
    if rest.iter().any(|byte| *byte != 0) {
        return Err(OpenError::ReservedNotZero);
    }
    Ok((request, text))
}

/// The length of the plaintext.
const WHOLE: usize = PLAIN_LENGTH + LONGEST_MESSAGE;

/// Where the authenticator stands in the packet.
const AUTHENTICATOR: usize = sealed::CIPHERTEXT + WHOLE;

/// Where the length of the text stands: the first of the bytes that a knock keeps at zero.
const TEXT_LENGTH: usize = layout::RESERVED;
