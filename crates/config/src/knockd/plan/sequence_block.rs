//! `[sequence.…]`: what is to be touched, and what that opens or closes.

use super::{
    block::{Block, Paragraph, Risk},
    candidate::Candidate,
    deed::Deed,
    service_block::{ports, quotes, shared},
    services::{Aim, Service, Services},
    steps::within,
    toml, weak,
};
use crate::knockd::reading::{Key, Line, Lines};

/// The sequence of this door, under the door's own comments.
pub(super) fn block(
    door: usize,
    name: &str,
    candidate: &Candidate<'_>,
    services: &Services,
    lines: &Lines,
) -> Option<Block> {
    let aim = services.aims.get(door).copied().flatten()?;
    let mut paragraphs = vec![
        candidate
            .way
            .paragraph(candidate.door, lines)
            .notes(idle(candidate))
            .risks(weak::risks(candidate)),
        within(candidate.door, lines),
    ];
    paragraphs.extend(target(candidate));
    paragraphs.push(match aim {
        Aim::Opens(place) => opens(door, candidate, services.services.get(place)?, lines),
        Aim::Closes(place) => closes(candidate, services, place)?,
    });
    Some(Block {
        above: Vec::new(),
        title: Some(format!("[sequence.{}]", toml::key(name))),
        paragraphs,
    })
}

/// Lines that did nothing under knockd either.
fn idle<'c>(candidate: &'c Candidate<'_>) -> impl Iterator<Item = String> + 'c {
    let has_start = candidate.halves.four.start.is_some() || candidate.halves.six.start.is_some();
    let has_stop = candidate.halves.stops().next().is_some();
    let is_opening = matches!(candidate.deed, Deed::Open(_));
    candidate.door.said.iter().filter_map(move |said| {
        let why = match said.key {
            Key::StopCommand | Key::StopCommandSix if !has_start => {
                "without a start command knockd never came to it"
            }
            Key::CmdTimeout if !has_stop && !is_opening => "there is no stop command to wait for",
            _ => return None,
        };
        Some(format!("Line {} does nothing: {why}.", said.line.number))
    })
}

/// The door as it was, when nothing becomes of it.
pub(super) fn left_out(candidate: &mut Candidate<'_>) -> Option<Block> {
    let risk = candidate.left.take()?;
    let door = candidate.door;
    let quoted: Vec<&Line> = door.said.iter().map(|said| &said.line).collect();
    Some(Block {
        above: Vec::new(),
        title: None,
        paragraphs: vec![Paragraph::about(quoted).risks([risk])],
    })
}

fn target(candidate: &Candidate<'_>) -> Option<Paragraph> {
    let said = candidate.door.last(Key::Target)?;
    let risk = Risk::new(
        said.line.span.clone(),
        "Target cannot be asked for: here the sequence counts at every address of this host",
        "where it was another host's address, knock at this host instead",
    );
    Some(Paragraph::about(quotes(candidate.door, &[Key::Target])).risks([risk]))
}

fn opens(door: usize, candidate: &Candidate<'_>, service: &Service, lines: &Lines) -> Paragraph {
    let paragraph = if service.door == door {
        Paragraph::default()
    } else {
        // What its own commands said and the service does not would otherwise be said nowhere.
        let quoted = Paragraph::about(quotes(candidate.door, &COMMANDS))
            .note("The same as another door above: one service for both.");
        shared(quoted, candidate, service, lines)
    };
    paragraph.says(format!("opens = {}", toml::string(&service.name)))
}

fn closes(candidate: &Candidate<'_>, services: &Services, place: usize) -> Option<Paragraph> {
    let service = services.services.get(place)?;
    let Deed::Close(closed) = &candidate.deed else {
        return None;
    };
    let others = services
        .services
        .iter()
        .enumerate()
        .filter(|(other, service)| {
            *other != place && service.ports.iter().any(|port| closed.contains(port))
        });
    let others: Vec<String> = others
        .map(|(_, service)| format!("`{}`", service.name))
        .collect();
    let said = candidate.door.start()?;
    let more = (!others.is_empty()).then(|| {
        Risk::new(
            said.value.clone(),
            format!(
                "a sequence closes one service: {} stay open until their time is over",
                others.join(", ")
            ),
            "open those ports in one service, or give each a sequence that closes it",
        )
    });
    let whole = (!closed.is_empty() && *closed != service.ports && others.is_empty()).then(|| {
        Risk::new(
            said.value.clone(),
            format!(
                "this closes all that `{}` opens: {}",
                service.name,
                ports(&service.ports)
            ),
            "make two services of it if one of them is to stay open",
        )
    });
    let paragraph = Paragraph::about(quotes(candidate.door, &COMMANDS))
        .note("It ends what the same address opened, and no command is run for that.")
        .risks(more)
        .risks(whole);
    Some(paragraph.says(format!("closes = {}", toml::string(&service.name))))
}

const COMMANDS: [Key; 5] = [
    Key::StartCommand,
    Key::StartCommandSix,
    Key::CmdTimeout,
    Key::StopCommand,
    Key::StopCommandSix,
];
