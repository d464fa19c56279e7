//! Services that run something: what the edge is told, so that each start has its stop.

use nightlatch_core::{
    ActionId, Answers, Grant, Knocker, Limits, Policy, Revoke, Sequence, SequenceId, ServiceId,
    ServiceSet,
};
use nightlatch_testkit::{Came, Scene, closing, plain, policy_with, usual_services};
use nightlatch_ticket::Status;

use crate::{ALICE, address, elsewhere, home, seconds};

const JOB: ServiceId = ServiceId(3);

fn doors() -> Vec<Sequence> {
    let start = Sequence {
        service: JOB,
        ..plain("start", &[7000, 9000, 8000])
    };
    let stop = Sequence {
        service: JOB,
        ..closing(plain("stop", &[1, 3, 2]))
    };
    vec![start, stop]
}

fn scene() -> Scene {
    Scene::with_sequences(1, doors())
}

fn granted(came: Came) -> Grant {
    match came {
        Came::Opened(grant) => grant,
        other => panic!("{other:?}"),
    }
}

fn closed(came: Came) -> Grant {
    match came {
        Came::Closed(mut grants) if grants.len() == 1 => grants.remove(0),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_service_that_only_runs_something_is_granted_and_opens_nothing() {
    let mut scene = scene();
    let here = home(&mut scene, ALICE);
    let by_key = granted(scene.knock(ALICE, "job"));
    let by_sequence = granted(scene.walk("start", 0, elsewhere()));
    for (grant, address) in [(&by_key, here), (&by_sequence, elsewhere())] {
        assert_eq!((grant.runs, grant.address), (Some(ActionId(0)), address));
        assert_eq!((grant.service, grant.lasts), (JOB, seconds(30)));
        assert!(grant.openings.is_empty() && !grant.is_renewal);
    }
    assert_eq!(scene.gatekeeper.grants(scene.now()).count(), 2);
    assert_eq!(scene.door.applied(), 0);
    scene.wait(seconds(30));
    assert_eq!(scene.gatekeeper.grants(scene.now()).count(), 0);
}

#[test]
fn a_grant_that_is_in_force_is_renewed_and_one_that_has_ended_is_not() {
    let mut scene = scene();
    assert!(!granted(scene.knock(ALICE, "job")).is_renewal);
    scene.wait(seconds(29));
    assert!(granted(scene.knock(ALICE, "job")).is_renewal);
    // Nobody was awake to strike it out.
    scene.sleep_through(seconds(30));
    assert!(!granted(scene.knock(ALICE, "job")).is_renewal);
    let _ = closed(scene.close(ALICE, "job"));
    assert!(!granted(scene.knock(ALICE, "job")).is_renewal);
}

#[test]
fn a_renewal_is_ones_own() {
    let mut scene = scene();
    let here = home(&mut scene, ALICE);
    let _ = granted(scene.knock(ALICE, "job"));
    assert!(!granted(scene.walk("start", 0, here)).is_renewal);
    assert!(granted(scene.walk("start", 0, here)).is_renewal);
    assert!(!granted(scene.walk("start", 0, elsewhere())).is_renewal);
}

#[test]
fn an_end_before_its_time_says_what_ran_for_whom() {
    let mut scene = scene();
    let _ = granted(scene.knock(ALICE, "job"));
    scene.wait(seconds(10));
    let grant = closed(scene.close(ALICE, "job"));
    assert_eq!(grant.runs, Some(ActionId(0)));
    assert_eq!(grant.lasts, seconds(20));
    let _ = granted(scene.walk("start", 0, elsewhere()));
    let grant = closed(scene.walk("stop", 0, elsewhere()));
    assert_eq!(
        grant.knocker,
        Knocker::Sequence(SequenceId(0)),
        "who started it, not who ends it"
    );
    assert_eq!(
        (grant.runs, grant.address),
        (Some(ActionId(0)), elsewhere())
    );
}

#[test]
fn what_a_former_life_started_can_be_ended_although_nobody_here_knows_of_it() {
    let mut scene = scene();
    let _ = granted(scene.knock(ALICE, "job"));
    let _ = granted(scene.walk("start", 0, elsewhere()));
    scene.crash();
    scene.wait(nightlatch_core::WINDOW + seconds(1));
    for came in [
        scene.close(ALICE, "job"),
        scene.walk("stop", 0, elsewhere()),
    ] {
        let grant = closed(came);
        assert_eq!((grant.runs, grant.lasts), (Some(ActionId(0)), seconds(0)));
    }
    assert_eq!(scene.door.applied(), 0);
}

#[test]
fn where_nothing_runs_an_end_of_nothing_is_no_end() {
    let mut scene = scene();
    assert_eq!(scene.close(ALICE, "ssh"), Came::Answered(Status::Closed));
}

#[test]
fn taking_back_and_reloading_say_which_grants_ended() {
    let ended_by = |end: fn(&mut Scene)| {
        let mut scene = scene();
        let _ = granted(scene.knock(ALICE, "job"));
        let _ = granted(scene.knock(ALICE, "ssh"));
        let _ = granted(scene.walk("start", 0, address("203.0.113.5")));
        end(&mut scene);
        let mut runs: Vec<_> = scene.ended.iter().map(|g| (g.service.0, g.runs)).collect();
        runs.sort_unstable();
        runs
    };
    let job = (3, Some(ActionId(0)));
    let ssh = (0, None);
    assert_eq!(
        ended_by(|scene| scene.revoke(Revoke::Everything)),
        [ssh, job, job]
    );
    assert_eq!(
        ended_by(|scene| scene.revoke(Revoke::Service(JOB))),
        [job, job]
    );
    assert_eq!(
        ended_by(|scene| scene.revoke(Revoke::Knocker(Knocker::Sequence(SequenceId(0))))),
        [job]
    );
    assert_eq!(
        ended_by(|scene| {
            let mut services = usual_services();
            services.truncate(3);
            let policy = Policy::new(services, vec![], Answers::Sealed, Limits::default());
            scene.reload(policy.unwrap(), &[0], ServiceSet::all());
        }),
        [job, job]
    );
    assert_eq!(
        ended_by(|scene| {
            let policy = policy_with(doors(), Limits::default());
            scene.reload(policy, &[], ServiceSet::all());
        }),
        [ssh, job],
        "her key is gone, the sequence is not"
    );
    assert_eq!(
        ended_by(|scene| {
            let policy = policy_with(doors(), Limits::default());
            scene.reload(policy, &[0], ServiceSet::all());
        }),
        []
    );
}

#[test]
fn what_runs_for_a_service_may_change_without_ending_its_grants() {
    let mut scene = scene();
    let _ = granted(scene.knock(ALICE, "job"));
    let mut services = usual_services();
    services[3].runs = Some(ActionId(7));
    let policy = Policy::new(services, doors(), Answers::Sealed, Limits::default());
    scene.reload(policy.unwrap(), &[0], ServiceSet::all());
    assert_eq!(scene.ended, []);
    let grant = granted(scene.knock(ALICE, "job"));
    assert_eq!((grant.runs, grant.is_renewal), (Some(ActionId(7)), true));
}
