//! Whether this kernel passes packets on, where ports lead to other hosts. It is looked at, never changed.

use std::fs;

use nightlatch_core::GatePlan;

/// What is missing for what leads on, with what to do.
pub(crate) fn doubts(plan: &GatePlan) -> Vec<String> {
    let leads = |is_v4: bool| {
        let mut forwards = plan.forwards.iter();
        forwards.any(|forward| forward.to.is_ipv4() == is_v4)
    };
    let settings = [
        (true, "IPv4", "net.ipv4.ip_forward"),
        (false, "IPv6", "net.ipv6.conf.all.forwarding"),
    ];
    settings
        .into_iter()
        .filter(|(is_v4, _, name)| leads(*is_v4) && is_off(name))
        .map(|(_, version, name)| {
            format!(
                "ports lead on to other hosts, and this kernel passes no {version} packets on: nobody gets through\n  sysctl {name}=1, and see that your firewall's forward chain lets them through"
            )
        })
        .collect()
}

/// What cannot be read is not known to be off.
fn is_off(name: &str) -> bool {
    let path = format!("/proc/sys/{}", name.replace('.', "/"));
    fs::read_to_string(path).is_ok_and(|value| value.trim() == "0")
}
