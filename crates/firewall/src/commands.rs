//! Changes of the gate and of others' sets as `nft` and `ipset` would write them, for people to read.

use std::net::IpAddr;
use std::time::Duration;

use nightlatch_core::{Cut, Effect, Member, Opening, Passage, Prefix, SetPlace, Stay};

use crate::layout::{CUT_TIME, Set, TABLE};
use crate::script::in_nft_units;
use crate::sets::in_ipset_units;

/// Writes one effect as the `nft` commands that would do the same.
pub fn in_words(effect: &Effect) -> Vec<String> {
    match effect {
        Effect::Open { openings, lasts } => openings
            .iter()
            .map(|opening| open_line(opening, *lasts))
            .collect(),
        Effect::Close { openings } => openings.iter().map(close_line).collect(),
        Effect::Insert { stays } => stays.iter().map(insert_line).collect(),
        Effect::Remove { members } => members.iter().map(remove_line).collect(),
        Effect::Ban { prefixes, lasts } => of_bans(prefixes, |set, prefix| {
            let time = in_nft_units(*lasts);
            format!("add element inet {TABLE} {set} {{ {prefix} timeout {time} }}")
        }),
        Effect::Pardon { prefixes } => of_bans(prefixes, |set, prefix| {
            format!("destroy element inet {TABLE} {set} {{ {prefix} }}")
        }),
    }
}

/// Writes a cut as the `nft` command that would do the same.
pub(crate) fn cut_line(cut: Cut) -> String {
    let (set, element) = cut_in_words(cut);
    let time = in_nft_units(CUT_TIME);
    format!("add element inet {TABLE} {set} {{ {element} timeout {time} }}")
}

/// The same for lifting it.
pub(crate) fn lift_line(cut: Cut) -> String {
    let (set, element) = cut_in_words(cut);
    format!("destroy element inet {TABLE} {set} {{ {element} }}")
}

fn cut_in_words(cut: Cut) -> (&'static str, String) {
    let opening = Opening {
        address: cut.address,
        port: cut.port,
        passage: Passage::Lasting,
    };
    (Set::of_cut(&opening).name(), element(&opening))
}

fn of_bans(prefixes: &[Prefix], line: impl Fn(&str, IpAddr) -> String) -> Vec<String> {
    let written = |prefix: &Prefix| Some(line(Set::of_ban(*prefix)?.name(), prefix.first()));
    prefixes.iter().filter_map(written).collect()
}

fn insert_line(stay: &Stay) -> String {
    let (address, lasts) = (stay.member.address, stay.lasts);
    match &stay.member.set.place {
        SetPlace::Nftables { family, table, set } => format!(
            "add element {family} {table} {set} {{ {address} timeout {} }}",
            in_nft_units(lasts)
        ),
        SetPlace::Ipset { set } => {
            format!(
                "ipset add {set} {address} timeout {} -exist",
                in_ipset_units(lasts)
            )
        }
    }
}

fn remove_line(member: &Member) -> String {
    let address = member.address;
    match &member.set.place {
        SetPlace::Nftables { family, table, set } => {
            format!("destroy element {family} {table} {set} {{ {address} }}")
        }
        SetPlace::Ipset { set } => format!("ipset del {set} {address} -exist"),
    }
}

fn open_line(opening: &Opening, lasts: Duration) -> String {
    format!(
        "add element inet {TABLE} {} {{ {} timeout {} }}",
        Set::of(opening).name(),
        element(opening),
        in_nft_units(lasts)
    )
}

fn close_line(opening: &Opening) -> String {
    format!(
        "destroy element inet {TABLE} {} {{ {} }}",
        Set::of(opening).name(),
        element(opening)
    )
}

fn element(opening: &Opening) -> String {
    format!(
        "{} . {} . {}",
        opening.address,
        opening.port.protocol,
        opening.port.number()
    )
}
