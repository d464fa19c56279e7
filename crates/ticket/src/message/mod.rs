//! Messages: a text for the server, sealed like a knock in a packet of a length of its own.

mod packet;
mod text;

pub use packet::{
    LONGEST_MESSAGE, MESSAGE_LENGTH, MessageText, SealedMessage, as_sealed_message, open_message,
    seal_message,
};
pub use text::{Text, TextTooLong};
