//! What came of a knock, in plain words.

use std::fmt::Write;
use std::time::Duration;

use nightlatch_ticket::{Happened, Outcome, Repairs};

use super::{Report, Said, Trouble};
use crate::knock::{Visit, VisitError};
use crate::period;

/// The outcome for people: what was done, then what else is worth knowing.
pub(super) fn said(report: &Report<'_>) -> Said {
    let done = report
        .visits
        .iter()
        .filter_map(|visit| Some((visit, visit.done()?)));
    let answers = done
        .map(|(visit, outcome)| answer(report.service, visit, &outcome))
        .collect();
    let trouble = report
        .trouble()
        .map(|trouble| format!("nightlatch: {}: {trouble}", report.server));
    let is_in_vain = trouble.is_some();
    let mut remarks: Vec<_> = trouble.into_iter().collect();
    if report.visits.len() > 1 {
        remarks.extend(
            report
                .visits
                .iter()
                .filter_map(|visit| beside(visit, is_in_vain)),
        );
    }
    remarks.extend(clock(report.visits));
    remarks.extend(counter(report.visits));
    remarks.extend(report.visits.iter().filter_map(address));
    Said { answers, remarks }
}

/// What happened, packet by packet.
pub(super) fn diary(report: &Report<'_>) -> String {
    let mut text = String::new();
    for visit in report.visits {
        let _ = writeln!(text, "at {}:", visit.place);
        let _ = match &visit.end {
            Ok(knocked) => write!(text, "{}", knocked.exchange.diary),
            Err(error) => writeln!(text, "  {error}"),
        };
    }
    text.trim_end().to_owned()
}

fn answer(service: &str, visit: &Visit, outcome: &Outcome) -> String {
    let seen = outcome
        .seen
        .map_or_else(|| "this computer".to_owned(), |seen| seen.to_string());
    match outcome.happened {
        Happened::Granted { seconds } => {
            let lasting = period::written(Duration::from_secs(seconds.into()));
            format!("open for {seen}, {service}, {lasting}")
        }
        Happened::Closed => format!("closed for {seen}, {service}"),
        Happened::Seen => format!("the server sees {seen}"),
        Happened::Taken => format!("told {}", visit.place),
        Happened::Sent => format!(
            "knocked at {}, {service}; this server never answers: connect to see whether it is open",
            visit.place
        ),
    }
}

/// What is said about one family where the other is the story.
fn beside(visit: &Visit, is_in_vain: bool) -> Option<String> {
    let trouble = Trouble::of(visit)?;
    // Half the world has no IPv6: that is no news to anybody who got in.
    let is_usual = matches!(trouble, Trouble::Unvisited(VisitError::NoWay { .. }));
    if is_usual && !is_in_vain {
        return None;
    }
    let first = trouble.to_string();
    let first = first.lines().next().unwrap_or_default();
    Some(format!("over {} ({}): {first}", visit.family, visit.place))
}

fn clock(visits: &[Visit]) -> Option<String> {
    let offsets = visits
        .iter()
        .filter_map(|visit| Some(visit.end.as_ref().ok()?.after.offset));
    let offset = offsets
        .max_by_key(|offset| offset.unsigned_abs())
        .filter(|offset| *offset != 0)?;
    let apart = period::written(Duration::from_millis(offset.unsigned_abs()));
    let side = if offset > 0 { "behind" } else { "ahead of" };
    Some(format!(
        "this computer's clock is {apart} {side} the server's; the knock allowed for it"
    ))
}

fn counter(visits: &[Visit]) -> Option<String> {
    let repaired = |repairs: Repairs| repairs.counter > 0;
    visits
        .iter()
        .filter_map(Visit::done)
        .any(|done| repaired(done.repairs))
        .then(|| {
            "the server wanted a higher counter: it began anew, or this key is used elsewhere as well; \
             the knock went above it"
                .to_owned()
        })
}

fn address(visit: &Visit) -> Option<String> {
    let done = visit.done().filter(|done| done.repairs.address > 0)?;
    Some(format!(
        "the server sees this computer at {}; that is remembered",
        done.seen?
    ))
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::net::SocketAddr;

    use nightlatch_ticket::{Memory, Reason};

    use super::*;
    use crate::clock::Clock;
    use crate::exit::Exit;
    use crate::knock::{Diary, Exchange, Family, Knocked};

    const OPEN: Outcome = Outcome {
        happened: Happened::Granted { seconds: 30 },
        seen: None,
        repairs: Repairs {
            clock: 0,
            counter: 0,
            address: 0,
        },
        sends: 1,
    };

    fn visit(place: &str, end: Result<Outcome, Reason>, offset: i64) -> Visit {
        let place: SocketAddr = place.parse().unwrap();
        let seen = Some(place.ip());
        let end = end.map(|outcome| Outcome { seen, ..outcome });
        let diary = Diary::begin(Clock::system().monotonic());
        let exchange = Exchange {
            end,
            took: Duration::ZERO,
            diary,
        };
        let (before, after) = (
            Memory::default(),
            Memory {
                offset,
                ..Memory::default()
            },
        );
        let knocked = Knocked {
            local: place.ip(),
            before,
            after,
            exchange,
        };
        Visit {
            family: Family::of(place.ip()),
            place,
            end: Ok(knocked),
        }
    }

    fn no_way(place: &str) -> Visit {
        let place: SocketAddr = place.parse().unwrap();
        let cause = io::Error::from(io::ErrorKind::NetworkUnreachable);
        Visit {
            family: Family::of(place.ip()),
            place,
            end: Err(VisitError::NoWay { place, cause }),
        }
    }

    fn told(visits: &[Visit]) -> (Said, Exit) {
        let report = Report {
            server: "home",
            service: "ssh",
            visits,
        };
        (report.said(), report.exit())
    }

    #[test]
    fn silence_over_one_family_is_worth_a_remark_when_the_other_is_open() {
        let visits = [
            visit("[::1]:9", Err(Reason::Silence), 0),
            visit("127.0.0.1:9", Ok(OPEN), 0),
        ];
        let (said, exit) = told(&visits);
        assert_eq!(said.answers, ["open for 127.0.0.1, ssh, 30 s"]);
        assert_eq!(
            said.remarks,
            ["over IPv6 ([::1]:9): the server did not answer"]
        );
        assert_eq!(exit, Exit::Done);
    }

    #[test]
    fn a_family_that_this_computer_does_not_have_is_no_news_to_who_got_in() {
        let (said, exit) = told(&[no_way("[::1]:9"), visit("127.0.0.1:9", Ok(OPEN), 0)]);
        assert_eq!(said.remarks, Vec::<String>::new());
        assert_eq!(exit, Exit::Done);
    }

    #[test]
    fn what_the_server_said_comes_before_silence_and_that_before_no_way() {
        let (silent, forbidden) = (
            visit("[::1]:9", Err(Reason::Silence), 0),
            visit("127.0.0.1:9", Err(Reason::Forbidden), 0),
        );
        let (said, exit) = told(&[silent, forbidden]);
        assert!(
            said.remarks[0].starts_with("nightlatch: home: this key may not"),
            "{said:?}"
        );
        assert_eq!(exit, Exit::Refused);
        let (said, exit) = told(&[
            no_way("127.0.0.1:9"),
            visit("[::1]:9", Err(Reason::Silence), 0),
        ]);
        assert!(
            said.remarks[0].starts_with("nightlatch: home: the server did not"),
            "{said:?}"
        );
        assert_eq!(exit, Exit::Unavailable);
    }

    #[test]
    fn a_clock_is_named_as_the_side_that_is_wrong() {
        let (behind, _) = told(&[visit("127.0.0.1:9", Ok(OPEN), 90_000)]);
        assert!(
            behind.remarks[0].contains("clock is 1 min 30 s behind the server's"),
            "{behind:?}"
        );
        let (ahead, _) = told(&[visit("127.0.0.1:9", Ok(OPEN), -90_000)]);
        assert!(
            ahead.remarks[0].contains("1 min 30 s ahead of the server's"),
            "{ahead:?}"
        );
    }

    #[test]
    fn without_any_visit_the_trouble_is_the_systems() {
        assert_eq!(told(&[]).1, Exit::System);
    }
}
