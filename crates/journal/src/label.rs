//! Labels: short texts in events, with nothing in them that a log or a terminal would obey.

use core::fmt;

/// A name of the configuration, or a few words of ours; empty where there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label(String);

impl Label {
    /// This text; of one that does not fit, what fits.
    pub fn of(text: &str) -> Self {
        let mut fitting = String::with_capacity(text.len().min(LABEL_LENGTH));
        for letter in text.chars() {
            if fitting.len().saturating_add(letter.len_utf8()) > LABEL_LENGTH {
                break;
            }
            fitting.push(if letter.is_control() { ' ' } else { letter });
        }
        Self(fitting)
    }

    /// These words; of a text that does not fit, those that do, and a sign that there are more.
    pub fn of_words(text: &str) -> Self {
        if text.len() <= LABEL_LENGTH {
            return Self::of(text);
        }
        let room = LABEL_LENGTH.saturating_sub(MORE.len());
        let fitting = text.floor_char_boundary(room);
        let (fitting, next) = text.split_at(fitting);
        let end = if next.starts_with(' ') {
            Some(fitting.len())
        } else {
            fitting.rfind(' ')
        };
        // One long word is cut all the same.
        let words = end.and_then(|end| fitting.get(..end)).unwrap_or(fitting);
        Self::of(&format!("{}{MORE}", words.trim_end()))
    }

    /// Its letters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// These bytes, if they are a label.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let text = str::from_utf8(bytes).ok()?;
        let is_label = text.len() <= LABEL_LENGTH && !text.contains(char::is_control);
        is_label.then(|| Self(text.to_owned()))
    }

    /// Nothing but a label and the zeros behind it.
    pub(crate) fn from_padded(bytes: &[u8; LABEL_LENGTH]) -> Option<Self> {
        let end = bytes.iter().rposition(|byte| *byte != 0);
        let length = end.map_or(0, |last| last.saturating_add(1));
        Self::read(bytes.get(..length)?)
    }

    /// Padded with zeros.
    pub(crate) fn to_padded(&self) -> [u8; LABEL_LENGTH] {
        let mut bytes = [0; LABEL_LENGTH];
        for (place, byte) in bytes.iter_mut().zip(self.0.as_bytes()) {
            *place = *byte;
        }
        bytes
    }
}

impl fmt::Display for Label {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// As long as a name of the configuration may be.
pub const LABEL_LENGTH: usize = 64;

/// Stands for what did not fit.
const MORE: &str = " …";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_cut_between_letters() {
        let long = "ä".repeat(33);
        assert_eq!(Label::of(&long).as_str(), "ä".repeat(32));
        assert_eq!(Label::of("a\nb\u{9b}c").as_str(), "a b c");
    }

    #[test]
    fn a_sentence_is_cut_between_words() {
        let whole = "the runner, which runs the commands of actions, ended";
        assert_eq!(Label::of_words(whole).as_str(), whole);
        let long = format!("{whole} (signal: 9 (SIGKILL))");
        assert_eq!(Label::of_words(&long).as_str(), format!("{whole} …"));
        let word = "ä".repeat(40);
        assert_eq!(
            Label::of_words(&word).as_str(),
            format!("{} …", "ä".repeat(30))
        );
    }

    #[test]
    fn padding_is_zeros_and_nothing_else() {
        let padded = Label::of("alice").to_padded();
        assert_eq!(Label::from_padded(&padded), Some(Label::of("alice")));
        for (place, byte) in [(1, 0), (3, 0x1b), (7, 0xff)] {
            let mut bent = padded;
            bent[place] = byte;
            assert_eq!(Label::from_padded(&bent), None, "{place}");
        }
        assert_eq!(Label::from_padded(&[0; 64]), Some(Label::default()));
    }
}
