//! Words and lists as TOML writes them.

use std::fmt::Write;

/// A string; in single quotes where that saves the reader backslashes.
pub(super) fn string(text: &str) -> String {
    let is_quoted = text.contains(['"', '\\']);
    if is_quoted && !text.contains('\'') && !text.chars().any(is_hidden) {
        return format!("'{text}'");
    }
    let mut written = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => written.extend(['\\', letter]),
            '\t' => written.push_str("\\t"),
            _ if is_hidden(letter) => {
                let _ = write!(written, "\\U{:08X}", u32::from(letter));
            }
            _ => written.push(letter),
        }
    }
    written.push('"');
    written
}

/// A list of strings.
pub(super) fn list<T: AsRef<str>>(texts: &[T]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| string(text.as_ref())).collect();
    format!("[{}]", texts.join(", "))
}

/// The last part of a table's name.
pub(super) fn key(name: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    if name.is_empty() || !name.chars().all(is_plain) {
        return string(name);
    }
    name.to_owned()
}

/// Text that stands in a comment: TOML takes no control characters there, and readers should see them.
pub(super) fn comment(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_hidden(letter) {
            shown.extend(letter.escape_unicode());
        } else {
            shown.push(if letter == '\t' { ' ' } else { letter });
        }
    }
    shown
}

/// What does not show, or changes the order of what does.
fn is_hidden(letter: char) -> bool {
    letter != '\t' && letter.is_control()
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quotes_are_chosen_for_the_reader() {
        assert_eq!(string("a b"), r#""a b""#);
        assert_eq!(string(r#"say "x""#), r#"'say "x"'"#);
        assert_eq!(string(r#"'a' "b""#), r#""'a' \"b\"""#);
        assert_eq!(string("a\tb\u{1}"), r#""a\tb\U00000001""#);
        assert_eq!(key("a-b"), "a-b");
        assert_eq!(key("a.b"), r#""a.b""#);
        assert_eq!(comment("a\u{202e}\r"), "a\\u{202e}\\u{d}");
    }

    proptest! {
        #[test]
        fn every_text_comes_back_from_toml(text in any::<String>()) {
            let toml = format!("# {}\n{} = {}", comment(&text), key(&text), list(&[&text]));
            let table: toml::Table = toml.parse().unwrap();
            prop_assert_eq!(table[&text][0].as_str(), Some(text.as_str()));
        }
    }
}
