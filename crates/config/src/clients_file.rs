//! The clients file: one client a line, like `authorized_keys`, read without ever holding it whole.
//!
//! ```text
//! # name    public key           what it may open    the secret shared with it
//! alice     nightlatch-pub1…     may=ssh             preshared=alice.psk
//! bob       nightlatch-pub1…     may=ssh,vpn         preshared=nightlatch-psk1…
//! carol     nightlatch-pub1…     may=vpn             preshared=none     # a guest
//! ```

use std::{ops::Range, path::Path};

use nightlatch_core::ServiceSet;
use nightlatch_ticket::{PresharedSecret, PublicKey};

use crate::{
    desk::Desk,
    key_file::read_preshared,
    lines::Lines,
    meaning::{MOST_COMPLAINTS, ServiceBook, key_remark},
    names::{NAME_ADVICE, is_name},
    remark::Remark,
    roster::{Leave, RosterDraft},
    source::Source,
    spelling::nearest,
    trust::{Care, Trusted, check_folder_of, folder_of, from_io},
};

/// Adds everybody in the file to the roster. Returns the line number of each, for later complaints.
pub(crate) fn read_clients(
    path: &Path,
    services: &ServiceBook,
    roster: &mut RosterDraft,
    desk: &mut Desk,
) -> Result<Vec<u32>, crate::trust::ReadError> {
    let file = Trusted::open(path, Care::Public)?;
    check_folder_of(path)?;
    let reader = LineReader {
        folder: folder_of(path),
        private: file.is_private(),
        services,
    };
    let mut lines = Lines::new(file.file);
    let mut numbers = Vec::new();
    let mut number = 0_u32;
    while let Some(line) = lines.next_line().map_err(|error| from_io(path, error))? {
        number = number.saturating_add(1);
        let remark = match line.and_then(|line| reader.client(line)) {
            Ok(None) => continue,
            Ok(Some(client)) => {
                if roster.push(client.name.0, client.key, &client.shared, client.leave) {
                    numbers.push(number);
                    continue;
                }
                Remark::error(0..1, "there is no room for another client")
                    .advise("16,777,216 are the most")
            }
            Err(remark) => remark,
        };
        let shown = lines.line().unwrap_or_default();
        desk.add_elsewhere(Source::line(path, shown, widen(number)), remark);
        if desk.errors() >= MOST_COMPLAINTS {
            break;
        }
    }
    numbers.shrink_to_fit();
    Ok(numbers)
}

/// Shows one line again, with a remark about its first or second word.
pub(crate) fn show_line(
    path: &Path,
    number: u32,
    word: usize,
    remark: impl Fn(Range<usize>) -> Remark,
    desk: &mut Desk,
) {
    let Ok(file) = Trusted::open(path, Care::Public) else {
        return;
    };
    let mut lines = Lines::new(file.file);
    for _ in 0..number {
        if !matches!(lines.next_line(), Ok(Some(_))) {
            return;
        }
    }
    let line = lines.line().unwrap_or_default();
    let span = words(line).nth(word).map_or(0..0, |(_, span)| span);
    desk.add_elsewhere(Source::line(path, line, widen(number)), remark(span));
}

struct LineReader<'a> {
    folder: &'a Path,
    private: bool,
    services: &'a ServiceBook,
}

struct Client<'l> {
    name: Word<'l>,
    key: PublicKey,
    shared: PresharedSecret,
    leave: Leave,
}

/// What may stand behind the key, in any order.
#[derive(Default)]
struct Options {
    may: Option<ServiceSet>,
    shared: Option<PresharedSecret>,
    tells: Option<bool>,
}

type Word<'l> = (&'l str, Range<usize>);

impl LineReader<'_> {
    fn client<'l>(&self, line: &'l str) -> Result<Option<Client<'l>>, Remark> {
        let mut words = words(line);
        let Some(name) = words.next() else {
            return Ok(None);
        };
        if !is_name(name.0) {
            return Err(Remark::error(
                name.1,
                format!("`{}` cannot be a name", name.0.escape_debug()),
            )
            .advise(NAME_ADVICE));
        }
        let (text, span) = words.next().ok_or_else(|| {
            missing(
                line,
                "the public key",
                "NAME nightlatch-pub1… may=SERVICE preshared=FILE",
            )
        })?;
        let key = text
            .parse()
            .map_err(|error| key_remark(&span, text, &error))?;
        let Options { may, shared, tells } = self.options(words)?;
        let may_tell = tells.unwrap_or_default();
        // Who may only tell something need not open anything.
        let services = may.or_else(|| may_tell.then_some(ServiceSet::EMPTY));
        let services = services.ok_or_else(|| {
            missing(
                line,
                "what the client may open",
                "may=SERVICE, or may=SERVICE,SERVICE",
            )
        })?;
        Ok(Some(Client {
            name,
            key,
            leave: Leave { services, may_tell },
            shared: shared.ok_or_else(|| {
                missing(
                    line,
                    "the pre-shared secret",
                    "preshared=FILE, or preshared=none to do without",
                )
            })?,
        }))
    }

    fn options<'l>(&self, words: impl Iterator<Item = Word<'l>>) -> Result<Options, Remark> {
        let mut options = Options::default();
        for (word, span) in words {
            let (option, value) = word.split_once('=').unwrap_or((word, ""));
            let value_span = span.end.saturating_sub(value.len())..span.end;
            let stands_already = match option {
                "may" => options.may.replace(self.may(value, &value_span)?).is_some(),
                "preshared" => {
                    let secret = self.preshared(value, value_span)?;
                    options.shared.replace(secret).is_some()
                }
                "may-tell" => options
                    .tells
                    .replace(may_tell(value, value_span)?)
                    .is_some(),
                _ => return Err(unknown(option, &span)),
            };
            if stands_already {
                let title = format!("`{option}` stands twice in this line");
                return Err(Remark::error(span, title).advise("keep one of them"));
            }
        }
        Ok(options)
    }

    fn may(&self, list: &str, span: &Range<usize>) -> Result<ServiceSet, Remark> {
        let mut may = ServiceSet::EMPTY;
        let mut start = span.start;
        for name in list.split(',') {
            let end = start.saturating_add(name.len());
            may = may.with(self.services.find(name, start..end)?);
            start = end.saturating_add(1);
        }
        Ok(may)
    }

    fn preshared(&self, value: &str, span: Range<usize>) -> Result<PresharedSecret, Remark> {
        if value == "none" {
            return Ok(PresharedSecret::none());
        }
        if !value.starts_with("nightlatch-") {
            return match value {
                "" => Err(Remark::error(span, "no file is named")
                    .advise("write preshared=FILE, or preshared=none to do without")),
                file => read_preshared(&self.folder.join(file))
                    .map_err(|error| Remark::of(span, &error)),
            };
        }
        if !self.private {
            return Err(
                Remark::error(span, "a secret stands in a file that others may read").advise(
                    "chmod 600 the file, or keep the secret in a file of its own: preshared=FILE",
                ),
            );
        }
        value
            .parse()
            .map_err(|error| key_remark(&span, value, &error))
    }
}

/// Whether a client may send messages.
fn may_tell(value: &str, span: Range<usize>) -> Result<bool, Remark> {
    match value {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err(
            Remark::error(span, format!("{value:?} is neither yes nor no"))
                .advise("write may-tell=yes, or leave it out"),
        ),
    }
}

/// The words of a line up to its comment, each with its place.
fn words(line: &str) -> impl Iterator<Item = Word<'_>> {
    let base = line.as_ptr().addr();
    line.split_ascii_whitespace()
        .take_while(|word| !word.starts_with('#'))
        .map(move |word| {
            let start = word.as_ptr().addr().saturating_sub(base);
            (word, start..start.saturating_add(word.len()))
        })
}

fn missing(line: &str, what: &str, example: &str) -> Remark {
    let end = words(line).last().map_or(0, |(_, span)| span.end);
    Remark::error(end..end, format!("{what} is missing")).advise(format!("write {example}"))
}

fn unknown(option: &str, span: &Range<usize>) -> Remark {
    let remark = Remark::error(
        span.start..span.start.saturating_add(option.len()),
        format!("there is no option `{option}` here"),
    );
    match nearest(option, OPTIONS) {
        None => remark.advise("known here: may=, preshared=, may-tell="),
        near => remark.suggest(near),
    }
}

fn widen(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

const OPTIONS: [&str; 3] = ["may", "preshared", "may-tell"];
