//! How far one source has come: on several routes at once where they begin alike.

use core::time::Duration;

use crate::Instant;

/// Routes of one group that one source began with one packet and has come equally far on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Walk {
    pub(super) who: u64,
    /// When the first step was taken.
    pub(super) since: Instant,
    /// The serial of the group.
    pub(super) group: u32,
    /// The bits of the routes within the group; none: only what is recent is remembered.
    pub(super) begun: u32,
    /// How many steps are taken.
    pub(super) done: u8,
    newest: u8,
    /// The prints of the latest steps.
    recent: [u32; REMEMBERED],
}

impl Walk {
    /// One step taken.
    pub(super) fn begin(who: u64, group: u32, begun: u32, now: Instant) -> Self {
        Self {
            who,
            since: now,
            group,
            begun,
            done: 1,
            ..Self::default()
        }
    }

    /// One step more, on these of its routes.
    pub(super) fn onward(mut self, begun: u32, print: u32) -> Self {
        self.begun = begun;
        self.done = self.done.saturating_add(1);
        self.remember(print);
        self
    }

    /// No step more, on these of its routes.
    pub(super) const fn staying(self, begun: u32) -> Self {
        Self { begun, ..self }
    }

    /// Nothing but its recent packets.
    pub(super) fn spent(mut self, print: u32) -> Self {
        (self.begun, self.done) = (0, 0);
        self.remember(print);
        self
    }

    /// The later walk, with what this one remembers.
    pub(super) const fn again(self, later: Self) -> Self {
        Self {
            newest: self.newest,
            recent: self.recent,
            ..later
        }
    }

    /// Gives up the routes on which the other has come equally far and has more time left, or takes
    /// them over.
    pub(super) fn leave_to(&mut self, other: &mut Self) {
        let both = self.begun & other.begun;
        let is_alike = (self.who, self.group, self.done) == (other.who, other.group, other.done);
        if !is_alike || both == 0 {
            return;
        }
        let earlier = if self.since < other.since {
            self
        } else {
            other
        };
        earlier.begun &= !both;
        if earlier.begun == 0 {
            earlier.done = 0;
        }
    }

    /// Remembers by what the packet is known that took the latest step.
    pub(super) fn remember(&mut self, print: u32) {
        if print == 0 {
            return;
        }
        self.newest = self.newest.wrapping_add(1);
        let place = usize::from(self.newest) & (REMEMBERED - 1);
        if let Some(oldest) = self.recent.get_mut(place) {
            *oldest = print;
        }
    }

    /// Whether a packet known by this took one of the latest steps.
    pub(super) fn remembers(&self, print: u32) -> bool {
        print != 0 && self.recent.contains(&print)
    }

    /// Whether it has taken too long.
    pub(super) fn is_over(&self, within: Duration, now: Instant) -> bool {
        now.saturating_since(self.since) > within
    }
}

/// A walker who waits for his connections to fail has a few of them under way at a time. A power
/// of two.
const REMEMBERED: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_four_packets_are_remembered() {
        let mut walk = Walk::begin(1, 1, 1, Instant::default());
        assert!(!walk.remembers(0));
        for print in 1..=300 {
            walk.remember(print);
            walk.remember(0);
            assert!(walk.remembers(print) && !walk.remembers(0));
            assert_eq!(walk.remembers(print.saturating_sub(3)), print > 3);
            assert!(!walk.remembers(print.saturating_sub(4)));
        }
    }

    #[test]
    fn time_is_up_a_moment_after_the_last_one() {
        let begun = Instant::from_duration(Duration::from_secs(5));
        let walk = Walk::begin(1, 1, 1, begun);
        let within = Duration::from_millis(250);
        assert!(!walk.is_over(within, begun.saturating_add(within)));
        let late = begun.saturating_add(within + Duration::from_nanos(1));
        assert!(walk.is_over(within, late));
    }
}
