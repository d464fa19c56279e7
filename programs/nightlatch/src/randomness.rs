//! The one place of the person's tool where randomness comes from: the operating system.

use getrandom::SysRng;
use rand_core::UnwrapErr;

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
