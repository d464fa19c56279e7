//! What the firewall is told, and what it tells us.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::net::IpAddr;
use core::time::Duration;

use crate::{AddressSet, Banned, Passage, Port, Prefix};

/// One port open for one address: one element of a kernel set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Opening {
    /// For whom; an IPv4 address is never written as an IPv6 one.
    pub address: IpAddr,
    /// What.
    pub port: Port,
    /// How often.
    pub passage: Passage,
}

/// One address in one set of the administrator's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Member {
    /// In which.
    pub set: Arc<AddressSet>,
    /// Who; of the set's IP version.
    pub address: IpAddr,
}

/// A member, and for how long it stays one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stay {
    /// Who is where.
    pub member: Member,
    /// For how long from now: until the last grant ends that holds the address there.
    pub lasts: Duration,
}

/// What the firewall is to do, whole or not at all.
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Open these, or set their remaining time anew where they are open.
    Open {
        /// What opens.
        openings: Vec<Opening>,
        /// For how long from now: at least a second, at most [`LONGEST`](crate::LONGEST).
        lasts: Duration,
    },
    /// Close these; one that is closed already is as it should be.
    Close {
        /// What closes.
        openings: Vec<Opening>,
    },
    /// Put these into sets of the administrator's, or set their remaining time anew. One that he put
    /// in himself, for ever, stays as it is.
    Insert {
        /// Who, where, for how long.
        stays: Vec<Stay>,
    },
    /// Take these out of sets of the administrator's; one that is gone already is as it should be,
    /// and one that he put in himself, for ever, stays.
    Remove {
        /// Who, and from where.
        members: Vec<Member>,
    },
    /// Keep these from everything that no grant opens to them; for one that is banned already the
    /// time is set anew.
    Ban {
        /// Who: single addresses, and networks of IPv6.
        prefixes: Vec<Prefix>,
        /// For how long from now: at most [`LONGEST_BAN`](crate::LONGEST_BAN).
        lasts: Duration,
    },
    /// End these bans; one that has ended already is as it should be.
    Pardon {
        /// Whose.
        prefixes: Vec<Prefix>,
    },
}

/// One opening as the kernel lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What is open.
    pub opening: Opening,
    /// For how long still.
    pub remaining: Duration,
}

/// Closes any number of openings, in pieces that fit into one message to the kernel.
pub(crate) fn in_pieces(openings: &[Opening]) -> Vec<Effect> {
    let pieces = openings.chunks(IN_ONE_PIECE);
    pieces
        .map(|openings| Effect::Close {
            openings: openings.into(),
        })
        .collect()
}

/// Takes any number of members out, in pieces that fit into one message to the kernel.
pub(crate) fn remove_in_pieces(members: &[Member]) -> Vec<Effect> {
    let pieces = members.chunks(IN_ONE_PIECE);
    pieces
        .map(|members| Effect::Remove {
            members: members.into(),
        })
        .collect()
}

/// Puts any number of members in, in pieces that fit into one message to the kernel. Each is about
/// one set: where that is missing, the others are none the worse for it.
pub(crate) fn insert_in_pieces(stays: &[Stay]) -> Vec<Effect> {
    let of_one_set = stays.chunk_by(|one, next| one.member.set == next.member.set);
    let pieces = of_one_set.flat_map(|stays| stays.chunks(IN_ONE_PIECE));
    pieces
        .map(|stays| Effect::Insert {
            stays: stays.into(),
        })
        .collect()
}

/// Sets what remains of openings, in pieces that fit into one message to the kernel.
pub(crate) fn reopen(by_rest: &BTreeMap<Duration, Vec<Opening>>) -> Vec<Effect> {
    let pieces = |(rest, openings): (&Duration, &Vec<Opening>)| {
        let effects = openings.chunks(IN_ONE_PIECE).map(|openings| Effect::Open {
            openings: openings.into(),
            lasts: *rest,
        });
        effects.collect::<Vec<_>>()
    };
    by_rest.iter().flat_map(pieces).collect()
}

/// Sets bans again, each for what it has left, in pieces that fit into one message to the kernel.
pub(crate) fn ban_again(bans: impl Iterator<Item = Banned>) -> Vec<Effect> {
    let mut by_rest: BTreeMap<Duration, Vec<Prefix>> = BTreeMap::new();
    for ban in bans {
        let seconds = ban.remaining.as_secs().saturating_add(1);
        let rest = Duration::from_secs(seconds);
        by_rest.entry(rest).or_default().push(ban.prefix);
    }
    let mut effects = Vec::new();
    for (lasts, prefixes) in by_rest {
        effects.extend(prefixes.chunks(IN_ONE_PIECE).map(|prefixes| Effect::Ban {
            prefixes: prefixes.into(),
            lasts,
        }));
    }
    effects
}

/// The kernel takes a hundred in 140 µs; nobody's knock waits longer than for one piece.
const IN_ONE_PIECE: usize = 128;
