//! The daemon's document, as far as we know it: a newer daemon may say more, an older one less.

use std::collections::BTreeMap;

use serde::Deserialize;

/// What the daemon says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Document {
    /// The daemon's version.
    pub(super) version: String,
    /// The broker's process.
    pub(super) pid: u32,
    /// How long it has run.
    pub(super) up_seconds: u64,
    /// Whether it only tells what it would do.
    pub(super) dry_run: bool,
    /// How many clients may knock.
    pub(super) clients: u64,
    /// The UDP port of knocks, if anybody has a key.
    pub(super) knock_port: Option<u16>,
    /// What its sources have heard and lost.
    pub(super) hearing: Vec<Hearing>,
    /// The listener, in its own words.
    pub(super) listener: String,
    /// What is wrong now.
    pub(super) warnings: Vec<String>,
    /// The gate.
    pub(super) gate: Gate,
    /// Who may pass now; where there are very many, only the first of them.
    pub(super) grants: Vec<Grant>,
    /// How many grants there are.
    pub(super) grants_in_force: u64,
    /// What became of knocks since the start.
    pub(super) knocks: BTreeMap<String, u64>,
    /// What was ignored since the start.
    pub(super) ignored: BTreeMap<String, u64>,
    /// The sequences that may be walked.
    pub(super) sequences: Vec<Sequence>,
    /// What became of the commands of actions since the start.
    pub(super) commands: BTreeMap<String, u64>,
    /// How notifications fare; none where nobody is told.
    pub(super) notifications: Option<Notifications>,
    /// Who fails, and who is banned for it.
    pub(super) guard: Guard,
    /// What is kept of what happens.
    pub(super) journal: Journal,
}

/// What is kept of what happens, since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Journal {
    /// Whether something is to be kept.
    pub(super) enabled: bool,
    /// How many events are kept.
    pub(super) kept: u64,
    /// How many were lost.
    pub(super) lost: u64,
}

/// One source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Hearing {
    /// As the configuration names it.
    pub(super) source: String,
    /// Packets or lines that came out of it.
    pub(super) heard: u64,
    /// Those that it knows to have lost.
    pub(super) lost: u64,
}

/// How notifications fare.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Notifications {
    /// How many came over since the start.
    pub(super) told: u64,
    /// How many did not, and will not.
    pub(super) lost: u64,
}

/// Who fails, and who is banned for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Guard {
    /// Whether suspects are banned.
    pub(super) banning: bool,
    /// How often each failure was since the start.
    pub(super) failures: BTreeMap<String, u64>,
    /// Those who fail the most.
    pub(super) loudest: Vec<Loud>,
    /// The bans in force; where there are very many, only the first of them.
    pub(super) bans: Vec<Ban>,
    /// How many bans are in force.
    pub(super) bans_in_force: u64,
    /// Packets that bans have kept out.
    pub(super) banned_packets: u64,
}

/// One who fails a lot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Loud {
    /// The address, or the network.
    pub(super) source: String,
    /// What it does.
    pub(super) failure: String,
    /// How often at least.
    pub(super) count: u64,
}

/// One ban.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Ban {
    /// The address, or the network.
    pub(super) source: String,
    /// For how long still.
    pub(super) remaining_seconds: u64,
}

/// One sequence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Sequence {
    /// What the configuration calls it.
    pub(super) name: String,
    /// What it opens or closes.
    pub(super) service: String,
    /// How its steps come about.
    pub(super) method: String,
    /// How many lines are not used yet, where they are used once.
    pub(super) lines_left: Option<u64>,
}

/// The gate, as the kernel has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Gate {
    /// Guarded ports and ranges.
    pub(super) guarded: Vec<String>,
    /// Whether the kernel keeps it from other programs.
    pub(super) owned: bool,
    /// How often it had to be put back.
    pub(super) put_back: u64,
    /// Packets at the knock port.
    pub(super) knock_port_packets: u64,
    /// Packets that were kept from guarded ports.
    pub(super) kept_out_packets: u64,
}

/// One grant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Grant {
    /// Who knocked, if the daemon knows.
    pub(super) client: Option<String>,
    /// To what, if the daemon knows.
    pub(super) service: Option<String>,
    /// For which address.
    pub(super) address: String,
    /// Which ports.
    pub(super) ports: Vec<String>,
    /// Which sets of the administrator's.
    pub(super) sets: Vec<String>,
    /// For how long still.
    pub(super) remaining_seconds: u64,
}
