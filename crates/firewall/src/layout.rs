//! The shape of the gate: its names, its sets, and how long things last.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use nightlatch_core::{GatePlan, Opening, Passage, Port, PortRange, Prefix, Protocol};

/// The one table.
pub(crate) const TABLE: &str = "nightlatch";
/// Counts what the knock port swallows.
pub(crate) const KNOCKS: &str = "knocks";
/// Counts who came without a grant.
pub(crate) const STRANGERS: &str = "strangers";
/// Counts what was kept out by a ban.
pub(crate) const BANS: &str = "bans";
/// All of them, in the order in which they are written.
pub(crate) const COUNTERS: [&str; 3] = [KNOCKS, STRANGERS, BANS];

/// An element that somebody adds by hand without a time still ends.
pub(crate) const DEFAULT_TIME: Duration = Duration::from_mins(1);
/// As long as the kernel goes on sending again when nobody answers (six times, doubling).
pub(crate) const FLOW_TIME: Duration = Duration::from_mins(2);
/// As long as conntrack itself remembers an idle connection.
pub(crate) const RUNNING_TIME: Duration = Duration::from_hours(5 * 24);

/// Long enough for whatever was cut to have given up; a grant lifts it at once.
pub(crate) const CUT_TIME: Duration = RUNNING_TIME;

/// One of the gate's named sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Set {
    Open4,
    Open6,
    Once4,
    Once6,
    Flow4,
    Flow6,
    Ban4,
    Ban6,
    BanNet6,
    Cut4,
    Cut6,
}

impl Set {
    pub(crate) const ALL: [Self; 11] = [
        Self::Open4,
        Self::Open6,
        Self::Once4,
        Self::Once6,
        Self::Flow4,
        Self::Flow6,
        Self::Ban4,
        Self::Ban6,
        Self::BanNet6,
        Self::Cut4,
        Self::Cut6,
    ];
    /// The sets that hold openings.
    pub(crate) const OPENINGS: [Self; 4] = [Self::Open4, Self::Open6, Self::Once4, Self::Once6];

    /// The sets that hold bans: single addresses, and networks of IPv6, which are looked up by their
    /// first half. So all of them are hash sets, and quick to change.
    pub(crate) const BANS: [Self; 3] = [Self::Ban4, Self::Ban6, Self::BanNet6];

    /// The sets that hold who was cut off.
    pub(crate) const CUTS: [Self; 2] = [Self::Cut4, Self::Cut6];

    /// The set in which a ban lies; none for what is neither an address nor a network of IPv6.
    pub(crate) fn of_ban(prefix: Prefix) -> Option<Self> {
        match prefix.address() {
            Some(IpAddr::V4(_)) => Some(Self::Ban4),
            Some(IpAddr::V6(_)) => Some(Self::Ban6),
            None => prefix.is_network().then_some(Self::BanNet6),
        }
    }

    /// The set in which this opening lies.
    pub(crate) fn of(opening: &Opening) -> Self {
        match (opening.passage, opening.address) {
            (Passage::Lasting, IpAddr::V4(_)) => Self::Open4,
            (Passage::Lasting, IpAddr::V6(_)) => Self::Open6,
            (Passage::OneShot, IpAddr::V4(_)) => Self::Once4,
            (Passage::OneShot, IpAddr::V6(_)) => Self::Once6,
        }
    }

    /// The set that lets those in who a place of this address can serve.
    pub(crate) fn open_for(address: IpAddr) -> Self {
        match Family::of(address) {
            Family::V4 => Self::Open4,
            Family::V6 => Self::Open6,
        }
    }

    /// The set in which the same opening lies when its connections were cut.
    pub(crate) fn of_cut(opening: &Opening) -> Self {
        if opening.address.is_ipv4() {
            Self::Cut4
        } else {
            Self::Cut6
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Open4 => "open4",
            Self::Open6 => "open6",
            Self::Once4 => "once4",
            Self::Once6 => "once6",
            Self::Flow4 => "flow4",
            Self::Flow6 => "flow6",
            Self::Ban4 => "ban4",
            Self::Ban6 => "ban6",
            Self::BanNet6 => "ban6net",
            Self::Cut4 => "cut4",
            Self::Cut6 => "cut6",
        }
    }

    pub(crate) fn family(self) -> Family {
        match self {
            Self::Open4 | Self::Once4 | Self::Flow4 | Self::Ban4 | Self::Cut4 => Family::V4,
            Self::Open6 | Self::Once6 | Self::Flow6 | Self::Ban6 | Self::BanNet6 | Self::Cut6 => {
                Family::V6
            }
        }
    }

    /// Packets themselves change these sets.
    pub(crate) fn is_dynamic(self) -> bool {
        matches!(self, Self::Once4 | Self::Once6 | Self::Flow4 | Self::Flow6)
    }

    /// Each element lets one packet through, whichever processors the packets arrive at.
    pub(crate) fn is_one_shot(self) -> bool {
        matches!(self, Self::Once4 | Self::Once6)
    }

    /// How many elements the set may hold: as many as the broker gives, and of what packets add a
    /// bounded number.
    pub(crate) fn size(self) -> u32 {
        match self {
            Self::Open4 | Self::Open6 => 262_144,
            _ => 65_536,
        }
    }

    /// Its place among the sets.
    pub(crate) fn number(self) -> u32 {
        Self::ALL
            .into_iter()
            .zip(0..)
            .find(|(set, _)| *set == self)
            .map_or(0, |(_, place)| place)
    }

    /// The fields of the key, in order.
    pub(crate) fn fields(self) -> &'static [Field] {
        match self {
            Self::Open4 | Self::Once4 | Self::Cut4 => {
                &[Field::Address4, Field::Protocol, Field::Port]
            }
            Self::Open6 | Self::Once6 | Self::Cut6 => {
                &[Field::Address6, Field::Protocol, Field::Port]
            }
            Self::Ban4 => &[Field::Address4],
            Self::Ban6 => &[Field::Address6],
            Self::BanNet6 => &[Field::Network6],
            Self::Flow4 => &[
                Field::Address4,
                Field::SourcePort,
                Field::Protocol,
                Field::Port,
            ],
            Self::Flow6 => &[
                Field::Address6,
                Field::SourcePort,
                Field::Protocol,
                Field::Port,
            ],
        }
    }

    pub(crate) fn key_length(self) -> u32 {
        self.fields()
            .iter()
            .fold(0, |sum, field| sum.saturating_add(field.padded()))
    }

    /// The type as `nft` shows it: six bits for each field.
    pub(crate) fn key_type(self) -> u32 {
        self.fields()
            .iter()
            .fold(0, |folded, field| (folded << 6) | field.number())
    }
}

/// IPv4 or IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    V4,
    V6,
}

impl Family {
    pub(crate) const fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::V4,
            IpAddr::V6(_) => Self::V6,
        }
    }
}

/// One field of a key; each begins on a multiple of four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Address4,
    Address6,
    /// The first half of an address, the other half zero.
    Network6,
    SourcePort,
    Protocol,
    Port,
}

impl Field {
    pub(crate) fn padded(self) -> u32 {
        match self {
            Self::Address6 | Self::Network6 => 16,
            Self::Address4 | Self::SourcePort | Self::Protocol | Self::Port => 4,
        }
    }

    /// The number that `nft` has for this type.
    fn number(self) -> u32 {
        match self {
            Self::Address4 => 7,
            Self::Address6 | Self::Network6 => 8,
            Self::Protocol => 12,
            Self::SourcePort | Self::Port => 13,
        }
    }
}

/// The ports that lead on.
pub(crate) fn leading_ports(plan: &GatePlan) -> BTreeSet<Port> {
    plan.forwards.iter().map(|forward| forward.port).collect()
}

/// The ports of one protocol as ranges that neither overlap nor touch, in order: the kernel refuses
/// others.
pub(crate) fn merged(guarded: &[PortRange], protocol: Protocol) -> Vec<(u16, u16)> {
    let mut ranges: Vec<(u16, u16)> = guarded
        .iter()
        .filter(|range| range.protocol() == protocol)
        .map(|range| (range.first(), range.last()))
        .collect();
    ranges.sort_unstable();
    let mut merged: Vec<(u16, u16)> = Vec::with_capacity(ranges.len());
    for (first, last) in ranges {
        match merged.last_mut() {
            Some(before) if first <= before.1.saturating_add(1) => before.1 = before.1.max(last),
            _ => merged.push((first, last)),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_that_overlap_or_touch_become_one() {
        let guarded: Vec<PortRange> = [
            "tcp/80-90",
            "udp/5",
            "tcp/22",
            "tcp/91",
            "tcp/85-100",
            "tcp/65535",
        ]
        .map(|range| range.parse().unwrap())
        .to_vec();
        let merged_tcp = merged(&guarded, Protocol::Tcp);
        assert_eq!(merged_tcp, [(22, 22), (80, 100), (65535, 65535)]);
        assert_eq!(merged(&guarded, Protocol::Udp), [(5, 5)]);
    }

    #[test]
    fn every_set_says_what_its_keys_are() {
        let lengths = Set::ALL.map(Set::key_length);
        assert_eq!(lengths, [12, 24, 12, 24, 16, 28, 4, 16, 16, 12, 24]);
        assert_eq!(Set::Open4.key_type(), 0x0000_730d);
    }
}
