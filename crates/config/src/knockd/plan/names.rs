//! Names that our configuration takes, each of them once.

use std::collections::BTreeSet;

/// Gives each name once.
#[derive(Default)]
pub(super) struct Names(BTreeSet<String>);

impl Names {
    /// This name, or one like it that nobody has.
    pub(super) fn unique(&mut self, wanted: &str) -> String {
        let plain = plain(wanted);
        let numbered = (2_u32..).map(|number| format!("{plain}-{number}"));
        let mut free = std::iter::once(plain.clone()).chain(numbered);
        let name = free.find(|name| !self.0.contains(name)).unwrap_or(plain);
        self.0.insert(name.clone());
        name
    }
}

/// What a door opens, by its name: `openSSH` opens `ssh`.
pub(super) fn opened(door: &str) -> String {
    let lower = plain(door).to_ascii_lowercase();
    let rest = OPENERS.iter().find_map(|word| lower.strip_prefix(word));
    match rest.map(|rest| rest.trim_start_matches(['-', '_', '.'])) {
        None | Some("") => lower,
        Some(rest) => rest.to_owned(),
    }
}

/// What a door closes, by its name: `closeSSH` closes `ssh`.
pub(super) fn closed(door: &str) -> String {
    let lower = plain(door).to_ascii_lowercase();
    match lower.strip_prefix("close") {
        None | Some("") => lower,
        Some(rest) => rest.trim_start_matches(['-', '_', '.']).to_owned(),
    }
}

/// Letters that need no quotes anywhere.
fn plain(name: &str) -> String {
    let letter = |letter: char| match letter {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '_' | '@' => letter,
        _ => '-',
    };
    let letters: String = name.chars().map(letter).take(LONGEST).collect();
    let parts: Vec<&str> = letters.split('-').filter(|part| !part.is_empty()).collect();
    if parts.is_empty() {
        return String::from("door");
    }
    parts.join("-")
}

/// Room for a number behind it.
const LONGEST: usize = 48;

const OPENERS: [&str; 4] = ["openclose", "open_close", "open-close", "open"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_doors_become_names_of_ours() {
        for (door, name) in [
            ("openSSH", "ssh"),
            ("opencloseSMTP", "smtp"),
            ("open", "open"),
            ("open_web", "web"),
            ("Wake up!", "wake-up"),
            (" \u{e4} ", "door"),
            ("--", "door"),
        ] {
            assert_eq!(opened(door), name);
        }
        assert_eq!(closed("closeSSH"), "ssh");
    }

    #[test]
    fn each_name_is_given_once() {
        let mut names = Names::default();
        assert_eq!(names.unique("a"), "a");
        assert_eq!(names.unique("a"), "a-2");
        assert_eq!(names.unique("a!"), "a-3");
        assert!(crate::is_name(&names.unique(&"x".repeat(300))));
    }
}
