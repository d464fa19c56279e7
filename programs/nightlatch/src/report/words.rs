//! What came of a knock, in plain words.

use std::fmt::Write;
use std::time::Duration;

use nightlatch_ticket::{Happened, Kind, Outcome, Repairs};

use super::{Report, Said, Trouble};
use crate::knock::{Means, Visit, VisitError};
use crate::period;

/// The outcome for people: what was done, then what else is worth knowing.
pub(super) fn said(report: &Report<'_>) -> Said {
    let done = report
        .visits
        .iter()
        .filter_map(|visit| Some((visit, visit.done()?)));
    let answers = done
        .map(|(visit, outcome)| answer(report, visit, &outcome))
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
    remarks.extend(report.visits.iter().filter_map(guess));
    Said { answers, remarks }
}

/// What happened, packet by packet.
pub(super) fn diary(report: &Report<'_>) -> String {
    let mut text = String::new();
    for visit in report.visits {
        let _ = writeln!(text, "at {}:", place(visit));
        let _ = match &visit.end {
            Ok(knocked) => write!(text, "{}", knocked.exchange.diary),
            Err(error) => writeln!(text, "  {error}"),
        };
    }
    text.trim_end().to_owned()
}

fn answer(report: &Report<'_>, visit: &Visit, outcome: &Outcome) -> String {
    let Report {
        server, service, ..
    } = report;
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
        Happened::Taken => format!("told {server}: taken"),
        Happened::Sent => sent(server, service, visit),
    }
}

/// What was done, where nobody says what came of it.
fn sent(server: &str, service: &str, visit: &Visit) -> String {
    let (place, ip) = (visit.place, visit.place.ip());
    match (visit.means, visit.kind) {
        (Means::Ticket, Kind::Message) => {
            format!("told {server} at {place}; this server never answers")
        }
        (Means::Ticket, _) => format!(
            "knocked at {place}, {service}; this server never answers: connect to see whether it is open"
        ),
        (Means::Sequence, Kind::Message) => {
            format!("told {server} at {ip}; nobody answers an encrypted sequence")
        }
        (Means::Sequence, Kind::Close) => {
            format!("sent an encrypted sequence to {ip} that closes {service}; nobody answers it")
        }
        (Means::Sequence, _) => format!(
            "sent an encrypted sequence to {ip}, {service}; nobody answers it: connect to see whether it is open"
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
    Some(format!("over {} ({}): {first}", visit.family, place(visit)))
}

/// Where it went: an encrypted sequence goes to many ports, and the knock port is none of them.
fn place(visit: &Visit) -> String {
    match visit.means {
        Means::Ticket => visit.place.to_string(),
        Means::Sequence => visit.place.ip().to_string(),
    }
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

/// Nobody will say that the address was wrong: who knocks has to know.
fn guess(visit: &Visit) -> Option<String> {
    let guessed = visit.end.as_ref().ok()?.exchange.diary.guessed()?;
    Some(format!(
        "it is sealed for {guessed}, which the server sees only without a NAT on the way; \
         name the address that it sees with --address, or knock with a ticket once: --method ticket"
    ))
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
    use crate::knock::{Diary, Exchange, Family, Knocked, Remark};

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
            kind: Kind::Knock,
            means: Means::Ticket,
            end: Ok(knocked),
        }
    }

    fn no_way(place: &str) -> Visit {
        let place: SocketAddr = place.parse().unwrap();
        let cause = io::Error::from(io::ErrorKind::NetworkUnreachable);
        Visit {
            family: Family::of(place.ip()),
            place,
            kind: Kind::Knock,
            means: Means::Ticket,
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
    fn who_sends_an_encrypted_sequence_is_told_that_nobody_answers() {
        let sent = Outcome {
            happened: Happened::Sent,
            ..OPEN
        };
        let said = |kind| {
            let visit = Visit {
                kind,
                means: Means::Sequence,
                ..visit("192.0.2.1:9", Ok(sent), 0)
            };
            told(&[visit]).0.answers
        };
        assert_eq!(
            said(Kind::Knock),
            [
                "sent an encrypted sequence to 192.0.2.1, ssh; nobody answers it: connect to see whether it is open"
            ]
        );
        assert_eq!(
            said(Kind::Close),
            ["sent an encrypted sequence to 192.0.2.1 that closes ssh; nobody answers it"]
        );
        assert_eq!(
            said(Kind::Message),
            ["told home at 192.0.2.1; nobody answers an encrypted sequence"]
        );
    }

    #[test]
    fn a_diary_names_the_port_where_there_is_one() {
        let diary = |means| {
            let visit = Visit {
                means,
                ..visit("192.0.2.1:9", Ok(OPEN), 0)
            };
            let report = Report {
                server: "home",
                service: "ssh",
                visits: &[visit],
            };
            report.diary()
        };
        assert!(diary(Means::Ticket).starts_with("at 192.0.2.1:9:"));
        assert_eq!(diary(Means::Sequence).lines().next(), Some("at 192.0.2.1:"));
    }

    #[test]
    fn a_guessed_address_is_told_with_what_to_do() {
        let mut visit = visit("192.0.2.1:9", Ok(OPEN), 0);
        let knocked = visit.end.as_mut().unwrap();
        let now = Clock::system().monotonic();
        let local = "10.0.0.2".parse().unwrap();
        knocked.exchange.diary.note(Remark::Guessed(local), now);
        let (said, _) = told(&[visit]);
        assert!(said.remarks[0].contains("sealed for 10.0.0.2"), "{said:?}");
        assert!(said.remarks[0].contains("--address"), "{said:?}");
    }

    #[test]
    fn a_refused_message_is_not_told_about_services() {
        let visit = Visit {
            kind: Kind::Message,
            ..visit("192.0.2.1:9", Err(Reason::Forbidden), 0)
        };
        let (said, exit) = told(&[visit]);
        assert!(said.remarks[0].contains("may-tell"), "{said:?}");
        assert!(!said.remarks[0].contains("service"), "{said:?}");
        assert_eq!(exit, Exit::Refused);
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
