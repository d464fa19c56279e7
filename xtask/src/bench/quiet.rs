//! Whether the machine has time for us: figures taken beside a compiler are figures of the compiler.

use std::fs;
use std::time::Duration;

use nightlatch_lab::{now, pause};

/// Waits until the machine has been all but idle for a moment; says whether it came to that.
pub(super) fn wait(patience: Duration) -> bool {
    let begun = now();
    while now().saturating_duration_since(begun) < patience {
        let before = Ticks::read();
        pause(MOMENT);
        if Ticks::read().is_idle_since(before) {
            return true;
        }
    }
    false
}

/// Ticks of all cores since they were started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Ticks {
    all: u64,
    idle: u64,
}

impl Ticks {
    fn read() -> Self {
        let text = fs::read_to_string("/proc/stat").unwrap_or_default();
        Self::of(text.lines().next().unwrap_or_default())
    }

    /// user, nice, system, idle, iowait, irq, softirq, steal; what guests use is in user already.
    fn of(line: &str) -> Self {
        let ticks = line.split_whitespace().skip(1).take(8);
        let ticks: Vec<u64> = ticks.filter_map(|word| word.parse().ok()).collect();
        Self {
            all: ticks.iter().sum(),
            idle: ticks.iter().skip(3).take(2).sum(),
        }
    }

    fn is_idle_since(self, before: Self) -> bool {
        let all = self.all.saturating_sub(before.all);
        let idle = self.idle.saturating_sub(before.idle);
        idle.saturating_mul(100) >= all.saturating_mul(95)
    }
}

const MOMENT: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_that_compiles_is_not_idle() {
        let before = Ticks::of("cpu  100 0 50 1000 10 0 5 0 0 0");
        let busy = Ticks::of("cpu  190 0 55 1100 10 0 5 0 0 0");
        let idle = Ticks::of("cpu  102 0 51 1200 11 0 5 0 0 0");
        assert!(!busy.is_idle_since(before));
        assert!(idle.is_idle_since(before));
    }
}
