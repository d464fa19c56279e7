//! A door on its way into our configuration, or the reason why it stays outside.

use std::ops::Range;

use super::{
    block::Risk,
    deed::{self, Deed},
    halves::Halves,
    steps::{Way, seconds_within},
};
use crate::{
    beginning::beginning,
    knockd::{
        commands::Unread,
        reading::{Door, File, Key, Lines},
    },
    sweep::is_swept,
};

/// A door, understood.
pub(super) struct Candidate<'f> {
    pub(super) door: &'f Door,
    pub(super) way: Way,
    pub(super) halves: Halves,
    pub(super) deed: Deed,
    /// Why it is left out.
    pub(super) left: Option<Risk>,
}

/// All doors, in the order of the file.
pub(super) fn all<'f>(file: &'f File, lines: &Lines) -> Vec<Candidate<'f>> {
    let mut candidates: Vec<Candidate<'f>> = file
        .doors
        .iter()
        .map(|door| Candidate::new(door, lines))
        .collect();
    for place in 0..candidates.len() {
        let clash = clash(&candidates, place);
        if let Some(candidate) = candidates.get_mut(place)
            && candidate.left.is_none()
        {
            candidate.left = clash;
        }
    }
    candidates
}

impl<'f> Candidate<'f> {
    fn new(door: &'f Door, lines: &Lines) -> Self {
        let halves = Halves::of(door, lines);
        let way = Way::of(door, lines);
        let deed = deed::of(&halves);
        let left = match &way {
            None => Some(port_zero(door)),
            Some(way) if way.steps().len() > 1 && seconds_within(door, lines) < 1 => {
                Some(never_opens(door))
            }
            // What a stranger closes is his own.
            Some(_) if matches!(deed, Deed::Close(_)) => not_text(door, lines),
            Some(way) => not_text(door, lines).or_else(|| swept(door, way, &deed)),
        };
        Self {
            door,
            deed,
            halves,
            way: way.unwrap_or(Way::Plain(Vec::new())),
            left,
        }
    }

    /// It closes what nobody opens: its command runs, and that is no longer the stranger's own affair.
    pub(super) fn run_instead(&mut self) {
        self.deed = Deed::Run(Unread::Orphan);
        self.left = swept(self.door, &self.way, &self.deed);
    }

    fn sequence_span(&self) -> Range<usize> {
        let said = self
            .door
            .last(Key::Sequence)
            .or_else(|| self.door.last(Key::OneTimeSequences));
        said.map_or_else(|| self.door.header.span.clone(), |said| said.value.clone())
    }
}

fn port_zero(door: &Door) -> Risk {
    let span = door.touches.iter().find(|touch| touch.port == 0);
    Risk::new(
        span.map_or_else(|| door.header.span.clone(), |touch| touch.span.clone()),
        format!(
            "knockd reads a port here as 0, which no client can touch: `{}` is left out",
            door.name.escape_debug()
        ),
        "mend the number or take away the comma too many, and import again",
    )
}

fn never_opens(door: &Door) -> Risk {
    let said = door.last(Key::SeqTimeout);
    Risk::new(
        said.map_or_else(|| door.header.span.clone(), |said| said.value.clone()),
        format!(
            "no time at all for several ports: knockd never opened `{}`, and it is left out",
            door.name.escape_debug()
        ),
        "give it some seconds, and import again",
    )
}

/// A door that any scan opens, once it goes from port to port: our configuration refuses such a sequence.
fn swept(door: &Door, way: &Way, deed: &Deed) -> Option<Risk> {
    let done = match deed {
        Deed::Open(_) => "opens the door",
        Deed::Run(_) | Deed::Close(_) => "runs its command",
        Deed::Log => "is taken for its knock",
    };
    let said = door.last(Key::Sequence)?;
    is_swept(way.steps()).then(|| {
        Risk::new(
            said.value.clone(),
            format!(
                "these ports are neighbours, and a scan of one after the other {done}: `{}` is left out",
                door.name.escape_debug()
            ),
            "give it ports that lie apart, in any order, and import again",
        )
    })
}

/// A command or a path that cannot be written down.
fn not_text(door: &Door, lines: &Lines) -> Option<Risk> {
    let is_used = |key| !matches!(key, Key::Target | Key::TcpFlags | Key::Sequence);
    let said = door.said.iter().find(|said| {
        is_used(said.key)
            && lines
                .text(&said.value)
                .contains(char::REPLACEMENT_CHARACTER)
    })?;
    Some(Risk::new(
        said.value.clone(),
        format!(
            "this is not UTF-8, and a guess could run something else: `{}` is left out",
            door.name.escape_debug()
        ),
        "save the file as UTF-8, and import again",
    ))
}

/// Another door that would open on the way to this one, or too many that begin with it.
fn clash(candidates: &[Candidate<'_>], place: usize) -> Option<Risk> {
    let one = candidates.get(place)?;
    if place >= MOST_DOORS {
        let title = format!(
            "more than {MOST_DOORS} doors: `{}` is left out",
            one.door.name.escape_debug()
        );
        return Some(Risk::new(
            one.sequence_span(),
            title,
            "give each person a key instead: [client.NAME]",
        ));
    }
    let steps = one.way.steps();
    if steps.is_empty() {
        return None;
    }
    let others = || {
        let kept = candidates.iter().enumerate().take(MOST_DOORS);
        kept.filter(move |(other, candidate)| *other != place && candidate.left.is_none())
    };
    let name = one.door.name.escape_debug();
    let by_the_way = others().find(|(other, candidate)| {
        let theirs = candidate.way.steps();
        let is_first = theirs.len() < steps.len() || *other < place;
        !theirs.is_empty() && is_first && beginning(theirs, steps).is_some()
    });
    if let Some((_, other)) = by_the_way {
        let theirs = format!(
            "`{}` of line {}",
            other.door.name.escape_debug(),
            other.door.header.number
        );
        let title = if other.way.steps().len() == steps.len() {
            format!("`{name}` is knocked like {theirs}: it is left out")
        } else {
            format!(
                "{theirs} opens on the way to `{name}`, and knockd opened nothing else: `{name}` is left out"
            )
        };
        let advice = "give it other ports, or let one sequence open a service with all the ports";
        return Some(Risk::new(one.sequence_span(), title, advice));
    }
    let first = steps.first()?;
    let crowd = others().filter(|(other, candidate)| {
        *other < place
            && candidate
                .way
                .steps()
                .first()
                .is_some_and(|step| step.overlaps(first))
    });
    (crowd.count() >= MOST_AT_ONE_STEP).then(|| {
        Risk::new(
            one.sequence_span(),
            format!("more than {MOST_AT_ONE_STEP} sequences begin with the same port: `{name}` is left out"),
            "let it begin with another port",
        )
    })
}

/// As many sequences as our configuration takes.
const MOST_DOORS: usize = 256;

/// One source is on so many ways at once.
const MOST_AT_ONE_STEP: usize = 8;
