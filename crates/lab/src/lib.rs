//! A small network of the run's own: namespaces, links, addresses, hosts, and what travels there.
//!
//! ```text
//!            enter()                    one call, before any thread: namespaces of our own
//!               │
//!             World ── host("server") ──► Host   a network namespace, held by a descriptor
//!               │                          │ run, begin, spawn: inside it
//!               ├── join(plug, plug)       veth pair between two hosts
//!               └── switch("lan")          a bridge that joins several
//!
//!   Greeter   a TCP service        connect   one attempt, with patience
//!   Echo      a UDP service
//!   Recorder  every frame, timed   Forger    packets with any source
//!   Prober    a SYN every N µs     Flood     junk, as fast as asked
//! ```
//!
//! Nothing here needs an external program, and nothing outlives the run: namespaces, links, mounts
//! and processes end with the process that [`enter`] made.

mod address;
mod clock;
mod connect;
mod craft;
mod echo;
mod enter;
mod error;
mod flood;
mod forge;
mod greeter;
mod host;
mod kernel;
mod links;
mod mounts;
mod outside;
mod packet;
mod probe;
mod process;
mod random;
mod record;
mod switch;
mod world;

pub use address::{Subnet, SubnetError};
pub use clock::{now, pause, unix_now, wait_until};
pub use connect::{Reached, connect};
pub use craft::Crafted;
pub use echo::Echo;
pub use enter::{EnterError, Entered, Standing, enter};
pub use error::LabError;
pub use flood::{Flood, Flooded, Payloads};
pub use forge::Forger;
pub use greeter::Greeter;
pub use host::{Host, Plug};
pub use mounts::{Limit, mount_limited, mount_over, mount_read_only};
pub use packet::{Flags, Kind, Packet};
pub use probe::{Probed, Prober};
pub use process::{Process, program};
pub use record::{Direction, Recorded, Recorder};
pub use switch::Switch;
pub use world::World;
