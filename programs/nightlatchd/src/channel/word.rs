//! Words: what the broker tells the listener.

use std::io;
use std::net::{IpAddr, Ipv6Addr};

use nightlatch_core::PortRange;
use nightlatch_ticket::TagKey;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::watch::{bits_of, ranges_of};
use super::{ChannelError, GuardText, Reply, SpanPlan, VariantText};
use crate::privilege::Identity;

/// What the listener needs to know before it gives up its privileges.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ListenerPlan {
    /// The UDP port that knocks go to, if anybody has a key.
    pub(crate) knock_port: Option<u16>,
    /// Where encrypted sequences are touched, if they are heard.
    pub(crate) span: Option<SpanPlan>,
    /// Where it is seen what strangers send, as the configuration calls it.
    pub(crate) sources: Vec<String>,
    /// The interfaces of packet sockets; none means all.
    pub(crate) interfaces: Vec<String>,
    /// Whom to become.
    pub(crate) identity: Identity,
    /// The groups to stay in, so that logs can be read.
    pub(crate) log_groups: Vec<u32>,
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
    /// One set of steps to watch for, beside those that were told since the last watch.
    Variant(VariantText),
    /// All sets of steps were told: watch for them from now on, and for no others.
    Watch {
        /// Of which policy they are.
        edition: u32,
        /// Ports at which a touch does not count.
        in_use: Vec<PortRange>,
    },
    /// The addresses of this host, up to [`MOST_ADDRESSES`]: what goes elsewhere is no failure.
    Addresses(Vec<IpAddr>),
    /// What failures are, and from when on somebody is suspect.
    Guard(GuardText),
    /// A sealed ack, to be sent from the address and port that were knocked at.
    Reply(Box<Reply>),
}

impl Word {
    pub(super) fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>, ChannelError> {
        Ok(Zeroizing::new(match self {
            Self::Plan(plan) => in_json(PLAN, plan)?,
            Self::Variant(variant) => in_json(VARIANT, variant)?,
            Self::Guard(guard) => in_json(GUARD, guard)?,
            Self::Watch { edition, in_use } => {
                [&[WATCH], edition.to_be_bytes().as_slice(), &bits_of(in_use)].concat()
            }
            Self::Addresses(addresses) => {
                let octets = addresses.iter().take(MOST_ADDRESSES).map(octets_of);
                let mut bytes = vec![ADDRESSES];
                bytes.extend(octets.flatten());
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
            VARIANT => serde_json::from_slice(body)
                .map(Self::Variant)
                .map_err(|_| ChannelError::Malformed),
            GUARD => serde_json::from_slice(body)
                .map(Self::Guard)
                .map_err(|_| ChannelError::Malformed),
            WATCH => body
                .split_first_chunk()
                .and_then(|(edition, bits)| {
                    Some(Self::Watch {
                        edition: u32::from_be_bytes(*edition),
                        in_use: ranges_of(bits)?,
                    })
                })
                .ok_or(ChannelError::Malformed),
            ADDRESSES => match body.as_chunks::<16>() {
                (addresses, []) => Ok(Self::Addresses(
                    addresses
                        .iter()
                        .map(|octets| read_octets(*octets))
                        .collect(),
                )),
                _ => Err(ChannelError::Malformed),
            },
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

fn octets_of(address: &IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => address.octets(),
    }
}

fn read_octets(octets: [u8; 16]) -> IpAddr {
    IpAddr::V6(Ipv6Addr::from(octets)).to_canonical()
}

fn in_json(kind: u8, body: &impl Serialize) -> Result<Vec<u8>, ChannelError> {
    let mut bytes = vec![kind];
    serde_json::to_writer(&mut bytes, body).map_err(io::Error::from)?;
    Ok(bytes)
}

/// How many clients one message names: below the largest message that every kernel takes.
pub(crate) const KEYS_A_WORD: usize = 1024;
/// More than hosts have. At others nothing is counted.
pub(crate) const MOST_ADDRESSES: usize = 2048;
const _: () = assert!(16 * MOST_ADDRESSES < WORD_LENGTH);
/// More than keys, and more than 32 steps that ask for everything that a step can ask for.
pub(super) const WORD_LENGTH: usize = 65_536;
const _: () = assert!(32 * KEYS_A_WORD < WORD_LENGTH);
const PLAN: u8 = 1;
const KEYS: u8 = 2;
const BEGIN: u8 = 3;
const VARIANT: u8 = 5;
const WATCH: u8 = 6;
const GUARD: u8 = 7;
const ADDRESSES: u8 = 8;
/// Stands in front of a reply.
pub(super) const REPLY: u8 = 4;
