//! The person's tool: keys, knocks, and what the daemon is doing.
//!
//! ```text
//!  options ─► run ─┬─► keys ◄─ passphrase
//!                  ├─► call ─► knock ─► report ─► voice
//!                  │     └─► notebook
//!                  ├─► sequence ─► touch
//!                  ├─► connect, ssh
//!                  ├─► status, journal
//!                  └─► demo
//!  clock · randomness · surroundings: the world, one file each
//! ```

#![forbid(unsafe_code)]

mod call;
mod clock;
mod connect;
mod demo;
mod exit;
mod failure;
mod journal;
mod keys;
pub mod knock;
mod mishap;
mod notebook;
mod options;
mod packing;
mod passphrase;
mod period;
mod randomness;
mod report;
mod route;
mod run;
mod sequence;
mod ssh;
mod status;
mod surroundings;
pub mod touch;
mod voice;

pub use clock::Clock;
pub use notebook::{Notebook, NotebookError};
pub use options::command;
pub use randomness::{Randomness, RandomnessError, randomness};
pub use run::run;
