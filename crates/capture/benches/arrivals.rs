//! How long it takes from the kernel to a frame, and to tell the kernel another filter.

use std::{io::Write, net::UdpSocket};

use divan::{Bencher, black_box, counter::ItemsCount};
use nightlatch_capture::{
    Interfaces, KnockShape, MOST_TAGS, PacketSocket, ReplySocket, Source, Touches, Watch,
};
use nix::sched::{CloneFlags, unshare};
use rustix::event::{PollFd, PollFlags, poll};

#[path = "../tests/namespace/mod.rs"]
#[expect(
    dead_code,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "the tests' namespace: here too a panic is the right end"
)]
mod namespace;

fn main() {
    if let Err(errno) = unshare(CloneFlags::CLONE_NEWNET) {
        let _ = writeln!(
            std::io::stderr(),
            "skipped: a network namespace needs root ({errno})"
        );
        return;
    }
    namespace::Namespace::of_this_thread();
    divan::main();
}

/// A knock sent over loopback, waited for and handed over: the way of an idle server.
#[divan::bench]
fn one_knock(bencher: Bencher<'_, '_>) {
    let Some((mut socket, client, _held)) = ends() else {
        return;
    };
    bencher.bench_local(|| {
        let sent = client.send(&[7; 100]);
        let ready = poll(
            &mut [PollFd::from_borrowed_fd(socket.fd(), PollFlags::IN)],
            None,
        );
        let count = socket.frames(&mut |frame, _| {
            black_box(frame);
        });
        (sent.is_ok(), ready.is_ok(), count.is_ok())
    });
}

/// Sending alone, to be taken off the others.
#[divan::bench]
fn sending_alone(bencher: Bencher<'_, '_>) {
    let Some((_socket, client, _held)) = ends() else {
        return;
    };
    bencher.bench_local(|| client.send(&[7; 100]).is_ok());
}

/// Asking when there is nothing.
#[divan::bench]
fn nothing_there(bencher: Bencher<'_, '_>) {
    let Some((mut socket, ..)) = ends() else {
        return;
    };
    bencher.bench_local(|| socket.frames(&mut |_, _| {}).is_ok());
}

/// A full batch handed over, per frame.
#[divan::bench]
fn a_batch(bencher: Bencher<'_, '_>) {
    let Some((socket, client, _held)) = ends() else {
        return;
    };
    let socket = std::cell::RefCell::new(socket);
    bencher
        .with_inputs(|| {
            for _ in 0..64 {
                let _ = client.send(&[7; 100]);
            }
        })
        .input_counter(|()| ItemsCount::new(64_usize))
        .bench_local_values(|()| {
            socket.borrow_mut().frames(&mut |frame, _| {
                black_box(frame);
            })
        });
}

/// What a junk packet costs the sender's side of the kernel when the filter drops it.
#[divan::bench(args = [0, 4, 64, 1024])]
fn sending_junk_against_tags(bencher: Bencher<'_, '_>, tags: usize) {
    let Some((mut socket, client, _held)) = ends() else {
        return;
    };
    let _ = socket.watch_for(Some(&many_tags(tags)), &Touches::default());
    bencher.bench_local(|| client.send(&[7; 100]).is_ok());
}

/// Telling the kernel which tags are valid.
#[divan::bench(args = [4, 64, MOST_TAGS])]
fn setting_tags(bencher: Bencher<'_, '_>, tags: usize) {
    let Some((mut socket, ..)) = ends() else {
        return;
    };
    let tags = many_tags(tags);
    bencher.bench_local(|| socket.watch_for(Some(&tags), &Touches::default()).is_ok());
}

/// An answer, sent.
#[divan::bench]
fn an_answer(bencher: Bencher<'_, '_>) {
    let (Ok(reply), Ok(client)) = (ReplySocket::open(PORT + 1), UdpSocket::bind("127.0.0.1:0"))
    else {
        return;
    };
    let Ok(to) = client.local_addr() else { return };
    bencher.bench_local(|| reply.send(to.ip(), to, &[7; 100]).is_ok());
}

/// Both ends of a knock, and who holds the port meanwhile: without him the kernel would answer that
/// it is closed, and every other send would fail.
fn ends() -> Option<(PacketSocket, UdpSocket, ReplySocket)> {
    let watch = Watch {
        interfaces: Interfaces::All,
        knock: Some(KnockShape {
            port: PORT,
            lengths: vec![100],
        }),
        touches: Touches::default(),
    };
    let client = UdpSocket::bind("127.0.0.1:0").ok()?;
    client.connect(("127.0.0.1", PORT)).ok()?;
    let held = ReplySocket::open(PORT).ok()?;
    Some((PacketSocket::open(&watch).ok()?, client, held))
}

fn many_tags(count: usize) -> Vec<[u8; 8]> {
    (0..u64::try_from(count).unwrap_or_default())
        .map(|number| number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes())
        .collect()
}

const PORT: u16 = 62_201;
