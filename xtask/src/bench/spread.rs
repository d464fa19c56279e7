//! What many runs of one thing come to.

use std::time::Duration;

use serde::Serialize;

/// Median and edges of some times, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Spread {
    pub(super) runs: usize,
    pub(super) least: f64,
    pub(super) median: f64,
    pub(super) p95: f64,
    pub(super) most: f64,
}

impl Spread {
    /// `None` when there is nothing to sum up.
    pub(super) fn of(times: impl IntoIterator<Item = Duration>) -> Option<Self> {
        let mut times: Vec<Duration> = times.into_iter().collect();
        times.sort_unstable();
        let last = times.len().checked_sub(1)?;
        let at = |percent: usize| {
            let place = last.saturating_mul(percent).div_ceil(100);
            times.get(place).copied().map(micros)
        };
        Some(Self {
            runs: times.len(),
            least: at(0)?,
            median: at(50)?,
            p95: at(95)?,
            most: at(100)?,
        })
    }
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_stands_in_the_middle_whatever_the_order() {
        let spread = Spread::of([5, 1, 4, 2, 3].map(Duration::from_micros)).unwrap();
        assert!((spread.median - 3.0).abs() < 1e-6);
        assert!((spread.least - 1.0).abs() < 1e-6);
        assert!((spread.most - 5.0).abs() < 1e-6);
    }

    #[test]
    fn nothing_has_no_median() {
        assert!(Spread::of([]).is_none());
    }
}
