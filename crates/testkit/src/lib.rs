//! Stories for tests: a doorstep, a gatekeeper, people with real keys, and a clock in memory.
//!
//! ```text
//! Person ─ticket─► frame ─► wire ─► Doorstep ─Claim, 192 bytes─► Gatekeeper ─► Disk ─► Door
//!    ▲                                                               └─► sealed answer ─┐
//!    └──────────────────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! Nothing is mocked: frames are read, claims cross as bytes, seals are real and so is what the
//! disk keeps over a crash. Only the kernel is a [`Door`] that honours timeouts.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod craft;
mod disk;
mod door;
mod fate;
mod frame;
mod messages;
mod packet;
mod person;
mod ports;
mod roster;
mod scene;
mod sequences;
mod services;
mod street;
mod teller;
mod time;
mod touching;

pub use disk::Disk;
pub use door::Door;
pub use frame::{KNOCK_PORT, SERVER_V4, SERVER_V6, frame_of};
pub use packet::Packet;
pub use person::Person;
pub use ports::Spelled;
pub use scene::{Came, Scene};
pub use sequences::{closing, listed, plain, policy_with, timed};
pub use services::{port, usual_policy, usual_services};
pub use street::{Street, variant};
pub use teller::Told;
