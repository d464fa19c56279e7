//! Claims: judged, made durable, carried out, answered, told — in this order.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use nightlatch_core::{Claim, ClientId, Effect, Instant, Judgement, Record, Verdict};
use nightlatch_firewall::ApplyError;
use nightlatch_ticket::Ack;

use super::durability::Durability;
use super::error::BrokerError;
use super::round::Round;
use super::words::Carried;
use crate::channel::Reply;
use crate::clock;
use crate::log::Line;
use crate::random::SystemRandom;

/// A claim that was judged, and what the gate is to do for it.
struct Judged {
    claim: Claim,
    judgement: Judgement,
    effect: Option<Effect>,
    /// What becomes of the administrator's own sets.
    insertion: Option<Effect>,
    since: Instant,
    /// Whether it may be carried out at all.
    leave: Leave,
}

/// Whether something may be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leave {
    Given,
    /// It counts once, and a crash would forget that: no address and no clock binds a replay of it.
    Refused,
}

impl Round {
    /// Judges the claims of one burst, then carries them out in their order. What opens for as long
    /// goes to the kernel together: a transaction costs more than what is in it.
    pub(super) fn claims(&mut self, claims: Vec<Claim>) -> Result<(), BrokerError> {
        let judged: Vec<_> = claims.into_iter().map(|claim| self.judge(claim)).collect();
        let mut rest = judged.as_slice();
        while let Some((together, later)) = rest.split_at_checked(together(rest)) {
            if together.is_empty() {
                break;
            }
            self.carry_out(together)?;
            rest = later;
        }
        Ok(())
    }

    /// What must be durable is so when this returns.
    fn judge(&mut self, claim: Claim) -> Judged {
        let now = clock::now();
        let judgement = self.gatekeeper.judge(&claim, now);
        let durability = judgement
            .record
            .map(|record| self.make_durable(record, now));
        let leave = match (judgement.record, durability) {
            (Some(Record::Used { .. }), Some(Durability::Lost)) => Leave::Refused,
            _ => Leave::Given,
        };
        let effect = judgement.verdict.effect();
        let effect = effect.filter(|_| leave == Leave::Given);
        let insertion = judgement.verdict.insertion();
        let insertion = insertion.filter(|_| leave == Leave::Given);
        Judged {
            claim,
            judgement,
            effect,
            insertion,
            since: now.monotonic,
            leave,
        }
    }

    fn carry_out(&mut self, together: &[Judged]) -> Result<(), BrokerError> {
        let carried = match (together, joined(together)) {
            ([_, _, ..], Some(effect)) if self.firewall.apply(&effect).is_ok() => {
                Some(Carried::Out)
            }
            _ => None,
        };
        for judged in together {
            // Alone, or where the kernel refused all of them: each by itself, so that each is told right.
            let alone = |round: &mut Self| match judged.leave {
                Leave::Given => round.obey_all_of(judged),
                Leave::Refused => Carried::Refused,
            };
            let carried = carried.unwrap_or_else(|| alone(self));
            self.conclude(judged, carried)?;
        }
        Ok(())
    }

    /// The administrator's sets first, since they may be missing: then the gate stays shut. What
    /// ends, ends in both, whatever becomes of the other.
    fn obey_all_of(&mut self, judged: &Judged) -> Carried {
        let ends = matches!(judged.judgement.verdict, Verdict::Close(_));
        let mut carried = Carried::Out;
        for effect in [&judged.insertion, &judged.effect].into_iter().flatten() {
            if carried == Carried::Out || ends {
                carried = carried.and(self.obey(effect));
            }
        }
        if judged.insertion.is_some() {
            self.say_left_alone();
        }
        carried
    }

    fn conclude(&mut self, judged: &Judged, carried: Carried) -> Result<(), BrokerError> {
        if judged.leave == Leave::Refused {
            self.say_failed(Line::UseUnrecorded {
                client: self.knocker(&judged.claim),
                address: source(&judged.claim),
            });
        }
        let Judged {
            claim, judgement, ..
        } = judged;
        let verdict = &judgement.verdict;
        let now = clock::now();
        match (carried, verdict) {
            (Carried::Refused, Verdict::Grant(grant)) => self.gatekeeper.withdraw(grant),
            (Carried::Refused, Verdict::Close(grants)) => {
                // They are over: what hangs on them ends too, and the kernel is told again.
                self.gatekeeper.put_right(grants);
                self.severing.note(grants);
                self.undo(grants, now)?;
            }
            _ => {}
        }
        let took = now.monotonic.saturating_since(judged.since);
        self.tallies.count(verdict, carried);
        if let Verdict::Ignore(reason) = verdict {
            self.refused(source(claim), *reason, now);
        }
        let ack = match carried {
            Carried::Out => judgement.ack,
            Carried::Refused => judgement.unavailable(),
        };
        if let Some(ack) = ack {
            self.answer(claim, &ack)?;
        }
        let is_told = self.is_told(claim, verdict, carried, now);
        if is_told {
            self.report_verdict(claim, verdict, carried);
        }
        if carried == Carried::Out {
            let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
            if is_told {
                self.tell(claim, verdict, micros);
            }
            match verdict {
                Verdict::Grant(grant) => self.release(grant.address),
                Verdict::Close(grants) => self.severing.note(grants),
                _ => {}
            }
            self.set_off(claim, verdict)?;
        }
        Ok(())
    }

    /// Changes the gate.
    pub(super) fn obey(&mut self, effect: &Effect) -> Carried {
        match self.firewall.apply(effect) {
            Ok(()) => Carried::Out,
            Err(error) => {
                let cause = crate::because(&error);
                self.say_failed(match error {
                    ApplyError::Set(_) => Line::SetRefused { cause },
                    _ => Line::GateRefused { cause },
                });
                Carried::Refused
            }
        }
    }

    fn answer(&mut self, claim: &Claim, ack: &Ack) -> Result<(), BrokerError> {
        // Who only touches ports has no ear for an answer.
        let Some((client, to, from)) = correspondent(claim) else {
            return Ok(());
        };
        let sealed = self.gatekeeper.seal_ack(client, ack, &mut SystemRandom);
        let reply = Reply {
            from: from.ip(),
            to,
            sealed,
        };
        if !self.channel.reply(&reply)? {
            self.tallies.acks_lost = self.tallies.acks_lost.saturating_add(1);
        }
        Ok(())
    }
}

/// Who is answered, where, and from where.
const fn correspondent(claim: &Claim) -> Option<(ClientId, SocketAddr, SocketAddr)> {
    match claim {
        Claim::Ticket(claim) => Some((claim.client, claim.source, claim.destination)),
        Claim::Message(claim) => Some((claim.client, claim.source, claim.destination)),
        Claim::Frames(_) | Claim::Sequence(_) => None,
    }
}

/// Where a claim came from.
pub(crate) const fn source(claim: &Claim) -> IpAddr {
    match claim {
        Claim::Ticket(claim) => claim.source.ip(),
        Claim::Message(claim) => claim.source.ip(),
        Claim::Frames(claim) => claim.source,
        Claim::Sequence(claim) => claim.source,
    }
}

/// What the gate is to do, where nothing else is to be done.
const fn gate_alone(judged: &Judged) -> Option<&Effect> {
    match judged.insertion {
        None => judged.effect.as_ref(),
        Some(_) => None,
    }
}

/// How many from the front the kernel may take in one go: openings that last alike, each of them once.
fn together(judged: &[Judged]) -> usize {
    let Some(Effect::Open { lasts, .. }) = judged.first().and_then(gate_alone) else {
        return judged.len().min(1);
    };
    let mut seen = BTreeSet::new();
    let alike = judged.iter().take_while(|judged| match gate_alone(judged) {
        Some(Effect::Open {
            openings,
            lasts: same,
        }) => same == lasts && openings.iter().all(|opening| seen.insert(*opening)),
        _ => false,
    });
    alike.count().max(1)
}

/// Everything that these open, as one effect.
fn joined(judged: &[Judged]) -> Option<Effect> {
    let mut all = Vec::new();
    let mut time = None;
    for judged in judged {
        if let Some(Effect::Open { openings, lasts }) = &judged.effect {
            all.extend_from_slice(openings);
            time = Some(*lasts);
        }
    }
    time.map(|lasts| Effect::Open {
        openings: all,
        lasts,
    })
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use nightlatch_core::{Opening, Passage, Port, Protocol, TicketClaim};
    use nightlatch_ticket::{Epoch, SEALED_LENGTH, Status, Tagged};

    use super::*;

    fn judged(effect: Option<Effect>) -> Judged {
        let end = "192.0.2.1:62201".parse().unwrap();
        Judged {
            claim: Claim::Ticket(TicketClaim {
                client: ClientId(0),
                tagged: Tagged::Now(Epoch(1)),
                source: end,
                destination: end,
                sealed: [0; SEALED_LENGTH],
            }),
            judgement: Judgement {
                verdict: Verdict::Answer(Status::Seen),
                record: None,
                ack: None,
            },
            effect,
            insertion: None,
            since: Instant::default(),
            leave: Leave::Given,
        }
    }

    fn opening(number: u16) -> Opening {
        Opening {
            address: "192.0.2.1".parse().unwrap(),
            port: Port::new(Protocol::Tcp, number).unwrap(),
            passage: Passage::Lasting,
        }
    }

    fn open(number: u16, seconds: u64) -> Judged {
        judged(Some(Effect::Open {
            openings: vec![opening(number)],
            lasts: Duration::from_secs(seconds),
        }))
    }

    fn close(number: u16) -> Judged {
        judged(Some(Effect::Close {
            openings: vec![opening(number)],
        }))
    }

    #[test]
    fn what_opens_for_as_long_goes_together() {
        assert_eq!(together(&[open(1, 30), open(2, 30), open(3, 60)]), 2);
        assert_eq!(together(&[open(1, 30), judged(None), open(2, 30)]), 1);
        assert_eq!(together(&[]), 0);
    }

    #[test]
    fn who_gets_into_a_set_besides_goes_alone() {
        let inserting = || Judged {
            insertion: Some(Effect::Insert { stays: vec![] }),
            ..open(2, 30)
        };
        assert_eq!(together(&[inserting(), open(1, 30)]), 1);
        assert_eq!(together(&[open(1, 30), inserting()]), 1);
    }

    #[test]
    fn what_closes_goes_alone_and_keeps_its_place() {
        assert_eq!(together(&[close(1), open(1, 30)]), 1);
        assert_eq!(together(&[open(1, 30), close(1), open(2, 30)]), 1);
    }

    #[test]
    fn the_same_door_twice_is_opened_twice_in_its_order() {
        assert_eq!(together(&[open(1, 30), open(2, 30), open(1, 30)]), 2);
    }

    #[test]
    fn what_goes_together_is_all_that_was_asked_for() {
        let both = joined(&[open(1, 30), open(2, 30)]);
        let openings = vec![opening(1), opening(2)];
        let lasts = Duration::from_secs(30);
        assert_eq!(both, Some(Effect::Open { openings, lasts }));
    }
}
