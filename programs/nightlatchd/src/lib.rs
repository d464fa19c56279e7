//! The daemon: a listener without privileges, a broker that never reads the network.
//!
//! ```text
//!  options ─► broker ─┬─ starts ─► listener: frames ─► doorstep ─► claims ──┐
//!                     │                                   ▲ sealed acks     │ channel
//!                     └─ round: gatekeeper ─► firewall ───┴─────────────────┘
//! ```

mod broker;
mod channel;
mod clock;
mod config_file;
mod ephemeral;
mod exit;
mod gate;
mod import;
mod listener;
mod log;
mod main_line;
mod options;
mod privilege;
mod random;
mod sandbox;
mod state;
mod status;
mod tally;
mod watchdog;

pub use exit::Exit;
pub use main_line::{because, command, run};
