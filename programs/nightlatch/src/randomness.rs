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
