//! Words: what the broker tells the listener.

use std::io;

use nightlatch_ticket::TagKey;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{ChannelError, Reply};
use crate::privilege::Identity;

/// What the listener needs to know before it gives up its privileges.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ListenerPlan {
    /// The UDP port that knocks go to.
    pub(crate) knock_port: u16,
    /// The interfaces to watch; none means all.
    pub(crate) interfaces: Vec<String>,
    /// Whom to become.
    pub(crate) identity: Identity,
}

/// From the broker to the listener.
pub(crate) enum Word {
    /// Where to listen and whom to become. Comes first, once.
    Plan(ListenerPlan),
    /// More clients, in the order of their numbers.
    Keys(Vec<TagKey>),
    /// All clients were named: take them from now on. The secret keys the quota's hash.
    Begin {
        /// Drawn anew by the broker, who has the randomness.
        secret: [u8; 16],
    },
    /// A sealed ack, to be sent from the address and port that were knocked at.
    Reply(Box<Reply>),
}

impl Word {
    pub(super) fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>, ChannelError> {
        Ok(Zeroizing::new(match self {
            Self::Plan(plan) => {
                let mut bytes = vec![PLAN];
                serde_json::to_writer(&mut bytes, plan).map_err(io::Error::from)?;
                bytes
            }
            Self::Keys(keys) => {
                let mut bytes = Vec::with_capacity(WORD_LENGTH);
                bytes.push(KEYS);
                for key in keys {
                    bytes.extend_from_slice(key.expose_bytes());
                }
                bytes
            }
            Self::Begin { secret } => [&[BEGIN], secret.as_slice()].concat(),
            Self::Reply(reply) => reply.to_bytes().to_vec(),
        }))
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, ChannelError> {
        let (kind, body) = bytes.split_first().ok_or(ChannelError::Malformed)?;
        match *kind {
            PLAN => serde_json::from_slice(body)
                .map(Self::Plan)
                .map_err(|_| ChannelError::Malformed),
            KEYS => match body.as_chunks::<32>() {
                (keys, []) => Ok(Self::Keys(
                    keys.iter().map(|key| TagKey::from_bytes(*key)).collect(),
                )),
                _ => Err(ChannelError::Malformed),
            },
            BEGIN => body
                .try_into()
                .map(|secret| Self::Begin { secret })
                .map_err(|_| ChannelError::Malformed),
            REPLY => Reply::from_bytes(body)
                .map(|reply| Self::Reply(Box::new(reply)))
                .ok_or(ChannelError::Malformed),
            _ => Err(ChannelError::Malformed),
        }
    }
}

/// How many clients one message names: below the largest message that every kernel takes.
pub(crate) const KEYS_A_WORD: usize = 1024;
/// The longest word: keys.
pub(super) const WORD_LENGTH: usize = 1 + 32 * KEYS_A_WORD;
const PLAN: u8 = 1;
const KEYS: u8 = 2;
const BEGIN: u8 = 3;
/// Stands in front of a reply.
pub(super) const REPLY: u8 = 4;
