//! "Did you mean …?": the known word nearest to a misspelt one.

/// Finds the known word that a person most likely meant, if any is near enough to be worth saying.
///
/// ```
/// assert_eq!(nightlatch_config::nearest("knok-port", ["key", "knock-port"]), Some("knock-port"));
/// assert_eq!(nightlatch_config::nearest("colour", ["key", "knock-port"]), None);
/// ```
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = plainly(word);
    // A third of the letters may be wrong: beyond that a guess annoys more than it helps.
    let far = plain.len().div_ceil(3).min(3);
    known
        .into_iter()
        .map(|candidate| (distance(&plain, &plainly(candidate)), candidate))
        .filter(|(apart, _)| *apart <= far)
        .min_by_key(|(apart, _)| *apart)
        .map(|(_, candidate)| candidate)
}

/// `knock_port`, `KnockPort` and `knock-port` are the same word to whoever writes them.
fn plainly(word: &str) -> Vec<char> {
    // A line without end must not become a day of comparing.
    word.chars()
        .filter(|letter| letter.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .take(LONGEST_WORD)
        .collect()
}

/// Letters to insert, drop, change or swap with their neighbour until `left` is `right`.
fn distance(left: &[char], right: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, letter) in left.iter().enumerate() {
        let mut next = vec![line.saturating_add(1)];
        for (column, other) in right.iter().enumerate() {
            let at =
                |cells: &[usize], place: usize| cells.get(place).copied().unwrap_or(usize::MAX);
            let changed = at(&row, column).saturating_add(usize::from(letter != other));
            let dropped = at(&row, column.saturating_add(1)).saturating_add(1);
            let inserted = at(&next, column).saturating_add(1);
            let mut least = changed.min(dropped).min(inserted);
            if let (Some(up), Some(back)) = (line.checked_sub(1), column.checked_sub(1))
                && left.get(up) == Some(other)
                && right.get(back) == Some(letter)
            {
                least = least.min(at(&before, back).saturating_add(1));
            }
            next.push(least);
        }
        before = row;
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

/// Longer than any word of ours.
const LONGEST_WORD: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_wrong_letter_is_understood() {
        assert_eq!(nearest("gaurd", ["guard", "user"]), Some("guard"));
        assert_eq!(nearest("shh", ["ssh", "vpn"]), Some("ssh"));
    }

    #[test]
    fn another_way_to_join_words_is_understood() {
        assert_eq!(nearest("knock_port", ["knock-port"]), Some("knock-port"));
        assert_eq!(nearest("atMost", ["at-most"]), Some("at-most"));
    }

    #[test]
    fn a_wild_guess_is_not_made() {
        assert_eq!(nearest("banana", ["guard", "user", "log"]), None);
        assert_eq!(nearest("", ["log"]), None);
    }

    #[test]
    fn the_nearest_of_several_wins() {
        assert_eq!(
            nearest("service", ["servers", "services"]),
            Some("services")
        );
    }
}
