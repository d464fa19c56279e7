//! The server's file as it is written: names and shapes, no judgement.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{self, SeqAccess, Visitor},
};
use serde_spanned::Spanned;

/// `[server]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ServerText {
    pub(crate) key: Option<Spanned<String>>,
    pub(crate) knock_port: Option<Spanned<Number>>,
    pub(crate) guard: Option<Spanned<List>>,
    pub(crate) state: Option<Spanned<String>>,
    pub(crate) status_socket: Option<Spanned<String>>,
    pub(crate) sources: Option<Spanned<List>>,
    pub(crate) interfaces: Option<Spanned<WordOrList>>,
    pub(crate) user: Option<Spanned<String>>,
    pub(crate) answers: Option<Spanned<String>>,
    pub(crate) log: Option<Spanned<String>>,
    pub(crate) clients_file: Option<Spanned<String>>,
    pub(crate) in_use: Option<Spanned<List>>,
}

/// `[limits]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct LimitsText {
    pub(crate) grants: Option<Spanned<Number>>,
    pub(crate) per_client: Option<Spanned<Number>>,
    pub(crate) freshness: Option<Spanned<String>>,
}

/// `[guard]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct GuardText {
    pub(crate) ban: Option<Spanned<bool>>,
    pub(crate) times: Option<Spanned<List>>,
    pub(crate) allow: Option<Spanned<List>>,
    pub(crate) at_most: Option<Spanned<Number>>,
    pub(crate) window: Option<Spanned<String>>,
    pub(crate) failures: Option<Spanned<Number>>,
    pub(crate) closed_ports: Option<Spanned<Number>>,
    pub(crate) decoys: Option<Spanned<List>>,
    pub(crate) log_failures: Option<Spanned<bool>>,
}

/// `[service.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ServiceText {
    pub(crate) open: Option<Spanned<List>>,
    pub(crate) insert: Option<Spanned<List>>,
    pub(crate) run: Option<Spanned<String>>,
    pub(crate) r#for: Option<Spanned<String>>,
    pub(crate) at_most: Option<Spanned<String>>,
    pub(crate) one_shot: Option<Spanned<bool>>,
    pub(crate) cut: Option<Spanned<bool>>,
    pub(crate) forward: Option<Spanned<OneOrMore>>,
    pub(crate) masquerade: Option<Spanned<bool>>,
}

/// `[client.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ClientText {
    pub(crate) key: Option<Spanned<String>>,
    pub(crate) preshared: Option<Spanned<String>>,
    pub(crate) may: Option<Spanned<List>>,
    pub(crate) may_tell: Option<Spanned<bool>>,
}

/// `[sequence.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct SequenceText {
    pub(crate) steps: Option<Spanned<List>>,
    pub(crate) one_time: Option<Spanned<String>>,
    pub(crate) time_based: Option<Spanned<String>>,
    pub(crate) ports: Option<Spanned<Number>>,
    pub(crate) span: Option<Spanned<String>>,
    pub(crate) protocol: Option<Spanned<String>>,
    pub(crate) every: Option<Spanned<String>>,
    pub(crate) opens: Option<Spanned<String>>,
    pub(crate) closes: Option<Spanned<String>>,
    pub(crate) within: Option<Spanned<String>>,
    pub(crate) per_minute: Option<Spanned<Number>>,
}

/// `[encrypted-sequence]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct EncryptedText {
    pub(crate) span: Option<Spanned<String>>,
    pub(crate) carrier: Option<Spanned<String>>,
    pub(crate) skip: Option<Spanned<List>>,
}

/// `[action.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ActionText {
    pub(crate) start: Option<Spanned<List>>,
    pub(crate) stop: Option<Spanned<List>>,
    #[serde(rename = "start-6")]
    pub(crate) start_six: Option<Spanned<List>>,
    #[serde(rename = "stop-6")]
    pub(crate) stop_six: Option<Spanned<List>>,
    pub(crate) start_shell: Option<Spanned<String>>,
    pub(crate) stop_shell: Option<Spanned<String>>,
    #[serde(rename = "start-shell-6")]
    pub(crate) start_shell_six: Option<Spanned<String>>,
    #[serde(rename = "stop-shell-6")]
    pub(crate) stop_shell_six: Option<Spanned<String>>,
    pub(crate) user: Option<Spanned<String>>,
    pub(crate) timeout: Option<Spanned<String>>,
    pub(crate) at_most: Option<Spanned<Number>>,
    pub(crate) stop_at_shutdown: Option<Spanned<bool>>,
}

/// `[messages]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct MessagesText {
    pub(crate) run: Option<Spanned<String>>,
}

/// `[journal]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct JournalText {
    pub(crate) enabled: Option<Spanned<bool>>,
    pub(crate) keep: Option<Spanned<String>>,
    pub(crate) at_most: Option<Spanned<String>>,
}

/// `[notify.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct NotifyText {
    pub(crate) webhook: Option<Spanned<String>>,
    pub(crate) secret: Option<Spanned<String>>,
    pub(crate) ca: Option<Spanned<String>>,
    pub(crate) insecure: Option<Spanned<bool>>,
    pub(crate) syslog: Option<Spanned<String>>,
    pub(crate) syslog_socket: Option<Spanned<String>>,
    pub(crate) on: Option<Spanned<List>>,
    pub(crate) services: Option<Spanned<List>>,
    pub(crate) per_minute: Option<Spanned<Number>>,
}

/// A whole number; its bounds are `meaning`'s business.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Number(pub(crate) i64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Whole;
        impl Visitor<'_> for Whole {
            type Value = Number;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a whole number, without quotes")
            }
            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Number, E> {
                Ok(Number(value))
            }
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Number, E> {
                Ok(Number(i64::try_from(value).unwrap_or(i64::MAX)))
            }
        }
        deserializer.deserialize_any(Whole)
    }
}

/// A list of words, each with its place.
#[derive(Debug)]
pub(crate) struct List(pub(crate) Vec<Spanned<String>>);

impl<'de> Deserialize<'de> for List {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Words;
        impl<'de> Visitor<'de> for Words {
            type Value = List;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a list in brackets, such as [\"one\", \"two\"]")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, words: A) -> Result<List, A::Error> {
                collect(words).map(List)
            }
        }
        deserializer.deserialize_any(Words)
    }
}

/// One word with a meaning of its own, or a list.
#[derive(Debug)]
pub(crate) enum WordOrList {
    /// `"all"`
    Word(String),
    /// `["eth0", "wg0"]`
    List(Vec<Spanned<String>>),
}

impl<'de> Deserialize<'de> for WordOrList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = WordOrList;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("\"all\", or a list in brackets, such as [\"one\", \"two\"]")
            }
            fn visit_str<E: de::Error>(self, word: &str) -> Result<WordOrList, E> {
                Ok(WordOrList::Word(word.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, words: A) -> Result<WordOrList, A::Error> {
                collect(words).map(WordOrList::List)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// One word, or several.
#[derive(Debug)]
pub(crate) enum OneOrMore {
    /// `"one"`
    One(String),
    /// `["one", "two"]`
    More(Vec<Spanned<String>>),
}

impl<'de> Deserialize<'de> for OneOrMore {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Words;
        impl<'de> Visitor<'de> for Words {
            type Value = OneOrMore;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a word in quotes, or a list in brackets, such as [\"one\", \"two\"]")
            }
            fn visit_str<E: de::Error>(self, word: &str) -> Result<OneOrMore, E> {
                Ok(OneOrMore::One(word.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, words: A) -> Result<OneOrMore, A::Error> {
                collect(words).map(OneOrMore::More)
            }
        }
        deserializer.deserialize_any(Words)
    }
}

fn collect<'de, A: SeqAccess<'de>>(mut words: A) -> Result<Vec<Spanned<String>>, A::Error> {
    let mut list = Vec::new();
    while let Some(word) = words.next_element()? {
        list.push(word);
    }
    Ok(list)
}
