//! Whether a command that a page mentions exists in the options as they are.

use clap::Command;
use clap::error::ErrorKind;

use super::words::words;

/// A whole line from a block must be taken by the program's own options.
pub(super) fn line(line: &str) -> Result<(), String> {
    let words = ours(line);
    let Some(command) = words.first().and_then(|name| program(name)) else {
        return Ok(());
    };
    match command.try_get_matches_from(&words) {
        Ok(_) => Ok(()),
        Err(wrong)
            if matches!(
                wrong.kind(),
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
            ) =>
        {
            Ok(())
        }
        Err(wrong) => Err(format!("`{line}` is not what the options allow\n  {wrong}")),
    }
}

/// What stands in `backquotes` in the text may be cut short, but its commands and options must exist.
pub(super) fn inline(page: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut fenced = false;
    for line in page.lines() {
        fenced ^= line.trim_start().starts_with("```");
        // Between the first and the second backquote, the third and the fourth, …
        let quoted = line.split('`').skip(1).step_by(2).filter(|_| !fenced);
        wrong.extend(quoted.filter_map(|code| mentioned(code).err()));
    }
    wrong
}

fn mentioned(code: &str) -> Result<(), String> {
    let words = ours(code);
    let Some(mut command) = words.first().and_then(|name| program(name)) else {
        return Ok(());
    };
    command.build();
    let mut here = &command;
    for word in words.iter().skip(1) {
        if let Some(option) = word.strip_prefix("--") {
            let option = option.split('=').next().unwrap_or(option);
            let known = here
                .get_arguments()
                .any(|argument| argument.get_long() == Some(option));
            if !known {
                return Err(format!(
                    "`{code}`: {} has no option --{option}",
                    here.get_name()
                ));
            }
        } else if let Some(below) = here.find_subcommand(word) {
            here = below;
        } else if here.has_subcommands() && here.get_positionals().next().is_none() && is_name(word)
        {
            return Err(format!(
                "`{code}`: {} has no command {word}",
                here.get_name()
            ));
        }
    }
    Ok(())
}

/// An ellipsis or a placeholder stands for something; a lower-case word is meant as it is.
fn is_name(word: &str) -> bool {
    word.bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

/// The words of a command line, without what only starts it.
fn ours(line: &str) -> Vec<String> {
    let words = words(line);
    let start = words.iter().position(|word| word != "sudo").unwrap_or(0);
    let words = words.get(start..).unwrap_or_default();
    match words {
        // The aliases of .cargo/config.toml.
        [cargo, alias, rest @ ..] if cargo == "cargo" && alias == "xtask" => join("xtask", rest),
        [cargo, rest @ ..] if cargo == "cargo" && is_alias(rest) => join("xtask", rest),
        _ => words.to_vec(),
    }
}

fn is_alias(words: &[String]) -> bool {
    matches!(words.first().map(String::as_str), Some("ci" | "demo"))
}

fn join(first: &str, rest: &[String]) -> Vec<String> {
    [first.to_owned()]
        .into_iter()
        .chain(rest.iter().cloned())
        .collect()
}

fn program(name: &str) -> Option<Command> {
    match name {
        "nightlatch" => Some(nightlatch::command()),
        "nightlatchd" => Some(nightlatchd::command()),
        "xtask" => Some(crate::options::command()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_exists_is_taken() {
        assert_eq!(line("cargo ci --quick"), Ok(()));
        assert_eq!(line("cargo xtask man --write"), Ok(()));
        assert_eq!(line("sudo ls --whatever"), Ok(()));
    }

    #[test]
    fn an_option_that_is_gone_is_named() {
        assert!(line("cargo ci --slow").unwrap_err().contains("--slow"));
        assert!(
            line("sudo nightlatchd --no-such-option")
                .unwrap_err()
                .contains("--no-such-option")
        );
    }

    #[test]
    fn text_may_cut_a_command_short_but_not_invent_one() {
        assert_eq!(
            inline("use `cargo xtask man` or `cargo xtask …`"),
            Vec::<String>::new()
        );
        assert_eq!(inline("use `cargo xtask woman`").len(), 1);
        assert_eq!(inline("use `nightlatch juggle`").len(), 1);
    }

    #[test]
    fn fenced_lines_are_not_taken_for_text() {
        assert_eq!(
            inline("```text\n`nightlatch juggle`\n```"),
            Vec::<String>::new()
        );
    }
}
