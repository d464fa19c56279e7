//! What a client remembers about a server. Losing it costs one more round trip, nothing else.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
    net::IpAddr,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use nightlatch_ticket::{Counter, Memory};
use serde::{Deserialize, Serialize};

use crate::trust::{Care, Trusted};

/// What a client remembers about one server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Remembered {
    counter: u64,
    /// The counter that the server named last.
    server_counter: u64,
    /// In milliseconds, server minus here.
    clock_offset: i64,
    /// For each network, how the server sees us from there.
    addresses: BTreeMap<String, IpAddr>,
}

impl Remembered {
    /// Reads the file. Whatever is wrong with it, the answer is a memory: an empty one.
    pub fn load(path: &Path) -> Self {
        Trusted::open(path, Care::Public)
            .and_then(|mut file| file.text(LONGEST))
            .ok()
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default()
    }

    /// Writes the file in one step, so that a reader sees the memory before or after and never half of it.
    pub fn save(&self, path: &Path) -> Result<(), SaveError> {
        let refused = |cause| SaveError {
            path: path.to_owned(),
            cause,
        };
        let mut text = serde_json::to_string_pretty(self).map_err(|error| refused(error.into()))?;
        text.push('\n');
        // Two clients at once write two files; the one that is later wins, and both are right.
        let beside = path.with_added_extension(std::process::id().to_string());
        let written = write(&beside, text.as_bytes()).and_then(|()| fs::rename(&beside, path));
        written.map_err(|cause| {
            let _ = fs::remove_file(&beside);
            refused(cause)
        })
    }

    /// What to begin an attempt with, when knocking from this network.
    pub fn memory(&self, network: &str) -> Memory {
        Memory {
            last: Counter(self.counter),
            named: Counter(self.server_counter),
            offset: self.clock_offset,
            address: self.addresses.get(network).copied(),
        }
    }

    /// Takes over what an attempt learnt in this network.
    pub fn learn(&mut self, network: &str, memory: Memory) {
        self.counter = memory.last.0;
        self.server_counter = memory.named.0;
        self.clock_offset = memory.offset;
        match memory.address {
            Some(address) => self.addresses.insert(network.to_owned(), address),
            None => self.addresses.remove(network),
        };
        while self.addresses.len() > MOST_NETWORKS {
            let stranger = self.addresses.keys().find(|name| *name != network).cloned();
            let Some(stranger) = stranger else { break };
            self.addresses.remove(&stranger);
        }
    }
}

/// Why the memory was not kept. The knock is not the worse for it.
#[derive(Debug, thiserror::Error)]
#[error("{}: what was learnt cannot be kept\n  check the folder; the next knock may take one round trip more", .path.display())]
pub struct SaveError {
    path: PathBuf,
    #[source]
    cause: io::Error,
}

fn write(path: &Path, text: &[u8]) -> io::Result<()> {
    // A file of that name is left over from somebody who died while writing.
    let _ = fs::remove_file(path);
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text)
}

/// Home, work, a phone and a year of cafés.
const MOST_NETWORKS: usize = 64;

const LONGEST: usize = 64 << 10;
