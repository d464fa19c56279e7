//! Knocking: from a server's name to an open door, or to the reason why not. No root needed.
//!
//! ```text
//!  host ─route─► Route per family ─everywhere─► visit ─claim─► once ◄─UDP─► server
//!                                      │                        │
//!                                 Recollection ◄──── Memory ────┘   counter, clock, address
//! ```

mod claim;
mod diary;
mod everywhere;
mod exchange;
mod patience;
mod recollection;
mod visit;

pub use crate::route::{Family, ResolveError, Route, open, resolve};
pub use diary::{Diary, Remark};
pub use everywhere::{Breadth, everywhere};
pub use exchange::{Exchange, ExchangeError, Line, once};
pub use patience::Patience;
pub use recollection::Recollection;
pub use visit::{Aim, Errand, Hearing, Knocked, Visit, VisitError, visit};
