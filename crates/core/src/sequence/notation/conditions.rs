//! A step's conditions one by one: a name, a relation and a value.

use alloc::borrow::ToOwned;
use alloc::string::String;

use super::StepError;

/// What follows the first word of a step.
pub(super) struct Conditions<'a>(pub(super) &'a str);

/// One condition as it is written.
pub(super) struct Condition<'a> {
    pub(super) name: &'a str,
    pub(super) relation: Relation,
    pub(super) value: Value<'a>,
}

/// How the packet is to relate to the value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    Equals,
    Begins,
    Matches,
}

/// The value, out of its quotes if it had some.
pub(super) enum Value<'a> {
    Bare(&'a str),
    Quoted(String),
}

impl<'a> Iterator for Conditions<'a> {
    type Item = Result<Condition<'a>, StepError>;

    fn next(&mut self) -> Option<Self::Item> {
        let text = self.0.trim_start();
        // After a mistake there is nothing left to read: what follows cannot be understood.
        self.0 = "";
        (!text.is_empty()).then(|| self.take(text))
    }
}

impl<'a> Conditions<'a> {
    fn take(&mut self, text: &'a str) -> Result<Condition<'a>, StepError> {
        let is_end = |letter: char| letter.is_whitespace() || matches!(letter, '=' | '^' | '~');
        let (name, rest) = split(text, text.find(is_end));
        let no_value = || StepError::NoValue(name.to_owned());
        let (relation, rest) = RELATIONS
            .iter()
            .find_map(|(sign, relation)| Some((*relation, rest.strip_prefix(sign)?)))
            .ok_or_else(no_value)?;
        let value = if let Some(quoted) = rest.strip_prefix('\'') {
            let (value, rest) = unquote(quoted)?;
            self.0 = rest;
            Value::Quoted(value)
        } else {
            let (bare, rest) = split(rest, rest.find(char::is_whitespace));
            self.0 = rest;
            if bare.is_empty() {
                return Err(no_value());
            }
            Value::Bare(bare)
        };
        Ok(Condition {
            name,
            relation,
            value,
        })
    }
}

/// Before and after a place; all of it where there is no such place.
pub(super) fn split(text: &str, at: Option<usize>) -> (&str, &str) {
    at.and_then(|at| text.split_at_checked(at))
        .unwrap_or((text, ""))
}

/// The text up to the quote that ends it, and what follows; a quote inside is written twice.
fn unquote(text: &str) -> Result<(String, &str), StepError> {
    let mut value = String::new();
    let mut rest = text;
    loop {
        let (part, after) = rest.split_once('\'').ok_or(StepError::Quote)?;
        value.push_str(part);
        match after.strip_prefix('\'') {
            Some(more) => {
                value.push('\'');
                rest = more;
            }
            None if after.is_empty() || after.starts_with(char::is_whitespace) => {
                return Ok((value, after));
            }
            None => return Err(StepError::Quote),
        }
    }
}

const RELATIONS: [(&str, Relation); 3] = [
    ("=", Relation::Equals),
    ("^=", Relation::Begins),
    ("~", Relation::Matches),
];
