//! How source files look: captions, lengths, names, empty `lib.rs`, where `unsafe` may stand.

use std::path::Path;

use anyhow::Result;

use super::Breach;
use super::plan::HOUSE;
use crate::tree::Tree;

/// Every file that breaks the habits of the house.
pub(super) fn breaches(tree: &Tree) -> Result<Vec<Breach>> {
    let mut breaches = Vec::new();
    for room in HOUSE {
        for file in tree.files(room.folder)? {
            if file.extension().is_some_and(|kind| kind == "rs") {
                let text = tree.read(&file)?;
                breaches.extend(judge(&file, &text));
                breaches.extend(room.floor.is_pure().then(|| pure(&file, &text)).flatten());
            }
        }
    }
    Ok(breaches)
}

fn judge(file: &Path, text: &str) -> Vec<Breach> {
    let found = [
        caption(text),
        length(file, text),
        empty(file, text),
        explosive(file, text),
        named(file),
    ];
    let breach = |(wrong, remedy)| Breach {
        place: file.display().to_string(),
        wrong,
        remedy,
    };
    found.into_iter().flatten().map(breach).collect()
}

type Wrong = Option<(String, &'static str)>;

fn caption(text: &str) -> Wrong {
    let has = text.starts_with("//! ");
    (!has).then(|| {
        (
            "has no caption".to_owned(),
            "begin it with one sentence: `//! What this file is about.`",
        )
    })
}

fn length(file: &Path, text: &str) -> Wrong {
    let lines = before_tests(text).count();
    (is_source(file) && lines > LONGEST).then(|| {
        (
            format!("has {lines} lines before its tests, {LONGEST} are the end"),
            "split it where it has two reasons to change",
        )
    })
}

/// `lib.rs` shows the way and defines nothing.
fn empty(file: &Path, text: &str) -> Wrong {
    if !file.ends_with("src/lib.rs") {
        return None;
    }
    let code: Vec<&str> = code(text).collect();
    let code = without_attributes(&code.join("\n"));
    let stray = code
        .split(';')
        .map(str::trim)
        .find(|one| !one.is_empty() && !shows_the_way(one))?;
    let begin: String = stray.chars().take(40).collect();
    let remedy = "move it into a file with its name and `pub use` it from there";
    Some((format!("defines something: `{begin}`"), remedy))
}

fn shows_the_way(statement: &str) -> bool {
    let open = ["pub(crate) ", "pub "]
        .iter()
        .find_map(|seen| statement.strip_prefix(seen))
        .unwrap_or(statement);
    let imports = open.starts_with("use ");
    imports
        || (!open.contains('{') && (open.starts_with("mod ") || open.starts_with("extern crate ")))
}

/// Attributes may span lines and quote anything; what is left without them is statements.
fn without_attributes(code: &str) -> String {
    let mut left = String::new();
    let mut depth: u32 = 0;
    let mut quoted = false;
    let mut last = ' ';
    for letter in code.chars() {
        let begins = depth == 0 && letter == '[' && matches!(last, '#' | '!');
        match letter {
            '"' if depth > 0 && last != '\\' => quoted = !quoted,
            '[' if begins || (depth > 0 && !quoted) => depth = depth.saturating_add(1),
            ']' if depth > 0 && !quoted => depth = depth.saturating_sub(1),
            '#' | '!' if depth == 0 => {}
            _ if depth == 0 => left.push(letter),
            _ => {}
        }
        last = letter;
    }
    left
}

/// The compiler denies such lines; only one file of the house may lift that, and only its crate.
fn explosive(file: &Path, text: &str) -> Wrong {
    if file.starts_with("crates/capture") && (file.ends_with("sys.rs") || file.ends_with("lib.rs"))
    {
        return None;
    }
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    let holds = |line: &str| {
        let code = without_text(line);
        let lifts = ["expect(", "allow("]
            .iter()
            .any(|how| code.contains(&format!("{how}{UNSAFE}_code")));
        lifts
            || code
                .split(|letter| !is_part(letter))
                .any(|word| word == UNSAFE)
    };
    let remedy = "all of them stand in crates/capture/src/sys.rs";
    code(text)
        .any(holds)
        .then(|| ("holds an unsafe line".to_owned(), remedy))
}

/// A quoted word is no code. Good enough, since the compiler is the real judge.
fn without_text(line: &str) -> String {
    line.split('"').step_by(2).collect::<Vec<_>>().join(" ")
}

fn named(file: &Path) -> Wrong {
    let stem = if file.ends_with("mod.rs") {
        file.parent()?.file_stem()?
    } else {
        file.file_stem()?
    };
    let stem = stem.to_string_lossy();
    NO_NAMES.contains(&&*stem).then(|| {
        (
            format!("is called {stem}"),
            "a thing that has a name has a file with that name",
        )
    })
}

/// A pure crate says so in its first lines, and the compiler holds it to that.
fn pure(file: &Path, text: &str) -> Option<Breach> {
    let is_root = file.ends_with("src/lib.rs");
    let missing = MARKS
        .into_iter()
        .find(|mark| is_root && !text.contains(mark));
    let wrong = match missing {
        Some(mark) => format!("does not say {mark}"),
        None if takes_std(text) => "takes the standard library".to_owned(),
        None => return None,
    };
    let place = file.display().to_string();
    Some(Breach {
        place,
        wrong,
        remedy: "pure crates have no clock, no files, no environment",
    })
}

/// Its tests may: they run on a machine that has one.
fn takes_std(text: &str) -> bool {
    let mut for_tests = false;
    for line in code(text).map(str::trim) {
        if line.starts_with("extern crate std") && !for_tests {
            return true;
        }
        for_tests = line == "#[cfg(test)]";
    }
    false
}

/// Lines that are not comments.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
}

fn before_tests(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .take_while(|line| !line.starts_with("#[cfg(test)]"))
}

/// Tests, benches and fuzz targets tell long stories; they may.
fn is_source(file: &Path) -> bool {
    file.components().any(|part| part.as_os_str() == "src")
}

const LONGEST: usize = 300;
const MARKS: [&str; 2] = ["#![no_std]", "#![forbid(unsafe_code)]"];
const UNSAFE: &str = "unsafe";
const NO_NAMES: [&str; 7] = [
    "common", "helper", "helpers", "manager", "misc", "types", "util",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn wrongs(file: &str, text: &str) -> Vec<String> {
        judge(Path::new(file), text)
            .into_iter()
            .map(|breach| breach.wrong)
            .collect()
    }

    #[test]
    fn a_file_begins_with_its_caption() {
        assert_eq!(
            wrongs("crates/core/src/grant.rs", "use core::fmt;\n"),
            ["has no caption"]
        );
        assert_eq!(
            wrongs("crates/core/src/grant.rs", "//! Grants.\n"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn a_long_file_is_refused_unless_it_is_long_in_tests() {
        let long = format!("//! Long.\n{}", "use a;\n".repeat(LONGEST));
        assert_eq!(wrongs("crates/core/src/grant.rs", &long).len(), 1);
        assert_eq!(
            wrongs("crates/core/tests/grant.rs", &long),
            Vec::<String>::new()
        );
        let tested = format!(
            "//! Short.\n#[cfg(test)]\nmod tests {{\n{}}}\n",
            "use a;\n".repeat(LONGEST)
        );
        assert_eq!(
            wrongs("crates/core/src/grant.rs", &tested),
            Vec::<String>::new()
        );
    }

    #[test]
    fn an_attribute_in_lib_rs_may_span_lines_and_say_anything() {
        let lib =
            "//! Core.\n#[expect(\n    dead_code,\n    reason = \"a [b]; fn c() {}\"\n)]\nmod a;\n";
        assert_eq!(wrongs("crates/core/src/lib.rs", lib), Vec::<String>::new());
    }

    #[test]
    fn lib_rs_shows_the_way_and_defines_nothing() {
        let lib = "//! Core.\n\n#![no_std]\n#![forbid(unsafe_code)]\n\nextern crate alloc;\n\n#[cfg(test)]\nextern crate std;\n\
                   mod a;\npub mod b;\npub(crate) mod c;\n\npub use a::{\n    A, B,\n};\n";
        assert_eq!(wrongs("crates/core/src/lib.rs", lib), Vec::<String>::new());
        for stray in [
            "pub const A: u8 = 1;",
            "fn a() {}",
            "mod a { fn b() {} }",
            "pub struct A;",
        ] {
            let lib = format!("//! Core.\nmod a;\n{stray}\n");
            assert_eq!(wrongs("crates/core/src/lib.rs", &lib).len(), 1, "{stray}");
        }
    }

    #[test]
    fn unsafe_lines_have_one_file() {
        let line = format!("//! Calls.\nfn a() {{ {UNSAFE} {{ b() }} }}\n");
        assert_eq!(
            wrongs("crates/core/src/grant.rs", &line),
            ["holds an unsafe line"]
        );
        assert_eq!(
            wrongs("crates/capture/src/sys.rs", &line),
            Vec::<String>::new()
        );
    }

    #[test]
    fn a_name_says_what_the_thing_is() {
        assert_eq!(
            wrongs("crates/core/src/util.rs", "//! Things.\n"),
            ["is called util"]
        );
        assert_eq!(
            wrongs("crates/core/src/helpers/mod.rs", "//! Things.\n"),
            ["is called helpers"]
        );
    }

    #[test]
    fn a_pure_crate_says_so_and_takes_the_standard_library_for_tests_only() {
        let wrong =
            |text: &str| pure(Path::new("crates/wire/src/lib.rs"), text).map(|breach| breach.wrong);
        let head = "//! Wire.\n#![no_std]\n#![forbid(unsafe_code)]\n";
        assert_eq!(
            wrong(&format!("{head}#[cfg(test)]\nextern crate std;\n")),
            None
        );
        assert_eq!(
            wrong(&format!("{head}extern crate std;\n")).unwrap(),
            "takes the standard library"
        );
        assert_eq!(
            wrong("//! Wire.\n#![no_std]\n").unwrap(),
            "does not say #![forbid(unsafe_code)]"
        );
    }
}
