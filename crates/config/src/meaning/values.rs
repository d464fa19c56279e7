//! Times, paths, ports, numbers and words: what single values mean, wherever they stand.

use std::{
    ops::{Range, RangeInclusive},
    path::{Path, PathBuf},
    time::Duration,
};

use nightlatch_core::Answers;
use serde_spanned::Spanned;

use crate::{
    desk::Desk,
    remark::Remark,
    spelling::nearest,
    text::Number,
    time_span::{TimeSpanError, read_short_time_span, read_time_span, write_time_span},
};

/// A length of time between two bounds.
pub(crate) fn time(
    written: &Spanned<String>,
    bounds: RangeInclusive<Duration>,
    desk: &mut Desk,
) -> Option<Duration> {
    time_read_by(read_time_span, written, bounds, desk)
}

/// The same where thousandths of a second count.
pub(crate) fn short_time(
    written: &Spanned<String>,
    bounds: RangeInclusive<Duration>,
    desk: &mut Desk,
) -> Option<Duration> {
    time_read_by(read_short_time_span, written, bounds, desk)
}

/// The same, read in another way.
pub(super) fn time_read_by(
    read: impl Fn(&str) -> Result<Duration, TimeSpanError>,
    written: &Spanned<String>,
    bounds: RangeInclusive<Duration>,
    desk: &mut Desk,
) -> Option<Duration> {
    let text = written.get_ref();
    let remark = match read(text) {
        Ok(span) if bounds.contains(&span) => return Some(span),
        Ok(_) => {
            let [least, most] = [bounds.start(), bounds.end()].map(|bound| write_time_span(*bound));
            Remark::error(written.span(), format!("{text:?} is out of bounds"))
                .advise(format!("choose from {least} to {most}"))
        }
        Err(error) => Remark::of(written.span(), &format!("{text:?} is {error}")),
    };
    desk.add(remark);
    None
}

/// A path as it is meant: relative to the folder of the file it stands in, `~/` being somebody's home.
pub(crate) fn path_of(
    written: &Spanned<String>,
    folder: &Path,
    home: Option<&Path>,
    desk: &mut Desk,
) -> Option<PathBuf> {
    let text = written.get_ref();
    let remark = match (text.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => return Some(home.join(rest)),
        (None, _) if !text.is_empty() && !text.contains('\0') && text != "~" => {
            return Some(folder.join(text));
        }
        (None, _) => Remark::error(written.span(), "no file is named")
            .advise("write a path; a relative one begins at this file's folder"),
        (Some(_), None) => Remark::error(
            written.span(),
            "nobody's home is known here, so `~` means nothing",
        )
        .advise("write the whole path"),
    };
    desk.add(remark);
    None
}

/// `answers = "sealed"` or `"silent"`.
pub(crate) fn answers(written: Option<&Spanned<String>>, desk: &mut Desk) -> Option<Answers> {
    word(
        written,
        &[("sealed", Answers::Sealed), ("silent", Answers::Silent)],
        desk,
    )
}

/// A port number that stands alone.
pub(crate) fn port(written: Option<&Spanned<Number>>, usual: u16, desk: &mut Desk) -> Option<u16> {
    let Some(written) = written else {
        return Some(usual);
    };
    match u16::try_from(written.get_ref().0) {
        Ok(number) if number > 0 => Some(number),
        _ => {
            let title = format!("there is no port {}", written.get_ref().0);
            desk.add(Remark::error(written.span(), title).advise("ports go from 1 to 65535"));
            None
        }
    }
}

/// One word out of a few; the first is the usual one.
pub(crate) fn word<T: Copy>(
    written: Option<&Spanned<String>>,
    known: &[(&'static str, T)],
    desk: &mut Desk,
) -> Option<T> {
    let Some(written) = written else {
        return known.first().map(|(_, usual)| *usual);
    };
    let found = known.iter().find(|(word, _)| word == written.get_ref());
    if found.is_none() {
        let words: Vec<String> = known.iter().map(|(word, _)| format!("{word:?}")).collect();
        let remark = Remark::error(
            written.span(),
            format!("{:?} is not known here", written.get_ref()),
        )
        .advise(format!("choose {}", words.join(" or ")));
        desk.add(remark.suggest(nearest(
            written.get_ref(),
            known.iter().map(|(word, _)| *word),
        )));
    }
    found.map(|(_, meant)| *meant)
}

/// A number in its bounds, or the usual one where nothing is written.
pub(crate) fn bounded<T: TryFrom<i64>>(
    written: Option<&Spanned<Number>>,
    bounds: RangeInclusive<i64>,
    usual: T,
    desk: &mut Desk,
) -> Option<T> {
    let Some(written) = written else {
        return Some(usual);
    };
    let Number(number) = *written.get_ref();
    if bounds.contains(&number) {
        return T::try_from(number).ok();
    }
    let advice = format!("choose from {} to {}", bounds.start(), bounds.end());
    desk.add(Remark::error(written.span(), format!("{number} is out of bounds")).advise(advice));
    None
}

/// A word that should have named a thing of the file, and names none.
pub(crate) fn unknown_word<'a>(
    what: &str,
    written: &str,
    span: Range<usize>,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Remark {
    let remark = Remark::error(
        span,
        format!("there is no {what} `{}`", written.escape_debug()),
    );
    let names = known.clone().take(8);
    let names: Vec<String> = names.map(|name| name.escape_debug().to_string()).collect();
    match nearest(written, known) {
        None if names.is_empty() => remark.advise(format!("add a table [{what}.NAME]")),
        None => remark.advise(format!("known here: {}", names.join(", "))),
        near => remark.suggest(near),
    }
}

/// As whom something runs; `nobody` where nothing is written.
pub(crate) fn user(written: Option<&Spanned<String>>, desk: &mut Desk) -> Option<String> {
    let Some(written) = written else {
        return Some(String::from("nobody"));
    };
    let is_strange = |letter: char| letter.is_whitespace() || matches!(letter, ':' | '\0');
    match written.get_ref().as_str() {
        "0" => Some(String::from("root")),
        name if name.is_empty() || name.contains(is_strange) => {
            desk.add(
                Remark::error(written.span(), format!("{name:?} cannot be a user"))
                    .advise("leave it at \"nobody\", or make a user for it"),
            );
            None
        }
        name => Some(name.to_owned()),
    }
}

/// A screenful and more: whoever gave us the wrong file altogether does not want to read about each line of it.
pub(crate) const MOST_COMPLAINTS: usize = 100;

/// The port that people know from single-packet authorisation.
pub(crate) const USUAL_KNOCK_PORT: u16 = 62201;
