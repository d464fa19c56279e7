//! docs/benchmarks.md: the tables, and how each figure came about.

use clap::ValueEnum;

use super::Part;
use super::following;
use super::report::Report;
use super::sequences;
use super::tables;

/// The page with the section of one part as it was measured now, and all others as they were.
pub(super) fn renewed(old: &str, part: Part, report: &Report, was_quiet: bool) -> String {
    let measured = section(part, report, was_quiet);
    let mut page = head(report);
    for each in Part::value_variants() {
        if *each == part {
            page.push_str(&measured);
        } else {
            page.push_str(kept(old, *each).unwrap_or_default());
        }
    }
    page
}

fn section(part: Part, report: &Report, was_quiet: bool) -> String {
    let quiet = if was_quiet { "" } else { BUSY };
    let body = match part {
        Part::Opening => tables::openings(&report.openings),
        Part::Inside => tables::inside(&report.inside),
        Part::Floods => tables::floods(&report.floods),
        Part::Grants => report
            .grants
            .as_ref()
            .map(tables::grants)
            .unwrap_or_default(),
        Part::Memory => tables::memory(&report.memory),
        Part::Sequences => [
            sequences::tables::rows(&report.rows),
            SCANS.to_owned(),
            sequences::tables::scans(&report.scans),
            SEQUENCE_FLOODS.to_owned(),
            tables::floods(&report.sequence_floods),
            REPLAYS.to_owned(),
            sequences::tables::replays(&report.replays),
        ]
        .concat(),
        Part::Sources => [
            tables::sourced(&report.sourced),
            FOLLOWING.to_owned(),
            report
                .followed
                .as_ref()
                .map(following::table)
                .unwrap_or_default(),
        ]
        .concat(),
    };
    [text(part), quiet, &body].concat()
}

/// A section as it stands, from its heading to the next one.
fn kept(page: &str, part: Part) -> Option<&str> {
    let heading = text(part).lines().nth(1)?;
    let from = page.find(&format!("\n{heading}\n"))?;
    let section = page.get(from..)?;
    let next = section.get(1..)?.find("\n## ");
    section.get(..next.map_or(section.len(), |next| next.saturating_add(1)))
}

const fn text(part: Part) -> &'static str {
    match part {
        Part::Opening => OPENING,
        Part::Inside => INSIDE,
        Part::Floods => FLOODS,
        Part::Grants => GRANTS,
        Part::Memory => MEMORY,
        Part::Sequences => SEQUENCES,
        Part::Sources => SOURCES,
    }
}

fn head(report: &Report) -> String {
    let machine = &report.machine;
    let beside = if machine.peers.is_empty() {
        "No peer was installed.".to_owned()
    } else {
        format!("Beside {} from Debian.", machine.peers.join(" and "))
    };
    format!(
        "# Benchmarks\n\n\
         This page is written by `cargo xtask bench`, which builds for release, installs the peers \
         when it is root, and measures\neverybody beside each other. Absolute figures are this \
         machine's; ratios hold elsewhere. `--only` renews a part of it.\n\n\
         {} with {} cores, {} GiB, {}, kernel {}; {}. {beside} Where nothing \
         else is said, nothing else ran when the part began.\n\n\
         Two hosts in network namespaces, joined by a veth pair; the bench needs no address, \
         interface or firewall of the real host.\n",
        machine.processor,
        machine.cores,
        machine.memory_gib,
        machine.system,
        machine.kernel,
        machine.compiler,
    )
}

const BUSY: &str = "**Other work ran on the machine while this was measured.**\n\n";

const OPENING: &str = "
## From the last knock to an open port, from outside

From the last packet of the knock to the first SYN-ACK, both with the kernel's own time stamps at the client's end of the
cable. The client sends a SYN every ten microseconds from one port, at the scheduler's idle rank, so that it is in nobody's
way; each knock comes from an address of its own. A core that has rested is slower: a halted virtual core takes the
hypervisor tens of microseconds to wake, and finds its caches cold. knockd has its manual's sequence (7000, 8000, 9000, SYN)
and opens with `iptables -I`; fwknopd captures as by default, its client seals with AES and HMAC.

";

const INSIDE: &str = "
## Inside the daemon

From the claim's arrival at the broker to the kernel's word that the element is in the set, as each `granted` line of the
log says. *Cold* is the first knock after 6.5 s of silence: the watermark on disk has run out, so that it waits for a sync.

";

const FLOODS: &str = "
## Knocks under a flood

Junk comes from random sources of 198.18.0.0/15, beside it valid knocks, one packet each and never sent twice; honoured is
what a SYN-ACK answers within a second. The client probes every 200 µs here, to leave the machine to the flood, and that is
in the times. *All it sends*: one thread for each core, and the daemon has to share them. Up to a
few hundred clients the kernel's filter knows the tags, and junk never wakes the listener; a thousand are too many for it.
*A captured tag* is what somebody sends who has seen a knock. CPU is that of all threads of the daemon, divided by the
packets that were sent, whether it saw them or not. Peers get the junk that they must look at.

";

const GRANTS: &str = "
## Grants in a second

Sealed beforehand, each from an address of its own, sent as fast as they are answered, at most 1,024 on the way; then knocks
that come one at a time, with the same figure as above from the daemon's log, before and beside the open ones.

";

const MEMORY: &str = "
## Memory

Listener and broker together, two seconds after the last of some knocks. *Peak* is the most that each process ever held.
Clients of the large house stand in a clients file with a key and a secret of their own; ready is from the start of the
program to its word that it hears knocks.

";

const SEQUENCES: &str = "
## Sequences, row by row

The door is 7000, 8000, 9000, where nothing else is said; knockd has `tcpflags = syn`, where nothing else is said. Packets go
out two milliseconds apart, each SYN from a port of its own.

";

const SCANS: &str = "
### Scanned

SYNs to all 65,535 ports, as packets, each scan from an address of its own. nmap runs with `-Pn -n -T5 --max-retries 1
--min-rate 5000`: where nothing answers it would take for ever otherwise.

";

const SEQUENCE_FLOODS: &str = "
### Flooded

SYNs from random sources at the first port of the sequence, or at one port of the span. Knocks are sent once.

";

const SOURCES: &str = "
## Sources

Knock to open as above, through each source: a sealed datagram, and for the log a sequence of three lines, which are written at
once; the time is from just before that.

";

const FOLLOWING: &str = "
### A large log, followed

Three lines of other programs for each line of the firewall about a packet to a port where nothing is, written as fast as the
daemon reads and rotated every 48 MiB; a knock before it, in the middle and at the end. Memory is that of all processes of the
daemon, its peak that of each by itself.

";

const REPLAYS: &str = "
### Recorded and sent again

From the address that they came from the first time.

";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_reaches_from_its_heading_to_the_next() {
        let page =
            format!("# Benchmarks\n{OPENING}| one |\n{SEQUENCES}| two |\n{SCANS}| three |\n");
        assert_eq!(
            kept(&page, Part::Opening),
            Some(format!("{OPENING}| one |\n").as_str())
        );
        assert_eq!(
            kept(&page, Part::Sequences),
            Some(format!("{SEQUENCES}| two |\n{SCANS}| three |\n").as_str())
        );
        assert_eq!(kept(&page, Part::Memory), None);
    }

    #[test]
    fn the_page_as_it_stands_is_understood() {
        let page = include_str!("../../../docs/benchmarks.md");
        let kept: Vec<_> = Part::value_variants()
            .iter()
            .filter_map(|part| kept(page, *part))
            .collect();
        let head = page.find("\n## ").map(|end| page.split_at(end).0);
        assert_eq!(head.unwrap_or_default().to_owned() + &kept.concat(), page);
    }
}
