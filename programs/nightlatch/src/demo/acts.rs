//! The acts of the story, in order; each does something real and looks what came of it.

use std::io::{Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use nightlatch_lab::{Host, Reached, Recorded, pause};

use super::knocking::{Entrance, try_door};
use super::scan::{UNGUARDED, scan};
use super::stage::{GREETING, Seen, Stage};
use super::telling::{Shown, Teller};
use crate::clock::Clock;

/// Plays every act.
pub(super) fn play(stage: &mut Stage, teller: &mut Teller) -> anyhow::Result<()> {
    teller.part("To a stranger there is nothing")?;
    teller.tell(&stranger_connects(stage, "stranger-connects")?)?;
    teller.tell(&stranger_scans(stage)?)?;
    teller.part("The friend knocks")?;
    let (shown, opened, stream) = friend_enters(stage, Seen::ByFriend, "friend-enters")?;
    teller.tell(&shown)?;
    teller.tell(&stranger_connects(stage, "stranger-while-open")?)?;
    teller.part("The door closes by itself")?;
    teller.tell(&door_closes(stage, opened)?)?;
    teller.tell(&connection_goes_on(stream)?)?;
    teller.part("The same over IPv6")?;
    let (shown, ..) = friend_enters(stage, Seen::ByFriendV6, "friend-enters-ipv6")?;
    teller.tell(&shown)?;
    teller.tell(&stranger_connects_v6(stage)?)?;
    teller.part("Somebody recorded the knock")?;
    replays(stage, teller)?;
    teller.part("The daemon is killed while the door is open")?;
    killed(stage, teller)
}

fn stranger_connects(stage: &Stage, act: &'static str) -> anyhow::Result<Shown> {
    let reached = try_door(&stage.stranger, Seen::ByStranger.door())?;
    let says = format!("the stranger connects to tcp/22: {}", in_words(&reached));
    Ok(shown(act, is_silent(&reached), says))
}

fn stranger_connects_v6(stage: &Stage) -> anyhow::Result<Shown> {
    let reached = try_door(&stage.stranger, Seen::ByStrangerV6.door())?;
    let says = format!(
        "the stranger connects to tcp/22 over IPv6: {}",
        in_words(&reached)
    );
    Ok(shown("stranger-while-open-ipv6", is_silent(&reached), says))
}

fn stranger_scans(stage: &mut Stage) -> anyhow::Result<Shown> {
    let scanned = scan(&stage.stranger, &mut stage.strangers_wire)?;
    let sighted = if scanned.is_sighted {
        "answers"
    } else {
        "does not answer either: the scan is blind"
    };
    let says = format!(
        "the stranger scans tcp/1-1024, udp/1-1024 and the knock port: {} packets out, {} back \
         (tcp/{UNGUARDED}, which nobody guards, {sighted})",
        scanned.sent, scanned.answers
    );
    Ok(shown(
        "stranger-scans",
        scanned.answers == 0 && scanned.is_sighted,
        says,
    ))
}

/// Knocks and goes in; on a busy machine again, since the claim is about the door and not the load.
fn friend_enters(
    stage: &mut Stage,
    seen: Seen,
    act: &'static str,
) -> anyhow::Result<(Shown, Instant, Option<TcpStream>)> {
    let mut tries: usize = 1;
    let mut entrance = stage.knock_and_enter(seen)?;
    while tries < TRIES && !is_fast(&entrance) {
        stage.close(seen)?;
        entrance = stage.knock_and_enter(seen)?;
        tries = tries.saturating_add(1);
    }
    let opened = Clock::system().monotonic();
    let by = if seen == Seen::ByFriendV6 {
        " over IPv6"
    } else {
        ""
    };
    let says = format!(
        "the friend knocks{by}{}",
        entered_in_words(&entrance, tries)
    );
    let milliseconds = entrance.took.map(in_milliseconds);
    let line = Shown {
        milliseconds,
        ..shown(act, is_fast(&entrance), says)
    };
    Ok((line, opened, entrance.stream))
}

fn entered_in_words(entrance: &Entrance, tries: usize) -> String {
    let Some((_, took)) = entrance.stream.as_ref().zip(entrance.took) else {
        let why = entrance.refused.map(|reason| format!(": {reason}"));
        return format!(", and stays outside{}", why.unwrap_or_default());
    };
    let repaired = entrance.with_repair.map(|whole| {
        let whole = written(whole);
        format!(
            " ({whole} with the first knock, which a daemon that remembers nothing has repeated)"
        )
    });
    let again = if tries > 1 {
        format!(", in try {tries}: this machine is busy")
    } else {
        String::new()
    };
    format!(
        " and is in after {}{}{again}",
        written(took),
        repaired.unwrap_or_default()
    )
}

fn is_fast(entrance: &Entrance) -> bool {
    entrance.stream.is_some() && entrance.took.is_some_and(|took| took <= A_MILLISECOND)
}

fn door_closes(stage: &Stage, opened: Instant) -> anyhow::Result<Shown> {
    await_close(opened);
    let reached = try_door(&stage.friend, Seen::ByFriend.door())?;
    let says = format!(
        "a second later the kernel has closed it; the friend connects: {}",
        in_words(&reached)
    );
    Ok(shown("door-closes", is_silent(&reached), says))
}

fn connection_goes_on(stream: Option<TcpStream>) -> anyhow::Result<Shown> {
    let mut heard = String::new();
    if let Some(mut stream) = stream {
        stream.set_read_timeout(Some(SOON))?;
        let mut greeting = [0; GREETING.len()];
        stream.read_exact(&mut greeting).context("the greeting")?;
        stream.write_all(STILL_THERE)?;
        let mut answer = [0; STILL_THERE.len()];
        stream.read_exact(&mut answer).context("the answer")?;
        heard = String::from_utf8_lossy(&answer).into_owned();
    }
    let goes_on = heard.as_bytes() == STILL_THERE;
    let says = if goes_on {
        "the connection that he has goes on"
    } else {
        "the connection that he has is broken"
    };
    Ok(shown("connection-goes-on", goes_on, says.to_owned()))
}

fn replays(stage: &mut Stage, teller: &mut Teller) -> anyhow::Result<()> {
    pause(OPEN_FOR);
    let knock = stage
        .recorded
        .clone()
        .context("no knock was seen on the wire")?;
    stage.friends_wire.take()?;
    stage.strangers_wire.take()?;
    send(&stage.friend, Seen::ByFriendV6, &knock)?;
    send(&stage.stranger, Seen::ByStranger, &knock)?;
    let from_same = try_door(&stage.friend, Seen::ByFriendV6.door())?;
    let answers = stage
        .friends_wire
        .take()?
        .iter()
        .filter_map(Recorded::arrival)
        .count();
    let says = format!(
        "sent again from the friend's own address it opens nothing: {}, {answers} answers",
        in_words(&from_same)
    );
    teller.tell(&shown(
        "replay-same-address",
        is_silent(&from_same) && answers == 0,
        says,
    ))?;
    let from_other = try_door(&stage.stranger, Seen::ByStranger.door())?;
    let answers = stage
        .strangers_wire
        .take()?
        .iter()
        .filter_map(Recorded::arrival)
        .count();
    let says = format!(
        "sent by the stranger it opens nothing: {}, {answers} answers",
        in_words(&from_other)
    );
    teller.tell(&shown(
        "replay-other-address",
        is_silent(&from_other) && answers == 0,
        says,
    ))
}

fn killed(stage: &mut Stage, teller: &mut Teller) -> anyhow::Result<()> {
    let (line, opened, _stream) =
        friend_enters(stage, Seen::ByFriend, "friend-enters-before-kill")?;
    teller.tell(&line)?;
    stage
        .daemon
        .kill()
        .context("the daemon could not be killed")?;
    let reached = try_door(&stage.friend, Seen::ByFriend.door())?;
    let says = format!(
        "killed (SIGKILL); the door that is open stays so: {}",
        in_words(&reached)
    );
    teller.tell(&shown("open-after-kill", reached.is_connected(), says))?;
    await_close(opened);
    let reached = try_door(&stage.friend, Seen::ByFriend.door())?;
    let says = format!(
        "nobody is there to close it, and the kernel does: {}",
        in_words(&reached)
    );
    teller.tell(&shown("closed-after-kill", is_silent(&reached), says))?;
    stage.restart()?;
    let (line, ..) = friend_enters(stage, Seen::ByFriend, "friend-enters-after-restart")?;
    let says = format!("started again; {}", line.says);
    teller.tell(&Shown { says, ..line })?;
    teller.tell(&stranger_connects(stage, "stranger-at-the-end")?)
}

fn send(host: &Host, seen: Seen, bytes: &[u8]) -> anyhow::Result<()> {
    host.run(|| {
        let any = if seen.address().is_ipv4() {
            "0.0.0.0:0"
        } else {
            "[::]:0"
        };
        UdpSocket::bind(any)?.send_to(bytes, seen.keyhole())
    })??;
    Ok(())
}

fn await_close(opened: Instant) {
    let close = opened.checked_add(OPEN_FOR.saturating_add(A_LITTLE));
    let now = Clock::system().monotonic();
    pause(close.map_or(Duration::ZERO, |close| close.saturating_duration_since(now)));
}

fn shown(act: &'static str, holds: bool, says: String) -> Shown {
    Shown {
        act,
        holds,
        says,
        milliseconds: None,
    }
}

fn is_silent(reached: &Reached) -> bool {
    matches!(reached, Reached::TimedOut)
}

fn in_words(reached: &Reached) -> &'static str {
    match reached {
        Reached::Connected { .. } => "he is in",
        Reached::Refused => "refused, so somebody is there",
        Reached::TimedOut => "no answer at all",
        Reached::Unreachable => "told that there is no way",
    }
}

fn in_milliseconds(took: Duration) -> f64 {
    f64::from(u32::try_from(took.as_micros()).unwrap_or(u32::MAX)) / 1e3
}

fn written(took: Duration) -> String {
    format!("{:.2} ms", in_milliseconds(took))
}

/// What the tool promises.
const A_MILLISECOND: Duration = Duration::from_millis(1);

/// Other programs want the processor too.
const TRIES: usize = 20;

/// As in the configuration of the demonstration.
const OPEN_FOR: Duration = Duration::from_secs(1);

/// The kernel counts in ticks of a few milliseconds.
const A_LITTLE: Duration = Duration::from_millis(30);

const SOON: Duration = Duration::from_secs(1);

const STILL_THERE: &[u8] = b"still there?";
