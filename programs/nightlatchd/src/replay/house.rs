//! Doorstep and gatekeeper in one process, which never hears the street: a recording's house.

use nightlatch_config::Server;
use nightlatch_core::{
    Claim, Client, Doorstep, DoorstepPlan, Gatekeeper, Marks, Now, Policy, PortRange, Record,
    SentryPlan, Verdict,
};
use nightlatch_ticket::{Counter, TagKey};

use super::failing::Failing;
use crate::broker::source;
use crate::ephemeral::ephemeral_ports;
use crate::random;

/// What a house begins with.
pub(super) struct Start {
    plan: DoorstepPlan,
    tags: Vec<TagKey>,
    policy: Policy,
    clients: Vec<Client>,
    in_use: Vec<PortRange>,
    failures: SentryPlan,
}

/// A house at a time of its own.
pub(super) struct House {
    pub(super) doorstep: Doorstep,
    gatekeeper: Gatekeeper,
    pub(super) failing: Failing,
    in_use: Vec<PortRange>,
    watched: Option<u64>,
}

impl Start {
    /// What listens on this host now says nothing about when it was recorded: what is in use is what the
    /// configuration names, and where answers to this host's own datagrams come in.
    pub(super) fn of(server: &Server, clients: Vec<Client>) -> Self {
        let in_use = server.in_use.iter().copied().chain(ephemeral_ports());
        Self {
            plan: DoorstepPlan {
                knock_port: server.knock_port,
                span: server.span.clone(),
            },
            tags: clients.iter().map(|client| client.keys.tag_key()).collect(),
            policy: server.policy.clone(),
            in_use: in_use.collect(),
            failures: server.guarding.sentry.clone(),
            clients,
        }
    }
}

impl House {
    /// A house in which nobody has knocked yet.
    pub(super) fn begin(start: Start, now: Now) -> Self {
        let nothing_in_doubt = Marks {
            floor: Counter(0),
            watermark: Counter(0),
        };
        let (policy, clients) = (start.policy, start.clients);
        Self {
            doorstep: Doorstep::new(start.plan, start.tags, random::draw(), now),
            gatekeeper: Gatekeeper::new(policy, clients, nothing_in_doubt, [], now),
            failing: Failing::new(&start.failures, &start.in_use),
            in_use: start.in_use,
            watched: None,
        }
    }

    /// Does what would have been done since the packet before.
    pub(super) fn keep_up(&mut self, now: Now) {
        while self.doorstep.next_deadline() <= Some(now.monotonic) {
            self.doorstep.tend(now);
        }
        let _ = self.gatekeeper.expire(now);
        let generation = self.gatekeeper.variants_generation(now);
        if self.watched != Some(generation) {
            self.watched = Some(generation);
            let variants = self.gatekeeper.variants(now);
            let edition = self.gatekeeper.edition();
            self.doorstep
                .replace_variants(edition, variants, &self.in_use);
        }
    }

    /// Judges a claim; what would have to be on disk is taken for written.
    pub(super) fn judge(&mut self, claim: &Claim, now: Now) -> Verdict {
        let judgement = self.gatekeeper.judge(claim, now);
        if let Some(Record::Watermark(watermark)) = judgement.record {
            self.gatekeeper.synced(watermark);
        }
        if let Verdict::Ignore(reason) = judgement.verdict {
            self.failing.refused(source(claim), reason, now);
        }
        judgement.verdict
    }
}
