//! What a command does to the firewall, or why that is not known.

use nightlatch_core::{MOST_PORTS, PortRange, Protocol};

use super::ports;

/// What a command does to the firewall for the address that knocked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) act: Act,
    /// The ports where the address is of IPv4; none at all for closing means: whatever was opened.
    pub(crate) four: Vec<PortRange>,
    /// The ports where it is of IPv6.
    pub(crate) six: Vec<PortRange>,
    /// After how many seconds the firewall itself takes it back.
    pub(crate) lasts: Option<u64>,
    /// What the command says and a grant does not.
    pub(crate) dropped: Vec<String>,
    /// When it comes about.
    pub(super) when: When,
}

/// When a change comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    Now,
    /// When firewalld reads again what is permanent.
    AtReload,
}

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// The address gets in.
    Open,
    /// That is taken back.
    Close,
}

/// Why a command stays a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unread {
    #[error("it is not one of the firewall commands that can become a grant")]
    Unknown,
    #[error("it opens for everybody, not for the address that knocked")]
    Everybody,
    #[error("it opens every port, and a grant opens ports that are named")]
    EveryPort,
    #[error("it names ports without a protocol before them")]
    NoProtocol,
    #[error("it names no family, and firewalld refuses an address without one")]
    NoFamily,
    #[error("what it changes counts only after firewalld is told to reload")]
    Pending,
    #[error("a --timeout ends it as well as a stop command")]
    TwoEnds,
    #[error("it opens more than 16 ports")]
    ManyPorts,
    #[error("it opens for a whole network, and a grant opens for one address")]
    Network,
    #[error("it is about traffic that is routed, and grants are about this host")]
    Routed,
    #[error("it changes a set of your own, which other lines of your firewall use")]
    OwnSet,
    #[error("its commands do not all open the same ports, or one of them does something else")]
    Mixed,
    #[error("it works for addresses of the other family only")]
    OtherFamily,
    #[error("it closes what no door here opens")]
    Orphan,
}

impl Change {
    /// A change of these ports for IPv4, IPv6 or both.
    pub(super) fn new(act: Act, family: Family, ports: Vec<PortRange>) -> Self {
        let (four, six) = match family {
            Family::Four => (ports, Vec::new()),
            Family::Six => (Vec::new(), ports),
            Family::Both => (ports.clone(), ports),
        };
        Self {
            act,
            four,
            six,
            lasts: None,
            dropped: Vec::new(),
            when: When::Now,
        }
    }

    /// Both, one after the other; none if they go different ways or end at different times.
    pub(super) fn join(mut self, other: Self) -> Result<Self, Unread> {
        let is_same = (&self.four, &self.six) == (&other.four, &other.six);
        if self.act != other.act || self.lasts != other.lasts || self.when != other.when && !is_same
        {
            return Err(Unread::Mixed);
        }
        if self.when != other.when {
            self.when = When::Now;
        }
        self.four = merged(self.four, other.four);
        self.six = merged(self.six, other.six);
        self.dropped.extend(other.dropped);
        Ok(self)
    }

    /// A service opens few ports.
    pub(super) fn bounded(self) -> Result<Self, Unread> {
        let fits = [&self.four, &self.six]
            .iter()
            .all(|ranges| count(ranges) <= MOST_PORTS);
        if fits {
            Ok(self)
        } else {
            Err(Unread::ManyPorts)
        }
    }
}

/// For which family of addresses a command works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Four,
    Six,
    Both,
}

/// What a firewall command says, piece by piece; firewalls refuse a piece that comes twice.
#[derive(Clone, Default)]
pub(super) struct Said {
    pub(super) act: Option<Act>,
    pub(super) source: Option<String>,
    pub(super) protocol: Option<Protocol>,
    pub(super) ports: Option<Vec<(u16, u16)>>,
    pub(super) accepts: Option<bool>,
    pub(super) dropped: Vec<String>,
}

impl Said {
    /// All pieces together.
    pub(super) fn change(self, family: Family) -> Result<Change, Unread> {
        let act = self.act.ok_or(Unread::Unknown)?;
        match (self.source.as_deref(), family) {
            // With a length they are networks for the other family.
            (Some("%IP%"), _)
            | (Some("%IP%/32"), Family::Four)
            | (Some("%IP%/128"), Family::Six) => {}
            (Some(network), _) if network.starts_with("%IP%/") => return Err(Unread::Network),
            (Some(_), _) => return Err(Unread::Unknown),
            (None, _) => return Err(Unread::Everybody),
        }
        if self.accepts != Some(true) {
            return Err(Unread::Unknown);
        }
        let numbers = self.ports.ok_or(Unread::EveryPort)?;
        if numbers.is_empty() {
            return Err(Unread::Unknown);
        }
        let protocol = self.protocol.ok_or(Unread::NoProtocol)?;
        let ports = ports::of(protocol, &numbers).ok_or(Unread::Unknown)?;
        let dropped = self.dropped;
        Ok(Change {
            dropped,
            ..Change::new(act, family, ports)
        })
    }
}

/// Takes in a piece that has not been said before.
pub(super) fn once<T>(place: &mut Option<T>, value: T) -> Result<(), Unread> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(Unread::Unknown),
    }
}

fn merged(mut some: Vec<PortRange>, more: Vec<PortRange>) -> Vec<PortRange> {
    some.extend(more);
    some.sort_unstable();
    some.dedup();
    some
}

fn count(ranges: &[PortRange]) -> usize {
    let width = |range: &PortRange| {
        usize::from(range.last().saturating_sub(range.first())).saturating_add(1)
    };
    ranges.iter().map(width).fold(0, usize::saturating_add)
}
