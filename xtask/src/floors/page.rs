//! The plan as the table in ARCHITECTURE.md.

use anyhow::{Context, Result};

use super::Breach;
use super::plan::HOUSE;

/// The page that shows the plan.
pub(super) const PLACE: &str = "ARCHITECTURE.md";

/// A table on the page that is not the plan's.
pub(super) fn breaches(page: &str) -> Option<Breach> {
    let fits = with_table(page).is_ok_and(|wanted| wanted == page);
    (!fits).then(|| Breach {
        place: PLACE.to_owned(),
        wrong: "its table is not the plan's".to_owned(),
        remedy: "`cargo xtask floors --write` mends it",
    })
}

/// The page with the plan's table between the two marks.
pub(super) fn with_table(page: &str) -> Result<String> {
    let (before, rest) = page
        .split_once(BEGIN)
        .with_context(|| format!("{PLACE} has no line {BEGIN}"))?;
    let (_, after) = rest
        .split_once(END)
        .with_context(|| format!("{PLACE} has no line {END}"))?;
    Ok(format!("{before}{BEGIN}\n{}{END}{after}", table()))
}

fn table() -> String {
    // From the roof down, as the picture above it is drawn.
    let lines = HOUSE.iter().rev().map(|room| {
        let ours: Vec<&str> = room.ours.iter().map(|name| short(name)).collect();
        let ours = if ours.is_empty() {
            "–".to_owned()
        } else {
            ours.join(", ")
        };
        let (name, floor) = (short(room.name), room.floor.word());
        format!(
            "| {name} | {floor} | {} | {} | {ours} |",
            room.role, room.touches
        )
    });
    let head = [
        "| crate | floor | role | the world it may touch | imports of ours |",
        "|---|---|---|---|---|",
    ];
    head.map(str::to_owned)
        .into_iter()
        .chain(lines)
        .map(|line| line + "\n")
        .collect()
}

fn short(name: &str) -> &str {
    name.strip_prefix("nightlatch-").unwrap_or(name)
}

const BEGIN: &str = "<!-- printed by `cargo xtask floors --write`: begin -->";
const END: &str = "<!-- printed by `cargo xtask floors --write`: end -->";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writing_the_table_mends_the_page_and_keeps_the_rest() {
        let page = format!("above\n{BEGIN}\nstale\n{END}\nbelow\n");
        assert!(breaches(&page).is_some());
        let mended = with_table(&page).unwrap();
        assert!(
            mended.starts_with("above\n")
                && mended.ends_with("\nbelow\n")
                && !mended.contains("stale")
        );
        assert_eq!(breaches(&mended), None);
    }

    #[test]
    fn a_page_without_the_marks_is_refused() {
        assert!(breaches("nothing here").is_some());
    }
}
