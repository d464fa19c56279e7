//! The one place of the person's tool where randomness comes from: the operating system.

use getrandom::SysRng;
use rand_core::{CryptoRng, UnwrapErr};

/// The operating system's randomness, as the sealing and the key making want it.
pub type Randomness = UnwrapErr<SysRng>;

/// Opens the operating system's randomness, and asks it once.
///
/// What has answered once does not fail later: getrandom(2) fails only where a sandbox forbids it
/// or the kernel lacks it, and both are so from the first call on.
pub fn randomness() -> Result<Randomness, RandomnessError> {
    getrandom::fill(&mut [0; 1])?;
    Ok(UnwrapErr(SysRng))
}

/// Why there is no randomness.
#[derive(Debug, thiserror::Error)]
#[error(
    "the operating system gives no randomness: {0}\n  a sandbox that forbids getrandom(2) is the usual cause"
)]
pub struct RandomnessError(#[from] getrandom::Error);

/// A number below a bound, each as likely as any other; 0 where there is none below it.
pub(crate) fn below(bound: u32, rng: &mut impl CryptoRng) -> u32 {
    // What lies above the last whole multiple of the bound would favour small numbers.
    let surplus = u32::MAX.checked_rem(bound).unwrap_or_default();
    let whole = u32::MAX.saturating_sub(surplus);
    loop {
        let drawn = rng.next_u32();
        if drawn < whole || bound == 0 {
            return drawn.checked_rem(bound).unwrap_or_default();
        }
    }
}

/// Mixes things so that every order is as likely as any other.
pub(crate) fn shuffle<T>(things: &mut [T], rng: &mut impl CryptoRng) {
    let mut rest = things;
    while let Ok(size @ 2..) = u32::try_from(rest.len()) {
        let drawn = usize::try_from(below(size, rng)).unwrap_or_default();
        rest.swap(0, drawn);
        rest = rest.split_first_mut().map_or(&mut [], |(_, rest)| rest);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn every_number_below_the_bound_comes_up_and_no_other() {
        let rng = &mut randomness().unwrap();
        let mut seen = [0; 5];
        (0..5_000).for_each(|_| seen[usize::try_from(below(5, rng)).unwrap()] += 1);
        // A thousand each: 700 would be ten standard deviations off.
        assert!(seen.iter().all(|count| *count > 700), "{seen:?}");
        assert_eq!(below(1, rng), 0);
        assert_eq!(below(0, rng), 0);
    }

    #[test]
    fn every_order_comes_up_and_nothing_is_lost() {
        let rng = &mut randomness().unwrap();
        let mut seen = BTreeMap::new();
        for _ in 0..6_000 {
            let mut things = [1, 2, 3];
            shuffle(&mut things, rng);
            *seen.entry(things).or_insert(0) += 1;
        }
        assert_eq!(seen.len(), 6, "{seen:?}");
        assert!(seen.values().all(|count| *count > 700), "{seen:?}");
    }
}
