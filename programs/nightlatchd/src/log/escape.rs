//! Letters that would do something to a screen, written so that they do nothing.

use std::fmt::Write;

/// JSON in which every letter can be shown: what is escaped here stands within its strings alone.
///
/// JSON itself escapes no more than it must, and terminals obey control characters beyond ASCII too.
pub(super) fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for letter in json.chars() {
        if is_obeyed(letter) {
            let _ = write!(text, "\\u{:04x}", u32::from(letter));
        } else {
            text.push(letter);
        }
    }
    text
}

/// Controls of old, ends of lines, and what turns the way in which a line is read; four digits suffice for all.
fn is_obeyed(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_escaped_is_read_as_it_was() {
        let text = "one\ntwo\u{7f}\u{85}\u{9b}31m\u{2028}\u{202e}\u{2066} ä \u{1f6aa} \\ \"";
        let json = escaped(&serde_json::to_string(text).unwrap());
        assert!(!json.chars().any(is_obeyed), "{json:?}");
        assert!(json.contains("\\u009b31m") && json.contains("ä \u{1f6aa}"));
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }

    #[test]
    fn what_can_be_shown_stays_as_it_is() {
        let json = "{\"what\":\"told\",\"text\":\"ä\\n€\"}";
        assert_eq!(escaped(json), json);
    }
}
