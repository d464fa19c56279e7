//! The friend knocks and goes in, and the wire tells how long it took.

use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use nightlatch_lab::{Direction, Flags, Host, Kind as Carried, Packet, Reached, Recorded, connect};
use nightlatch_ticket::{
    AddressClaim, Answer, Kind, Memory, Outcome, PairKeys, Reason, SEALED_LENGTH, ServiceHash, Wish,
};

use super::keys::SERVICE;
use super::stage::{Seen, Stage};
use crate::clock::Clock;
use crate::knock::{Line, Patience, once, open};
use crate::randomness;

/// How a knock went.
#[derive(Debug)]
pub(super) struct Entrance {
    /// The connection, when the door was open.
    pub(super) stream: Option<TcpStream>,
    /// From the knock that was honoured to the server's SYN-ACK, both on the wire.
    pub(super) took: Option<Duration>,
    /// The same from the first knock, when the server asked for another one.
    pub(super) with_repair: Option<Duration>,
    /// Why the knock was not honoured.
    pub(super) refused: Option<Reason>,
}

impl Stage {
    /// Knocks, and connects as soon as the server says that it is open.
    pub(super) fn knock_and_enter(&mut self, seen: Seen) -> anyhow::Result<Entrance> {
        self.friends_wire.take()?;
        let (friend, keys, mut memory) = (self.friend.clone(), &self.keys.0, self.memory);
        let (end, stream) = friend.run(|| {
            let end = knock(keys, seen.keyhole(), Kind::Knock, &mut memory)?;
            let stream = TcpStream::connect_timeout(&seen.door(), SHORT).ok();
            Ok::<_, anyhow::Error>((end, stream))
        })??;
        self.memory = memory;
        let frames = self.friends_wire.take()?;
        let is_ours = |frame: &&Recorded| is_knock(frame, seen.keyhole());
        let (first, last) = (frames.iter().find(is_ours), frames.iter().rfind(is_ours));
        let answer = frames.iter().find(|frame| is_let_in(frame, seen.door()));
        self.recorded = last.and_then(Recorded::packet).map(|packet| packet.payload);
        let since = |knock: Option<&Recorded>| Some(answer?.at.saturating_sub(knock?.at));
        let is_repaired = end.is_ok_and(|outcome| outcome.sends > 1);
        Ok(Entrance {
            stream,
            took: since(last),
            with_repair: since(first).filter(|_| is_repaired),
            refused: end.err(),
        })
    }

    /// Closes again by a knock what an earlier one opened.
    pub(super) fn close(&mut self, seen: Seen) -> anyhow::Result<()> {
        let (friend, keys, mut memory) = (self.friend.clone(), &self.keys.0, self.memory);
        let end = friend.run(|| knock(keys, seen.keyhole(), Kind::Close, &mut memory))??;
        self.memory = memory;
        end.map(drop)
            .map_err(|reason| anyhow!("the door could not be closed again: {reason}"))
    }
}

/// Tries once to connect from a host to the guarded service.
pub(super) fn try_door(from: &Host, door: SocketAddr) -> anyhow::Result<Reached> {
    Ok(connect(from, door, SHORT)?)
}

/// Knocks once, with every repair that it takes; call it inside the friend's host.
fn knock(
    keys: &PairKeys,
    keyhole: SocketAddr,
    kind: Kind,
    memory: &mut Memory,
) -> anyhow::Result<Result<Outcome, Reason>> {
    let (socket, local): (_, IpAddr) = open(keyhole).context("a socket to knock with")?;
    let line = Line {
        text: None,
        socket: &socket,
        keys,
        patience: Patience::Nearby,
        clock: Clock::system(),
        enough: None,
    };
    let wish = Wish {
        kind,
        service: ServiceHash::of(SERVICE.0),
        wanted: 0,
        answer: Answer::Awaited(AddressClaim::Likely(local)),
    };
    Ok(once(line, wish, memory, &mut randomness()?)?.end)
}

fn is_knock(frame: &Recorded, keyhole: SocketAddr) -> bool {
    frame.direction == Direction::Out
        && frame.packet().is_some_and(|packet| {
            packet.destination == keyhole && packet.payload.len() == SEALED_LENGTH
        })
}

fn is_let_in(frame: &Recorded, door: SocketAddr) -> bool {
    frame.direction == Direction::In
        && frame
            .packet()
            .is_some_and(|packet| packet.source == door && is_syn_ack(&packet))
}

fn is_syn_ack(packet: &Packet) -> bool {
    matches!(packet.kind, Carried::Tcp { flags, .. } if flags.has(Flags::SYN_ACK))
}

/// Longer than any answer on a cable of a few centimetres of memory.
const SHORT: Duration = Duration::from_millis(250);
