//! Heralding: the herald is started with whom to tell, and hears of it anew at each reload.

use std::collections::VecDeque;
use std::io;

use nightlatch_config::Server;
use zeroize::Zeroizing;

use super::child::start_herald;
use super::error::BrokerError;
use super::round::Round;
use crate::events::{Hearers, Role};
use crate::herald::{CertificatesError, Plan};
use crate::log::Form;
use crate::privilege::Identity;
use crate::status::NotificationStatus;
use crate::way::Way;

/// What the herald is told of its plan.
#[derive(Debug, Default)]
pub(super) struct Heralding {
    /// None where there is no herald.
    plans: Option<Way>,
    /// Of a plan, what the herald did not have room for yet.
    unsent: VecDeque<Zeroizing<Vec<u8>>>,
}

/// Whom the configuration has told.
pub(super) fn plan_of(server: &Server, identity: Identity) -> Result<Plan, CertificatesError> {
    Plan::of(&server.notifications, identity, Form::of(server.log))
}

impl Heralding {
    /// Starts the herald if there is somebody to tell. It has to be before the privileges go.
    pub(super) fn start(plan: &Plan, hearers: &mut Hearers) -> Result<Self, BrokerError> {
        let mut heralding = Self::default();
        if !plan.notifications.is_empty() {
            let (hearer, plans) = start_herald().map_err(BrokerError::Herald)?;
            hearers.add(hearer);
            heralding.plans = Some(plans);
            heralding.replan(plan).map_err(BrokerError::Herald)?;
        }
        Ok(heralding)
    }

    /// Replaces the plan. What the herald has no room for yet is sent later.
    pub(super) fn replan(&mut self, plan: &Plan) -> io::Result<()> {
        self.unsent.extend(plan.pieces()?);
        self.send();
        Ok(())
    }

    /// Sends what there is room for. A herald that is gone is the hearers' business.
    pub(super) fn send(&mut self) {
        let Some(plans) = &self.plans else {
            self.unsent.clear();
            return;
        };
        while let Some(piece) = self.unsent.front() {
            match plans.send(piece) {
                Ok(true) => drop(self.unsent.pop_front()),
                Ok(false) => return,
                Err(_) => self.unsent.clear(),
            }
        }
    }
}

impl Round {
    /// How notifications fare; nothing where nobody is told.
    pub(super) fn notifications(&self) -> Option<NotificationStatus> {
        let herald = self.hearers.with(Role::Herald)?;
        let tidings = herald.tidings();
        Some(NotificationStatus {
            told: tidings.done,
            lost: tidings.lost,
            failing: tidings.is_failing || !herald.is_there(),
        })
    }
}
