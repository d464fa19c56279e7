//! The answer of a webhook's receiver, and what follows from it.

use core::time::Duration;

use super::queue::Failure;

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// A status, and how long the receiver asks to be left alone.
    Status {
        /// The status.
        number: u16,
        /// `Retry-After`, from when it was said.
        pause: Option<Duration>,
    },
    /// Nobody answered, or not in time; in words.
    Nothing(String),
}

/// What follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Follows {
    /// It came over.
    Told,
    /// It is tried again.
    Again(Failure),
    /// It is dropped: the same request would be answered the same way.
    Drop,
    /// Nothing is sent there any more.
    End,
}

impl Answer {
    /// What follows from it.
    pub(super) fn follows(&self) -> Follows {
        let Self::Status { number, pause } = self else {
            return Follows::Again(Failure::Unreached);
        };
        match number {
            200..=299 => Follows::Told,
            410 => Follows::End,
            // Too slow, too early, too many: another time it may be right.
            408 | 425 | 429 | 500..=599 => Follows::Again(Failure::Refused { pause: *pause }),
            _ => Follows::Drop,
        }
    }

    /// For the log. Of what a receiver says only the number stands there.
    pub(super) fn in_words(&self) -> String {
        match self {
            Self::Status { number, .. } if (300..=399).contains(number) => {
                format!("it answered {number}, and nothing is sent on to another address")
            }
            Self::Status { number, .. } => format!("it answered {number}"),
            Self::Nothing(cause) => cause.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(number: u16, pause: Option<Duration>) -> Follows {
        Answer::Status { number, pause }.follows()
    }

    fn again(pause: Option<Duration>) -> Follows {
        Follows::Again(Failure::Refused { pause })
    }

    #[test]
    fn every_answer_leads_to_something() {
        for number in [200, 202, 204, 299] {
            assert_eq!(status(number, None), Follows::Told, "{number}");
        }
        for number in [408, 425, 429, 500, 502, 503, 599] {
            assert_eq!(status(number, None), again(None), "{number}");
        }
        for number in [100, 199, 301, 302, 307, 400, 401, 404, 422, 600, 999] {
            assert_eq!(status(number, None), Follows::Drop, "{number}");
        }
        assert_eq!(status(410, None), Follows::End);
        let nothing = Answer::Nothing("refused".to_owned());
        assert_eq!(nothing.follows(), Follows::Again(Failure::Unreached));
    }

    #[test]
    fn who_asks_for_a_pause_gets_one_where_it_is_tried_again() {
        let pause = Some(Duration::from_mins(2));
        assert_eq!(status(429, pause), again(pause));
        assert_eq!(status(404, pause), Follows::Drop);
    }
}
