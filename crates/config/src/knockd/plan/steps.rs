//! What a door waits for, in our notation, and what there is to say about it.

use nightlatch_core::{Protocol, Step};

use super::block::{Paragraph, Risk};
use super::toml;
use crate::knockd::reading::{Door, Key, Line, Lines, Said, Touch, atoi};

/// What a door waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// The same steps every time.
    Plain(Vec<Step>),
    /// A file with a sequence on each line.
    OneTime(String),
}

impl Way {
    /// What this door waits for; none where a port is 0, which nobody can touch.
    pub(super) fn of(door: &Door, lines: &Lines) -> Option<Self> {
        if let Some(said) = door.last(Key::OneTimeSequences) {
            return Some(Self::OneTime(lines.text(&said.value).to_owned()));
        }
        let step = |touch: &Touch| written(touch, door).parse().ok();
        door.touches
            .iter()
            .map(step)
            .collect::<Option<_>>()
            .map(Self::Plain)
    }

    /// The steps, where they are known.
    pub(super) fn steps(&self) -> &[Step] {
        match self {
            Self::Plain(steps) => steps,
            Self::OneTime(_) => &[],
        }
    }

    /// The line that says it, under what it was.
    pub(super) fn paragraph(&self, door: &Door, lines: &Lines) -> Paragraph {
        let keys = [Key::Sequence, Key::OneTimeSequences, Key::TcpFlags];
        let quotes = door.said.iter().filter(|said| keys.contains(&said.key));
        let paragraph = Paragraph::about(quotes.map(|said| &said.line)).notes(overridden(door));
        match self {
            Self::Plain(steps) => {
                let steps: Vec<String> = steps.iter().map(ToString::to_string).collect();
                paragraph
                    .notes(flag_notes(door))
                    .risks(flag_risk(door))
                    .risks(odd_flags(door))
                    .risks(number_risks(door, lines))
                    .says(format!("steps = {}", toml::list(&steps)))
            }
            Self::OneTime(path) => paragraph
                .note("Used lines are remembered in the state folder; the file itself is not marked with # any more. Lines that knockd marked stay comments. Only its owner may be able to read the file: chmod 600.")
                .notes(list_flag_notes(door))
                .risks(list_flag_risk(door))
                .risks(one_time_risk(door))
                .says(format!("one-time = {}", toml::string(path))),
        }
    }
}

/// `tcp/7000 flags=fin`
fn written(touch: &Touch, door: &Door) -> String {
    let (protocol, port) = (touch.protocol, touch.port);
    match protocol {
        Protocol::Tcp if door.last(Key::TcpFlags).is_some() && !door.flags.is_attempt() => {
            format!("{protocol}/{port} flags={}", door.flags.written())
        }
        Protocol::Tcp | Protocol::Udp => format!("{protocol}/{port}"),
    }
}

/// A key that stands twice: knockd takes the last one, and a list in the place of a sequence above it.
fn overridden(door: &Door) -> impl Iterator<Item = String> {
    let lost = |said: &&Said| {
        let is_list =
            |later: &Said| later.key == Key::OneTimeSequences && said.key == Key::Sequence;
        let same = |later: &Said| later.key == said.key || is_list(later);
        let mut after = door
            .said
            .iter()
            .skip_while(|one| one.line != said.line)
            .skip(1);
        said.key != Key::TcpFlags && after.any(same)
    };
    let lost = door.said.iter().filter(lost);
    lost.map(|said| {
        format!(
            "Line {} does not count: a later one says something else.",
            said.line.number
        )
    })
}

fn has_tcp(door: &Door) -> bool {
    door.touches
        .iter()
        .any(|touch| touch.protocol == Protocol::Tcp)
}

fn flag_notes(door: &Door) -> Option<String> {
    door.last(Key::TcpFlags)?;
    if !has_tcp(door) {
        return Some(String::from(
            "TCPFlags count for TCP alone, and there is no TCP step.",
        ));
    }
    door.flags.is_attempt().then(|| {
        String::from(
            "tcp/… alone is a connection attempt: SYN set, and neither ACK nor RST nor FIN.",
        )
    })
}

/// The lines of a list are ports and nothing else.
fn list_flag_notes(door: &Door) -> Option<String> {
    let ports =
        "A TCP port in the list is a connection attempt: SYN set, and neither ACK nor RST nor FIN";
    match door.last(Key::TcpFlags) {
        Some(_) if !door.flags.is_attempt() => None,
        Some(_) => Some(format!("{ports}.")),
        None => Some(format!(
            "{ports}; without TCPFlags knockd would have taken any TCP packet."
        )),
    }
}

fn list_flag_risk(door: &Door) -> Option<Risk> {
    let said = door.last(Key::TcpFlags)?;
    (!door.flags.is_attempt()).then(|| {
        Risk::new(
            said.value.clone(),
            "a list cannot ask for flags: here each of its TCP ports is a connection attempt",
            "walk it with a client that begins connections, as `nightlatch knock` and knockd's `knock` do, or write one sequence with steps such as \"tcp/7000 flags=fin\"",
        )
    })
}

fn flag_risk(door: &Door) -> Option<Risk> {
    let said = door.last(Key::Sequence)?;
    (door.last(Key::TcpFlags).is_none() && has_tcp(door)).then(|| {
        Risk::new(
            said.value.clone(),
            "without TCPFlags knockd would have taken any TCP packet; here only a connection attempt counts",
            "say tcpflags = syn if that is meant; a client that sends something else needs a step of our own configuration: \"tcp/7000 flags=any\"",
        )
    })
}

/// What no call of `connect` sends.
fn odd_flags(door: &Door) -> Option<Risk> {
    let said = door.last(Key::TcpFlags)?;
    (has_tcp(door) && !door.flags.take_an_attempt()).then(|| {
        Risk::new(
            said.value.clone(),
            "no ordinary client sends this: what begins a connection has SYN alone",
            "knock with a tool that makes packets, as root, or say tcpflags = syn",
        )
    })
}

/// Numbers that are not what they look like.
fn number_risks<'d>(door: &'d Door, lines: &'d Lines) -> impl Iterator<Item = Risk> + 'd {
    door.touches.iter().filter_map(|touch| {
        let text = lines
            .text(&touch.span)
            .split(':')
            .next()
            .unwrap_or_default()
            .trim();
        (text != touch.port.to_string()).then(|| {
            Risk::new(
                touch.span.clone(),
                format!(
                    "knockd reads `{}` as port {}",
                    text.escape_debug(),
                    touch.port
                ),
                "so it stands here; write the port that is meant",
            )
        })
    })
}

fn one_time_risk(door: &Door) -> Option<Risk> {
    let (file, sequence) = (door.last(Key::OneTimeSequences)?, door.last(Key::Sequence)?);
    (file.line.span.start < sequence.line.span.start).then(|| {
        Risk::new(
            sequence.value.clone(),
            "knockd waited for this sequence once before it came to the file; here the file counts from the start",
            "add it to the file as the first line if somebody still has it",
        )
    })
}

/// How long the whole may take, under what was said about it.
pub(super) fn within(door: &Door, lines: &Lines) -> Paragraph {
    let quotes: Vec<&Line> = door.all(Key::SeqTimeout).map(|said| &said.line).collect();
    let paragraph = Paragraph::about(quotes);
    let seconds = seconds_within(door, lines);
    let paragraph = match door.last(Key::SeqTimeout) {
        None => paragraph.note("knockd's own default; without the line it would be 10 s here."),
        Some(said) => paragraph.risks(plain_number(said, seconds, lines)),
    };
    let kept = seconds.clamp(1, LONGEST_WITHIN);
    let paragraph = if seconds > LONGEST_WITHIN {
        paragraph.note("knockd waited longer; this is the most that can be asked for.")
    } else {
        paragraph
    };
    paragraph.says(format!("within = \"{}\"", time(kept)))
}

/// What knockd understands; 0 and less mean that several steps never come in time.
pub(super) fn seconds_within(door: &Door, lines: &Lines) -> i64 {
    let said = door.last(Key::SeqTimeout);
    said.map_or(25, |said| i64::from(atoi(lines.text(&said.value))))
}

/// Where the text is not simply the number that knockd takes it for.
pub(super) fn plain_number(said: &Said, number: i64, lines: &Lines) -> Option<Risk> {
    let text = lines.text(&said.value);
    (text != number.to_string()).then(|| {
        Risk::new(
            said.line.span.clone(),
            format!("knockd reads `{}` as {number}", text.escape_debug()),
            "so it stands here; write the number of seconds that is meant",
        )
    })
}

/// Seconds as our configuration writes them.
pub(super) fn time(seconds: i64) -> String {
    let seconds = u64::try_from(seconds).unwrap_or_default();
    crate::time_span::write_time_span(std::time::Duration::from_secs(seconds))
}

/// The most that our configuration takes.
const LONGEST_WITHIN: i64 = 600;
