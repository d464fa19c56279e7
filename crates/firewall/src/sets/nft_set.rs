//! Sets of nftables in tables that are not ours.

use std::net::IpAddr;
use std::time::Duration;

use nightlatch_core::{AddressSet, IpVersion, Member, SetPlace, Stay, TableFamily};
use rustix::io::Errno;

use super::{Fault, SetError, Sets, Whose};
use crate::nfnl::{Attributes, Batch, Channel, Envelope, NetlinkError, Writer, number32};
use crate::nftables::{
    DELETE_ELEMENT, DESTROY_ELEMENT, GET_ELEMENT, GET_SET, LIST_ELEMENTS, LIST_SET, NEW_ELEMENT,
    OF_TABLE, Refresh, SET_FLAGS, SET_KEY_LENGTH, SET_KEY_TYPE, asking, each_of, write_one,
};

/// Looks whether there is such a set, and whether it takes addresses that leave it by themselves.
pub(super) fn look_up(channel: &mut Channel, set: &AddressSet) -> Result<(), SetError> {
    let question = |writer: &mut Writer| about(set, writer);
    let shape = channel.look(asking(GET_SET), question, |body| {
        let attributes = Attributes::of_netfilter(body);
        let number = |kind| attributes.find(kind).and_then(number32).unwrap_or_default();
        [
            number(SET_FLAGS),
            number(SET_KEY_TYPE),
            number(SET_KEY_LENGTH),
        ]
    });
    match shape {
        Ok(shape) => {
            fault_of(shape, set.version).map_or(Ok(()), |fault| Err(SetError::unfit(set, fault)))
        }
        Err(error) if is(&error, Errno::NOENT) => Err(SetError::unfit(set, Fault::Missing)),
        Err(error) => Err(SetError::netlink(set, error)),
    }
}

fn fault_of([flags, kind, length]: [u32; 3], version: IpVersion) -> Option<Fault> {
    let wanted = match version {
        IpVersion::V4 => (IPV4_ADDRESS, 4),
        IpVersion::V6 => (IPV6_ADDRESS, 16),
    };
    let faults = [
        (flags & MAPS != 0, Fault::Map),
        (kind > SINGLE_TYPES, Fault::Concatenated),
        ((kind, length) != wanted, Fault::OtherThings),
        (flags & RANGES != 0, Fault::Ranges),
        (flags & CONSTANT != 0, Fault::Constant),
        (flags & TIMEOUTS == 0, Fault::NoTimeouts),
    ];
    let mut faults = faults.into_iter();
    faults.find_map(|(is_so, fault)| is_so.then_some(fault))
}

/// Puts members in, all in one transaction.
pub(super) fn insert(
    channel: &mut Channel,
    refresh: Refresh,
    stays: &[&Stay],
    sets: &mut Sets,
) -> Result<(), SetError> {
    let mut ours = Vec::with_capacity(stays.len());
    for stay in stays {
        let whose = whose(channel, &stay.member)?;
        sets.note(&stay.member, whose);
        if whose == Whose::Ours {
            ours.push(*stay);
        }
    }
    let Some(first) = ours.first() else {
        return Ok(());
    };
    if refresh == Refresh::DeleteFirst {
        for stay in &ours {
            delete(channel, &stay.member)?;
        }
    }
    let mut batch = channel.batch();
    for stay in &ours {
        if refresh == Refresh::DestroyFirst {
            write(&mut batch, DESTROY_ELEMENT, &stay.member, None);
        }
        write(&mut batch, NEW_ELEMENT, &stay.member, Some(stay.lasts));
    }
    batch.commit().map_err(|error| sort(error, &first.member))
}

/// Takes members out, all in one transaction; one that is not there is as it should be.
pub(super) fn remove(
    channel: &mut Channel,
    refresh: Refresh,
    members: &[&Member],
) -> Result<(), SetError> {
    let mut ours = Vec::with_capacity(members.len());
    for member in members {
        if whose(channel, member)? == Whose::Ours {
            ours.push(*member);
        }
    }
    let Some(first) = ours.first() else {
        return Ok(());
    };
    if refresh == Refresh::DeleteFirst {
        return ours.iter().try_for_each(|member| delete(channel, member));
    }
    let mut batch = channel.batch();
    for member in &ours {
        write(&mut batch, DESTROY_ELEMENT, member, None);
    }
    batch.commit().map_err(|error| sort(error, first))
}

/// One by one, since a missing element would undo the others.
fn delete(channel: &mut Channel, member: &Member) -> Result<(), SetError> {
    let mut batch = channel.batch();
    write(&mut batch, DELETE_ELEMENT, member, None);
    match batch.commit() {
        Err(error) if is(&error, Errno::NOENT) => Ok(()),
        outcome => outcome.map_err(|error| sort(error, member)),
    }
}

/// Whether the administrator put an address in himself: what has no end is not ours.
fn whose(channel: &mut Channel, member: &Member) -> Result<Whose, SetError> {
    let question = |writer: &mut Writer| {
        about(&member.set, writer);
        list(writer, member, None);
    };
    let mut whose = Whose::Ours;
    let seen = channel.look(asking(GET_ELEMENT), question, |body| {
        each_of(body, &mut |element| {
            if element.remaining.is_none() {
                whose = Whose::Theirs;
            }
        });
    });
    match seen {
        Ok(()) => Ok(whose),
        Err(error) if is(&error, Errno::NOENT) => Ok(Whose::Ours),
        Err(error) => Err(sort(error, member)),
    }
}

fn write(batch: &mut Batch<'_>, envelope: Envelope, member: &Member, time: Option<Duration>) {
    let SetPlace::Nftables { family, table, set } = &member.set.place else {
        return;
    };
    batch.message_in(number_of(*family), envelope, |writer| {
        writer.text(OF_TABLE, table);
        writer.text(LIST_SET, set);
        list(writer, member, time);
    });
}

fn list(writer: &mut Writer, member: &Member, time: Option<Duration>) {
    writer.nested(LIST_ELEMENTS, |list| match member.address {
        IpAddr::V4(address) => write_one(list, &address.octets(), time),
        IpAddr::V6(address) => write_one(list, &address.octets(), time),
    });
}

/// Names the set in a question outside of any transaction.
fn about(set: &AddressSet, writer: &mut Writer) {
    if let SetPlace::Nftables { family, table, set } = &set.place {
        writer.netfilter(number_of(*family), 0);
        writer.text(OF_TABLE, table);
        writer.text(LIST_SET, set);
    }
}

/// The number that the kernel gives a family.
pub(super) const fn number_of(family: TableFamily) -> u8 {
    match family {
        TableFamily::Inet => crate::nfnl::FAMILY_INET,
        TableFamily::Ip => 2,
        TableFamily::Ip6 => 10,
    }
}

fn is(error: &NetlinkError, errno: Errno) -> bool {
    error.code().map(Errno::from_raw_os_error) == Some(errno)
}

fn sort(error: NetlinkError, member: &Member) -> SetError {
    if is(&error, Errno::NFILE) {
        return SetError::Full(Box::new((*member.set).clone()));
    }
    if is(&error, Errno::NOENT) {
        // Somebody took it away between our look and our transaction.
        return SetError::unfit(&member.set, Fault::Missing);
    }
    SetError::netlink(&member.set, error)
}

const CONSTANT: u32 = 0x2;
const RANGES: u32 = 0x4;
/// To data, or to objects.
const MAPS: u32 = 0x8 | 0x40;
const TIMEOUTS: u32 = 0x10;

/// The numbers by which nft knows the types.
const IPV4_ADDRESS: u32 = 7;
const IPV6_ADDRESS: u32 = 8;
/// Of several types together each has six bits; not every program sets the flag that says so.
const SINGLE_TYPES: u32 = 0x3f;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_set_of_addresses_with_timeouts_will_do() {
        let fault = |shape| fault_of(shape, IpVersion::V4);
        assert_eq!(fault([TIMEOUTS, 7, 4]), None);
        // Changed by packets too, and with a counter for each element.
        assert_eq!(fault([TIMEOUTS | 0x20 | 0x100, 7, 4]), None);
        assert_eq!(fault([0, 7, 4]), Some(Fault::NoTimeouts));
        assert_eq!(fault([TIMEOUTS, 8, 16]), Some(Fault::OtherThings));
        assert_eq!(fault([TIMEOUTS, 13, 4]), Some(Fault::OtherThings));
        assert_eq!(fault([TIMEOUTS | RANGES, 7, 4]), Some(Fault::Ranges));
        assert_eq!(fault([TIMEOUTS | 0x8, 7, 4]), Some(Fault::Map));
        assert_eq!(fault([TIMEOUTS | CONSTANT, 7, 4]), Some(Fault::Constant));
        let both = [TIMEOUTS, 0x1cd, 8];
        assert_eq!(fault(both), Some(Fault::Concatenated));
    }
}
