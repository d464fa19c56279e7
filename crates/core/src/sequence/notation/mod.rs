//! How a step is written, in the config, in messages and on the way to the listener; one notation for all.
//!
//! ```text
//! tcp/7000   udp/8000   icmp/echo   icmp4/8/0        which packet
//! flags=syn,!ack  ttl=50-64  window=0x400  df=yes …  what its headers say
//! payload='open'  payload^='GET'  payload~'^k[0-9]'  what it carries
//! ```

mod conditions;
mod error;
mod probe;
mod read;
mod values;
mod write;

pub use error::StepError;
pub use read::MOST_PAYLOAD;
