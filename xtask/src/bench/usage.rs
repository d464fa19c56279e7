//! What the processes of a host use: CPU time and memory, as the kernel counts them.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail};
use nightlatch_lab::Host;
use serde::Serialize;

/// The processes of one host; the bench's own threads in it do not count.
pub(super) struct Processes {
    folders: Vec<PathBuf>,
}

/// Memory of some processes together, in KiB.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct Memory {
    pub(super) processes: usize,
    /// Resident, shared pages counted for each process.
    pub(super) resident: u64,
    /// Resident, shared pages counted once.
    pub(super) proportional: u64,
    /// The most that was ever resident, each process on its own.
    pub(super) peak: u64,
}

impl Processes {
    /// Everything that lives in the host's network namespace now.
    pub(super) fn of(host: &Host) -> Result<Self> {
        let here = host.run(|| fs::read_link("/proc/thread-self/ns/net"))??;
        let folders: Vec<PathBuf> = fs::read_dir("/proc")?
            .filter_map(|process| Some(process.ok()?.path()))
            .filter(|path| fs::read_link(path.join("ns/net")).is_ok_and(|there| there == here))
            .collect();
        if folders.is_empty() {
            bail!("no process runs on {}", host.name());
        }
        Ok(Self { folders })
    }

    /// Time on a CPU so far, of all threads, in user space and in the kernel on their behalf.
    pub(super) fn cpu(&self) -> Duration {
        let threads = self
            .folders
            .iter()
            .filter_map(|process| fs::read_dir(process.join("task")).ok())
            .flatten()
            .filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("schedstat")).ok());
        threads
            .filter_map(|line| line.split_whitespace().next()?.parse().ok())
            .map(Duration::from_nanos)
            .sum()
    }

    /// How many bytes they have read so far, from whatever is read by `read` and its like.
    pub(super) fn read(&self) -> u64 {
        let each = self.folders.iter().map(|process| {
            let counted = fs::read_to_string(process.join("io")).unwrap_or_default();
            number_of(&counted, "rchar:")
        });
        each.sum()
    }

    /// Memory now.
    pub(super) fn memory(&self) -> Memory {
        let mut sum = Memory {
            processes: self.folders.len(),
            ..Memory::default()
        };
        for process in &self.folders {
            let rollup = fs::read_to_string(process.join("smaps_rollup")).unwrap_or_default();
            let status = fs::read_to_string(process.join("status")).unwrap_or_default();
            sum.resident = sum.resident.saturating_add(number_of(&rollup, "Rss:"));
            sum.proportional = sum.proportional.saturating_add(number_of(&rollup, "Pss:"));
            sum.peak = sum.peak.saturating_add(number_of(&status, "VmHWM:"));
        }
        sum
    }
}

fn number_of(text: &str, name: &str) -> u64 {
    text.lines()
        .find_map(|line| {
            line.strip_prefix(name)?
                .split_whitespace()
                .next()?
                .parse()
                .ok()
        })
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_found_by_its_whole_name() {
        let text = "Rss:                1772 kB\nPss:                 245 kB\nPss_Dirty: 9 kB\n";
        assert_eq!(number_of(text, "Pss:"), 245);
        assert_eq!(number_of(text, "Swap:"), 0);
    }
}
