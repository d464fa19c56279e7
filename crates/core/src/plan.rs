//! What the gate looks like while nobody has knocked.

use alloc::vec::Vec;

use crate::PortRange;

/// What the gate looks like while nobody has knocked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatePlan {
    /// Where tickets arrive, over UDP; the gate drops them, so that no answer gives it away. None
    /// where nobody has a key, and where a socket of ours has the port: it would get none of them.
    pub knock_port: Option<u16>,
    /// Where a socket of ours takes tickets, over UDP: no ban stops what comes in here.
    pub knock_socket: Option<u16>,
    /// What is silent unless a grant opens it.
    pub guarded: Vec<PortRange>,
}
