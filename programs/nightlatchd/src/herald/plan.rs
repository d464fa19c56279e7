//! The plan: whom the herald tells; and the way that it comes on, whole or not at all.

use std::io;

use nightlatch_config::{self as config, Notification};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::post::{CertificatesError, Post};
use crate::channel::ChannelError;
use crate::log::Form;
use crate::privilege::Identity;
use crate::way::Way;

/// What the herald needs to know. It comes first, and again after each reload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Plan {
    /// Who is told, and how.
    pub(crate) notifications: Vec<Notification>,
    /// Whom the herald becomes; the first plan decides.
    pub(crate) identity: Identity,
    /// How its lines are written; the first plan decides.
    pub(crate) form: Form,
}

impl Plan {
    /// What the configuration says. Certificates are looked at, so that nobody finds out later.
    pub(crate) fn of(
        notifications: &[Notification],
        identity: Identity,
        form: Form,
    ) -> Result<Self, CertificatesError> {
        check(notifications)?;
        Ok(Self {
            notifications: notifications.to_vec(),
            identity,
            form,
        })
    }

    /// The pieces that it is sent in, in their order. Secrets are in them: they are wiped.
    pub(crate) fn pieces(&self) -> io::Result<Vec<Zeroizing<Vec<u8>>>> {
        let text = Zeroizing::new(serde_json::to_vec(self)?);
        let last = text.len().saturating_sub(1) / PART_LENGTH;
        let parts = text.chunks(PART_LENGTH).enumerate();
        let pieces = parts.map(|(number, part)| {
            let kind = if number == last { END } else { PART };
            Zeroizing::new([&[kind], part].concat())
        });
        Ok(pieces.collect())
    }
}

/// Looks at the certificates that are to be believed.
pub(crate) fn check(notifications: &[Notification]) -> Result<(), CertificatesError> {
    for notification in notifications {
        if let config::Way::Webhook(webhook) = &notification.way {
            Post::new(&notification.name, webhook.clone())?;
        }
    }
    Ok(())
}

/// Where the herald hears plans.
#[derive(Debug)]
pub(super) struct PlanEar {
    way: Way,
    coming: Zeroizing<Vec<u8>>,
    place: Zeroizing<Vec<u8>>,
}

impl PlanEar {
    pub(super) fn over(way: Way) -> Self {
        Self {
            way,
            coming: Zeroizing::default(),
            place: Zeroizing::new(vec![0; PART_LENGTH.saturating_add(1)]),
        }
    }

    /// The next plan, if one is there whole.
    pub(super) fn plan(&mut self) -> Result<Option<Plan>, ChannelError> {
        while let Some(heard) = self.way.take(&mut self.place)? {
            let (kind, part) = heard.split_first().ok_or(ChannelError::Malformed)?;
            if self.coming.len() > LONGEST_PLAN {
                return Err(ChannelError::Malformed);
            }
            self.coming.extend_from_slice(part);
            match *kind {
                PART => {}
                END => {
                    let whole = core::mem::take(&mut self.coming);
                    let plan = serde_json::from_slice(&whole);
                    return plan.map(Some).map_err(|_| ChannelError::Malformed);
                }
                _ => return Err(ChannelError::Malformed),
            }
        }
        Ok(None)
    }

    pub(super) const fn way(&self) -> &Way {
        &self.way
    }
}

/// Below the largest message that every kernel takes.
const PART_LENGTH: usize = 32 << 10;
/// Sixteen webhooks with a megabyte of certificates each, and what JSON makes of it.
const LONGEST_PLAN: usize = 32 << 20;
const PART: u8 = 1;
const END: u8 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(ca: usize) -> Plan {
        let webhook = nightlatch_config::Webhook {
            url: "https://hooks.example.net/".to_owned(),
            secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse().unwrap(),
            ca: Some("x".repeat(ca)),
        };
        Plan {
            notifications: vec![Notification {
                name: "ops".to_owned(),
                way: nightlatch_config::Way::Webhook(webhook),
                on: vec!["granted".to_owned()],
                services: Vec::new(),
                per_minute: 30,
            }],
            identity: Identity::of("nobody").unwrap(),
            form: Form::Json,
        }
    }

    #[test]
    fn a_plan_comes_over_whole_whatever_its_length() {
        let (ours, theirs) = Way::pair().unwrap();
        let mut ear = PlanEar::over(Way::over(theirs));
        for ca in [0, 1, PART_LENGTH, 5 * PART_LENGTH] {
            for piece in plan(ca).pieces().unwrap() {
                assert_eq!(ear.plan().unwrap(), None);
                assert!(ours.send(&piece).unwrap());
            }
            assert_eq!(ear.plan().unwrap(), Some(plan(ca)));
        }
    }

    #[test]
    fn what_is_no_plan_ends_the_trust() {
        for bad in [&b"\x02{}"[..], b"\x03", b"\x00"] {
            let (ours, theirs) = Way::pair().unwrap();
            let mut ear = PlanEar::over(Way::over(theirs));
            ours.send(bad).unwrap();
            assert!(
                matches!(ear.plan(), Err(ChannelError::Malformed)),
                "{bad:?}"
            );
        }
    }
}
