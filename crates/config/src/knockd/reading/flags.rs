//! The value of `TCPFlags`: which control bits must be set, and which must not.

use std::{collections::BTreeMap, ops::Range};

use super::lines::Lines;
use crate::{remark::Remark, spelling::nearest};

/// Control bits and whether each must be set; what is not in here may be either.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flags(BTreeMap<&'static str, Wanted>);

/// What a control bit must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Set,
    Clear,
}

impl Flags {
    /// Adds what one line says; where it says the opposite of an earlier one, it wins.
    pub(crate) fn add(&mut self, lines: &Lines, value: &Range<usize>) -> Result<(), Remark> {
        let mut start = value.start;
        for text in lines.text(value).split(',') {
            let end = start.saturating_add(text.len());
            let (wanted, word) = match text.strip_prefix('!') {
                Some(word) => (Wanted::Clear, word),
                None => (Wanted::Set, text),
            };
            let name = KNOWN.iter().find(|name| word.eq_ignore_ascii_case(name));
            let name = name.ok_or_else(|| unknown(word, start..end))?;
            self.0.insert(name, wanted);
            start = end.saturating_add(1);
        }
        Ok(())
    }

    /// Whether it is a connection attempt that is asked for.
    pub(crate) fn is_attempt(&self) -> bool {
        self.0.get("syn") == Some(&Wanted::Set)
            && self.0.iter().all(|(name, wanted)| match *name {
                "syn" => true,
                "ack" | "rst" | "fin" => *wanted == Wanted::Clear,
                _ => false,
            })
    }

    /// Whether a connection attempt has them.
    pub(crate) fn take_an_attempt(&self) -> bool {
        let is_set = |name: &str| name == "syn";
        let mut all = self.0.iter();
        all.all(|(name, wanted)| (*wanted == Wanted::Set) == is_set(name))
    }

    /// `syn,!ack`
    pub(crate) fn written(&self) -> String {
        let of = |wanted| self.0.iter().filter(move |(_, w)| **w == wanted);
        let set = of(Wanted::Set).map(|(name, _)| (*name).to_owned());
        let clear = of(Wanted::Clear).map(|(name, _)| format!("!{name}"));
        set.chain(clear).collect::<Vec<_>>().join(",")
    }
}

fn unknown(word: &str, span: Range<usize>) -> Remark {
    let title = match word {
        "" => String::from("a flag is missing"),
        _ => format!("there is no flag `{}`", word.escape_debug()),
    };
    let remark = Remark::error(span, title);
    match nearest(word, KNOWN) {
        _ if word.contains(' ') || word.is_empty() => {
            remark.advise("write them with commas and without blanks: syn,!ack")
        }
        None => remark.advise(format!("knockd knows {}", KNOWN.join(", "))),
        near => remark.suggest(near),
    }
}

const KNOWN: [&str; 6] = ["fin", "syn", "rst", "psh", "ack", "urg"];

#[cfg(test)]
mod tests {
    use super::*;

    fn of(texts: &[&str]) -> Result<Flags, String> {
        let mut flags = Flags::default();
        for text in texts {
            let lines = Lines {
                shown: (*text).to_owned(),
                lines: Vec::new(),
            };
            flags
                .add(&lines, &(0..text.len()))
                .map_err(|remark| remark.title)?;
        }
        Ok(flags)
    }

    #[test]
    fn flags_pile_up_and_the_last_word_wins() {
        for (texts, written) in [
            (&["syn"][..], "syn"),
            (&["SYN,!Ack"], "syn,!ack"),
            (&["syn,!syn"], "!syn"),
            (&["syn", "!ack", "fin,urg,psh"], "fin,psh,syn,urg,!ack"),
        ] {
            assert_eq!(of(texts).unwrap().written(), written);
        }
    }

    #[test]
    fn what_knockd_refuses_is_refused() {
        for text in [
            "", ",", "syn,", "syn,,ack", "syn, ack", "syn ,ack", "!!syn", "! syn", "ece", "cwr",
        ] {
            assert!(of(&[text]).is_err(), "{text}");
        }
    }

    #[test]
    fn what_a_connection_attempt_does_not_have_is_known() {
        for (text, takes) in [
            ("syn", true),
            ("syn,!psh", true),
            ("!ack", true),
            ("syn,ack", false),
            ("!syn", false),
            ("fin,!ack", false),
            ("syn,urg", false),
        ] {
            assert_eq!(of(&[text]).unwrap().take_an_attempt(), takes, "{text}");
        }
    }

    #[test]
    fn a_connection_attempt_is_known_as_one() {
        for text in ["syn", "syn,!ack", "syn,!rst,!fin,!ack"] {
            assert!(of(&[text]).unwrap().is_attempt(), "{text}");
        }
        for text in ["!ack", "syn,ack", "syn,!psh", "fin", "syn,urg"] {
            assert!(!of(&[text]).unwrap().is_attempt(), "{text}");
        }
    }
}
