//! The chains of the gate: their names, and where those hang that packets come to by themselves.

/// The base chain: what every packet passes.
pub(crate) const GATE: &str = "gate";
/// For packets to guarded ports that belong to no known connection.
pub(crate) const GUARD: &str = "guard";
/// For first packets without a lasting grant.
pub(crate) const NEWCOMER: &str = "newcomer";
/// For the first packet that a one-shot grant lets in.
pub(crate) const ADMIT: &str = "admit";
/// For packets of those whose connections were cut.
pub(crate) const SEVERED: &str = "severed";
/// For what says that it comes from this host itself, to guarded ports.
pub(crate) const OWN: &str = "own";
/// For what comes through loopback.
pub(crate) const INSIDE: &str = "inside";
/// For what the banned send to where no grant is asked for.
pub(crate) const BANNED: &str = "banned";
/// The base chain that leads the granted on to other hosts.
pub(crate) const FORWARDS: &str = "forwards";
/// The base chain that hides who was led on behind this host's address.
pub(crate) const MASKED: &str = "masked";
/// The base chain that sends nothing back any more to those who were cut off from another host.
pub(crate) const ANSWERS: &str = "answers";
/// The chains that only other chains lead to, in the order in which they can be written.
pub(crate) const INNER_CHAINS: [&str; 7] = [ADMIT, NEWCOMER, GUARD, SEVERED, OWN, INSIDE, BANNED];

/// Between conntrack (-200) and destination NAT (-100): the port is still the one that the client
/// asked for.
pub(crate) const PRIORITY: i32 = -150;

/// A chain that packets come to by themselves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BaseChain {
    pub(crate) name: &'static str,
    /// What it may do: `filter`, or `nat` for the first packets of connections.
    pub(crate) kind: &'static str,
    /// Where: the numbers of the kernel.
    pub(crate) hook: u32,
    pub(crate) priority: i32,
}

/// The chain of the gate itself.
pub(crate) const GATE_CHAIN: BaseChain = BaseChain {
    name: GATE,
    kind: "filter",
    hook: PREROUTING,
    priority: PRIORITY,
};

/// The chains that are there where a port leads on, and only there: not every kernel can do it.
pub(crate) const LEADING_CHAINS: [BaseChain; 3] = [
    BaseChain {
        name: FORWARDS,
        kind: "nat",
        hook: PREROUTING,
        priority: -100,
    },
    BaseChain {
        name: MASKED,
        kind: "nat",
        hook: POSTROUTING,
        priority: 100,
    },
    // Behind the change of sources: what comes back has the address and the port again that were asked for.
    BaseChain {
        name: ANSWERS,
        kind: "filter",
        hook: POSTROUTING,
        priority: 110,
    },
];

const PREROUTING: u32 = 0;
const POSTROUTING: u32 = 4;
