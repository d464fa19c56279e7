//! A whole attempt, as `nightlatch knock` makes it: knock, listen, repair, knock again.

use core::net::IpAddr;

use nightlatch_ticket::{
    AddressClaim, Answer, Attempt, Kind, Outcome, Reason, Request, ServiceHash, Step, Tagged,
    UnixTime, Wish,
};

use crate::Scene;

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Well.
    Done(Outcome),
    /// In vain.
    GaveUp(Reason),
}

impl Scene {
    /// Knocks for a service until it is open or there is nothing left to try.
    pub fn attempt(&mut self, who: usize, service: &str) -> Told {
        let claim = AddressClaim::Likely(self.person(who).at);
        self.attempt_with(who, Kind::Knock, service, claim)
    }

    /// Attempts what is asked for, and says of the address what is asked for.
    pub fn attempt_with(
        &mut self,
        who: usize,
        kind: Kind,
        service: &str,
        claim: AddressClaim,
    ) -> Told {
        let wish = Wish {
            kind,
            service: ServiceHash::of(service),
            wanted: 0,
            answer: Answer::Awaited(claim),
        };
        self.pursue(who, wish, |scene, request, tagged| {
            let sealed = scene.seal(who, request, tagged);
            let _ = scene.send_from(who, &sealed);
        })
    }

    /// Pursues a wish until it is granted or there is nothing left to try.
    pub(crate) fn pursue(
        &mut self,
        who: usize,
        wish: Wish,
        send: impl Fn(&mut Self, &Request, Tagged),
    ) -> Told {
        let mut attempt = Attempt::new(wish, self.person(who).memory);
        loop {
            let clock = self.clock_of(who);
            let step = attempt.next(clock);
            self.person(who).memory = attempt.memory();
            match step {
                Step::Send { request, tagged } => {
                    send(self, &request, tagged);
                    self.hear(who, &mut attempt);
                }
                Step::Done(outcome) => return Told::Done(outcome),
                Step::GiveUp(reason) => return Told::GaveUp(reason),
            }
        }
    }

    /// Gives the person the answer, or lets the time pass in which there was none.
    fn hear(&mut self, who: usize, attempt: &mut Attempt) {
        let answer = self.take_answer();
        let clock = self.clock_of(who);
        let opened = answer.and_then(|sealed| attempt.open_ack(&sealed, self.keys(who)).ok());
        if let Some(ack) = opened {
            attempt.answered(&ack, clock);
        } else {
            self.wait(attempt.patience());
            attempt.unanswered();
        }
        self.person(who).memory = attempt.memory();
    }

    fn clock_of(&mut self, who: usize) -> UnixTime {
        let truth = self.now().unix;
        self.person(who).clock(truth)
    }

    /// The address that the person's NAT shows to the world.
    pub fn move_behind_nat(&mut self, who: usize, public: IpAddr) {
        self.person(who).seen_at = public;
    }
}
