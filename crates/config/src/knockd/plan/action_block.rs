//! `[action.…]`: what is run as it was, where it is no grant.

use super::{
    block::{Block, Paragraph, Risk},
    candidate::Candidate,
    deed::Deed,
    halves::Half,
    service_block::quotes,
    services::Service,
    toml,
};
use crate::knockd::{
    commands::{Unread, split},
    reading::{Door, Key},
};

/// The action of this door's service, if it runs something.
pub(super) fn block(
    candidate: &Candidate<'_>,
    service: &Service,
    closer: Option<&Door>,
) -> Option<Block> {
    let runs = service.runs.as_ref()?;
    let (four, six) = (&runs.four, &runs.six);
    let start = Paragraph::about(quotes(
        candidate.door,
        &[Key::StartCommand, Key::StartCommandSix],
    ));
    let mut start = start
        .notes(why(candidate))
        .risks(everybody(candidate))
        .notes(shell_note(four, six));
    for line in pair(
        "start",
        four.start.as_deref(),
        six.start.as_deref(),
        Some(NOTHING),
    ) {
        start = start.says(line);
    }
    let mut stop = Paragraph::about(quotes(
        candidate.door,
        &[Key::StopCommand, Key::StopCommandSix],
    ));
    let own = candidate.halves.stops().next().is_some();
    if let Some(closer) = closer.filter(|_| !own) {
        stop = stop.note(format!(
            "What [{}] ran; it runs when the time is over as well.",
            closer.name
        ));
    }
    for line in pair("stop", four.stop.as_deref(), six.stop.as_deref(), None) {
        stop = stop.says(line);
    }
    let mut paragraphs = vec![start, stop];
    if candidate.deed != Deed::Log {
        paragraphs.push(manners(candidate));
    }
    Some(Block {
        above: Vec::new(),
        title: Some(format!("[action.{}]", toml::key(&service.name))),
        paragraphs,
    })
}

fn manners(candidate: &Candidate<'_>) -> Paragraph {
    Paragraph::default()
        .risks(root(candidate))
        .says("user = \"root\"")
        .says("# knockd waited without end for a command; after this time it is ended with all that it started.")
        .says("timeout = \"1h\"")
}

/// Why it stays a command.
fn why(candidate: &Candidate<'_>) -> Option<String> {
    match &candidate.deed {
        Deed::Run(_) if everybody(candidate).is_some() => None,
        Deed::Run(reason) => Some(format!("It stays a command: {reason}.")),
        Deed::Log => Some(String::from(
            "knockd only wrote to its log; so does this: the command does nothing.",
        )),
        Deed::Open(_) | Deed::Close(_) => None,
    }
}

/// A door that lets in more than whoever knocked.
fn everybody(candidate: &Candidate<'_>) -> Option<Risk> {
    let said = candidate.door.last(Key::StartCommand)?;
    let advice = match candidate.deed {
        Deed::Run(Unread::Everybody) => {
            "write -s %IP%, or the like, and import again: it becomes a grant"
        }
        Deed::Run(Unread::EveryPort) => "name the ports and import again: it becomes a grant",
        Deed::Run(Unread::Network) => "write %IP% alone and import again: it becomes a grant",
        _ => return None,
    };
    let Deed::Run(reason) = candidate.deed else {
        return None;
    };
    Some(Risk::new(
        said.value.clone(),
        format!("this stays a command: {reason}"),
        advice,
    ))
}

fn root(candidate: &Candidate<'_>) -> Option<Risk> {
    let door = candidate.door;
    let said = door.start()?;
    Some(Risk::new(
        said.value.clone(),
        "knockd ran this as root, and so does this configuration",
        "our own configuration can name another user, where the command does not need root",
    ))
}

fn shell_note(four: &Half, six: &Half) -> Option<String> {
    let all = [&four.start, &four.stop, &six.start, &six.stop];
    let mut lines = all.into_iter().flatten();
    lines
        .any(|line| argv(line).is_none())
        .then(|| String::from("What a shell has to read stays a line for /bin/sh."))
}

/// The command for both families, and for IPv6 where it is another one.
fn pair(key: &str, four: Option<&str>, six: Option<&str>, otherwise: Option<&str>) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(four.or(otherwise).map(|line| written(key, "", line)));
    if six != four {
        lines.push(written(key, "-6", six.unwrap_or(NOTHING)));
    }
    lines
}

fn written(key: &str, family: &str, line: &str) -> String {
    match argv(line) {
        Some(words) => format!("{key}{family} = {}", toml::list(&words)),
        None => format!("{key}-shell{family} = {}", toml::string(line)),
    }
}

/// Program and arguments, where no shell is needed to tell them apart.
fn argv(line: &str) -> Option<Vec<String>> {
    let commands = split(line)?;
    let [command] = commands.as_slice() else {
        return None;
    };
    let mut words = command.words.clone();
    let program = words.first()?;
    if program.starts_with('/') {
        return Some(words);
    }
    // A name without a path is looked for along the PATH, as a shell does; `env` does so without one. But `env` has
    // options, and a shell may know more about any other word than that it is a name.
    if !is_plain_name(program) {
        return None;
    }
    words.insert(0, String::from("/usr/bin/env"));
    Some(words)
}

fn is_plain_name(program: &str) -> bool {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "._-+".contains(letter);
    program.starts_with(|first: char| first.is_ascii_alphanumeric())
        && program.chars().all(is_plain)
}

const NOTHING: &str = "/bin/true";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_is_left_out_only_where_env_runs_the_same() {
        for (line, expected) in [
            ("/bin/a -S b", "start = [\"/bin/a\", \"-S\", \"b\"]"),
            ("a %IP%", "start = [\"/usr/bin/env\", \"a\", \"%IP%\"]"),
            ("-S /bin/touch F", "start-shell = \"-S /bin/touch F\""),
            (
                "'-S' '/bin/touch F'",
                "start-shell = \"'-S' '/bin/touch F'\"",
            ),
            ("--chdir=/ a", "start-shell = \"--chdir=/ a\""),
            ("-iA=b a", "start-shell = \"-iA=b a\""),
            ("'' a", "start-shell = \"'' a\""),
            ("'a b' c", "start-shell = \"'a b' c\""),
            ("bin/a", "start-shell = \"bin/a\""),
            ("%IP% a", "start-shell = \"%IP% a\""),
            ("unset a", "start-shell = \"unset a\""),
            ("chdir /", "start-shell = \"chdir /\""),
            ("builtin exec a", "start-shell = \"builtin exec a\""),
            ("time a", "start-shell = \"time a\""),
            ("echo 'a\\n'", "start-shell = \"echo 'a\\\\n'\""),
            ("logger %I\\P%", "start-shell = 'logger %I\\P%'"),
            ("logger '%I'P%", "start-shell = \"logger '%I'P%\""),
        ] {
            assert_eq!(written("start", "", line), expected, "{line}");
        }
    }
}
