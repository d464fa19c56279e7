//! A letter: one thing to tell to a webhook, as it goes out.

use core::fmt::Write;
use std::collections::BTreeMap;

use nightlatch_ticket::UnixTime;
use serde_json::{Map, Value};

use crate::events::{Event, UnixMillis};

/// How many of each kind were not told one by one.
pub(super) type Sums = BTreeMap<String, u64>;

/// One thing to tell to a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Letter {
    /// The same over all tries, so that a receiver can drop what it has already.
    pub(super) id: String,
    /// The kind of event, by its name.
    pub(super) kind: String,
    /// What is sent: JSON.
    pub(super) body: String,
}

/// What makes one letter another than all others: chance, handed in, and the host that it is from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Postmark<'h> {
    pub(super) host: &'h str,
    pub(super) chance: [u8; 16],
}

impl Letter {
    /// An event by itself: its JSON, with an id and the host.
    pub(super) fn of(event: &Event, mark: Postmark<'_>) -> Self {
        let map = match serde_json::to_value(event) {
            Ok(Value::Object(map)) => map,
            _ => Map::new(),
        };
        Self::with(event.kind.name(), map, mark)
    }

    /// How many there were beside those that were told one by one.
    pub(super) fn summing_up(sums: &Sums, now: UnixTime, mark: Postmark<'_>) -> Self {
        let mut map = moment(now);
        let all = sums
            .values()
            .fold(0_u64, |all, one| all.saturating_add(*one));
        map.insert("event".to_owned(), MORE.into());
        map.insert("count".to_owned(), all.into());
        let counts = sums
            .iter()
            .map(|(kind, count)| (kind.clone(), (*count).into()));
        map.insert("counts".to_owned(), Value::Object(counts.collect()));
        Self::with(MORE, map, mark)
    }

    /// Nothing happened: somebody tries whether it comes over.
    pub(super) fn test(now: UnixTime, mark: Postmark<'_>) -> Self {
        let mut map = moment(now);
        map.insert("event".to_owned(), TEST.into());
        Self::with(TEST, map, mark)
    }

    fn with(kind: &str, mut map: Map<String, Value>, mark: Postmark<'_>) -> Self {
        let id = id(mark.chance);
        map.insert("id".to_owned(), id.clone().into());
        map.insert("host".to_owned(), mark.host.into());
        Self {
            id,
            kind: kind.to_owned(),
            body: Value::Object(map).to_string(),
        }
    }
}

/// The time, as events write it.
fn moment(now: UnixTime) -> Map<String, Value> {
    let now = UnixMillis(now.as_millis());
    Map::from_iter([
        ("time".to_owned(), now.to_string().into()),
        ("unix_ms".to_owned(), now.0.into()),
    ])
}

fn id(chance: [u8; 16]) -> String {
    let mut id = "msg_".to_owned();
    for byte in chance {
        // A String takes everything.
        let _ = write!(id, "{byte:02x}");
    }
    id
}

/// What a sum is called in the place of an event's kind.
pub(super) const MORE: &str = "more";
/// The same for a try.
const TEST: &str = "test";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::{Kind, Label, Who};

    const MARK: Postmark<'_> = Postmark {
        host: "gate",
        chance: [0xa5; 16],
    };

    fn now() -> UnixTime {
        UnixTime::from_nanos(1_795_767_174_123_000_000)
    }

    #[test]
    fn the_names_that_receivers_read_do_not_change() {
        let event = Event::new(Kind::Granted, UnixMillis(1_795_767_174_123))
            .by(Who::Client(Label::of("alice")))
            .about("ssh")
            .from("192.0.2.7".parse().unwrap())
            .lasting(30);
        let letter = Letter::of(&event, MARK);
        assert_eq!(letter.id, "msg_a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5");
        assert_eq!(letter.kind, "granted");
        assert_eq!(
            serde_json::from_str::<Value>(&letter.body).unwrap(),
            serde_json::json!({
                "id": letter.id, "host": "gate", "time": "2026-11-27T08:12:54.123Z",
                "unix_ms": 1_795_767_174_123_u64, "event": "granted", "client": "alice",
                "service": "ssh", "address": "192.0.2.7", "seconds": 30,
            })
        );
    }

    #[test]
    fn a_sum_says_how_many_of_each_kind() {
        let sums = [("banned".to_owned(), 37), ("unbanned".to_owned(), 5)].into();
        let letter = Letter::summing_up(&sums, now(), MARK);
        let body: Value = serde_json::from_str(&letter.body).unwrap();
        assert_eq!(
            (&body["event"], &body["count"]),
            (&"more".into(), &42.into())
        );
        assert_eq!(body["counts"]["banned"], 37);
        assert_eq!(body["time"], "2026-11-27T08:12:54.123Z");
    }

    #[test]
    fn a_try_says_that_it_is_one() {
        let body: Value = serde_json::from_str(&Letter::test(now(), MARK).body).unwrap();
        assert_eq!(body["event"], "test");
    }
}
