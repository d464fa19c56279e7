//! Which names clients, services and servers may have.

/// Whether a client, service or server may be called so: 1 to 64 of `a-z A-Z 0-9 . _ @ -`, not beginning with a dash.
///
/// Names stand in logs, on command lines and in messages: nothing there may need a quote or hide a letter.
pub fn is_name(name: &str) -> bool {
    let allowed =
        |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '@' | '-');
    (1..=64).contains(&name.len()) && !name.starts_with('-') && name.chars().all(allowed)
}

/// What [`is_name`] asks for, for people.
pub(crate) const NAME_ADVICE: &str =
    "a name has 1 to 64 letters, digits or . _ @ - and does not begin with a dash";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_are_fine_and_tricky_ones_are_not() {
        for good in ["alice", "alice@laptop", "ssh-2", "web.example", "7"] {
            assert!(is_name(good), "{good}");
        }
        for bad in [
            "",
            "-v",
            "a b",
            "a\nb",
            "al\u{456}ce",
            "a/b",
            "a=b",
            "a,b",
            "#a",
        ] {
            assert!(!is_name(bad), "{bad}");
        }
        assert!(!is_name(&"a".repeat(65)));
    }
}
