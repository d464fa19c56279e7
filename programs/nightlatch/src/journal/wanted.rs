//! Which events are wanted.

use nightlatch_core::Prefix;
use nightlatch_journal::{Kind, UnixMillis};
use nightlatch_ticket::UnixTime;

use super::entry::Entry;
use crate::options::Journal;

/// What an event has to be like; what is not said may be anything.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    since: Option<UnixMillis>,
    until: Option<UnixMillis>,
    kinds: Vec<Kind>,
    knocker: Option<String>,
    service: Option<String>,
    address: Option<Prefix>,
}

impl Wanted {
    pub(super) fn of(options: &Journal, now: UnixTime) -> Self {
        let now = UnixMillis(now.as_millis());
        Self {
            since: options.since.map(|when| when.by(now)),
            until: options.until.map(|when| when.by(now)),
            kinds: options.event.clone(),
            knocker: options.client.clone(),
            service: options.service.clone(),
            address: options.address,
        }
    }

    pub(super) fn wants(&self, entry: &Entry) -> bool {
        let at = UnixMillis(entry.unix_ms);
        let is_named = |name: &String| {
            [&entry.client, &entry.sequence]
                .into_iter()
                .any(|other| other.as_ref() == Some(name))
        };
        let is_from = |wanted: Prefix| {
            let source = entry.address.as_deref().and_then(|text| text.parse().ok());
            source.is_some_and(|source: Prefix| source.overlaps(wanted))
        };
        self.since.is_none_or(|since| at >= since)
            && self.until.is_none_or(|until| at <= until)
            && (self.kinds.is_empty() || self.kinds.iter().any(|kind| kind.name() == entry.event))
            && self.knocker.as_ref().is_none_or(is_named)
            && (self.service.is_none() || self.service == entry.service)
            && self.address.is_none_or(is_from)
    }
}

/// What is no kind of event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no kind of event; there are {0}")]
pub(crate) struct NoKind(String);

/// Reads the name of a kind.
pub(crate) fn kind(text: &str) -> Result<Kind, NoKind> {
    Kind::named(text).ok_or_else(|| NoKind(Kind::ALL.map(Kind::name).join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        serde_json::from_str(
            r#"{"number": 7, "unix_ms": 1000, "event": "granted", "client": "alice", "service": "ssh",
                "address": "192.0.2.7", "seconds": 30, "moods": ["calm"]}"#,
        )
        .unwrap()
    }

    #[test]
    fn whatever_is_not_said_may_be_anything() {
        assert!(Wanted::default().wants(&entry()));
        assert!(Wanted::default().wants(&Entry::default()));
    }

    #[test]
    fn everything_that_is_said_has_to_be_so() {
        type Change = fn(&mut Wanted);
        let cases: [(Change, bool); 16] = [
            (|wanted| wanted.since = Some(UnixMillis(1000)), true),
            (|wanted| wanted.since = Some(UnixMillis(1001)), false),
            (|wanted| wanted.until = Some(UnixMillis(1000)), true),
            (|wanted| wanted.until = Some(UnixMillis(999)), false),
            (
                |wanted| wanted.kinds = vec![Kind::Banned, Kind::Granted],
                true,
            ),
            (|wanted| wanted.kinds = vec![Kind::Banned], false),
            (|wanted| wanted.knocker = Some("alice".to_owned()), true),
            (|wanted| wanted.knocker = Some("bob".to_owned()), false),
            (|wanted| wanted.service = Some("ssh".to_owned()), true),
            (|wanted| wanted.service = Some("web".to_owned()), false),
            (|wanted| wanted.address = "192.0.2.7".parse().ok(), true),
            (|wanted| wanted.address = "192.0.2.0/24".parse().ok(), true),
            (|wanted| wanted.address = "192.0.2.8".parse().ok(), false),
            (
                |wanted| wanted.address = "2001:db8::/32".parse().ok(),
                false,
            ),
            (|wanted| wanted.address = "0.0.0.0/0".parse().ok(), true),
            (|wanted| wanted.kinds = Kind::ALL.to_vec(), true),
        ];
        for (place, (change, is_wanted)) in cases.into_iter().enumerate() {
            let mut wanted = Wanted::default();
            change(&mut wanted);
            assert_eq!(wanted.wants(&entry()), is_wanted, "{place}");
        }
    }

    #[test]
    fn a_sequence_is_found_by_its_name_and_a_ban_by_an_address_of_its_network() {
        let walked = Entry {
            sequence: Some("by-ports".to_owned()),
            address: Some("2001:db8::/64".to_owned()),
            ..Entry::default()
        };
        let wanted = Wanted {
            knocker: Some("by-ports".to_owned()),
            address: "2001:db8::7".parse().ok(),
            ..Wanted::default()
        };
        assert!(wanted.wants(&walked));
    }

    #[test]
    fn a_kind_that_does_not_exist_is_answered_with_those_that_do() {
        assert_eq!(kind("banned"), Ok(Kind::Banned));
        let said = kind("ban").unwrap_err().to_string();
        assert!(said.contains("granted, closed, refused"), "{said}");
    }
}
