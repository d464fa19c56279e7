//! Sets of ipset, over the same netlink.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use nightlatch_core::{AddressSet, IpVersion, Member, Stay};
use rustix::io::Errno;

use super::{Fault, SetError, Sets, Whose};
use crate::nfnl::{ACK, Attributes, Channel, Envelope, NetlinkError, Writer, number32, text};

/// Looks whether there is such a set, and whether it takes addresses that leave it by themselves.
pub(super) fn look_up(
    channel: &mut Channel,
    set: &AddressSet,
    name: &str,
) -> Result<Birthmark, SetError> {
    let (mut fault, mut birthmark) = (Some(Fault::Missing), None);
    list(channel, set, (name, HEADER_ALONE), |attributes| {
        fault = fault_of(attributes, set.version);
        let head = Attributes::of(attributes.find(DATA).unwrap_or_default());
        birthmark = head.find(RANDOM).and_then(number32);
    })?;
    fault.map_or(Ok(birthmark), |fault| Err(SetError::unfit(set, fault)))
}

/// The random number that a set is made with, and keeps as long as it is there, flushed or not: one of the
/// same name with another number is another set. Kernels before 5.11 do not tell it, and what is restored
/// from a dump that tells it has the old one.
pub(super) type Birthmark = Option<u32>;

fn fault_of(attributes: &Attributes<'_>, version: IpVersion) -> Option<Fault> {
    let family = match version {
        IpVersion::V4 => 2,
        IpVersion::V6 => 10,
    };
    let kind = attributes.find(TYPE).and_then(text);
    let is_other = attributes.find(FAMILY) != Some(&[family]);
    let head = Attributes::of(attributes.find(DATA).unwrap_or_default());
    let has = |kind| head.find(kind).is_some();
    let is_concatenated = kind.is_some_and(|kind| kind.starts_with("hash:ip,"));
    let faults = [
        (is_concatenated, Fault::Concatenated),
        (kind != Some("hash:ip") || is_other, Fault::OtherThings),
        (has(NETMASK) || has(BITMASK), Fault::Networks),
        (!has(TIMEOUT), Fault::NoTimeouts),
    ];
    let mut faults = faults.into_iter();
    faults.find_map(|(is_so, fault)| is_so.then_some(fault))
}

/// Puts members in, or sets their time anew.
///
/// ipset shows no single element. So each is added as a new one first, which takes one message; only
/// where there was one already the set is read, to see whether the administrator put it in for ever.
pub(super) fn insert(
    channel: &mut Channel,
    stays: &[&Stay],
    sets: &mut Sets,
) -> Result<(), SetError> {
    let mut known: Vec<&Stay> = Vec::new();
    for stay in stays {
        match tell(channel, ADD_NEW, &stay.member, Some(stay.lasts)) {
            Ok(()) => sets.note(&stay.member, Whose::Ours),
            Err(error) if error.code() == Some(IS_IN_IT) => known.push(stay),
            Err(error) => return Err(sort(error, &stay.member)),
        }
    }
    for run in known.chunk_by(|one, next| one.member.set == next.member.set) {
        let for_ever = for_ever(channel, &run.iter().map(|stay| &stay.member))?;
        for stay in run {
            if for_ever.contains(&stay.member.address) {
                sets.note(&stay.member, Whose::Theirs);
                continue;
            }
            sets.note(&stay.member, Whose::Ours);
            tell(channel, ADD, &stay.member, Some(stay.lasts))
                .map_err(|error| sort(error, &stay.member))?;
        }
    }
    Ok(())
}

/// Takes members out; one that is not there is as it should be.
pub(super) fn remove(channel: &mut Channel, members: &[&Member]) -> Result<(), SetError> {
    for run in members.chunk_by(|one, next| one.set == next.set) {
        let for_ever = for_ever(channel, &run.iter().copied())?;
        for member in run.iter().filter(|m| !for_ever.contains(&m.address)) {
            tell(channel, DELETE, member, None).map_err(|error| sort(error, member))?;
        }
    }
    Ok(())
}

/// Which of these addresses, all of one set, the administrator put in himself: they have no end.
fn for_ever<'a>(
    channel: &mut Channel,
    members: &(impl Iterator<Item = &'a Member> + Clone),
) -> Result<BTreeSet<IpAddr>, SetError> {
    let mut found = BTreeSet::new();
    let Some(first) = members.clone().next() else {
        return Ok(found);
    };
    let wanted: BTreeSet<IpAddr> = members.clone().map(|member| member.address).collect();
    let name = name_of(&first.set);
    list(channel, &first.set, (name, 0), |attributes| {
        let elements = Attributes::of(attributes.find(ELEMENTS).unwrap_or_default());
        let has_no_end = |(address, time): &(IpAddr, u32)| *time == 0 && wanted.contains(address);
        let read = elements.filter_map(|(_, element)| element_of(element));
        found.extend(read.filter(has_no_end).map(|(address, _)| address));
    })?;
    Ok(found)
}

fn element_of(element: &[u8]) -> Option<(IpAddr, u32)> {
    let attributes = Attributes::of(element);
    let (_, bytes) = Attributes::of(attributes.find(ADDRESS)?).next()?;
    let address = match bytes.len() {
        4 => IpAddr::from(<[u8; 4]>::try_from(bytes).ok()?),
        _ => IpAddr::from(<[u8; 16]>::try_from(bytes).ok()?),
    };
    Some((address, attributes.find(TIMEOUT).and_then(number32)?))
}

fn list(
    channel: &mut Channel,
    set: &AddressSet,
    (name, how): (&str, u32),
    mut each: impl FnMut(&Attributes<'_>),
) -> Result<(), SetError> {
    let question = |writer: &mut Writer| {
        about(writer, name);
        writer.number32(FLAGS | IN_NETWORK_ORDER, how);
    };
    let each = |body: &[u8]| each(&Attributes::of_netfilter(body));
    match channel.dump(LIST, question, each) {
        Err(error) if errno(&error) == Some(Errno::NOENT) => {
            Err(SetError::unfit(set, Fault::Missing))
        }
        // A subsystem that the kernel does not have is an invalid argument to it.
        Err(error) if errno(&error) == Some(Errno::INVAL) => Err(SetError::NoIpset),
        outcome => outcome.map_err(|error| SetError::netlink(set, error)),
    }
}

fn tell(
    channel: &mut Channel,
    envelope: Envelope,
    member: &Member,
    time: Option<Duration>,
) -> Result<(), NetlinkError> {
    channel.tell(envelope, |writer| {
        about(writer, name_of(&member.set));
        writer.nested(DATA, |data| {
            data.nested(ADDRESS, |address| match member.address {
                IpAddr::V4(ip) => address.bytes(V4 | IN_NETWORK_ORDER, &ip.octets()),
                IpAddr::V6(ip) => address.bytes(V6 | IN_NETWORK_ORDER, &ip.octets()),
            });
            if let Some(time) = time {
                data.number32(TIMEOUT | IN_NETWORK_ORDER, in_kernel_units(time));
            }
        });
    })
}

fn about(writer: &mut Writer, name: &str) {
    writer.netfilter(0, 0);
    writer.bytes(PROTOCOL, &[PROTOCOL_OF_ALL_KERNELS]);
    writer.text(NAME, name);
}

fn name_of(set: &AddressSet) -> &str {
    match &set.place {
        nightlatch_core::SetPlace::Ipset { set } => set,
        nightlatch_core::SetPlace::Nftables { .. } => "",
    }
}

/// Whole seconds, rounded up; never zero, which means "for ever" to the kernel.
pub(crate) fn in_kernel_units(time: Duration) -> u32 {
    let whole = time
        .as_secs()
        .saturating_add(u64::from(time.subsec_nanos() > 0));
    u32::try_from(whole).unwrap_or(u32::MAX).clamp(1, LONGEST)
}

fn sort(error: NetlinkError, member: &Member) -> SetError {
    let set = &member.set;
    match (error.code(), errno(&error)) {
        (Some(FULL), _) => SetError::Full(Box::new((**set).clone())),
        // Somebody changed it between our look and our message.
        (Some(TAKES_NO_TIME), _) => SetError::unfit(set, Fault::NoTimeouts),
        (_, Some(Errno::NOENT)) => SetError::unfit(set, Fault::Missing),
        _ => SetError::netlink(set, error),
    }
}

/// The usual error number, where it is none of ipset's own: those lie beyond what [`Errno`] takes.
fn errno(error: &NetlinkError) -> Option<Errno> {
    let usual = error.code().filter(|code| *code < FIRST_OF_ITS_OWN);
    usual.map(Errno::from_raw_os_error)
}

const fn with(kind: u16, flags: u16, doing: &'static str) -> Envelope {
    Envelope {
        kind: (IPSET << 8) | kind,
        flags,
        doing,
    }
}

/// Its number among netfilter's subsystems.
const IPSET: u16 = 6;
const LIST: Envelope = with(7, ACK, "list a set of ipset");
const ADD: Envelope = with(9, 0, "put an address into a set of ipset");
/// The same, but it is an error if it is in it already.
const ADD_NEW: Envelope = with(9, 0x200, "put an address into a set of ipset");
const DELETE: Envelope = with(10, 0, "take an address out of a set of ipset");

const PROTOCOL: u16 = 1;
/// What every kernel since 2.6.39 speaks.
const PROTOCOL_OF_ALL_KERNELS: u8 = 6;
const NAME: u16 = 2;
const TYPE: u16 = 3;
const FAMILY: u16 = 5;
const FLAGS: u16 = 6;
const HEADER_ALONE: u32 = 1 << 2;
const DATA: u16 = 7;
const ELEMENTS: u16 = 8;
const ADDRESS: u16 = 1;
const TIMEOUT: u16 = 6;
const BITMASK: u16 = 12;
const RANDOM: u16 = 17;
const NETMASK: u16 = 20;
const V4: u16 = 1;
const V6: u16 = 2;
const IN_NETWORK_ORDER: u16 = 0x4000;

/// What it says beside the usual error numbers.
const FIRST_OF_ITS_OWN: i32 = 4096;
const IS_IN_IT: i32 = 4103;
const TAKES_NO_TIME: i32 = 4107;
const FULL: i32 = 4352;
/// Its timers count milliseconds in 31 bits.
const LONGEST: u32 = 2_147_483;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_rounded_up_and_is_never_for_ever() {
        let units = |millis| in_kernel_units(Duration::from_millis(millis));
        assert_eq!([0, 1, 1000, 1001, 30_000].map(units), [1, 1, 1, 2, 30]);
        assert_eq!(in_kernel_units(Duration::MAX), LONGEST);
    }
}
