//! How many lines of a firewall's log are read in a second, on one core.

use divan::{Bencher, black_box, counter::ItemsCount};
use nightlatch_wire::{Link, MOST_OPTIONS, read_in};

fn main() {
    divan::main();
}

/// An attempt, as ufw logs it.
#[divan::bench]
fn attempt(bencher: Bencher<'_, '_>) {
    measure(bencher, UFW.as_bytes());
}

/// The same with everything that the log can be set to.
#[divan::bench]
fn attempt_with_options(bencher: Bencher<'_, '_>) {
    measure(bencher, NFT.as_bytes());
}

/// A datagram over IPv6, whose addresses are long.
#[divan::bench]
fn datagram_over_ipv6(bencher: Bencher<'_, '_>) {
    measure(bencher, SIX.as_bytes());
}

/// What a system's log mostly is.
#[divan::bench]
fn another_program(bencher: Bencher<'_, '_>) {
    measure(bencher, SSHD.as_bytes());
}

/// Four kilobytes that begin again and again.
#[divan::bench]
fn hostile(bencher: Bencher<'_, '_>) {
    let line = [HEADER.as_bytes(), &b"IN=a OUT= MAC=".repeat(290)].concat();
    measure(bencher, &line);
}

fn measure(bencher: Bencher<'_, '_>, line: &[u8]) {
    let mut room = [0; MOST_OPTIONS];
    bencher
        .counter(ItemsCount::new(1_usize))
        .bench_local(|| read_in(black_box(line), Link::FirewallLog, &mut room).is_ok());
}

const HEADER: &str = "Nov 27 07:01:02 gate kernel: ";
const UFW: &str = "Nov 27 07:01:02 gate kernel: [ 1234.567890] [UFW BLOCK] IN=eth0 OUT= \
    MAC=52:54:00:12:34:56:52:54:00:65:43:21:08:00 SRC=203.0.113.7 DST=192.0.2.1 LEN=60 TOS=0x00 \
    PREC=0x00 TTL=53 ID=4321 DF PROTO=TCP SPT=40000 DPT=7000 WINDOW=64240 RES=0x00 SYN URGP=0 ";
const NFT: &str = "2026-11-27T07:01:02.123456+01:00 gate kernel: knock: IN=eth0 OUT= \
    MACSRC=52:54:00:65:43:21 MACDST=52:54:00:12:34:56 MACPROTO=0800 SRC=203.0.113.7 DST=192.0.2.1 \
    LEN=60 TOS=0x00 PREC=0x00 TTL=53 ID=0 DF PROTO=TCP SPT=40000 DPT=7000 SEQ=305419896 ACK=0 \
    WINDOW=64240 RES=0x00 SYN URGP=0 OPT (020405B40402080A5D4E3B2A0000000001030307) MARK=0x1 ";
const SIX: &str = "Nov 27 07:01:02 gate kernel: REJECT: IN=eth0 OUT= MAC=52:54:00:12:34:56 \
    SRC=2001:0db8:0000:0000:0000:0000:0000:0007 DST=2001:0db8:0000:0000:0000:0000:0000:0001 \
    LEN=48 TC=0 HOPLIMIT=61 FLOWLBL=415937 PROTO=UDP SPT=5353 DPT=8000 LEN=8 ";
const SSHD: &str =
    "Nov 27 07:01:02 gate sshd[4711]: Invalid user admin from 203.0.113.7 port 40000";
