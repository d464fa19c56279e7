//! The ruleset that has the firewall show what the configuration needs, and no more: lines, or NFLOG packets.

mod iptables;
mod lines;
mod nft;
mod wanted;

use nightlatch_config::{Server, SourceChoice};

use self::lines::Outlet;
use crate::exit::Exit;
use crate::voice::{complain, say};

/// For whose tool it is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tool {
    /// nft's text.
    Nft,
    /// A script that calls iptables and ip6tables.
    Iptables,
}

/// Prints the ruleset of a configuration, without touching the kernel.
pub(crate) fn show(server: &Server, tool: Tool) -> Exit {
    let outlets = outlets(server);
    if outlets.contains(&Outlet::Lines) {
        for name in wanted::unseen(server) {
            complain(&format!("nightlatchd: {}", in_words(name)));
        }
    }
    let wanted = wanted::touches_of(server);
    let takes_knocks = |outlet: &Outlet| matches!(outlet, Outlet::Group(_, Some(_)));
    if wanted == nightlatch_capture::Touches::default() && !outlets.iter().any(takes_knocks) {
        complain("nightlatchd: nothing is needed: the configuration has no sequence");
    }
    say(&match tool {
        Tool::Nft => nft::text(&wanted, &outlets),
        Tool::Iptables => iptables::text(&wanted, &outlets),
    })
}

/// What no source of a configuration can show, where none shows payloads and one is a log.
pub(crate) fn doubts(server: &Server) -> Vec<String> {
    use SourceChoice::{Nflog, Packets, Pcap};
    let shows_payloads = |source: &SourceChoice| matches!(source, Packets | Nflog(_) | Pcap(_));
    if server.sources.iter().any(shows_payloads) || !server.sources.iter().any(is_log) {
        return Vec::new();
    }
    let unseen = wanted::unseen(server).into_iter();
    unseen.map(in_words).collect()
}

fn in_words(name: &str) -> String {
    format!("`{name}` asks for a payload, which no log shows: it takes another source")
}

fn is_log(source: &SourceChoice) -> bool {
    use SourceChoice::{Journal, KernelLog, Log};
    matches!(source, Log(_) | KernelLog | Journal)
}

/// The NFLOG groups that are sources, and the log, unless they are all that is heard of the firewall.
fn outlets(server: &Server) -> Vec<Outlet> {
    let group = |source: &SourceChoice| match source {
        SourceChoice::Nflog(group) => Some(Outlet::Group(*group, server.knock_port)),
        _ => None,
    };
    let mut outlets: Vec<Outlet> = server.sources.iter().filter_map(group).collect();
    if outlets.is_empty() || server.sources.iter().any(is_log) {
        outlets.insert(0, Outlet::Lines);
    }
    outlets
}
