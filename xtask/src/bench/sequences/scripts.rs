//! What is sent, row by row; the rows of the table that peers are compared with.

use self::Sent::{Ack, Again, Other, Six, Sweep, Syn, Udp, Until, Wait};
use super::doors::{Doors, Flags};

/// One packet of a row. Every SYN is of a connection of its own, unless it is said to be sent again.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sent {
    /// A connection attempt.
    Syn(u16),
    /// The attempt before, sent again as it was: what a kernel does that gets no answer.
    Again(u16),
    /// A segment in the middle of no connection.
    Ack(u16),
    /// A datagram.
    Udp(u16),
    /// A connection attempt over IPv6.
    Six(u16),
    /// A connection attempt of somebody else.
    Other(u16),
    /// Every port from the lowest to the highest.
    Sweep,
    /// Nothing for so many milliseconds.
    Wait(u64),
    /// Nothing until so many milliseconds of a second of the clock are over.
    Until(u32),
}

/// What is sent to which doors, and what should come of it.
pub(super) struct Script {
    pub(super) what: &'static str,
    pub(super) doors: Doors,
    pub(super) sent: &'static [Sent],
    /// Whether somebody who knocks right is owed an open door.
    pub(super) should_open: bool,
    /// Whether such doors are refused here.
    pub(super) is_refused: bool,
}

/// Every row.
pub(super) const SCRIPTS: &[Script] = &[
    Script {
        what: "7000 8000 9000",
        doors: ONE,
        sent: &[Syn(7000), Syn(8000), Syn(9000)],
        should_open: true,
        is_refused: false,
    },
    Script {
        what: "7000 twice, 8000 9000",
        doors: ONE,
        sent: &[Syn(7000), Syn(7000), Syn(8000), Syn(9000)],
        should_open: true,
        is_refused: false,
    },
    Script {
        what: "7000 sent again by the kernel, 8000 9000",
        doors: ONE,
        sent: &[Syn(7000), Again(7000), Syn(8000), Syn(9000)],
        should_open: true,
        is_refused: false,
    },
    Script {
        what: "7000 three times, 8000 9000",
        doors: ONE,
        sent: &[Syn(7000), Syn(7000), Syn(7000), Syn(8000), Syn(9000)],
        should_open: true,
        is_refused: false,
    },
    Script {
        what: "7000, 8000 twice, 9000",
        doors: ONE,
        sent: &[Syn(7000), Syn(8000), Syn(8000), Syn(9000)],
        should_open: true,
        is_refused: false,
    },
    Script {
        what: "7000, 8000 sent again by the kernel, 9000",
        doors: ONE,
        sent: &[Syn(7000), Syn(8000), Again(8000), Syn(9000)],
        should_open: true,
        is_refused: false,
    },
    Script {
        what: "within two seconds: 7000 at .95, 8000 9000 after 1.8 s",
        doors: BRIEF,
        sent: &[Until(950), Syn(7000), Wait(1_800), Syn(8000), Syn(9000)],
        should_open: true,
        is_refused: false,
    },
    Script {
        what: "within two seconds: 7000, 8000 9000 after 2.1 s",
        doors: BRIEF,
        sent: &[Until(20), Syn(7000), Wait(2_100), Syn(8000), Syn(9000)],
        should_open: false,
        is_refused: false,
    },
    Script {
        what: "with a second door 1111 2222 3333: 7000 1111 8000 9000",
        doors: AND_ANOTHER,
        sent: &[Syn(7000), Syn(1111), Syn(8000), Syn(9000)],
        should_open: false,
        is_refused: false,
    },
    Script {
        what: "7000 9000 8000 (another order)",
        doors: ONE,
        sent: &[Syn(7000), Syn(9000), Syn(8000)],
        should_open: false,
        is_refused: false,
    },
    Script {
        what: "7000 9000, then 7000 8000 9000",
        doors: ONE,
        sent: &[Syn(7000), Syn(9000), Syn(7000), Syn(8000), Syn(9000)],
        should_open: true,
        is_refused: false,
    },
    Script {
        what: "7000 1234 8000 4444 9000 (other ports between)",
        doors: ONE,
        sent: &[Syn(7000), Syn(1234), Syn(8000), Syn(4444), Syn(9000)],
        should_open: false,
        is_refused: false,
    },
    Script {
        what: "every port, rising",
        doors: ONE,
        sent: &[Sweep],
        should_open: false,
        is_refused: false,
    },
    Script {
        what: "with a second door 9000 8000 7000: 7000, then 9000 8000 7000",
        doors: AND_BACK,
        sent: &[Syn(7000), Syn(9000), Syn(8000), Syn(7000)],
        should_open: true,
        is_refused: false,
    },
    Script {
        what: "7000 8000, an ACK to 9000, 9000",
        doors: ONE,
        sent: &[Syn(7000), Syn(8000), Ack(9000), Syn(9000)],
        should_open: true,
        is_refused: false,
    },
    Script {
        what: "the same where knockd has no tcpflags",
        doors: ONE_OF_ANY,
        sent: &[Syn(7000), Syn(8000), Ack(8000), Syn(9000)],
        should_open: true,
        is_refused: false,
    },
    Script {
        what: "sequence 7000 7000 8000, as it is",
        doors: REPEATED,
        sent: &[Syn(7000), Syn(7000), Syn(8000)],
        should_open: true,
        is_refused: false,
    },
    Script {
        what: "doors 7000 8000 9000 and 7000 8500 9500: 7000 8500 9500",
        doors: SHARED,
        sent: &[Syn(7000), Syn(8500), Syn(9500)],
        should_open: true,
        is_refused: false,
    },
    Script {
        what: "door 7000 alone: 7000 three times",
        doors: SINGLE,
        sent: &[Syn(7000), Syn(7000), Syn(7000)],
        should_open: true,
        is_refused: false,
    },
    Script {
        what: "doors 7000 8000 and 7000 8000 9000: 7000 8000 9000",
        doors: PREFIX,
        sent: &[Syn(7000), Syn(8000), Syn(9000)],
        should_open: true,
        is_refused: true,
    },
    Script {
        what: "7000, 8000 over IPv6, 9000",
        doors: ONE,
        sent: &[Syn(7000), Six(8000), Syn(9000)],
        should_open: false,
        is_refused: false,
    },
    Script {
        what: "7000 8000 9000, a datagram to 9000 between",
        doors: ONE,
        sent: &[Syn(7000), Udp(9000), Syn(8000), Syn(9000)],
        should_open: false,
        is_refused: false,
    },
    Script {
        what: "two who knock at once",
        doors: ONE,
        sent: &[
            Other(7000),
            Syn(7000),
            Other(8000),
            Syn(8000),
            Other(9000),
            Syn(9000),
        ],
        should_open: true,
        is_refused: false,
    },
    Script {
        what: "somebody else: 7000 9000 again and again between",
        doors: ONE,
        sent: &[
            Syn(7000),
            Other(7000),
            Other(9000),
            Syn(8000),
            Other(7000),
            Other(9000),
            Syn(9000),
        ],
        should_open: true,
        is_refused: false,
    },
];

const ONE: Doors = Doors {
    sequences: &[&[7000, 8000, 9000]],
    flags: Flags::Syn,
    seconds: 5,
};
const ONE_OF_ANY: Doors = Doors {
    flags: Flags::Any,
    ..ONE
};
const AND_BACK: Doors = Doors {
    sequences: &[&[7000, 8000, 9000], &[9000, 8000, 7000]],
    flags: Flags::Syn,
    seconds: 5,
};
const AND_ANOTHER: Doors = Doors {
    sequences: &[&[7000, 8000, 9000], &[1111, 2222, 3333]],
    ..ONE
};
const BRIEF: Doors = Doors { seconds: 2, ..ONE };
const REPEATED: Doors = Doors {
    sequences: &[&[7000, 7000, 8000]],
    flags: Flags::Syn,
    seconds: 5,
};
const SINGLE: Doors = Doors {
    sequences: &[&[7000]],
    flags: Flags::Syn,
    seconds: 5,
};
const PREFIX: Doors = Doors {
    sequences: &[&[7000, 8000], &[7000, 8000, 9000]],
    flags: Flags::Syn,
    seconds: 5,
};
const SHARED: Doors = Doors {
    sequences: &[&[7000, 8000, 9000], &[7000, 8500, 9500]],
    flags: Flags::Syn,
    seconds: 5,
};
