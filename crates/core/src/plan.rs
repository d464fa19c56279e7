//! What the gate looks like while nobody has knocked.

use alloc::vec::Vec;
use core::net::SocketAddr;

use crate::{Port, PortRange};

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
    /// What leads on to other hosts, for whoever has a grant.
    pub forwards: Vec<Forward>,
}

/// A port of this host that leads on to another host behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Forward {
    /// What is asked for here, a guarded port.
    pub port: Port,
    /// Where it leads. It serves those of its IP version alone: the others meet silence.
    pub to: SocketAddr,
    /// Which address the other host sees.
    pub shows: Shows,
}

/// Which source address somebody's packets have when they leave for the other host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shows {
    /// His own: the way back has to lead through this host.
    Theirs,
    /// This host's.
    Ours,
}
