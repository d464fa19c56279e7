//! On what, and with which versions, it was measured.

use std::fs;

use anyhow::Result;
use serde::Serialize;

use super::peers::Kind;
use crate::command::Run;

/// The machine and the programs.
#[derive(Serialize)]
pub(super) struct Machine {
    pub(super) processor: String,
    pub(super) cores: usize,
    pub(super) memory_gib: u64,
    pub(super) kernel: String,
    pub(super) system: String,
    pub(super) compiler: String,
    pub(super) peers: Vec<String>,
}

impl Machine {
    pub(super) fn here(peers: &[Kind]) -> Result<Self> {
        let first = |path: &str, name: &str| {
            let text = fs::read_to_string(path).unwrap_or_default();
            value(&text, name).unwrap_or_else(|| "unknown".to_owned())
        };
        let kibibytes = first("/proc/meminfo", "MemTotal");
        let kibibytes = kibibytes
            .split_whitespace()
            .next()
            .and_then(|word| word.parse().ok());
        let folder = std::env::current_dir()?;
        let compiler = Run::program("rustc", &folder).with(["--version"]).read();
        Ok(Self {
            processor: first("/proc/cpuinfo", "model name"),
            cores: std::thread::available_parallelism()?.get(),
            memory_gib: kibibytes.unwrap_or(0_u64) >> 20,
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease")?
                .trim()
                .to_owned(),
            system: first("/etc/os-release", "PRETTY_NAME").replace('"', ""),
            compiler: compiler.unwrap_or_default().trim().to_owned(),
            peers: peers.iter().map(|peer| peer.version()).collect(),
        })
    }
}

fn value(text: &str, name: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let (key, value) = line.split_once([':', '='])?;
        (key.trim() == name).then(|| value.trim().to_owned())
    })
}
