//! What each source has heard and lost, and whether it still hears: in letters of one size.

use nightlatch_capture::Deafness;

/// What one source has heard and lost since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct HeardAt {
    /// Packets, or lines.
    pub(crate) heard: u64,
    /// What it knows to have lost; of what is not counted, nothing.
    pub(crate) lost: u64,
    /// Why it hears nothing more, while it does not.
    pub(crate) deaf: Option<Deafness>,
}

/// Some sources in a row, in the order in which the configuration names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hearing {
    /// Which one the row begins with.
    pub(crate) first: u8,
    /// At most [`SOURCES_A_LETTER`].
    pub(crate) row: Vec<HeardAt>,
}

impl Hearing {
    /// The letters for these sources; of more than any host has, the rest is not told.
    pub(crate) fn letters(all: &[HeardAt]) -> impl Iterator<Item = Self> {
        let rows = all
            .chunks(SOURCES_A_LETTER)
            .zip((0..=u8::MAX).step_by(SOURCES_A_LETTER));
        rows.map(|(row, first)| Self {
            first,
            row: row.to_vec(),
        })
    }

    pub(super) fn write(&self, body: &mut [u8]) {
        let length = u8::try_from(self.row.len()).unwrap_or(0);
        let numbers = self.row.iter().flat_map(|one| [one.heard, one.lost]);
        let bytes: Vec<u8> = [self.first, length]
            .into_iter()
            .chain(numbers.flat_map(u64::to_be_bytes))
            .collect();
        super::letter::put(body, &bytes);
        let deaf: Vec<u8> = self.row.iter().map(|one| number_of(one.deaf)).collect();
        super::letter::put(body.get_mut(DEAF_AT..).unwrap_or_default(), &deaf);
    }

    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let (&[first, length], rest) = body.split_first_chunk::<2>()?;
        let length = usize::from(length);
        if length > SOURCES_A_LETTER {
            return None;
        }
        let (numbers, _) = rest.as_chunks::<8>();
        let (pairs, _) = numbers.as_chunks::<2>();
        let deaf = body.get(DEAF_AT..)?.iter();
        let row = pairs.iter().zip(deaf).take(length);
        let row = row.map(|([heard, lost], deaf)| {
            Some(HeardAt {
                heard: u64::from_be_bytes(*heard),
                lost: u64::from_be_bytes(*lost),
                deaf: deafness_of(*deaf).ok()?,
            })
        });
        Some(Self {
            first,
            row: row.collect::<Option<_>>()?,
        })
    }
}

const fn number_of(deaf: Option<Deafness>) -> u8 {
    match deaf {
        None => 0,
        Some(Deafness::Absent) => 1,
        Some(Deafness::NotAFile) => 2,
        Some(Deafness::Unreadable) => 3,
    }
}

/// An error for what nobody writes.
const fn deafness_of(number: u8) -> Result<Option<Deafness>, u8> {
    Ok(match number {
        0 => None,
        1 => Some(Deafness::Absent),
        2 => Some(Deafness::NotAFile),
        3 => Some(Deafness::Unreadable),
        other => return Err(other),
    })
}

/// Behind the numbers of a full row.
const DEAF_AT: usize = 2 + SOURCES_A_LETTER * 16;
/// What fits into a letter as long as a claim.
pub(crate) const SOURCES_A_LETTER: usize = 11;

#[cfg(test)]
mod tests {
    use nightlatch_core::Claim;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

        #[test]
        fn any_number_of_sources_is_told_in_rows(
            numbers in proptest::collection::vec((any::<(u64, u64)>(), 0..=3_u8), 0..40)
        ) {
            let all = numbers.into_iter().map(|((heard, lost), deaf)| HeardAt { heard, lost, deaf: deafness_of(deaf).unwrap() });
            let all: Vec<_> = all.collect();
            let mut told = Vec::new();
            for letter in Hearing::letters(&all) {
                let mut body = [0; Claim::LENGTH];
                letter.write(&mut body);
                let read = Hearing::read(&body).unwrap();
                prop_assert_eq!(usize::from(read.first), told.len());
                told.extend(read.row);
            }
            prop_assert_eq!(told, all);
        }

        #[test]
        fn a_row_that_is_too_long_is_none(
            mut body in proptest::collection::vec(any::<u8>(), Claim::LENGTH), length in 12..=u8::MAX
        ) {
            body[1] = length;
            prop_assert_eq!(Hearing::read(&body), None);
        }
    }
}
