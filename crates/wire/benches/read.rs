//! How long it takes to read one frame.

use divan::{Bencher, black_box};
use nightlatch_wire::{Link, read};

fn main() {
    divan::main();
}

/// A knock over IPv4, as a datagram packet socket hands it over.
#[divan::bench]
fn knock_over_ipv4(bencher: Bencher<'_, '_>) {
    let frame = [&FOUR[..], &UDP, &[0xaa; 100]].concat();
    bencher.bench_local(|| read(black_box(&frame), Link::Ip).is_ok());
}

/// A knock over IPv6 behind a hop-by-hop header, on Ethernet with one VLAN tag.
#[divan::bench]
fn knock_over_tagged_ipv6_with_an_extension(bencher: Bencher<'_, '_>) {
    let ethernet = [&[0x22; 12][..], &[0x81, 0, 0, 7, 0x86, 0xdd]].concat();
    let six = [&[0x60, 0, 0, 0, 0, 116, 0, 64][..], &[0xfd; 32]].concat();
    let frame = [
        &ethernet[..],
        &six,
        &[17, 0, 1, 4, 0, 0, 0, 0],
        &UDP,
        &[0xaa; 100],
    ]
    .concat();
    bencher.bench_local(|| read(black_box(&frame), Link::Ethernet).is_ok());
}

/// What a flood mostly is: the first look already says no.
#[divan::bench]
fn not_ip(bencher: Bencher<'_, '_>) {
    let frame = [0x22; 60];
    bencher.bench_local(|| read(black_box(&frame), Link::Ethernet).is_err());
}

const FOUR: [u8; 20] = [
    0x45, 0, 0, 128, 0, 7, 0x40, 0, 64, 17, 0, 0, 192, 0, 2, 1, 198, 51, 100, 2,
];
const UDP: [u8; 8] = [0x9c, 0x40, 0xf2, 0xf9, 0, 108, 0, 0];
