//! Knocking: from a server's name to an open door, or to the reason why not. No root needed.
//!
//! ```text
//!  host ─route─► Route per family ─everywhere─► visit ─claim─► once ◄─UDP─► server
//!                                      │                        │
//!                                      │                        │
//!                                      ├─claim─► spread ─touches─► server, who never answers them
//!                                 Recollection ◄──── Memory ────┘   counter, clock, address
//! ```

mod claim;
mod diary;
mod everywhere;
mod exchange;
mod method;
mod patience;
mod recollection;
mod spread;
mod visit;

pub use crate::route::{Family, ResolveError, Route, open, resolve};
pub use diary::{Diary, Remark};
pub use everywhere::{Breadth, everywhere};
pub use exchange::{Exchange, ExchangeError, Line, once};
pub use method::{Carriage, Means, Method, SLOWEST_PACE};
pub use patience::Patience;
pub use recollection::Recollection;
pub use spread::SpreadError;
pub use visit::{Aim, Errand, Hearing, Knocked, Visit, VisitError, visit};
