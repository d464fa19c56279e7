//! The tests and fuzz targets that a page names must exist: a promise without its proof is a wish.

use anyhow::Result;

use crate::tree::Tree;

/// Everything that the tests of the house are called, in one text.
pub(super) struct Proofs {
    sources: String,
}

impl Proofs {
    pub(super) fn gather(tree: &Tree) -> Result<Self> {
        let mut sources = String::new();
        for folder in ["crates", "programs", "xtask"] {
            for file in tree
                .files(folder)?
                .iter()
                .filter(|file| file.extension().is_some_and(|kind| kind == "rs"))
            {
                sources += &tree.read(file)?;
            }
        }
        Ok(Self { sources })
    }

    /// Names on the page that no test has.
    pub(super) fn missing<'a>(&'a self, page: &'a str) -> impl Iterator<Item = &'a str> {
        named(page).filter(|name| {
            let function = format!("fn {name}(");
            let story = format!("\"{name}\"");
            !self.sources.contains(&function) && !self.sources.contains(&story)
        })
    }
}

/// A test's name is a sentence: four words or more, in one span of code.
fn named(page: &str) -> impl Iterator<Item = &str> {
    let spans = page
        .lines()
        .flat_map(|line| line.split('`').skip(1).step_by(2));
    spans.filter(|span| span.split('_').count() >= 4 && span.bytes().all(is_part))
}

const fn is_part(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_in_backquotes_is_the_name_of_a_test() {
        let page = "see `a_name_of_a_test` and `max_len` and `Effect::Open` and a_name_in_the_text";
        assert_eq!(named(page).collect::<Vec<_>>(), ["a_name_of_a_test"]);
    }

    #[test]
    fn a_test_that_is_gone_is_missed() {
        let proofs = Proofs {
            sources: "fn a_test_that_is_here() {} (\"a_story_that_is_here\", tell)".to_owned(),
        };
        let page = "`a_test_that_is_here` `a_story_that_is_here` `a_test_that_is_gone`";
        assert_eq!(
            proofs.missing(page).collect::<Vec<_>>(),
            ["a_test_that_is_gone"]
        );
    }
}
