//! What every gate can do, and what it says when it cannot.

use std::os::fd::BorrowedFd;

use nightlatch_core::{AddressSet, Banned, Cut, Effect, GatePlan, Member, Standing};
use thiserror::Error;

use crate::nfnl::NetlinkError;
use crate::sets::SetError;

/// A gate in front of the guarded ports.
///
/// The caller decides nothing here and waits for nothing: each call is carried out before it
/// returns.
pub trait Firewall {
    /// Puts the gate up in one transaction, or adopts the one that stands, with its grants. Calling
    /// it again is safe. After an error what stood before still stands.
    fn raise(&mut self, plan: &GatePlan) -> Result<Raised, RaiseError>;

    /// Carries out one effect: all of it or nothing.
    fn apply(&mut self, effect: &Effect) -> Result<(), ApplyError>;

    /// Looks whether a set of the administrator's is there, and is one that addresses leave by themselves.
    fn look_up(&mut self, set: &AddressSet) -> Result<(), SetError>;

    /// Whether one of the sets of ipset that addresses were put into was made anew since this was asked the last
    /// time. Nobody is told of that; asking takes some microseconds for each set.
    fn are_sets_made_anew(&mut self) -> bool;

    /// Whom [`Effect::Insert`] found in a set for ever, and left as he is; each of them is told once.
    fn left_alone(&mut self) -> Vec<Member>;

    /// Ends the connections that run, and refuses whatever those addresses still send to those ports until they are
    /// granted anew: that lifts it. Close their openings first.
    ///
    /// The one call here that may take a while: the kernel is asked for all connections of this host.
    fn sever(&mut self, cuts: &[Cut]) -> Result<Severed, SeverError>;

    /// Lists the openings in force, with the time that each has left.
    fn standing(&mut self) -> Result<Vec<Standing>, ListError>;

    /// Lists the bans in force, with the time that each has left.
    fn banned(&mut self) -> Result<Vec<Banned>, ListError>;

    /// Takes the gate away, grants, bans and all.
    fn lower(&mut self) -> Result<Lowered, LowerError>;

    /// A descriptor that becomes readable when somebody else touched the ruleset; then ask
    /// [`Firewall::disturbed`].
    fn watch(&self) -> Option<BorrowedFd<'_>>;

    /// Empties the watch and says whether the gate is still as it was put up.
    ///
    /// After an error, and while the gate is gone, ask again although the watch is not readable:
    /// nothing is forgotten that was not looked into.
    fn disturbed(&mut self) -> Result<Disturbance, WatchError>;

    /// What the gate has dropped since it stands.
    fn noise(&mut self) -> Result<Noise, NoiseError>;
}

/// How a gate came to stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Raised {
    /// Built, adopted or rebuilt.
    pub how: How,
    /// Who else could change it.
    pub hold: Hold,
    /// Openings that were in force before and still are.
    pub carried: usize,
    /// Connections that ran to guarded ports before there was a gate, and go on.
    pub running: usize,
    /// Openings and running connections that could not be brought in. Those openings are closed;
    /// those connections end unless their address holds a grant.
    pub left_out: usize,
}

/// What had to be done to make the gate stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// There was none.
    Built,
    /// One stood already, of the same shape: its grants were kept where they are.
    Adopted,
    /// One of another shape stood: it was replaced, and its grants were carried over.
    Rebuilt,
}

/// Who can change the table beside us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// Nobody: the kernel refuses others, and the table outlives us (kernel 6.9 and later).
    Ours,
    /// Every program with `CAP_NET_ADMIN`: watch it.
    Shared,
}

/// What severing ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Severed {
    /// Sockets of this host that were closed; both sides see a reset.
    pub sockets: usize,
}

/// What taking the gate away found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Lowered {
    /// A gate stood, and is gone.
    Removed,
    /// There was no gate.
    NotThere,
}

/// What others did to the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Disturbance {
    /// Nothing that concerns us.
    Nothing,
    /// The table is gone: every guarded port is open until it is raised again.
    Gone,
    /// Somebody changed our table: raise it again.
    Changed,
    /// A set that addresses were put into was made anew: put them in again. The gate stands.
    SetsMade,
}

/// Packets and bytes that one line of the gate has dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many packets.
    pub packets: u64,
    /// How many bytes, IP headers included.
    pub bytes: u64,
}

/// What the gate has dropped since it stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Noise {
    /// At the knock port: knocks, good and bad, and junk.
    pub knocks: Tally,
    /// At guarded ports: whoever came without a grant.
    pub strangers: Tally,
    /// At all other ports: those who are banned.
    pub banned: Tally,
}

/// Why the gate could not be put up.
#[derive(Debug, Error)]
pub enum RaiseError {
    /// Another living process owns the table.
    #[error(
        "another process holds the table inet nightlatch{}\n  stop the other nightlatchd first",
        port.map(|port| format!(" (netlink port {port}, usually its process id)")).unwrap_or_default()
    )]
    HeldByAnother {
        /// The netlink port of the owner, where it is known.
        port: Option<u32>,
    },
    /// The kernel said no.
    #[error("the gate could not be put up{}", advice(.0))]
    Netlink(#[from] NetlinkError),
}

/// What is wrong beside a refusal says itself what to do.
const fn advice(error: &NetlinkError) -> &'static str {
    match error {
        NetlinkError::Refused { .. } => REFUSED,
        _ => "",
    }
}

const REFUSED: &str = "
  a gate that stood before stands on, and what it guards stays shut: `nft list table inet nightlatch` shows it
  if no start succeeds, `nightlatchd gate down` takes it away and opens its ports; then start again, and report this";

/// Why an effect could not be carried out. Nothing of it is in force.
#[derive(Debug, Error)]
pub enum ApplyError {
    /// There is no gate to change.
    #[error("the table inet nightlatch is not there\n  put the gate up again")]
    NoGate,
    /// A set holds as many openings as it may.
    #[error(
        "the gate holds as many openings as it can\n  wait until some have run out, or close some"
    )]
    Full,
    /// Another living process owns the table.
    #[error("another process holds the table inet nightlatch\n  stop the other nightlatchd first")]
    HeldByAnother,
    /// A set of the administrator's does not take an address.
    #[error(transparent)]
    Set(#[from] SetError),
    /// The kernel said no.
    #[error("the gate could not be changed")]
    Netlink(#[source] NetlinkError),
}

/// Why not everything could be ended. Packets of that address to that port are refused all the same, once the cut is in.
#[derive(Debug, Error)]
pub enum SeverError {
    /// The cut could not be put into the gate.
    #[error("the running connections could not be cut")]
    Cut(#[from] ApplyError),
    /// The cut is in, but the sockets of this host still wait for their client.
    #[error("the sockets could not be closed\n  they get no more packets and end by themselves")]
    Sockets(#[source] NetlinkError),
}

/// Why the openings could not be listed.
#[derive(Debug, Error)]
pub enum ListError {
    /// There is no gate.
    #[error("the table inet nightlatch is not there\n  put the gate up again")]
    NoGate,
    /// The kernel said no.
    #[error("the openings could not be listed")]
    Netlink(#[source] NetlinkError),
}

/// Why the gate could not be taken away.
#[derive(Debug, Error)]
pub enum LowerError {
    /// A living daemon owns the table.
    #[error(
        "a running nightlatchd holds the gate\n  stop the daemon first, then take the gate down"
    )]
    HeldByAnother,
    /// The kernel said no.
    #[error("the gate could not be taken away")]
    Netlink(#[source] NetlinkError),
}

/// Why it is not known whether the gate still stands.
#[derive(Debug, Error)]
pub enum WatchError {
    /// The kernel said no.
    #[error("the ruleset could not be watched")]
    Netlink(#[from] NetlinkError),
}

/// Why the tallies could not be read.
#[derive(Debug, Error)]
pub enum NoiseError {
    /// There is no gate.
    #[error("the table inet nightlatch is not there\n  put the gate up again")]
    NoGate,
    /// The kernel said no.
    #[error("the tallies could not be read")]
    Netlink(#[source] NetlinkError),
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn a_refusal_says_what_to_do_and_that_what_stood_before_stands_on() {
        let refused = NetlinkError::Refused {
            doing: "make a chain",
            cause: io::Error::from_raw_os_error(22),
            said: None,
        };
        let said = RaiseError::from(refused).to_string();
        assert!(said.contains("stands on"), "{said}");
        assert!(said.contains("`nightlatchd gate down`"), "{said}");
        let said = RaiseError::from(NetlinkError::NoNfTables).to_string();
        assert_eq!(
            said, "the gate could not be put up",
            "its cause says what to do"
        );
    }
}
