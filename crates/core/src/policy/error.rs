//! What can be wrong with the parts of a policy, and what to do about it.

use alloc::string::String;
use core::time::Duration;

/// Why there can be no such policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// More services than a set of them has bits.
    #[error("{0} services are too many\n  up to 64 fit; put ports that open together into one")]
    TooManyServices(usize),
    /// A service without a name.
    #[error("a service has no name\n  give it a short one: clients ask for it by name")]
    NoName,
    /// A service that opens no port, inserts nowhere and runs nothing.
    #[error("service {0:?} opens nothing\n  name a port, for example tcp/22, or what it runs")]
    NoPorts(String),
    /// A service that opens more than one message to the kernel holds.
    #[error("service {0:?} opens {1} ports\n  up to 16 fit; make two services of it")]
    TooManyPorts(String, usize),
    /// A service that names a port twice.
    #[error("service {0:?} names {1} twice\n  once is enough")]
    SamePort(String, crate::Port),
    /// A service that inserts into more sets than one message to the kernel holds.
    #[error("service {0:?} inserts into {1} sets\n  up to 16 fit; make two services of it")]
    TooManySets(String, usize),
    /// A service that names a set twice.
    #[error("service {0:?} names {1} twice\n  once is enough")]
    SameSet(String, crate::SetPlace),
    /// A service for one connection that has no gate to count it.
    #[error(
        "service {0:?} is one-shot and opens no port\n  a set lets in who is in it as often as he likes: leave one-shot out"
    )]
    OneShotSet(String),
    /// A service that lasts longer than ipset can count.
    #[error(
        "service {0:?} may last for more than 24 days\n  an ipset keeps nothing for longer: lower at-most, or take a set of nftables"
    )]
    TooLongForIpset(String),
    /// A service that would close before it opens.
    #[error("service {0:?} lasts no second\n  a grant lasts at least one second")]
    TooShort(String),
    /// A service that stays open for so long that nobody would call it guarded.
    #[error("service {0:?} may last for more than 30 days\n  leave the port open, or knock again")]
    TooLong(String),
    /// A service that lasts longer than it may.
    #[error("service {0:?} lasts longer than a client may ask for\n  raise at_most or lower lasts")]
    LongerThanAllowed(String),
    /// Two services that a request cannot tell apart.
    #[error("services {0:?} and {1:?} look the same to a client\n  rename one of them")]
    SameName(String, String),
    /// Limits that allow no grant at all.
    #[error("the limits allow no grant\n  each of them has to be at least 1")]
    NoGrants,
    /// A freshness that no clock meets, or that the tags do not reach.
    #[error("a freshness of {0:?} cannot be kept\n  choose from 1 second to 10 minutes")]
    Freshness(Duration),
    /// Two services that an encrypted sequence cannot tell apart.
    #[error(
        "services {0:?} and {1:?} look the same to a client that knocks with ports\n  rename one of them"
    )]
    SameShortName(String, String),
    /// More sequences than the listener watches for.
    #[error(
        "{0} sequences are too many\n  up to 256 fit; take tickets where there is a client for it"
    )]
    TooManySequences(usize),
    /// A sequence without a name.
    #[error("a sequence has no name\n  give it a short one: the log names it")]
    NoSequenceName,
    /// Two sequences of one name: a reload could not tell which is which.
    #[error("two sequences are named {0:?}\n  rename one of them")]
    SameSequenceName(String),
    /// A sequence for a service that does not exist.
    #[error("sequence {0:?} is for a service that does not exist\n  name one that does")]
    NoService(String),
    /// A sequence that nobody could finish.
    #[error("sequence {0:?} leaves no time to walk it\n  10 s is usual")]
    NoTime(String),
    /// A sequence that never, or always, succeeds.
    #[error("sequence {0:?} cannot succeed {1} times a minute\n  choose from 1 to 6000")]
    PerMinute(String, u32),
    /// A sequence that needs no packet at all.
    #[error("sequence {0:?} has no steps\n  name a port, for example tcp/7000")]
    NoSteps(String),
    /// A sequence that is longer than anybody's patience.
    #[error("sequence {0:?} has {1} steps\n  up to 32 fit")]
    TooManySteps(String, usize),
    /// A step to port 0, which no packet that we see goes to.
    #[error("sequence {0:?} has a step to port 0\n  ports are numbers from 1 to 65535")]
    PortZero(String),
    /// A list of more lines than anybody uses up.
    #[error("sequence {0:?} has {1} lines\n  up to 65536 fit")]
    TooManyLines(String, usize),
    /// A time-based sequence of too few or too many ports.
    #[error("sequence {0:?} asks for {1} ports at a time\n  choose from 3 to 8")]
    TimedPorts(String, u8),
    /// A time-based sequence whose ports can be guessed, or do not exist.
    #[error(
        "sequence {0:?} draws its ports from {1} to {2}\n  choose a span of at least 256 ports, for example 20000-29999"
    )]
    Span(String, u16, u16),
    /// A time-based sequence that does not change with whole seconds.
    #[error(
        "sequence {0:?} cannot change every {1:?}\n  choose whole seconds, up to a day: 30 s is usual"
    )]
    Period(String, Duration),
    /// Two time-based sequences that have the same ports at the same time.
    #[error("sequences {0:?} and {1:?} have one secret\n  `nightlatch sequence new` makes another")]
    SameSecret(String, String),
}
