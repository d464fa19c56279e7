//! The fenced blocks of a page that are more than text: commands and configurations.

/// One block: `sh` is for reading along, `console` is a run with its answers, `toml` is a configuration.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) kind: Kind,
    /// The line of the page on which the block begins.
    pub(super) line: usize,
    pub(super) lines: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Sh,
    Console,
    Toml,
}

impl Block {
    /// The commands, without the prompt.
    pub(super) fn commands(&self) -> impl Iterator<Item = &str> {
        let kind = self.kind;
        self.lines.iter().filter_map(move |line| match kind {
            Kind::Sh => (!line.is_empty() && !line.starts_with('#')).then_some(line.as_str()),
            Kind::Console => line.strip_prefix("$ "),
            Kind::Toml => None,
        })
    }
}

/// Reads the blocks of a page; a backslash at the end of a line joins it with the next.
pub(super) fn read(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<(Option<Kind>, Block)> = None;
    for (number, line) in (1..).zip(page.lines()) {
        let fence = line.trim_start().strip_prefix("```");
        open = match (open, fence) {
            (None, None) => None,
            (None, Some(kind)) => Some(begin(kind, number)),
            (Some((kind, block)), Some(_)) => {
                blocks.extend(kind.map(|kind| Block { kind, ..block }));
                None
            }
            (Some((kind, mut block)), None) => {
                append(&mut block.lines, line);
                Some((kind, block))
            }
        };
    }
    blocks
}

fn begin(kind: &str, line: usize) -> (Option<Kind>, Block) {
    let kind = match kind.trim() {
        "sh" => Some(Kind::Sh),
        "console" => Some(Kind::Console),
        "toml" => Some(Kind::Toml),
        _ => None,
    };
    (
        kind,
        Block {
            kind: Kind::Sh,
            line,
            lines: Vec::new(),
        },
    )
}

fn append(lines: &mut Vec<String>, line: &str) {
    match lines.last_mut() {
        Some(last) if last.ends_with('\\') => {
            last.pop();
            last.push_str(line.trim_start());
        }
        _ => lines.push(line.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_blocks_that_are_more_than_text_are_read() {
        let blocks =
            read("```text\na = 1\n```\ntext\n```sh\n# why\nls\n```\n```console\n$ ls\nfile\n```\n");
        let commands: Vec<_> = blocks.iter().flat_map(Block::commands).collect();
        assert_eq!(commands, ["ls", "ls"]);
        assert_eq!(
            blocks.iter().map(|block| block.line).collect::<Vec<_>>(),
            [5, 9]
        );
    }

    #[test]
    fn a_backslash_joins_two_lines() {
        let blocks = read("```sh\nls \\\n   -l\n```\n");
        assert_eq!(blocks[0].lines, ["ls -l"]);
    }
}
