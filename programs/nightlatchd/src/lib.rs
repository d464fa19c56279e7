//! The daemon: a listener without privileges, a broker that never reads the network.
//!
//! ```text
//!  options ─► broker ─┬─ starts ─► listener: frames ─► doorstep ─► claims ──┐
//!                     │                                   ▲ sealed acks     │ channel
//!                     ├─ round: gatekeeper ─► firewall ───┴─────────────────┘
//!                     ├─ starts ─► runner: errands ─► commands of actions
//!                     ├─ starts ─► clerk: events ─► journal
//!                     └─ starts ─► herald: events ─► webhooks, the system's log
//! ```

mod attention;
mod broker;
mod channel;
mod check;
mod clerk;
mod clock;
mod config_file;
mod ephemeral;
mod errand;
mod events;
mod exit;
mod forwarding;
mod gate;
mod herald;
mod import;
mod inherited;
mod interfaces;
mod listener;
mod log;
mod log_groups;
mod log_ruleset;
mod main_line;
mod options;
mod pace;
mod privilege;
mod random;
mod ration;
mod replay;
mod runner;
mod sandbox;
mod sources;
mod state;
mod status;
mod tally;
mod voice;
mod watchdog;
mod way;

pub use exit::Exit;
pub use main_line::{because, command, run};
