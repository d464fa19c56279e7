//! A shell line becomes words, where no shell is needed to know them.

/// A command without anything that only a shell could tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Simple {
    pub(crate) words: Vec<String>,
    pub(super) after: After,
}

/// What must have come before for a command to be run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum After {
    /// `;`
    #[default]
    Anything,
    /// `&&`
    Success,
}

/// The commands of a line that are run one after the other, each as its words; `None` if only a shell can tell.
///
/// `;` and `&&` may stand between them. Whatever a shell would expand, redirect or do by itself makes it `None`; so does
/// a `%IP%` that comes about only when quotes and backslashes are gone, for knockd looks for it before.
pub(crate) fn split(line: &str) -> Option<Vec<Simple>> {
    let mut splitter = Splitter::default();
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            ' ' | '\t' => splitter.end_word(),
            '\'' => single_quoted(&mut letters, splitter.word())?,
            '"' => double_quoted(&mut letters, splitter.word())?,
            '\\' => splitter.word().push(letters.next()?),
            ';' => {
                splitter.end_command()?;
                splitter.after = After::Anything;
            }
            '&' => {
                letters.next_if_eq(&'&')?;
                splitter.end_command()?;
                splitter.more_must_come = true;
                splitter.after = After::Success;
            }
            '#' | '~' if splitter.begun.is_none() => return None,
            '{' if splitter.begun.is_some() || letters.peek().is_some_and(|next| *next != ' ') => {
                return None;
            }
            _ if SHELL_LETTERS.contains(letter) || letter.is_control() => return None,
            _ => splitter.word().push(letter),
        }
    }
    let commands = splitter.finish()?;
    let places = commands.iter().flat_map(|command| &command.words);
    let places = places.map(|word| addresses(word)).sum::<usize>();
    (places == addresses(line)).then_some(commands)
}

fn addresses(text: &str) -> usize {
    text.matches("%IP%").count()
}

#[derive(Default)]
struct Splitter {
    commands: Vec<Simple>,
    words: Vec<String>,
    after: After,
    /// The word that has begun; an empty one in quotes is a word, too.
    begun: Option<String>,
    more_must_come: bool,
}

impl Splitter {
    fn word(&mut self) -> &mut String {
        self.more_must_come = false;
        self.begun.get_or_insert_default()
    }

    fn end_word(&mut self) {
        self.words.extend(self.begun.take());
    }

    fn end_command(&mut self) -> Option<()> {
        self.end_word();
        let words = std::mem::take(&mut self.words);
        if is_the_shells_own(words.first()?) {
            return None;
        }
        let after = self.after;
        self.commands.push(Simple { words, after });
        Some(())
    }

    fn finish(mut self) -> Option<Vec<Simple>> {
        self.end_word();
        if !self.words.is_empty() {
            self.end_command()?;
        }
        (!self.more_must_come && !self.commands.is_empty()).then_some(self.commands)
    }
}

fn single_quoted(letters: &mut impl Iterator<Item = char>, word: &mut String) -> Option<()> {
    loop {
        match letters.next()? {
            '\'' => return Some(()),
            letter => word.push(letter),
        }
    }
}

fn double_quoted(letters: &mut impl Iterator<Item = char>, word: &mut String) -> Option<()> {
    loop {
        match letters.next()? {
            '"' => return Some(()),
            '$' | '`' => return None,
            '\\' => match letters.next()? {
                letter @ ('$' | '`' | '"' | '\\') => word.push(letter),
                letter => word.extend(['\\', letter]),
            },
            letter => word.push(letter),
        }
    }
}

/// Whether a word in the place of a command means something to the shell alone.
fn is_the_shells_own(word: &str) -> bool {
    // `VARIABLE=value command`, and `!`, `{` and the like.
    word.contains('=') || SHELL_WORDS.contains(&word)
}

/// Unquoted, each of them asks a shell for something.
const SHELL_LETTERS: &str = "|<>()$`*?[";

/// Keywords, and what a shell has built in where a program would do otherwise or does not exist.
const SHELL_WORDS: [&str; 78] = [
    "!",
    "{",
    "}",
    ".",
    ":",
    "alias",
    "bg",
    "bind",
    "break",
    "builtin",
    "caller",
    "case",
    "cd",
    "chdir",
    "command",
    "compgen",
    "complete",
    "compopt",
    "continue",
    "coproc",
    "declare",
    "dirs",
    "disown",
    "do",
    "done",
    "echo",
    "elif",
    "else",
    "enable",
    "esac",
    "eval",
    "exec",
    "exit",
    "export",
    "fc",
    "fg",
    "fi",
    "for",
    "function",
    "getopts",
    "hash",
    "help",
    "history",
    "if",
    "in",
    "jobs",
    "kill",
    "let",
    "local",
    "logout",
    "mapfile",
    "popd",
    "printf",
    "pushd",
    "read",
    "readarray",
    "readonly",
    "return",
    "select",
    "set",
    "shift",
    "shopt",
    "source",
    "suspend",
    "test",
    "then",
    "time",
    "times",
    "trap",
    "type",
    "typeset",
    "ulimit",
    "umask",
    "unalias",
    "unset",
    "until",
    "wait",
    "while",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Option<String> {
        let commands = split(line)?;
        let joined = commands.iter().map(|command| command.words.join("|"));
        Some(joined.collect::<Vec<_>>().join(" ; "))
    }

    #[test]
    fn plain_words_and_quoted_ones_are_told_apart() {
        for (line, expected) in [
            (
                "/sbin/iptables -A  INPUT\t-s %IP%",
                "/sbin/iptables|-A|INPUT|-s|%IP%",
            ),
            (
                "logger 'it is' \"open for\" %IP%",
                "logger|it is|open for|%IP%",
            ),
            (r#"a "b\"c" d\ e '' "x\y" 'q"r'"#, r#"a|b"c|d e||x\y|q"r"#),
            (
                r#"f --add-rich-rule='rule family="ipv4"'"#,
                r#"f|--add-rich-rule=rule family="ipv4""#,
            ),
            (
                "nft add element inet f k { %IP% }",
                "nft|add|element|inet|f|k|{|%IP%|}",
            ),
            ("a && b c; d;", "a ; b|c ; d"),
            ("a 50% b#c d~", "a|50%|b#c|d~"),
        ] {
            assert_eq!(words(line).as_deref(), Some(expected), "{line}");
        }
    }

    #[test]
    fn what_needs_a_shell_is_left_to_it() {
        for line in [
            "",
            "  ",
            ";",
            "a | b",
            "a || b",
            "a &",
            "a && ",
            "&& a",
            "a ;; b",
            "a > b",
            "a 2>&1",
            "a < b",
            "(a)",
            "a $b",
            "a `b`",
            "a \"$b\"",
            "a \"`b`\"",
            "a *",
            "a b?",
            "a [b]",
            "a # b",
            "a ~/b",
            "~/b",
            "X=1 a",
            "! a",
            "{ a; }",
            "a {b,c}",
            "a x{b,c}",
            "cd /tmp",
            "if a; then b; fi",
            "exec a",
            "a 'b",
            "a \"b",
            "a \\",
            "a\nb",
            "for i in 1; do a; done",
            "a %I\\P%",
            "a '%I'P%",
            "a %IP% \"%\"IP%",
            "unset a",
            "a && wait",
        ] {
            assert_eq!(words(line), None, "{line}");
        }
    }
}
