//! Sets of the administrator's own, in nftables and in ipset.
//!
//! ```text
//! insert ─► look_up: is the set one whose elements end by themselves? ─► is the address in it already, for ever?
//!           └ no: SetError, and nothing was done                         └ yes: it is the administrator's, and stays
//! ```

mod error;
mod ipset;
mod nft_set;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use nightlatch_core::{AddressSet, Member, SetPlace, Stay};

pub use error::{Fault, SetError};
pub(crate) use ipset::in_kernel_units as in_ipset_units;

use self::ipset::Birthmark;
use crate::nfnl::Channel;
use crate::nftables::Refresh;

/// What is remembered of others' sets: which we use, and what in them is not ours.
#[derive(Default)]
pub(crate) struct Sets {
    used: BTreeMap<Arc<AddressSet>, Birthmark>,
    /// Whether one of them was found made anew, and nobody was told.
    made_anew: bool,
    left_alone: BTreeSet<Member>,
    news: Vec<Member>,
}

impl Sets {
    /// Puts members in, or sets their time anew. Nothing is done if one of the sets is unfit.
    pub(crate) fn insert(
        &mut self,
        channel: &mut Channel,
        refresh: Refresh,
        stays: &[Stay],
    ) -> Result<(), SetError> {
        let sets: BTreeSet<_> = stays.iter().map(|stay| &stay.member.set).collect();
        for set in sets {
            // As many as the configuration names.
            let birthmark = look_up(channel, set)?;
            self.see(set, birthmark);
        }
        let (in_ipset, in_nftables) = parted(stays, |stay| &stay.member);
        nft_set::insert(channel, refresh, &in_nftables, self)?;
        ipset::insert(channel, &in_ipset, self)
    }

    /// Whether a set of ipset was made anew since this was asked the last time. It tells nobody, so it is looked
    /// at; what cannot be looked at now is, the next time.
    pub(crate) fn are_made_anew(&mut self, channel: &mut Channel) -> bool {
        let in_ipset = self.used.keys().filter(|set| set.is_ipset());
        for set in in_ipset.cloned().collect::<Vec<_>>() {
            if let Ok(birthmark) = look_up(channel, &set) {
                self.see(&set, birthmark);
            }
        }
        core::mem::take(&mut self.made_anew)
    }

    fn see(&mut self, set: &Arc<AddressSet>, birthmark: Birthmark) {
        let known = self.used.insert(Arc::clone(set), birthmark);
        self.made_anew |= known.is_some_and(|known| known != birthmark);
    }

    /// Those that were found in a set for ever; each of them is told once.
    pub(crate) fn left_alone(&mut self) -> Vec<Member> {
        core::mem::take(&mut self.news)
    }

    /// Whether a set of nftables is one that we put addresses into.
    pub(crate) fn uses(&self, number: u8, its_table: &str, its_name: &str) -> bool {
        self.used.keys().any(|known| match &known.place {
            SetPlace::Nftables { family, table, set } => {
                nft_set::number_of(*family) == number && table == its_table && set == its_name
            }
            SetPlace::Ipset { .. } => false,
        })
    }

    /// Whether we put addresses into any.
    pub(crate) fn is_empty(&self) -> bool {
        self.used.is_empty()
    }

    /// Notes whether an address was found in a set for ever.
    fn note(&mut self, member: &Member, whose: Whose) {
        match whose {
            Whose::Ours => _ = self.left_alone.remove(member),
            Whose::Theirs if self.left_alone.contains(member) => {}
            Whose::Theirs => {
                if self.left_alone.len() >= REMEMBERED {
                    self.left_alone.pop_first();
                }
                self.left_alone.insert(member.clone());
                self.news.push(member.clone());
            }
        }
    }
}

/// Takes members out. Where a set is gone or was made into something else, nothing of ours is in it.
/// What goes wrong with one set keeps nobody in the others.
pub(crate) fn remove(
    channel: &mut Channel,
    refresh: Refresh,
    members: &[Member],
) -> Result<(), SetError> {
    let sets: BTreeSet<_> = members.iter().map(|member| &member.set).collect();
    let (mut fit, mut wrong) = (BTreeSet::new(), Ok(()));
    for set in sets {
        match look_up(channel, set) {
            Ok(_) => _ = fit.insert(set),
            Err(SetError::Unfit { .. }) => {}
            Err(error) => wrong = wrong.and(Err(error)),
        }
    }
    let (in_ipset, in_nftables) = parted(members, |member| member);
    let stands = |member: &&Member| fit.contains(&member.set);
    let in_nftables: Vec<_> = in_nftables.into_iter().filter(stands).collect();
    let in_ipset: Vec<_> = in_ipset.into_iter().filter(stands).collect();
    let in_nftables = nft_set::remove(channel, refresh, &in_nftables);
    let in_ipset = ipset::remove(channel, &in_ipset);
    wrong.and(in_nftables).and(in_ipset)
}

/// Whose an element is: what has no end was not put in by us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    /// It ends by itself, or is not there.
    Ours,
    /// The administrator's.
    Theirs,
}

/// Looks whether there is such a set, and whether it takes addresses that leave it by themselves.
pub(crate) fn look_up(channel: &mut Channel, set: &AddressSet) -> Result<Birthmark, SetError> {
    match &set.place {
        // The kernel says by itself what becomes of it.
        SetPlace::Nftables { .. } => nft_set::look_up(channel, set).map(|()| None),
        SetPlace::Ipset { set: name } => ipset::look_up(channel, set, name),
    }
}

/// What goes to ipset, and what goes to nftables.
fn parted<T>(all: &[T], member: impl Fn(&T) -> &Member) -> (Vec<&T>, Vec<&T>) {
    all.iter().partition(|each| member(each).set.is_ipset())
}

/// An administrator writes fewer by hand; who is forgotten is told of once more.
const REMEMBERED: usize = 1024;
