//! The plan as a table: each crate, its floor, and what it may import.

use super::room::{Floor, Room};

/// The house, from the cellar up.
pub(super) const HOUSE: &[Room] = &[
    Room {
        name: "nightlatch-wire",
        folder: "crates/wire",
        floor: Floor::Pure,
        role: "frame bytes → `Observation`",
        touches: "nothing",
        ours: &[],
        theirs: &["thiserror"],
    },
    Room {
        name: "nightlatch-ticket",
        folder: "crates/ticket",
        floor: Floor::Pure,
        role: "the sealed knock, as a datagram or as ports, and its answer; keys, the client's self-repair",
        touches: "nothing: randomness and time are arguments",
        ours: &[],
        theirs: &[
            "aes-gcm-siv",
            "bech32",
            "hkdf",
            "hmac",
            "rand_core",
            "reed-solomon",
            "sha2",
            "subtle",
            "thiserror",
            "x25519-dalek",
            "zeroize",
        ],
    },
    Room {
        name: "nightlatch-core",
        folder: "crates/core",
        floor: Floor::Core,
        role: "`Observation` + time → `Verdict` → `Grant` → `Effect`",
        touches: "nothing",
        ours: &["nightlatch-ticket", "nightlatch-wire"],
        theirs: &["rand_core", "regex", "siphasher", "thiserror"],
    },
    Room {
        name: "nightlatch-capture",
        folder: "crates/capture",
        floor: Floor::Edge,
        role: "kernel → frames; recorded files → frames; acks out",
        touches: "packet sockets, UDP, files; all `unsafe` lines",
        ours: &["nightlatch-wire"],
        theirs: &[
            "libc",
            "pcap",
            "pcap-file",
            "rustix",
            "socket2",
            "thiserror",
        ],
    },
    Room {
        name: "nightlatch-config",
        folder: "crates/config",
        floor: Floor::Edge,
        role: "the administrator's text, or knockd's → a policy right by construction",
        touches: "the files it is named",
        ours: &["nightlatch-core", "nightlatch-ticket"],
        theirs: &[
            "aes-gcm-siv",
            "annotate-snippets",
            "argon2",
            "base64",
            "bech32",
            "rand_core",
            "rustix",
            "serde",
            "serde_json",
            "serde_spanned",
            "sha2",
            "thiserror",
            "toml",
            "zeroize",
        ],
    },
    Room {
        name: "nightlatch-firewall",
        folder: "crates/firewall",
        floor: Floor::Edge,
        role: "`Effect` → nftables and ipset over netlink; dry run",
        touches: "netfilter",
        ours: &["nightlatch-core"],
        theirs: &["netlink-sys", "rustix", "socket2", "thiserror"],
    },
    Room {
        name: "nightlatch-journal",
        folder: "crates/journal",
        floor: Floor::Edge,
        role: "what happened as a value, and where it is kept",
        touches: "the files of the folder it is named",
        ours: &["nightlatch-core"],
        theirs: &["redb", "serde", "thiserror"],
    },
    Room {
        name: "nightlatch-lab",
        folder: "crates/lab",
        floor: Floor::Edge,
        role: "hosts and links in network namespaces of the run's own",
        touches: "namespaces, rtnetlink",
        ours: &[],
        theirs: &[
            "libc",
            "netlink-packet-core",
            "netlink-packet-route",
            "netlink-sys",
            "nix",
            "rustix",
            "socket2",
            "thiserror",
        ],
    },
    Room {
        name: "nightlatchd",
        folder: "programs/nightlatchd",
        floor: Floor::Program,
        role: "listener, broker, runner, clerk and herald; status socket, systemd",
        touches: "processes, clock, signals, its state folder, receivers of webhooks",
        ours: &[
            "nightlatch-capture",
            "nightlatch-config",
            "nightlatch-core",
            "nightlatch-firewall",
            "nightlatch-journal",
            "nightlatch-ticket",
            "nightlatch-wire",
        ],
        theirs: &[
            "base64",
            "caps",
            "clap",
            "crc32fast",
            "derive_more",
            "getrandom",
            "hmac",
            "httpdate",
            "landlock",
            "libc",
            "nix",
            "rand_core",
            "rustix",
            "sd-notify",
            "seccompiler",
            "serde",
            "serde_json",
            "sha2",
            "signal-hook",
            "thiserror",
            "ureq",
            "zeroize",
        ],
    },
    Room {
        name: "nightlatch",
        folder: "programs/nightlatch",
        floor: Floor::Program,
        role: "the person's tool: knock, touch, tell, keys, status, journal, demo",
        touches: "UDP, TCP attempts, clock, OS randomness; namespaces for the demo",
        ours: &[
            "nightlatch-config",
            "nightlatch-core",
            "nightlatch-journal",
            "nightlatch-lab",
            "nightlatch-ticket",
        ],
        theirs: &[
            "anyhow",
            "clap",
            "getrandom",
            "rand_core",
            "rpassword",
            "rustix",
            "serde",
            "serde_json",
            "thiserror",
            "zeroize",
        ],
    },
    Room {
        name: "nightlatch-testkit",
        folder: "crates/testkit",
        floor: Floor::Beside,
        role: "stories for tests; imported by tests only",
        touches: "nothing",
        ours: &["nightlatch-core", "nightlatch-ticket", "nightlatch-wire"],
        theirs: &["rand_chacha", "rand_core"],
    },
    Room {
        name: "xtask",
        folder: "xtask",
        floor: Floor::Beside,
        role: "the project's own tasks and measurements",
        touches: "the work tree, child processes, namespaces",
        ours: &[
            "nightlatch",
            "nightlatch-config",
            "nightlatch-lab",
            "nightlatch-ticket",
            "nightlatchd",
        ],
        theirs: &[
            "anyhow",
            "clap",
            "clap_complete",
            "clap_mangen",
            "getrandom",
            "nix",
            "rand_core",
            "serde",
            "serde_json",
            "socket2",
            "tempfile",
            "toml",
        ],
    },
    Room {
        name: "nightlatch-fuzz",
        folder: "fuzz",
        floor: Floor::Beside,
        role: "hostile input for every parser; `day` against a model",
        touches: "temporary files",
        ours: &[
            "nightlatch-capture",
            "nightlatch-config",
            "nightlatch-core",
            "nightlatch-journal",
            "nightlatch-ticket",
            "nightlatch-wire",
        ],
        theirs: &[
            "aes-gcm-siv",
            "hkdf",
            "hmac",
            "libfuzzer-sys",
            "rand_chacha",
            "rand_core",
            "serde_json",
            "sha2",
            "tempfile",
            "x25519-dalek",
        ],
    },
];

/// What tests may import besides, on every floor.
pub(super) const FOR_TESTS: &[&str] = &[
    "divan",
    "libtest-mimic",
    "nightlatch-testkit",
    "proptest",
    "rand_chacha",
    "serde",
    "serde_json",
    "tempfile",
    "toml",
    "trycmd",
];

/// What tests may import on floors that touch the world anyhow.
pub(super) const FOR_TESTS_ABOVE: &[&str] = &[
    "nightlatch-capture",
    "nightlatch-firewall",
    "nightlatch-lab",
    "nix",
    "rcgen",
    "rustix",
    "rustls",
    "socket2",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn floor(name: &str) -> Floor {
        HOUSE.iter().find(|room| room.name == name).unwrap().floor
    }

    #[test]
    fn the_plan_itself_only_points_down() {
        for room in HOUSE {
            for import in room.ours {
                assert!(floor(import) < room.floor, "{} → {import}", room.name);
            }
        }
    }

    #[test]
    fn nothing_inside_the_house_imports_what_stands_beside_it() {
        for room in HOUSE {
            assert!(
                room.ours
                    .iter()
                    .all(|import| floor(import) != Floor::Beside),
                "{}",
                room.name
            );
        }
    }

    #[test]
    fn lists_are_sorted_so_that_changes_read_well() {
        for room in HOUSE {
            assert!(
                room.ours.is_sorted() && room.theirs.is_sorted(),
                "{}",
                room.name
            );
        }
        assert!(FOR_TESTS.is_sorted() && FOR_TESTS_ABOVE.is_sorted());
    }
}
