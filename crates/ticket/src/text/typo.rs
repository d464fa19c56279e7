//! Which character of a mistyped key is the wrong one.
//!
//! Every single substitution is tried. The `bech32` crate has a corrector that computes the place,
//! but it panics on some texts with several wrong characters (0.12, `correction.rs`: "error
//! guaranteed to lie in base field"); it too finds one wrong character at most.

use alloc::string::String;

use bech32::Bech32m;
use bech32::primitives::decode::UncheckedHrpstring;
use zeroize::Zeroizing;

const LETTERS: [&str; 32] = [
    "q", "p", "z", "r", "y", "9", "x", "8", "g", "f", "2", "t", "v", "d", "w", "0", "s", "3", "j",
    "n", "5", "4", "k", "h", "c", "e", "6", "m", "u", "a", "7", "l",
];

/// The place, counted from 1, of the one character whose exchange makes the checksum right.
///
/// Two texts with a right checksum differ in five characters or more (BIP 173), so there is one
/// such place at most. `None` if more than one character is wrong.
pub(super) fn wrong_character(text: &str) -> Option<usize> {
    // One case throughout: letters of both would be refused for that alone.
    let mut text = Zeroizing::new(text.to_ascii_lowercase());
    let after_prefix = text.rfind('1')?.saturating_add(1);
    (after_prefix..text.len())
        .find(|at| mends(&mut text, *at))
        .map(|at| at.saturating_add(1))
}

/// Whether some letter at this place makes the checksum right; the text is as before afterwards.
fn mends(text: &mut String, at: usize) -> bool {
    let Some(was) = text.get(at..=at).map(String::from) else {
        return false;
    };
    let right = LETTERS.iter().any(|letter| {
        text.replace_range(at..=at, letter);
        UncheckedHrpstring::new(text).is_ok_and(|key| key.has_valid_checksum::<Bech32m>())
    });
    text.replace_range(at..=at, &was);
    right
}
