//! The gate in the kernel: one table of `nf_tables`.
//!
//! ```text
//! open ─► raise ─► apply, apply, apply …     standing · noise · disturbed        lower
//!          │ abilities: what this kernel can do, found out by trying
//!          │ present:   what stands already
//!          └ build:     the transaction, line by line; parts: sets, chains, counters
//! ```

mod abilities;
mod apply;
mod build;
mod elements;
mod forwards;
mod kept_out;
mod list;
mod lower;
mod noise;
mod open;
mod parts;
mod present;
mod raise;
mod sever;
mod verbs;
mod watch;

use std::collections::BTreeSet;
use std::fmt;
use std::os::fd::BorrowedFd;

use nightlatch_core::{AddressSet, Banned, Cut, Effect, GatePlan, Member, Standing};

pub use abilities::{Abilities, Refresh};
pub(crate) use abilities::{SET_FLAGS, SET_KEY_LENGTH, SET_KEY_TYPE};
pub(crate) use elements::{LIST_ELEMENTS, LIST_SET, write_one};
pub(crate) use list::each_of;
pub use open::OpenError;
pub(crate) use verbs::{
    DELETE_ELEMENT, DESTROY_ELEMENT, GET_ELEMENT, GET_SET, NEW_ELEMENT, OF_TABLE, asking,
};

use crate::gate::{
    ApplyError, Disturbance, Firewall, Hold, ListError, LowerError, Lowered, Noise, NoiseError,
    RaiseError, Raised, SeverError, Severed, WatchError,
};
use crate::nfnl::Channel;
use crate::sets::{self, SetError, Sets};

/// The gate in the kernel of this network namespace.
///
/// Every call needs `CAP_NET_ADMIN`, not only the first: the kernel asks each time.
pub struct Nftables {
    channel: Channel,
    diagnosis: Channel,
    watch: watch::Watch,
    abilities: Option<Abilities>,
    hold: Hold,
    /// What was cut and not granted again since: a grant has to lift it.
    cuts: BTreeSet<Cut>,
    /// The administrator's sets, beside the gate.
    sets: Sets,
}

impl fmt::Debug for Nftables {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Nftables")
            .field("abilities", &self.abilities)
            .field("hold", &self.hold)
            .finish_non_exhaustive()
    }
}

impl Firewall for Nftables {
    fn raise(&mut self, plan: &GatePlan) -> Result<Raised, RaiseError> {
        raise::raise(self, plan)
    }

    fn apply(&mut self, effect: &Effect) -> Result<(), ApplyError> {
        apply::apply(self, effect)
    }

    fn look_up(&mut self, set: &AddressSet) -> Result<(), SetError> {
        sets::look_up(&mut self.channel, set).map(drop)
    }

    fn are_sets_made_anew(&mut self) -> bool {
        self.sets.are_made_anew(&mut self.channel)
    }

    fn left_alone(&mut self) -> Vec<Member> {
        self.sets.left_alone()
    }

    fn sever(&mut self, cuts: &[Cut]) -> Result<Severed, SeverError> {
        sever::sever(self, cuts)
    }

    fn standing(&mut self) -> Result<Vec<Standing>, ListError> {
        list::standing(&mut self.channel)
    }

    fn banned(&mut self) -> Result<Vec<Banned>, ListError> {
        list::banned(&mut self.channel)
    }

    fn lower(&mut self) -> Result<Lowered, LowerError> {
        lower::lower(&mut self.channel)
    }

    fn watch(&self) -> Option<BorrowedFd<'_>> {
        Some(self.watch.fd())
    }

    fn disturbed(&mut self) -> Result<Disturbance, WatchError> {
        watch::disturbed(self)
    }

    fn noise(&mut self) -> Result<Noise, NoiseError> {
        noise::noise(&mut self.channel)
    }
}
