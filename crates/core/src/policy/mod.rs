//! What may be opened, by whom, for how long: right by construction.
//!
//! ```text
//! services, sequences, limits ─► checked, or PolicyError ─► Policy
//! ```

mod error;
mod limits;
mod sequences;
mod services;
mod whole;

pub use error::PolicyError;
pub use limits::{Answers, Limits};
pub use sequences::{MOST_LINES, MOST_SEQUENCES};
pub use services::{LONGEST, MOST_PORTS, MOST_SERVICES, MOST_SETS};
pub use whole::Policy;
