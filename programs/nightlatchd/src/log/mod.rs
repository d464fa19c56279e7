//! The log: lines about what authenticated people did and what the daemon did. Strangers cannot write here.

mod escape;
mod line;
mod writer;

pub(crate) use line::Line;
pub(crate) use writer::{Form, Log};
