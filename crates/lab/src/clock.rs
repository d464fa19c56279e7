//! The lab's clock: the one file here that reads time and waits.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The monotonic time of this machine.
#[expect(
    clippy::disallowed_methods,
    reason = "the lab's clock is read here and nowhere else"
)]
pub fn now() -> Instant {
    Instant::now()
}

/// The time since 1970, as the kernel stamps packets with it.
#[expect(
    clippy::disallowed_methods,
    reason = "the lab's clock is read here and nowhere else"
)]
pub fn unix_now() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

/// Lets real time pass, for stories in which the kernel's own clock shuts a door.
#[expect(
    clippy::disallowed_methods,
    reason = "a story about real time waits here and nowhere else"
)]
pub fn pause(length: Duration) {
    std::thread::sleep(length);
}

/// Asks again and again until the answer is yes or patience ends; says which it was.
pub fn wait_until(patience: Duration, mut is_so: impl FnMut() -> bool) -> bool {
    let start = now();
    loop {
        if is_so() {
            return true;
        }
        if now().saturating_duration_since(start) >= patience {
            return false;
        }
        pause(BETWEEN_LOOKS);
    }
}

/// Short enough not to be seen in a story, long enough to leave the machine to others.
const BETWEEN_LOOKS: Duration = Duration::from_millis(1);
