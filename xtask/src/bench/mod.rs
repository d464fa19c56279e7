//! `cargo xtask bench`: how fast, how steady and how small, beside the others of our trade.
//!
//! ```text
//!   prepare: release builds, peers installed         outside, with the network
//!      │
//!   enter(): namespaces of the run's own ──► Stage: server ═ veth ═ client
//!      │                                              │          knocks, probes, floods
//!   opening · inside · floods · grants · memory ──► Report ──► docs/benchmarks.md
//! ```

mod clients;
mod flooding;
mod flow;
mod folder;
mod following;
mod grants;
mod inside;
mod junk;
mod machine;
mod memory;
mod modest;
mod opening;
mod ours;
mod page;
mod peers;
mod prepare;
mod prober;
mod quiet;
mod report;
mod sequences;
mod sources;
mod spread;
mod stage;
mod tables;
mod tap;
mod usage;

use std::time::Duration;

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::say;
use crate::tree::Tree;
use folder::Folder;
use ours::Builds;
use report::Report;

/// What is to be measured, and how thoroughly.
#[derive(Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "flags of a command line are just that"
)]
pub(crate) struct Wish {
    /// Small counts, no peers, the builds that the tests use: whether it works, not how fast
    #[arg(long)]
    quick: bool,
    /// Only this part, as often as wanted; the page keeps the others as they are
    #[arg(long, value_name = "NAME")]
    only: Vec<Part>,
    /// Leave the peers out
    #[arg(long)]
    alone: bool,
    /// Print the figures as one JSON document
    #[arg(long)]
    json: bool,
    /// Build and install nothing: a run of this task has done it and calls itself
    #[arg(long, hide = true)]
    prepared: bool,
}

/// One part of the measurements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Last knock on the wire to first SYN-ACK on the wire, beside the peers
    Opening,
    /// From the claim at the broker to the kernel's word, warm, cold and with a million clients
    Inside,
    /// Valid knocks honoured and CPU spent while junk comes, beside the peers
    Floods,
    /// Grants in a second, and what a hundred thousand of them cost the next
    Grants,
    /// Memory at rest and with a million clients, beside the peers
    Memory,
    /// Plain and encrypted sequences: row by row, scanned, flooded and replayed, beside knockd
    Sequences,
    /// Knock to open through packet sockets, a UDP socket, an NFLOG group and a log; a large log followed
    Sources,
}

/// How much of everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extent {
    /// Every path once, within seconds.
    Quick,
    /// Enough for figures.
    Whole,
}

impl Extent {
    fn of<T>(self, quick: T, whole: T) -> T {
        match self {
            Self::Quick => quick,
            Self::Whole => whole,
        }
    }
}

/// Everything that a part needs to know.
struct Bench {
    builds: Builds,
    folder: Folder,
    extent: Extent,
    peers: Vec<peers::Kind>,
}

/// Prepares and then measures, the latter in namespaces of its own.
pub(crate) fn run(tree: &Tree, wish: &Wish) -> Result<()> {
    if !wish.prepared {
        return prepare::run(tree, wish);
    }
    let _inside = nightlatch_lab::enter()?;
    let bench = Bench::new(tree, wish)?;
    let mut report = Report::begin(&bench.peers)?;
    for part in wish.parts() {
        let is_quiet = bench.extent == Extent::Quick || quiet::wait(PATIENCE);
        bench.measure(part, &mut report)?;
        if wish.is_for_the_page() {
            let old = tree.read(PAGE).unwrap_or_default();
            let page = page::renewed(&old, part, &report, is_quiet);
            tree.write(PAGE, page.as_bytes())?;
        }
    }
    if wish.json {
        say::line(&serde_json::to_string_pretty(&report)?);
    } else {
        say::line(&tables::all(&report));
    }
    Ok(())
}

impl Wish {
    fn parts(&self) -> impl Iterator<Item = Part> + '_ {
        Part::value_variants()
            .iter()
            .copied()
            .filter(|part| self.only.is_empty() || self.only.contains(part))
    }

    const fn is_for_the_page(&self) -> bool {
        !self.quick && !self.alone
    }

    const fn extent(&self) -> Extent {
        if self.quick {
            Extent::Quick
        } else {
            Extent::Whole
        }
    }
}

impl Bench {
    fn new(tree: &Tree, wish: &Wish) -> Result<Self> {
        let extent = wish.extent();
        // Beside the builds: on a real disk, so that what is synced is really synced.
        let folder = Folder::only(tree.path("target/bench"))?;
        Ok(Self {
            builds: Builds::of(tree, extent, &folder)?,
            folder,
            extent,
            peers: if wish.alone {
                Vec::new()
            } else {
                extent.of(Vec::new(), peers::installed())
            },
        })
    }

    fn measure(&self, part: Part, report: &mut Report) -> Result<()> {
        match part {
            Part::Opening => opening::measure(self, report),
            Part::Inside => inside::measure(self, report),
            Part::Floods => flooding::measure(self, report),
            Part::Grants => grants::measure(self, report),
            Part::Memory => memory::measure(self, report),
            Part::Sequences => sequences::measure(self, report),
            Part::Sources => sources::measure(self, report),
        }
    }
}

const PAGE: &str = "docs/benchmarks.md";
/// For other work on the machine to end.
const PATIENCE: Duration = Duration::from_mins(2);
