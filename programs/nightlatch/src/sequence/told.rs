//! What came of touching a host's ports, told to people and to programs.

use serde::Serialize;

use crate::exit::Exit;
use crate::knock::Family;
use crate::report::Said;
use crate::touch::{TouchError, Touches, Walk};

/// What was touched, and how it went in each family.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told<'a> {
    /// The host as the person named it.
    pub(crate) host: &'a str,
    /// Its ports.
    pub(crate) touches: &'a Touches,
    /// Each family that was tried.
    pub(crate) walks: &'a [Walk],
}

impl Told<'_> {
    /// The outcome for people.
    pub(crate) fn said(&self) -> Said {
        let done = self.walks.iter().filter(|walk| walk.end.is_ok());
        let answers: Vec<_> = done.map(|walk| self.answer(walk)).collect();
        let mut remarks = Vec::new();
        if answers.len() > 1 {
            remarks.push(format!(
                "{} has an address in both families: its ports are touched over one, then over the other; \
                 -4 or -6 chooses",
                self.host
            ));
        }
        remarks.extend(self.walks.iter().filter_map(|walk| self.trouble(walk)));
        Said { answers, remarks }
    }

    /// The outcome for programs: one JSON object in one line.
    pub(crate) fn json(&self) -> String {
        let whole = Whole {
            host: self.host,
            sequence: self
                .touches
                .ports()
                .iter()
                .map(ToString::to_string)
                .collect(),
            done: self.is_done(),
            exit: self.exit().number(),
            visits: self.walks.iter().map(One::of).collect(),
        };
        // Text and numbers alone: there is nothing in it that JSON could not say.
        serde_json::to_string(&whole).unwrap_or_default()
    }

    /// How the program ends: well when all ports were touched over one family.
    pub(crate) fn exit(&self) -> Exit {
        let is_system = |walk: &Walk| matches!(walk.end, Err(TouchError::NotSent { .. }));
        match self.is_done() {
            true => Exit::Done,
            false if self.walks.iter().any(is_system) => Exit::System,
            false => Exit::Unavailable,
        }
    }

    fn is_done(&self) -> bool {
        self.walks.iter().any(|walk| walk.end.is_ok())
    }

    fn answer(&self, walk: &Walk) -> String {
        let ports = match self.touches.ports().len() {
            1 => "1 port".to_owned(),
            many => format!("{many} ports"),
        };
        format!(
            "touched {ports} of {}; nobody answers a sequence: connect to see whether it is open",
            walk.place.ip()
        )
    }

    /// Half the world has no IPv6: that is no news where the other family was there.
    fn trouble(&self, walk: &Walk) -> Option<String> {
        match &walk.end {
            Ok(()) => None,
            Err(TouchError::NoWay { .. }) if self.is_done() => None,
            Err(error) => Some(format!("nightlatch: {}: {error}", self.host)),
        }
    }
}

#[derive(Serialize)]
struct Whole<'a> {
    host: &'a str,
    sequence: Vec<String>,
    /// Whether every port was touched, over at least one family.
    done: bool,
    exit: u8,
    visits: Vec<One>,
}

/// One family.
#[derive(Serialize)]
struct One {
    family: &'static str,
    address: String,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl One {
    fn of(walk: &Walk) -> Self {
        Self {
            family: match walk.family {
                Family::V4 => "ipv4",
                Family::V6 => "ipv6",
            },
            address: walk.place.ip().to_string(),
            outcome: match walk.end {
                Ok(()) => "touched",
                Err(TouchError::NoWay { .. }) => "no-way",
                Err(TouchError::NotSent { .. }) => "system",
            },
            reason: walk.end.as_ref().err().map(ToString::to_string),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::net::SocketAddr;

    use super::*;

    fn walked(place: &str, end: Result<(), TouchError>) -> Walk {
        let place: SocketAddr = place.parse().unwrap();
        let family = Family::of(place.ip());
        Walk { family, place, end }
    }

    fn no_way(place: &str) -> Walk {
        let address = place.parse::<SocketAddr>().unwrap().ip();
        let cause = io::Error::from(io::ErrorKind::NetworkUnreachable);
        walked(place, Err(TouchError::NoWay { address, cause }))
    }

    fn not_sent(place: &str) -> Walk {
        let address = place.parse::<SocketAddr>().unwrap().ip();
        let cause = io::Error::from(io::ErrorKind::PermissionDenied);
        let port = "tcp/9000".parse().unwrap();
        let error = TouchError::NotSent {
            port,
            address,
            cause,
        };
        walked(place, Err(error))
    }

    fn told(walks: &[Walk]) -> (Said, Exit) {
        let touches = "7000,8000:udp,9000".parse().unwrap();
        let told = Told {
            host: "home",
            touches: &touches,
            walks,
        };
        (told.said(), told.exit())
    }

    #[test]
    fn it_is_said_that_no_answer_is_to_be_expected() {
        let (said, exit) = told(&[walked("192.0.2.1:0", Ok(()))]);
        assert_eq!(
            said.answers,
            [
                "touched 3 ports of 192.0.2.1; nobody answers a sequence: connect to see whether it is open"
            ]
        );
        assert_eq!(said.remarks, Vec::<String>::new());
        assert_eq!(exit, Exit::Done);
    }

    #[test]
    fn both_families_are_told_and_how_to_choose_one() {
        let (said, _) = told(&[
            walked("[2001:db8::1]:0", Ok(())),
            walked("192.0.2.1:0", Ok(())),
        ]);
        assert_eq!(said.answers.len(), 2);
        assert!(said.remarks[0].contains("-4 or -6 chooses"), "{said:?}");
    }

    #[test]
    fn a_family_that_this_computer_does_not_have_is_no_trouble() {
        let (said, exit) = told(&[no_way("[2001:db8::1]:0"), walked("192.0.2.1:0", Ok(()))]);
        assert_eq!(said.remarks, Vec::<String>::new());
        assert_eq!((said.answers.len(), exit), (1, Exit::Done));
    }

    #[test]
    fn without_any_way_or_leave_to_send_it_says_what_to_do() {
        let (said, exit) = told(&[no_way("192.0.2.1:0")]);
        assert_eq!(exit, Exit::Unavailable);
        assert!(said.remarks[0].contains("there is no way"), "{said:?}");
        let (said, exit) = told(&[not_sent("192.0.2.1:0")]);
        assert_eq!(exit, Exit::System);
        assert!(
            said.remarks[0].contains("tcp/9000 of 192.0.2.1"),
            "{said:?}"
        );
        assert_eq!(said.answers, Vec::<String>::new());
    }
}
