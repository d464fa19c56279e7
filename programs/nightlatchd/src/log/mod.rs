//! The log: lines about what authenticated people did and what the daemon did. Strangers cannot fill it.

mod command_line;
mod escape;
#[cfg(test)]
mod fail2ban;
mod guard_line;
mod level;
mod line;
mod writer;

pub(crate) use command_line::CommandLine;
pub(crate) use guard_line::GuardLine;
pub(crate) use line::{Line, NOT_OPEN};
pub(crate) use writer::{Form, Log, say_at_once};
