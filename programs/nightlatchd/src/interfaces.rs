//! Whether the interfaces are there that the configuration names.

use std::fs;

use nightlatch_config::Interfaces;

/// Which are missing, with what to do. Where the kernel does not say, none is known to be missing.
pub(crate) fn doubts(watched: &Interfaces) -> Vec<String> {
    let Interfaces::Named(names) = watched else {
        return Vec::new();
    };
    let Ok(there) = fs::read_to_string(HERE) else {
        return Vec::new();
    };
    let missing = names.iter().filter(|name| !is_among(name, &there));
    missing.map(|name| in_words(name)).collect()
}

/// Each line begins with a name and a colon; two lines of headings have none that is one.
fn is_among(name: &str, there: &str) -> bool {
    let mut names = there.lines().filter_map(|line| line.rsplit_once(':'));
    names.any(|(one, _)| one.trim() == name)
}

fn in_words(name: &str) -> String {
    format!(
        "interface {name} is not there: nothing is heard of it until it comes\n  see `ip link`, and `interfaces` under [server]"
    )
}

/// Of the namespace that asks; the systemd unit shows no more of /proc than processes.
const HERE: &str = "/proc/thread-self/net/dev";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interface_is_known_by_its_whole_name() {
        let there = "Inter-|   Receive\n face |bytes\n    lo:  1 2\n eth0.7: 3 4\n";
        assert!(is_among("lo", there) && is_among("eth0.7", there));
        assert!(!is_among("eth0", there) && !is_among("face |bytes", there));
    }

    #[test]
    fn only_named_interfaces_are_missed() {
        assert!(doubts(&Interfaces::All).is_empty());
        let named = ["lo", "nosuch0"].map(ToOwned::to_owned).to_vec();
        let doubts = doubts(&Interfaces::Named(named));
        assert_eq!(doubts.len(), 1);
        assert!(doubts[0].contains("nosuch0"), "{doubts:?}");
    }
}
