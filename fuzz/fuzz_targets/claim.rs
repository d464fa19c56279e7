//! A listener in an attacker's hands: any claim, judged by the broker, opens nothing that is not sealed.
#![no_main]

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use nightlatch_core::{Claim, ClientId, Gatekeeper, Knocker, Marks, Verdict};
use nightlatch_fuzz::{Forger, People, noon};
use nightlatch_ticket::{Counter, Epoch};

#[derive(Arbitrary, Debug)]
struct Input {
    claim: Vec<u8>,
    /// What the sealed part says, if the attacker also holds the key of client 0.
    insider: Option<[u8; 64]>,
}

fuzz_target!(|input: Input| {
    let Ok(mut claim) = Claim::from_bytes(&input.claim) else {
        return;
    };
    assert_eq!(
        claim.to_bytes(),
        input.claim,
        "a claim has one way to be written"
    );
    if let (Some(plain), Claim::Ticket(ticket)) = (&input.insider, &mut claim) {
        ticket.sealed = Forger::of_client_0().knock(plain, Epoch::at(noon().unix), [1; 12]);
    }

    let marks = Marks {
        floor: Counter(0),
        watermark: Counter(0),
    };
    let mut gatekeeper =
        Gatekeeper::new(People::policy(), People::all().clients(), marks, [], noon());
    let judgement = gatekeeper.judge(&claim, noon());
    if let Verdict::Grant(grant) = &judgement.verdict {
        let (Some(_), Claim::Ticket(ticket)) = (&input.insider, &claim) else {
            panic!("opened without a seal: {claim:?}");
        };
        assert_eq!(
            grant.knocker,
            Knocker::Client(ClientId(0)),
            "opened for somebody else's key"
        );
        assert_eq!(
            grant.address,
            ticket.source.ip(),
            "opened for another address"
        );
        assert!(
            grant.lasts <= core::time::Duration::from_secs(300),
            "opened for too long"
        );
    }
});
