//! The gate: `Effect` in, nftables over netlink out.
//!
//! ```text
//!              Firewall (gate.rs)
//!              ┌────────┴────────┐
//!         Nftables            DryRun            what is done · what would be done
//!   expression · nfnl     script · commands     the gate as the kernel takes it · as people read it
//!            ├─ layout · chains ──┘               what it looks like
//!           sets                                 sets of the administrator's own, beside the gate
//! ```
//!
//! No `nft` process, no C library, no unsafe line: messages are built here byte by byte and sent
//! through one socket that stays open. The table only takes away: a packet that the gate lets pass
//! meets the host's own firewall as before, also where its port leads on to another host.

mod addresses;
mod chains;
mod commands;
mod conntrack;
mod dry;
mod expression;
mod gate;
mod host_addresses;
mod key;
mod layout;
mod leading;
mod leading_script;
mod listening;
mod nfnl;
mod nftables;
mod passing;
mod script;
mod sets;
mod sockets;

pub use commands::in_words;
pub use dry::DryRun;
pub use gate::{
    ApplyError, Disturbance, Firewall, Hold, How, ListError, LowerError, Lowered, Noise,
    NoiseError, RaiseError, Raised, SeverError, Severed, Tally, WatchError,
};
pub use host_addresses::{AddressTable, AddressesError};
pub use listening::{ListeningError, SocketTable};
pub use nfnl::NetlinkError;
pub use nftables::{Abilities, Nftables, OpenError, Refresh};
pub use passing::passes_on;
pub use script::render;
pub use sets::{Fault, SetError};
