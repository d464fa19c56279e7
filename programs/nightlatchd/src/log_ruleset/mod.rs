//! The ruleset that has the firewall write the lines which sequences need, and no others.

mod iptables;
mod lines;
mod nft;
mod wanted;

use nightlatch_config::Server;

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
    for name in wanted::unseen(server) {
        complain(&format!(
            "nightlatchd: `{name}` asks for a payload, which no log shows: it takes another source"
        ));
    }
    let wanted = wanted::touches_of(server);
    if wanted == nightlatch_capture::Touches::default() {
        complain("nightlatchd: nothing is needed: the configuration has no sequence");
    }
    say(&match tool {
        Tool::Nft => nft::text(&wanted),
        Tool::Iptables => iptables::text(&wanted),
    })
}
