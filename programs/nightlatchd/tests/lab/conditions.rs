//! Stories of header conditions: each example as it stands, met by packets of which one thing is wrong.

use nightlatch_lab::{Crafted, Entered, Flags};

use crate::example::{Example, Walk, assert_opens_for};
use crate::packets::{
    again, carry, change, datagram, echo, flags, flip, from_port, icmp, number, segment, shorten,
    source, syn, to_port,
};
use crate::stage::Family::{V4, V6};
use crate::{Story, Told};

pub(crate) const STORIES: &[Story] = &[
    ("cd00r_opens_for_its_own_packets_alone", cd00r),
    ("sadoor_opens_for_its_own_packets_alone", sadoor),
    ("icmpknock_opens_for_its_own_packets_alone", icmpknock),
    ("a_secret_datagram_opens_by_every_byte_of_it", udp_secret),
    ("a_fingerprint_opens_by_every_trait_of_it", fingerprint),
    ("the_plain_example_opens_for_its_own_ports_alone", plain),
];

fn cd00r(entered: &Entered) -> Told {
    let example = Example {
        name: "cd00r",
        text: include_str!("../../../../config/examples/cd00r.toml"),
        door: 5002,
    };
    let walk = Walk {
        right: |from| {
            [20_183, 46_207, 31_541, 58_902, 27_365]
                .map(|port| syn(from, port))
                .into()
        },
        harmless: &[
            ("a packet is sent again", |walk| again(walk, 2)),
            ("a segment of a connection comes between", |walk| {
                walk.insert(3, segment(source(walk), 20_183, Flags::ACK));
            }),
        ],
        wrong: &[
            ("one is missing", |walk| drop(walk.remove(2))),
            ("two changed places", |walk| walk.swap(1, 2)),
            ("backwards", |walk| walk.reverse()),
            ("another port", |walk| to_port(&mut walk[4], 27_366)),
            ("a port too many", |walk| {
                walk.insert(2, syn(source(walk), 31_540));
            }),
            ("a datagram", |walk| {
                walk[3] = datagram(source(walk), 4000, (58_902, b""));
            }),
            ("an answer", |walk| flags(&mut walk[4], Flags::SYN_ACK)),
            ("a reset", |walk| flags(&mut walk[4], Flags::RST)),
        ],
    };
    assert_opens_for(entered, &example, &walk, &[V4, V6]);
    Told::Whole
}

fn sadoor(entered: &Entered) -> Told {
    let example = Example {
        name: "sadoor",
        text: include_str!("../../../../config/examples/sadoor.toml"),
        door: 22,
    };
    let walk = Walk {
        right: |from| {
            let mut first = syn(from, 31_007).identification(4321).window(1337);
            first.packet.source.set_port(4711);
            number(&mut first, 0x1234_5678);
            let last = datagram(from, 53, (20_481, b"not syncing"));
            [first, echo(from, b"kernel panic"), last].into()
        },
        harmless: &[
            ("flags that are not named", |walk| {
                flags(&mut walk[0], Flags(0xca));
            }),
            ("another life time", |walk| {
                change(&mut walk[0], |one| one.hops(3));
            }),
        ],
        wrong: &[
            ("another port", |walk| to_port(&mut walk[0], 31_008)),
            ("an acknowledgement", |walk| {
                flags(&mut walk[0], Flags::SYN_ACK);
            }),
            ("urgent", |walk| flags(&mut walk[0], Flags(0x22))),
            ("the end", |walk| flags(&mut walk[0], Flags(0x03))),
            ("a reset", |walk| flags(&mut walk[0], Flags(0x06))),
            ("no attempt", |walk| flags(&mut walk[0], Flags(0))),
            ("another identification", |walk| {
                change(&mut walk[0], |one| one.identification(4322));
            }),
            ("another source port", |walk| from_port(&mut walk[0], 4712)),
            ("another number", |walk| number(&mut walk[0], 0x1234_5679)),
            ("another window", |walk| {
                change(&mut walk[0], |one| one.window(1338));
            }),
            ("another type", |walk| icmp(&mut walk[1], 13, 0)),
            ("another code", |walk| icmp(&mut walk[1], 8, 1)),
            ("another text", |walk| {
                carry(&mut walk[1], b"\0\0\0\0Kernel panic");
            }),
            ("a longer text", |walk| {
                carry(&mut walk[1], b"\0\0\0\0kernel panic!");
            }),
            ("a text without what stands before it", |walk| {
                carry(&mut walk[1], b"kernel panic");
            }),
            ("another way", |walk| from_port(&mut walk[2], 54)),
            ("another last text", |walk| {
                carry(&mut walk[2], b"not synced");
            }),
            ("no last text", |walk| carry(&mut walk[2], b"")),
            ("no first", |walk| drop(walk.remove(0))),
            ("no second", |walk| drop(walk.remove(1))),
        ],
    };
    // It asks for an identification and for a message of IPv4.
    assert_opens_for(entered, &example, &walk, &[V4]);
    Told::Whole
}

fn icmpknock(entered: &Entered) -> Told {
    let example = Example {
        name: "icmpknock",
        text: include_str!("../../../../config/examples/icmpknock.toml"),
        door: 22,
    };
    let walk = Walk {
        right: |from| PATTERNS.map(|pattern| echo(from, pattern)).into(),
        harmless: &[
            ("another ping between", |walk| {
                walk.insert(1, echo(source(walk), b"abcdefgh"));
            }),
            ("another identifier", |walk| {
                carry(
                    &mut walk[1],
                    b"\xff\xff\0\x07\x04\xf8\x6e\xd2\x71\x5b\xca\x93",
                );
            }),
        ],
        wrong: &[
            ("backwards", |walk| walk.reverse()),
            ("the first alone", |walk| walk.truncate(1)),
            ("the second alone", |walk| drop(walk.remove(0))),
            ("one bit", |walk| flip(&mut walk[1], 11)),
            ("a byte less", |walk| shorten(&mut walk[1])),
            ("a byte more", |walk| walk[1].packet.payload.push(0)),
            ("a reply", |walk| {
                let is_v4 = walk[1].packet.source.is_ipv4();
                icmp(&mut walk[1], if is_v4 { 0 } else { 129 }, 0);
            }),
            ("a datagram", |walk| {
                walk[1] = datagram(source(walk), 4000, (31_007, PATTERNS[1]));
            }),
        ],
    };
    assert_opens_for(entered, &example, &walk, &[V4, V6]);
    Told::Whole
}

fn udp_secret(entered: &Entered) -> Told {
    let example = Example {
        name: "udp-secret",
        text: include_str!("../../../../config/examples/udp-secret.toml"),
        door: 22,
    };
    let walk = Walk {
        right: |from| [datagram(from, 4000, (31_007, SECRET))].into(),
        harmless: &[("from another port", |walk| from_port(&mut walk[0], 1))],
        wrong: &[
            ("one bit", |walk| flip(&mut walk[0], 27)),
            ("a letter less", |walk| shorten(&mut walk[0])),
            ("a letter more", |walk| walk[0].packet.payload.push(b'\n')),
            ("a letter before it", |walk| {
                walk[0].packet.payload.insert(0, b' ');
            }),
            ("nothing", |walk| walk[0].packet.payload.clear()),
            ("another port", |walk| to_port(&mut walk[0], 31_008)),
            ("in a segment", |walk| {
                let mut attempt = syn(source(walk), 31_007);
                attempt.packet.payload = SECRET.into();
                walk[0] = attempt;
            }),
            ("in a ping", |walk| walk[0] = echo(source(walk), SECRET)),
        ],
    };
    assert_opens_for(entered, &example, &walk, &[V4, V6]);
    Told::Whole
}

fn fingerprint(entered: &Entered) -> Told {
    let example = Example {
        name: "pf-fingerprint",
        text: include_str!("../../../../config/examples/pf-fingerprint.toml"),
        door: 22,
    };
    let walk = Walk {
        right: |from| [syn(from, 22).window(31_337).options(OPTIONS)].into(),
        harmless: &[
            ("as near as can be", |walk| {
                change(&mut walk[0], |one| one.hops(64));
            }),
            ("as far as may be", |walk| {
                change(&mut walk[0], |one| one.hops(33));
            }),
            ("at another time", |walk| with_option(walk, 8, 77)),
        ],
        wrong: &[
            ("from too near", |walk| {
                change(&mut walk[0], |one| one.hops(65));
            }),
            ("from too far", |walk| {
                change(&mut walk[0], |one| one.hops(32));
            }),
            ("another window", |walk| {
                change(&mut walk[0], |one| one.window(31_338));
            }),
            ("it may be cut", |walk| {
                change(&mut walk[0], Crafted::fragmentable);
            }),
            ("a byte more", |walk| walk[0].packet.payload.push(0)),
            ("another segment size", |walk| with_option(walk, 3, 0x3a)),
            ("another scale", |walk| with_option(walk, 19, 8)),
            ("options in another order", |walk| {
                options(walk, &[&OPTIONS[4..6], &OPTIONS[..4], &OPTIONS[6..]]);
            }),
            ("no options", |walk| options(walk, &[])),
            ("an option less", |walk| {
                options(walk, &[&OPTIONS[..16], &[1], &OPTIONS[..3]]);
            }),
            ("an option more", |walk| options(walk, &[OPTIONS, &[1]])),
            ("an answer", |walk| flags(&mut walk[0], Flags::SYN_ACK)),
            ("another port", |walk| to_port(&mut walk[0], 23)),
        ],
    };
    // Only in IPv4 is there a mark against fragments.
    assert_opens_for(entered, &example, &walk, &[V4]);
    Told::Whole
}

fn plain(entered: &Entered) -> Told {
    let example = Example {
        name: "plain-sequence",
        text: include_str!("../../../../config/examples/plain-sequence.toml"),
        door: 22,
    };
    let walk = Walk {
        right: |from| [31_007, 49_211, 20_481].map(|port| syn(from, port)).into(),
        harmless: &[
            ("the first one twice", |walk| again(walk, 0)),
            ("something before it", |walk| {
                walk.insert(0, syn(source(walk), 20_481));
            }),
        ],
        wrong: &[
            ("another order", |walk| walk.swap(0, 1)),
            ("one is missing", |walk| drop(walk.remove(1))),
            ("another port", |walk| to_port(&mut walk[2], 20_482)),
            ("a port too many", |walk| {
                walk.insert(2, syn(source(walk), 20_480));
            }),
            ("a datagram too many", |walk| {
                walk.insert(1, datagram(source(walk), 9, (49_211, b"")));
            }),
            ("an answer", |walk| flags(&mut walk[1], Flags::SYN_ACK)),
            ("a datagram", |walk| {
                walk[1] = datagram(source(walk), 9, (49_211, b""));
            }),
        ],
    };
    let scene = assert_opens_for(entered, &example, &walk, &[V6, V4]);
    scene.send(|from| {
        let datagram = datagram(from, 4000, (49_212, b""));
        [syn(from, 20_482), datagram, syn(from, 31_008)].into()
    });
    scene.assert_closes();
    Told::Whole
}

fn options(walk: &mut [Crafted], parts: &[&[u8]]) {
    change(&mut walk[0], |one| one.options(&parts.concat()));
}

fn with_option(walk: &mut [Crafted], place: usize, byte: u8) {
    let mut changed = OPTIONS.to_vec();
    changed[place] = byte;
    options(walk, &[&changed]);
}

const PATTERNS: [&[u8]; 2] = [
    b"\x9d\x31\xc0\x7a\xe4\x58\x2b\x6f",
    b"\x04\xf8\x6e\xd2\x71\x5b\xca\x93",
];
const SECRET: &[u8] = b"moths circle the porch light";

/// Segment size 1337, selective acknowledgements, a time, nothing, and scale 9.
const OPTIONS: &[u8] = b"\x02\x04\x05\x39\x04\x02\x08\x0a\0\0\0\x2a\0\0\0\0\x01\x03\x03\x09";
