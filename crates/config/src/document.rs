//! TOML tables → text types, with every misspelt key found at once.

use std::ops::Range;

use serde::de::DeserializeOwned;
use serde_spanned::Spanned;
use toml::de::{DeTable, DeValue, Error, ValueDeserializer};

use crate::{desk::Desk, fields::fields_of, remark::Remark, spelling::nearest};

/// A file that is TOML, its tables not yet read.
pub(crate) struct Document<'i> {
    table: DeTable<'i>,
}

/// `[server]`, read.
pub(crate) struct Section<T> {
    /// Where its header stands.
    pub(crate) place: Range<usize>,
    pub(crate) text: T,
}

/// `[service.ssh]`, read.
pub(crate) struct Named<T> {
    pub(crate) name: Spanned<String>,
    pub(crate) text: T,
}

impl<'i> Document<'i> {
    /// Parses a file that may have the given tables and no others.
    pub(crate) fn open(text: &'i str, known: &[&'static str], desk: &mut Desk) -> Option<Self> {
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in roots(&errors, text) {
            desk.add(syntax(error, text));
        }
        // What follows a syntax error is a guess: more complaints would only confuse.
        if !errors.is_empty() {
            return None;
        }
        let mut table = table.into_inner();
        correct_unknown(&mut table, known, "table", desk);
        Some(Self { table })
    }

    /// Reads the table of that name, if it stands there and is right.
    pub(crate) fn section<T: DeserializeOwned>(
        &mut self,
        name: &str,
        desk: &mut Desk,
    ) -> Option<Section<T>> {
        let value = self.take(name)?;
        let place = value.span();
        Some(Section {
            place,
            text: read(value, name, desk)?,
        })
    }

    /// Whether a table of that name stands there.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.table.keys().any(|key| key.get_ref() == name)
    }

    /// Reads all tables `[name.…]`, in the order of the file.
    pub(crate) fn named<T: DeserializeOwned>(
        &mut self,
        name: &str,
        desk: &mut Desk,
    ) -> Vec<Named<T>> {
        let Some(value) = self.take(name) else {
            return Vec::new();
        };
        let Some(table) = as_table(value, name, desk) else {
            return Vec::new();
        };
        let mut tables: Vec<_> = table.into_iter().collect();
        tables.sort_by_key(|(key, _)| key.span().start);
        tables
            .into_iter()
            .filter_map(|(key, value)| {
                let full = format!("{name}.{}", key.get_ref());
                let name = Spanned::new(key.span(), key.get_ref().to_string());
                Some(Named {
                    name,
                    text: read(value, &full, desk)?,
                })
            })
            .collect()
    }

    fn take(&mut self, name: &str) -> Option<Spanned<DeValue<'i>>> {
        let mut taken = None;
        self.table = std::mem::take(&mut self.table)
            .into_iter()
            .filter_map(|(key, value)| {
                if key.get_ref() == name {
                    taken = Some(value);
                    return None;
                }
                Some((key, value))
            })
            .collect();
        taken
    }
}

fn read<T: DeserializeOwned>(
    value: Spanned<DeValue<'_>>,
    name: &str,
    desk: &mut Desk,
) -> Option<T> {
    let place = value.span();
    let mut table = as_table(value, name, desk)?;
    correct_unknown(&mut table, fields_of::<T>(), "key", desk);
    let value = Spanned::new(place.clone(), DeValue::Table(table));
    match T::deserialize(ValueDeserializer::from(value)) {
        Ok(text) => Some(text),
        Err(error) => {
            desk.add(wrong_kind(&error, place));
            None
        }
    }
}

fn as_table<'i>(value: Spanned<DeValue<'i>>, name: &str, desk: &mut Desk) -> Option<DeTable<'i>> {
    let place = value.span();
    match value.into_inner() {
        DeValue::Table(table) => Some(table),
        other => {
            let example = if matches!(name, "service" | "client" | "sequence" | "action") {
                ".NAME"
            } else {
                ""
            };
            let title = format!(
                "`{name}` is a table, not {}",
                with_article(other.type_str())
            );
            desk.add(Remark::error(place, title).advise(format!(
                "write [{name}{example}] on a line of its own, and its keys below"
            )));
            None
        }
    }
}

/// Complains about each key that is not known. What it was most likely meant to be is read all the same, so that
/// one typo makes one complaint, and so that its value is looked at, too.
fn correct_unknown(table: &mut DeTable<'_>, known: &[&'static str], what: &str, desk: &mut Desk) {
    let written = std::mem::take(table);
    let (good, unknown): (Vec<_>, Vec<_>) = written
        .into_iter()
        .partition(|(key, _)| known.contains(&key.get_ref().as_ref()));
    table.extend(good);
    for (key, value) in unknown {
        let near = nearest(key.get_ref(), known.iter().copied());
        let remark = Remark::error(
            key.span(),
            format!("there is no {what} `{}` here", key.get_ref().escape_debug()),
        );
        let Some(meant) = near else {
            desk.add(remark.advise(format!("known here: {}", known.join(", "))));
            continue;
        };
        desk.add(remark.suggest(near));
        if !table.keys().any(|key| key.get_ref() == meant) {
            table.extend([(Spanned::new(key.span(), meant.into()), value)]);
        }
    }
}

/// What is wrong, without what only follows from it: a guess of the parser's on the next line, or each key of a
/// table that stands twice.
fn roots<'e>(errors: &'e [Error], text: &str) -> impl Iterator<Item = &'e Error> {
    let mut table_twice: Option<usize> = None;
    let mut last_line = 0_usize;
    errors.iter().filter(move |error| {
        let before = error
            .span()
            .and_then(|span| text.get(..span.start))
            .unwrap_or(text);
        let line_begin = before.rfind('\n').map_or(0, |at| at.saturating_add(1));
        if error.message() != DUPLICATE {
            let line = before.matches('\n').count().saturating_add(2);
            let near = line <= last_line.saturating_add(1);
            last_line = line;
            return !near;
        }
        if text
            .get(line_begin..)
            .is_some_and(|line| line.starts_with('['))
        {
            table_twice = Some(line_begin);
            return true;
        }
        // With another header in between, the key stands twice by itself.
        let between = table_twice.and_then(|header| text.get(header..line_begin));
        between.is_none_or(|between| between.contains("\n["))
    })
}

fn syntax(error: &Error, text: &str) -> Remark {
    let span = error.span().unwrap_or(text.len()..text.len());
    if error.message() == DUPLICATE {
        let key = text.get(span.clone()).unwrap_or_default();
        return Remark::error(span, format!("`{key}` stands here twice"))
            .advise("it stands above already: give it another name, or remove one of them");
    }
    let remark = Remark::error(span, error.message());
    remark.advise(match error.message() {
        message if message.starts_with("missing comma") => {
            "put a comma between the elements, or close the list above with ]"
        }
        message if message.starts_with("unclosed table") => {
            "close the table's name with ] at the end of its line"
        }
        message if message.starts_with("invalid basic string") => {
            "close the text with a quote on the line where it begins"
        }
        _ => "a line is `name = \"text\"`, `name = 1`, `name = [\"a\", \"b\"]` or `[table]`",
    })
}

/// A value of the wrong kind, in words for people.
fn wrong_kind(error: &Error, place: Range<usize>) -> Remark {
    let span = error.span().unwrap_or(place);
    let parts = error
        .message()
        .strip_prefix("invalid type: ")
        .and_then(|rest| rest.split_once(", expected "));
    let Some((found, expected)) = parts else {
        return Remark::error(span, error.message());
    };
    let expected = match expected {
        "a boolean" => "true or false, without quotes",
        "a string" => "text in quotes",
        other => other,
    };
    Remark::error(span, format!("this is the wrong kind of value: {found}"))
        .advise(format!("write {expected}"))
}

/// How the parser says it.
const DUPLICATE: &str = "duplicate key";

fn with_article(kind: &str) -> String {
    let article = if kind.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {kind}")
}
