//! Whether this kernel passes packets on, where ports lead to other hosts. It is looked at, never changed.

use std::net::IpAddr;

use nightlatch_core::GatePlan;
use nightlatch_firewall::passes_on;

/// What is missing for what leads on, with what to do.
pub(crate) fn doubts(plan: &GatePlan) -> Vec<String> {
    let one_of = |version: Version| {
        let mut hosts = plan.forwards.iter().map(|forward| forward.to.ip());
        hosts.find(|host| Version::of(*host) == version)
    };
    let leads_nowhere = |version: &Version| one_of(*version).is_some_and(is_kept_here);
    [Version::Four, Version::Six]
        .into_iter()
        .filter(leads_nowhere)
        .map(Version::in_words)
        .collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    Four,
    Six,
}

impl Version {
    const fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::Four,
            IpAddr::V6(_) => Self::Six,
        }
    }

    fn in_words(self) -> String {
        let (name, setting) = match self {
            Self::Four => ("IPv4", "net.ipv4.ip_forward"),
            Self::Six => ("IPv6", "net.ipv6.conf.all.forwarding"),
        };
        format!(
            "ports lead on to other hosts, and this kernel passes no {name} packets on: nobody gets through\n  sysctl {setting}=1, and see that your firewall's forward chain lets them through"
        )
    }
}

/// What the kernel does not say is not known to be off.
fn is_kept_here(host: IpAddr) -> bool {
    passes_on(host).is_ok_and(|passes| passes == Some(false))
}
