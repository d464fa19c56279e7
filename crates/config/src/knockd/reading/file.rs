//! A whole file of knockd's: its options and its doors.

use std::path::Path;

use super::{
    door::Door,
    keys::{self, Key, Place, Said},
    lines::{Line, Lines, Part},
    statement::Statement,
};
use crate::{desk::Desk, remark::Remark, source::Source, spelling::nearest};

/// A whole file of knockd's.
#[derive(Default)]
pub(crate) struct File {
    /// What `[options]` says, and `UseSyslog` wherever it stands.
    pub(crate) options: Vec<Said>,
    /// The comments that belong to no door.
    pub(crate) comments: Vec<Line>,
    /// The doors, in the order in which knockd tries them.
    pub(crate) doors: Vec<Door>,
}

/// Reads all of it; what knockd would refuse lies on the desk afterwards.
pub(crate) fn read(path: &Path, bytes: &[u8]) -> (File, Lines, Desk) {
    let lines = Lines::of(bytes);
    let mut desk = Desk::new(Source::new(path, &lines.shown));
    let mut reader = Reader {
        lines: &lines,
        file: File::default(),
        place: Place::Nowhere,
        waiting: Vec::new(),
    };
    for line in &lines.lines {
        if let Err(remark) = reader.take(line) {
            desk.add(explained(line, &lines, remark));
        }
    }
    reader.settle();
    let file = reader.file;
    for door in &file.doors {
        if let Err(remark) = door.check() {
            desk.add(remark);
        }
    }
    (file, lines, desk)
}

struct Reader<'l> {
    lines: &'l Lines,
    file: File,
    place: Place,
    /// Comments of which it is not known yet whether they belong to the door below.
    waiting: Vec<Line>,
}

impl Reader<'_> {
    fn take(&mut self, line: &Line) -> Result<(), Remark> {
        match Statement::of(line, self.lines) {
            Statement::Comment => {
                self.waiting.push(line.clone());
                Ok(())
            }
            Statement::Section(name) => match self.lines.text(&name) {
                "" => Err(Remark::error(line.span.clone(), "a door has no name")
                    .advise("write it between the brackets: [openSSH]")),
                "options" => {
                    self.settle();
                    self.place = Place::Options;
                    Ok(())
                }
                _ => {
                    let comments = std::mem::take(&mut self.waiting);
                    let door = Door::new(&name, line.clone(), comments, self.lines);
                    self.file.doors.push(door);
                    self.place = Place::Door;
                    Ok(())
                }
            },
            Statement::Pair { key, value } => {
                self.settle();
                let name = self.lines.text(&key);
                let key = keys::find(name, self.place)
                    .ok_or_else(|| unknown(name, key.clone(), self.place))?;
                let line = line.clone();
                self.say(Said { key, line, value })
            }
            Statement::Word => {
                self.settle();
                let word = self.lines.text(&line.span);
                if self.place == Place::Nowhere || !word.eq_ignore_ascii_case("UseSyslog") {
                    return Err(alone(word, line, self.place));
                }
                self.file.options.push(Said {
                    key: Key::UseSyslog,
                    line: line.clone(),
                    value: line.span.end..line.span.end,
                });
                Ok(())
            }
        }
    }

    fn say(&mut self, said: Said) -> Result<(), Remark> {
        match self.file.doors.last_mut() {
            Some(door) if self.place == Place::Door => door.add(said, self.lines),
            _ => {
                self.file.options.push(said);
                Ok(())
            }
        }
    }

    /// The comments that waited belong to where we are.
    fn settle(&mut self) {
        let comments = match self.file.doors.last_mut() {
            Some(door) if self.place == Place::Door => &mut door.comments,
            _ => &mut self.file.comments,
        };
        comments.append(&mut self.waiting);
    }
}

fn unknown(name: &str, span: std::ops::Range<usize>, place: Place) -> Remark {
    if place == Place::Nowhere {
        return outside(span);
    }
    if name.eq_ignore_ascii_case("UseSyslog") {
        return Remark::error(span, "UseSyslog takes no value").advise("write UseSyslog alone");
    }
    let (here, there) = match place {
        Place::Door => ("in a door", Place::Options),
        Place::Options | Place::Nowhere => ("in [options]", Place::Door),
    };
    let title = format!("there is no key `{}` {here}", name.escape_debug());
    let remark = Remark::error(span, title);
    if keys::find(name, there).is_some() {
        return remark.advise(match there {
            Place::Options => "it belongs into [options]",
            Place::Door | Place::Nowhere => "it belongs into a door",
        });
    }
    let known = keys::names(place).iter().map(|(name, _)| *name);
    match nearest(name, known.clone()) {
        None => remark.advise(format!(
            "knockd knows {}",
            known.collect::<Vec<_>>().join(", ")
        )),
        near => remark.suggest(near),
    }
}

fn alone(word: &str, line: &Line, place: Place) -> Remark {
    let span = line.span.clone();
    if word.starts_with('\u{feff}') {
        return Remark::error(span, "the file begins with a byte order mark")
            .advise("save it as UTF-8 without one");
    }
    if word.starts_with('[') {
        return Remark::error(span, "a section ends with ] and nothing behind it")
            .advise("write [openSSH], and comments on lines of their own");
    }
    if word.starts_with(';') {
        return Remark::error(span, "knockd does not take ; for a comment")
            .advise("begin comments with #");
    }
    if place == Place::Nowhere {
        return outside(span);
    }
    Remark::error(span, "a key without a value")
        .advise("write KEY = VALUE; only UseSyslog stands alone")
}

fn outside(span: std::ops::Range<usize>) -> Remark {
    Remark::error(span, "this stands before the first section")
        .advise("begin with [options], or with a door such as [openSSH]")
}

/// What stands far to the right on a line is no obvious place for a mistake.
fn explained(line: &Line, lines: &Lines, remark: Remark) -> Remark {
    let remark = match line.part {
        Part::First => remark,
        Part::Rest => {
            remark.advise("knockd cuts lines after 4,095 bytes and takes this rest for a line")
        }
    };
    let is_marked = line.span.start == 0 && lines.text(&line.span).starts_with('\u{feff}');
    if is_marked && !remark.title.contains("byte order") {
        remark.advise("the file begins with a byte order mark: save it without one")
    } else {
        remark
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: impl AsRef<[u8]>) -> Option<String> {
        let (_, _, desk) = read(Path::new("knockd.conf"), text.as_ref());
        desk.close().err().map(|wrong| wrong.to_string())
    }

    #[test]
    fn what_knockd_takes_is_taken() {
        for text in [
            "",
            "# nothing",
            "[options]\nUseSyslog\n[options]\nInterface =\nlogfile = /x y # z",
            "[a]\nsequence = 1",
            "[OPTIONS]\nsequence=1",
            "[a]\nusesyslog\nsequence=1",
            "[a]\nsequence=1\n[a]\nsequence=1",
            "[ ]\r\nsequence=1\r\n",
            "[a]=b]\nSEQ_TIMEOUT=5\nTimeOut=\nsequence==1\ncommand=a b=c\nCommand_6=\ntarget=\n",
            "[a]\ncmd_timeout=99999999999\nsequence=1\nsequence=2,3\nTCPFlags=syn\ntcpflags=!ack",
            "[a]\none_time_sequences = /etc/x\nsequence=5",
            "[a]\0zzz\nsequence=1\0junk\n\0[\n",
        ] {
            assert_eq!(refusal(text), None, "{text:?}");
        }
        assert_eq!(
            refusal(b"[caf\xe9]\nsequence=1\nstart_command=caf\xe9"),
            None
        );
        let long = |length| [b"[a]\nsequence=1\n#".as_slice(), &vec![b'c'; length], b"\n"].concat();
        assert_eq!(refusal(long(4094)), None);
        assert!(refusal(long(4095)).is_some());
    }

    #[test]
    fn what_knockd_refuses_is_refused_and_says_what_to_do() {
        for (text, place, says) in [
            ("UseSyslog", "1:1", "begin with [options]"),
            ("a=b", "1:1", "begin with [options]"),
            ("[]", "1:1", "between the brackets"),
            ("[a", "1:1", "ends with ]"),
            ("[a] # x\nsequence=1", "1:1", "lines of their own"),
            ("[a]\n; x\nsequence=1", "2:1", "begin comments with #"),
            ("[a]", "1:2", "door `a` has no sequence"),
            ("[a]\n[b]\nsequence=1", "1:2", "door `a` has no sequence"),
            ("[a]\nsequence", "2:1", "a key without a value"),
            (
                "[a]\nsequence=1\nlogfile=x",
                "3:1",
                "it belongs into [options]",
            ),
            ("[options]\nsequence=1", "2:1", "it belongs into a door"),
            ("[options]\nUseSyslog = yes", "2:1", "takes no value"),
            (
                "[a]\nseqence = 1\nsequence=1",
                "2:1",
                "did you mean `Sequence`?",
            ),
            ("[a]\nsequence=1\n=x", "3:1", "knockd knows Sequence"),
            (
                "[a]\n  sequence =  7,99999",
                "2:17",
                "there is no port 99999",
            ),
            (
                "[a]\nsequence=1\nsequence=1:x",
                "3:10",
                "`x` is no protocol",
            ),
            (
                "[a]\nsequence=1\ntcpflags = syn, ack",
                "3:16",
                "without blanks",
            ),
            ("[a]\nsequence=1\ntcpflags=", "3:10", "a flag is missing"),
            ("[a]\none_time_sequences=", "2:20", "no file is named"),
            ("\u{feff}[a]\nsequence=1", "1:1", "byte order mark"),
        ] {
            let said = refusal(text).unwrap_or_default();
            assert!(said.contains(&format!("knockd.conf:{place}\n")), "{said}");
            assert!(said.contains(says), "{said}");
        }
    }

    #[test]
    fn comments_go_with_the_door_below_them_or_around_them() {
        let text = "# top\n[options]\n# o\nUseSyslog\n# one\n# two\n[a]\n# in\nsequence=1\n# end";
        let (file, lines, _) = read(Path::new("k"), text.as_bytes());
        let texts = |of: &[Line]| -> Vec<String> {
            of.iter()
                .map(|line| lines.text(&line.span).to_owned())
                .collect()
        };
        assert_eq!(texts(&file.comments), ["# top", "# o"]);
        let door = file.doors.first().unwrap();
        assert_eq!(texts(&door.comments), ["# one", "# two", "# in", "# end"]);
    }
}
