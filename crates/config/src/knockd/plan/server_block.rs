//! `[server]`: what is guarded, where is listened, and what became of `[options]`.

use nightlatch_core::PortRange;

use super::{
    block::{Block, Paragraph, Risk},
    service_block::ports,
    services::Services,
    toml,
};
use crate::{
    knockd::{
        Commands,
        reading::{File, Key, Lines, Said},
    },
    meaning::is_interface,
};

/// `[server]`.
pub(super) fn block(file: &File, services: &Services, commands: Commands, lines: &Lines) -> Block {
    let mut paragraphs = vec![guard(file, services, commands)];
    paragraphs.push(interfaces(file, lines));
    paragraphs.extend(file.options.iter().filter_map(option));
    Block {
        above: Vec::new(),
        title: Some(String::from("[server]")),
        paragraphs,
    }
}

fn guard(file: &File, services: &Services, commands: Commands) -> Paragraph {
    let mut guarded: Vec<PortRange> = Vec::new();
    for range in services.services.iter().flat_map(|service| &service.ports) {
        if !guarded.iter().any(|other| overlap(*other, *range)) {
            guarded.push(*range);
        }
    }
    guarded.sort_unstable();
    let paragraph = Paragraph::default();
    if guarded.is_empty() {
        return paragraph.note("No door opens ports by a grant, so nothing is guarded.");
    }
    paragraph
            .note("What the doors below open; to everybody who has not knocked it is silent. Our gate stands in front of your own firewall and takes no part in it.")
        .risks(firewall(file, services, commands, &guarded))
        .says(format!("guard = {}", ports(&guarded)))
}

/// The one thing that locks people out: two doors one behind the other, and a key for the first.
fn firewall(
    file: &File,
    services: &Services,
    commands: Commands,
    guarded: &[PortRange],
) -> Option<Risk> {
    let first = services
        .services
        .iter()
        .find(|service| !service.ports.is_empty())?;
    let door = file.doors.get(first.door)?;
    let said = door.start()?;
    let list: Vec<String> = guarded.iter().map(ToString::to_string).collect();
    (commands == Commands::BecomeGrants).then(|| {
        Risk::new(
            said.value.clone(),
            format!("grants open our gate alone: if your own firewall drops {} by itself, nobody gets in", list.join(", ")),
            "let your firewall accept these ports from everybody once the gate is up, or import with --keep-commands",
        )
    })
}

fn overlap(one: PortRange, other: PortRange) -> bool {
    one.protocol() == other.protocol() && one.first() <= other.last() && other.first() <= one.last()
}

fn interfaces(file: &File, lines: &Lines) -> Paragraph {
    let said: Vec<&Said> = file
        .options
        .iter()
        .filter(|said| said.key == Key::Interface)
        .collect();
    let paragraph = Paragraph::about(said.iter().map(|said| &said.line));
    let Some(last) = said.last() else {
        return paragraph
            .note("knockd listened on eth0, or on what its option -i named; here on all interfaces, unless they are named.")
            .says("# interfaces = [\"eth0\"]");
    };
    match lines.text(&last.value) {
        "" | "any" => paragraph
            .note("All interfaces.")
            .says("interfaces = \"all\""),
        name if is_interface(name) => {
            paragraph.says(format!("interfaces = {}", toml::list(&[name])))
        }
        name => paragraph
            .risks([Risk::new(
                last.value.clone(),
                format!(
                    "there is no interface `{}`: here all are listened on",
                    name.escape_debug()
                ),
                "write the name that `ip link` shows",
            )])
            .says("interfaces = \"all\""),
    }
}

fn option(said: &Said) -> Option<Paragraph> {
    let note = match said.key {
        Key::UseSyslog => "The log goes to the journal, or to standard error.",
        Key::LogFile => {
            "The log goes to the journal, or to standard error; what reads the old file, such as fail2ban, has to look there."
        }
        Key::PidFile => "systemd knows the process; nobody else needs the file.",
        _ => return None,
    };
    Some(Paragraph::about([&said.line]).note(note))
}
