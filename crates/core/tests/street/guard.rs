//! The sentry on the street: who scans is suspect, and who knocks is not.

use nightlatch_core::{Failure, PortRange, Sentry, SentryPlan, Suspect};
use nightlatch_testkit::{Packet, Street};
use nightlatch_wire::Flags;

use crate::{address, forged};

fn sentry(in_use: &[&str]) -> Sentry {
    let mut sentry = Sentry::new(
        SentryPlan {
            decoys: vec!["tcp/23".parse().unwrap()],
            ..SentryPlan::default()
        },
        [5; 16],
    );
    let in_use: Vec<PortRange> = in_use.iter().map(|range| range.parse().unwrap()).collect();
    sentry.replace_ports(&in_use);
    sentry
}

fn suspects(
    street: &mut Street,
    sentry: &mut Sentry,
    packets: impl IntoIterator<Item = Packet>,
) -> Vec<Suspect> {
    let passing = packets.into_iter();
    passing
        .filter_map(|packet| street.pass(&packet, sentry))
        .collect()
}

#[test]
fn who_scans_is_suspect_by_tcp_by_udp_and_with_odd_flags() {
    let kinds: [fn(u16) -> Packet; 4] = [
        Packet::syn,
        Packet::udp,
        |port| Packet::tcp(port, Flags::FIN),
        |port| Packet::tcp(port, Flags::from_bits(0)),
    ];
    for kind in kinds {
        let (mut street, mut sentry) = (Street::new(), sentry(&[]));
        let found = suspects(&mut street, &mut sentry, (7000..7100).map(kind));
        let [suspect, ..] = found.as_slice() else {
            panic!("nobody is suspect");
        };
        assert_eq!(suspect.failure, Failure::ClosedPort);
        assert_eq!(suspect.prefix.address(), Some(Street::WALKER));
        assert!(suspect.count >= 10);
    }
}

#[test]
fn who_uses_what_is_in_use_is_not() {
    let (mut street, mut sentry) = (Street::new(), sentry(&["tcp/1-65535", "udp/1-65535"]));
    let visits = (100..2000).flat_map(|port| [Packet::syn(port), Packet::udp(port)]);
    assert_eq!(suspects(&mut street, &mut sentry, visits), []);
}

#[test]
fn segments_of_connections_and_pings_are_no_touches() {
    let (mut street, mut sentry) = (Street::new(), sentry(&[]));
    let answers = [Flags::ACK, Flags::RST, Flags::SYN.with(Flags::ACK)];
    let answers = (1..2000).flat_map(|port| answers.map(|flags| Packet::tcp(port, flags)));
    assert_eq!(suspects(&mut street, &mut sentry, answers), []);
    let pings = (0..2000).map(|_| Packet::icmp(8));
    assert_eq!(suspects(&mut street, &mut sentry, pings), []);
}

#[test]
fn who_walks_sequences_is_not_suspect_however_often() {
    let steps: &[u16] = &[7000, 8000, 9000, 10_000, 11_000];
    let (mut street, mut sentry) = (Street::watching(&[steps]), sentry(&[]));
    let walks = (0..200).flat_map(|_| steps.iter().copied().map(Packet::syn));
    assert_eq!(suspects(&mut street, &mut sentry, walks), []);
}

#[test]
fn one_touch_of_a_decoy_is_enough_though_somebody_listens_there() {
    let (mut street, mut sentry) = (Street::new(), sentry(&["tcp/23"]));
    assert_eq!(suspects(&mut street, &mut sentry, [Packet::udp(23)]), []);
    let found = suspects(&mut street, &mut sentry, [Packet::syn(23)]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].failure, Failure::Decoy);
}

#[test]
fn sources_that_no_host_has_are_nobody() {
    let (mut street, mut sentry) = (Street::new(), sentry(&[]));
    for source in ["127.0.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.1"] {
        let touch = Packet::syn(23).from(address(source));
        assert_eq!(suspects(&mut street, &mut sentry, [touch]), [], "{source}");
    }
}

#[test]
fn what_this_host_s_programs_touch_on_loopback_is_not_even_counted() {
    let (mut street, mut sentry) = (Street::new(), sentry(&[]));
    let visits = (7000..7060).map(|port| Packet::syn(port).from(address("127.0.0.1")));
    assert_eq!(suspects(&mut street, &mut sentry, visits), []);
    assert_eq!(sentry.counts(), &[0; Failure::SEEN.len()]);
}

#[test]
fn who_only_goes_through_this_host_is_not() {
    let (mut street, mut sentry) = (Street::new(), sentry(&[]));
    sentry.replace_addresses(vec![address("203.0.113.1")]);
    let visits = || (7000..7100).flat_map(|port| [Packet::syn(port), Packet::udp(port)]);
    assert_eq!(suspects(&mut street, &mut sentry, visits()), []);
    assert_eq!(sentry.counts(), &[0; Failure::SEEN.len()]);
    assert_eq!(suspects(&mut street, &mut sentry, [Packet::syn(23)]), []);
    sentry.replace_addresses(Vec::new());
    assert!(!suspects(&mut street, &mut sentry, visits()).is_empty());
}

#[test]
fn a_flood_of_forged_sources_hides_no_scanner_who_is_quick() {
    let (mut street, mut sentry) = (Street::new(), sentry(&[]));
    let flood = (0..200_000).map(|number| Packet::syn(7000).from(forged(number)));
    assert_eq!(suspects(&mut street, &mut sentry, flood), []);
    let scan = (20_000..20_020).map(Packet::syn);
    let found = suspects(&mut street, &mut sentry, scan);
    assert!(
        found
            .iter()
            .any(|suspect| suspect.prefix.address() == Some(Street::WALKER))
    );
}
