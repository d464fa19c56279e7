//! Doubt: what a life before this one may have used, where the state does not say it.

use std::io;

use nightlatch_config::Server;
use nightlatch_core::{Answers, Marks, Now, WINDOW};
use nightlatch_ticket::Counter;

use super::prepare::Start;
use crate::log::{Line, Log};
use crate::state::Doubt;

impl Start<'_> {
    /// Which counters may have been used by a life before this one.
    pub(super) fn marks(&mut self, server: &Server, log: &Log, now: Now) -> Marks {
        let window = Counter(now.unix.saturating_add(WINDOW).as_nanos());
        let (floor, why) = match self.remembered.doubt {
            None => {
                return Marks {
                    floor: Counter(0),
                    watermark: Counter(0),
                };
            }
            Some(Doubt::Crash(watermark)) => {
                // A silent server tells nobody to jump above it: a clock that once ran ahead must not
                // lock everybody out.
                let floor = match server.policy.answers() {
                    Answers::Sealed => watermark,
                    Answers::Silent => watermark.min(window),
                };
                (floor, "the daemon did not stop cleanly")
            }
            Some(Doubt::Lost) => (window, "the state folder remembers nothing"),
        };
        let doubted = self.doubt_steps(server, now);
        // Where nobody has a key there are no counters to doubt.
        if !server.roster.is_empty() {
            log.say(Line::StateInDoubt {
                why: why.to_owned(),
            });
        }
        match doubted.and_then(|()| self.state.watermark(floor)) {
            Ok(()) => Marks {
                floor,
                watermark: floor,
            },
            Err(cause) => {
                log.say(Line::StateFailing {
                    cause: cause.to_string(),
                });
                Marks {
                    floor,
                    watermark: Counter(0),
                }
            }
        }
    }

    /// Where the state is lost, counts every time step as used that may have been. On disk before the
    /// watermark, behind which a crash would no longer look like a loss.
    fn doubt_steps(&mut self, server: &Server, now: Now) -> io::Result<()> {
        if self.remembered.doubt != Some(Doubt::Lost) {
            return Ok(());
        }
        let counters = &mut self.remembered.counters;
        let doubted = server.policy.steps_in_doubt(now);
        let doubted: Vec<_> = doubted.map(|(mark, step)| (mark, Counter(step))).collect();
        for (mark, step) in &doubted {
            let last = counters.entry(*mark).or_default();
            *last = (*last).max(*step);
        }
        let mut doubted = doubted.into_iter();
        doubted.try_for_each(|(mark, step)| self.state.ahead(mark, step))
    }
}
