//! `[service.…]`: what a door opens or runs, and for how long.

use nightlatch_core::PortRange;

use super::{
    block::{Block, Paragraph, Risk},
    candidate::Candidate,
    deed::{Deed, Families, Lasts, Opening},
    services::{LONGEST, Service, cmd_timeout},
    steps::{plain_number, time},
    toml,
};
use crate::knockd::reading::{Door, Key, Line, Lines};

/// The service of this door.
pub(super) fn block(
    candidate: &Candidate<'_>,
    service: &Service,
    closer: Option<&Door>,
    lines: &Lines,
) -> Block {
    let mut paragraphs = Vec::new();
    if let Deed::Open(opening) = &candidate.deed {
        paragraphs.push(open(candidate, opening, service));
    }
    if service.runs.is_some() {
        paragraphs
            .push(Paragraph::default().says(format!("run = {}", toml::string(&service.name))));
    }
    paragraphs.push(lasts(candidate, service, closer, lines));
    Block {
        above: Vec::new(),
        title: Some(format!("[service.{}]", toml::key(&service.name))),
        paragraphs,
    }
}

/// `["tcp/22"]`
pub(super) fn ports(ranges: &[PortRange]) -> String {
    let written: Vec<String> = ranges.iter().map(ToString::to_string).collect();
    toml::list(&written)
}

/// The lines with any of these keys.
pub(super) fn quotes<'d>(door: &'d Door, keys: &'static [Key]) -> impl Iterator<Item = &'d Line> {
    let said = door
        .said
        .iter()
        .filter(move |said| keys.contains(&said.key));
    said.map(|said| &said.line)
}

/// What is said about a door that opens another door's service: how wide that is for this one as well.
pub(super) fn shared(
    paragraph: Paragraph,
    candidate: &Candidate<'_>,
    service: &Service,
    lines: &Lines,
) -> Paragraph {
    let Deed::Open(opening) = &candidate.deed else {
        return paragraph;
    };
    let door = candidate.door;
    let is_endless = opening.lasts == Lasts::UntilClosed && service.closer.is_none();
    paragraph
        .notes(families_note(door, opening.families))
        .risks(families_risk(door, opening.families))
        .risks(dropped(door, &opening.dropped))
        .risks(left_open(door, opening))
        .risks(is_endless.then(|| for_ever(door)))
        .risks(timeout_risk(candidate, lines))
}

fn open(candidate: &Candidate<'_>, opening: &Opening, service: &Service) -> Paragraph {
    let door = candidate.door;
    let note = match service.runs {
        None => {
            "A grant in its place: our gate lets in the address that knocked, and no command is run."
        }
        Some(_) => {
            "A grant of our gate for the address that knocked; the command runs as well, as the action below."
        }
    };
    Paragraph::about(quotes(door, &[Key::StartCommand, Key::StartCommandSix]))
        .note(note)
        .notes(families_note(door, opening.families))
        .risks(families_risk(door, opening.families))
        .risks(dropped(door, &opening.dropped))
        .says(format!("open = {}", ports(&opening.ports)))
}

fn families_note(door: &Door, families: Families) -> Option<String> {
    let family = match families {
        Families::Both => return None,
        Families::FourOnly => "IPv4",
        Families::SixOnly => "IPv6",
    };
    let is_silent = door.last(Key::StartCommandSix).is_none();
    is_silent.then(|| format!("The command works for {family} only; the grant is for the address that knocked, whichever it is."))
}

/// Where the administrator wrote that the other family gets nothing.
fn families_risk(door: &Door, families: Families) -> Option<Risk> {
    let said = door.last(Key::StartCommandSix)?;
    let other = match families {
        Families::Both => return None,
        Families::FourOnly => "IPv6",
        Families::SixOnly => "IPv4",
    };
    Some(Risk::new(
        said.line.span.clone(),
        format!(
            "knockd opened nothing for {other}; here it opens for the address that knocked, also of {other}"
        ),
        format!("if {other} is to stay out, let your firewall drop it"),
    ))
}

fn dropped(door: &Door, dropped: &[String]) -> Option<Risk> {
    let said = door.start()?;
    (!dropped.is_empty()).then(|| {
        Risk::new(
            said.value.clone(),
            format!("the command opened {}; the grant opens on all interfaces and addresses of this host", dropped.join(" and ")),
            "if that is too much, let your own firewall narrow it",
        )
    })
}

fn lasts(
    candidate: &Candidate<'_>,
    service: &Service,
    closer: Option<&Door>,
    lines: &Lines,
) -> Paragraph {
    let door = candidate.door;
    let paragraph = Paragraph::about(quotes(
        door,
        &[Key::CmdTimeout, Key::StopCommand, Key::StopCommandSix],
    ));
    let has_stop = candidate.halves.stops().next().is_some();
    let paragraph = match &candidate.deed {
        Deed::Open(opening) => match opening.lasts {
            Lasts::UntilStop => paragraph
                .notes(default_note(door))
                .note("The kernel closes it by itself then, also when the daemon is dead; another knock begins the time anew. Connections that exist by then go on.")
                .risks(left_open(door, opening)),
            Lasts::Seconds(_) => paragraph.note("As long as --timeout said."),
            Lasts::UntilClosed => match closer {
                Some(closer) => paragraph.note(format!("knockd left it open until [{}] was knocked; here it also ends by itself. Connections that exist by then go on.", closer.name)),
                None => paragraph.risks([for_ever(door)]),
            }
            .notes(idle_timeout(door)),
        },
        _ if has_stop => paragraph
            .notes(default_note(door))
            .note("The stop command runs this long after the knock. Another knock meanwhile begins the time anew; knockd ran both commands once more."),
        _ => paragraph.note("Nothing is to be undone: each knock runs the command."),
    };
    paragraph
        .risks(timeout_risk(candidate, lines))
        .says(format!("for = \"{}\"", time(service.lasts)))
}

fn idle_timeout(door: &Door) -> Option<String> {
    let said = door.last(Key::CmdTimeout)?;
    Some(format!(
        "Line {} did nothing: there is no stop command.",
        said.line.number
    ))
}

fn default_note(door: &Door) -> Option<String> {
    let is_silent = door.last(Key::CmdTimeout).is_none();
    is_silent.then(|| String::from("10 s are knockd's own default."))
}

fn left_open(door: &Door, opening: &Opening) -> Option<Risk> {
    let said = door.stop()?;
    let list: Vec<String> = opening.left_open.iter().map(ToString::to_string).collect();
    (!list.is_empty()).then(|| {
        Risk::new(
            said.value.clone(),
            format!(
                "this forgets {}, which knockd thus left open for ever",
                list.join(", ")
            ),
            "here all that was opened closes; look whether that is what was meant",
        )
    })
}

fn for_ever(door: &Door) -> Risk {
    Risk::new(
        door.name_span.clone(),
        "knockd left this open for ever: it has no stop command, and no door closes it; here it closes after 12h",
        "knock again then, or write another time into `for`, up to 30d",
    )
}

fn timeout_risk(candidate: &Candidate<'_>, lines: &Lines) -> Option<Risk> {
    let said = candidate.door.last(Key::CmdTimeout)?;
    candidate.halves.stops().next()?;
    let seconds = cmd_timeout(candidate, lines);
    let span = said.value.clone();
    match seconds {
        1..=LONGEST => plain_number(said, seconds, lines),
        0 => Some(Risk::new(
            span,
            "no time at all: here it is a second",
            "write the seconds that are meant",
        )),
        _ => Some(Risk::new(
            span,
            "knockd never came to the stop command; here it stays open for 30d, the longest time there is",
            "write the seconds that are meant",
        )),
    }
}
