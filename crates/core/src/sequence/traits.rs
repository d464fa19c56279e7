//! What the headers and the payload of a step must look like; what is left out may be anything.

use alloc::string::String;
use alloc::vec::Vec;

/// Conditions on one packet, all of which must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traits {
    /// How many hops it has left: IPv4's time to live, IPv6's hop limit.
    pub hops: Option<Number>,
    /// IPv4's identification; no IPv6 packet meets it.
    pub identification: Option<Number>,
    /// IPv4's "don't fragment"; no IPv6 packet meets it.
    pub unfragmentable: Option<bool>,
    /// The length of the whole IP packet in bytes, its header included.
    pub length: Option<Number>,
    /// The source port of TCP or UDP.
    pub source_port: Option<Number>,
    /// TCP's sequence number.
    pub sequence: Option<Number>,
    /// TCP's acknowledgement number, looked at whatever the flags say.
    pub acknowledgement: Option<Number>,
    /// TCP's window, unscaled.
    pub window: Option<Number>,
    /// TCP's options, all of them, in their order.
    pub options: Option<Vec<OptionWanted>>,
    /// What TCP, UDP or the ICMP message carries; for an ICMP echo what follows its identifier and
    /// sequence number.
    pub payload: Option<Payload>,
}

/// A number between two bounds, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Number {
    /// The least.
    pub least: u32,
    /// The most, never below the least.
    pub most: u32,
}

impl Number {
    /// Exactly this one.
    pub const fn exactly(number: u32) -> Self {
        Self {
            least: number,
            most: number,
        }
    }

    /// Whether a number lies between the bounds.
    pub const fn contains(self, number: u32) -> bool {
        self.least <= number && number <= self.most
    }
}

/// One TCP option (RFC 9293 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OptionWanted {
    /// Its kind: 2 for the maximum segment size, 3 for the window scale, 4 for "SACK permitted",
    /// 8 for time stamps, 1 for a filler, 0 for the end.
    pub kind: u8,
    /// The number in it, for those of one, two or four bytes; none: any.
    pub value: Option<u32>,
}

/// What a packet must carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// Exactly these bytes.
    Exactly(Vec<u8>),
    /// These bytes first.
    Begins(Vec<u8>),
    /// Something that this regular expression finds, in bytes.
    Matches(String),
}
