//! The naive model beside our code: who sent what, what was honoured, what was answered.

use core::time::Duration;
use std::collections::BTreeSet;

use nightlatch_core::{ClientId, Grant, Judgement, Knocker, Now, TicketClaim, Verdict};
use nightlatch_ticket::{Request, Sealed, Tagged};

use crate::people::{LONGEST, People};

/// A packet, and the truth about it.
#[derive(Clone, Copy)]
pub struct Sent {
    /// Its bytes.
    pub sealed: Sealed,
    pub(crate) client: usize,
    pub(crate) request: Request,
    pub(crate) tagged: Tagged,
}

/// Somebody who writes down every packet and every verdict, and cries out.
#[derive(Default)]
pub struct Witness {
    /// Every packet that a client ever sealed, in its order: a recorder has the same.
    pub recorded: Vec<Sent>,
    honoured: BTreeSet<Sealed>,
    answered: BTreeSet<Sealed>,
}

impl Witness {
    /// Looks at what the broker made of a claim.
    pub(crate) fn check(&mut self, claim: &TicketClaim, judgement: &Judgement, now: Now) {
        let truth = self
            .recorded
            .iter()
            .find(|sent| sent.sealed == claim.sealed)
            .copied();
        if let Verdict::Grant(grant) = &judgement.verdict {
            let sent = truth.expect("something was opened that no client ever sealed");
            assert!(
                self.honoured.insert(claim.sealed),
                "one packet opened twice"
            );
            check_grant(claim, grant, &sent, now);
        }
        if judgement.ack.is_some() {
            let sent = truth.expect("a stranger was answered");
            assert_eq!(
                claim.client.0 as usize, sent.client,
                "answered in another's name"
            );
            let is_first = self.answered.insert(claim.sealed);
            assert!(
                is_first || sent.tagged == Tagged::Recovery,
                "one packet was answered twice"
            );
        }
    }

    /// A crash forgets counters below the watermark: what was answered before it may be told once
    /// more that it is in doubt. What was honoured stays honoured for ever.
    pub(crate) fn forget_answers(&mut self) {
        self.answered.clear();
    }
}

fn check_grant(claim: &TicketClaim, grant: &Grant, sent: &Sent, now: Now) {
    let source = claim.source.ip().to_canonical();
    let claimed = sent.request.claimed.map(|claimed| claimed.to_canonical());
    assert!(
        matches!(sent.tagged, Tagged::Now(_)),
        "a recovery knock opened a door"
    );
    assert_eq!(
        grant.knocker,
        Knocker::Client(ClientId(sent.client as u32)),
        "opened in another's name"
    );
    assert_eq!(
        grant.address, source,
        "opened for another address than it came from"
    );
    assert_eq!(claimed, Some(source), "opened for a relay");
    assert!(
        now.unix.distance(sent.request.time) <= FRESH,
        "opened though stale"
    );
    assert!(
        People::may(sent.client, grant.service),
        "opened though not allowed"
    );
    assert!(grant.lasts <= LONGEST, "opened for too long");
    assert!(
        grant
            .openings
            .iter()
            .all(|opening| opening.address == source),
        "opened for somebody else"
    );
}

/// The default of `freshness`, and the millisecond that the wire cuts off.
const FRESH: Duration = Duration::from_millis(60_001);
