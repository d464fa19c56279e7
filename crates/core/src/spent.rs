//! Which lines and time steps were used: what counts once does so across crashes and reloads.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use nightlatch_ticket::TimeStep;

use crate::{Line, Method, Now, Policy, Record, Refused, SequenceId, Timed};

/// What was used, under the marks that the state knows it by.
///
/// A list that is gone today may be back tomorrow: nothing is ever forgotten.
pub(crate) struct Spent {
    used: BTreeMap<[u8; 16], u64>,
    /// For each sequence the place of the first line whose turn may be; the turn only moves on.
    turns: Vec<usize>,
}

impl Spent {
    /// What the state says was used.
    pub(crate) fn new(used: impl IntoIterator<Item = ([u8; 16], u64)>, policy: &Policy) -> Self {
        let mut spent = Self {
            used: BTreeMap::new(),
            turns: Vec::new(),
        };
        for (mark, number) in used {
            spent.write(mark, number);
        }
        spent.follow(policy);
        spent
    }

    /// Finds every list's turn anew: what was used stays so, wherever it stands now.
    pub(crate) fn follow(&mut self, policy: &Policy) {
        self.turns = alloc::vec![0; policy.sequences().len()];
        self.move_on(policy);
    }

    /// Whether this number counts now; whoever is told so uses it up with [`Spent::spend`].
    pub(crate) fn check(
        &self,
        id: SequenceId,
        method: &Method,
        number: u64,
        now: Now,
    ) -> Result<(), Refused> {
        match method {
            Method::Plain(_) if number == 0 => Ok(()),
            Method::Plain(_) => Err(Refused::NotNow),
            Method::OneTime(lines) => {
                let place = usize::try_from(number).map_err(|_| Refused::NotNow)?;
                let line = lines.get(place).ok_or(Refused::NotNow)?;
                match self.turn(id, lines) {
                    _ if self.used.contains_key(&line.mark) => Err(Refused::Used),
                    Some((turn, _)) if turn == place => Ok(()),
                    _ => Err(Refused::NotNow),
                }
            }
            Method::Timed(timed) if !steps_around(timed, now).contains(&number) => {
                Err(Refused::NotNow)
            }
            Method::Timed(timed) if self.used.get(&timed.mark) >= Some(&number) => {
                Err(Refused::Used)
            }
            Method::Timed(_) => Ok(()),
        }
    }

    /// Uses a number up that counts now; says what has to be on disk for it.
    pub(crate) fn spend(
        &mut self,
        sequence: SequenceId,
        number: u64,
        policy: &Policy,
    ) -> Option<Record> {
        let mark = match &policy.sequence(sequence)?.method {
            Method::Plain(_) => return None,
            Method::OneTime(lines) => lines.get(usize::try_from(number).ok()?)?.mark,
            Method::Timed(timed) => timed.mark,
        };
        self.write(mark, number);
        self.move_on(policy);
        Some(Record::Used {
            sequence,
            mark,
            number,
        })
    }

    /// The line whose turn it is, and its place.
    pub(crate) fn turn<'a>(&self, id: SequenceId, lines: &'a [Line]) -> Option<(usize, &'a Line)> {
        let turn = self.turns.get(usize::from(id.0)).copied()?;
        Some((turn, lines.get(turn)?))
    }

    /// How many lines were not used.
    pub(crate) fn left(&self, lines: &[Line]) -> usize {
        let is_left = |line: &&Line| !self.used.contains_key(&line.mark);
        lines.iter().filter(is_left).count()
    }

    /// The time steps that count now, the earliest first.
    pub(crate) fn steps<'a>(
        &'a self,
        timed: &'a Timed,
        now: Now,
    ) -> impl Iterator<Item = u64> + 'a {
        let used = self.used.get(&timed.mark);
        steps_around(timed, now).filter(move |step| used < Some(step))
    }

    /// Whether a step was used that the clock says is far off: until then none counts.
    pub(crate) fn is_ahead(&self, timed: &Timed, now: Now) -> bool {
        self.used.get(&timed.mark) > Some(steps_around(timed, now).end())
    }

    /// Whether every step that counts now was used.
    pub(crate) fn is_used_up(&self, timed: &Timed, now: Now) -> bool {
        self.steps(timed, now).next().is_none()
    }

    /// Everything that was used.
    pub(crate) fn used(&self) -> impl Iterator<Item = ([u8; 16], u64)> + '_ {
        self.used.iter().map(|(mark, number)| (*mark, *number))
    }

    fn write(&mut self, mark: [u8; 16], number: u64) {
        let used = self.used.entry(mark).or_default();
        *used = number.max(*used);
    }

    fn move_on(&mut self, policy: &Policy) {
        for (turn, sequence) in self.turns.iter_mut().zip(policy.sequences()) {
            if let Method::OneTime(lines) = &sequence.method {
                let used = lines.iter().skip(*turn);
                let used = used.take_while(|line| self.used.contains_key(&line.mark));
                *turn = turn.saturating_add(used.count());
            }
        }
    }
}

impl Policy {
    /// For each time-based sequence the latest step that may have been used by now: where nobody
    /// remembers, it counts as used, and so does every step before it.
    pub fn steps_in_doubt(&self, now: Now) -> impl Iterator<Item = ([u8; 16], u64)> + '_ {
        let methods = self.sequences().iter().map(|sequence| &sequence.method);
        methods.filter_map(move |method| match method {
            Method::Timed(timed) => Some((timed.mark, *steps_around(timed, now).end())),
            Method::Plain(_) | Method::OneTime(_) => None,
        })
    }
}

/// The time step of now, the one before and the one after: clocks differ, and people are slow.
fn steps_around(timed: &Timed, now: Now) -> core::ops::RangeInclusive<u64> {
    let TimeStep(step) = TimeStep::at(now.unix, timed.every.as_secs());
    step.saturating_sub(1)..=step.saturating_add(1)
}
