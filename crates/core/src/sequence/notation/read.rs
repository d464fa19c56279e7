//! A step as it is written becomes a step.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::str::FromStr;

use super::StepError;
use super::conditions::{Condition, Conditions, Relation, Value, split};
use super::{probe, values};
use crate::sequence::{Payload, Probe, Step, Traits};

/// How many bytes a payload or its regular expression can have: they travel, and nobody types more.
pub const MOST_PAYLOAD: usize = 256;

impl FromStr for Step {
    type Err = StepError;

    fn from_str(text: &str) -> Result<Self, StepError> {
        let text = text.trim();
        let (word, rest) = split(text, text.find(char::is_whitespace));
        let mut step = Self {
            probe: probe::read(word)?,
            traits: Traits::default(),
        };
        let mut seen: Vec<&str> = Vec::new();
        for condition in Conditions(rest) {
            let condition = condition?;
            let name = known(condition.name, step.probe)?;
            if seen.contains(&name) {
                return Err(StepError::Twice(name));
            }
            seen.push(name);
            add(&mut step, name, condition)?;
        }
        Ok(step)
    }
}

fn add(step: &mut Step, name: &'static str, condition: Condition<'_>) -> Result<(), StepError> {
    let traits = &mut step.traits;
    if name == "payload" {
        traits.payload = Some(payload(condition)?);
        return Ok(());
    }
    let (Relation::Equals, Value::Bare(text)) = (condition.relation, condition.value) else {
        return Err(StepError::OnlyEqual(name));
    };
    let number = |most: u32| values::number(name, text, most).map(Some);
    match name {
        "ttl" => traits.hops = number(0xff)?,
        "ip-id" => traits.identification = number(0xffff)?,
        "df" => traits.unfragmentable = Some(yes_or_no(text)?),
        "length" => traits.length = number(0xffff)?,
        "source-port" => traits.source_port = number(0xffff)?,
        "seq" => traits.sequence = number(u32::MAX)?,
        "ack" => traits.acknowledgement = number(u32::MAX)?,
        "window" => traits.window = number(0xffff)?,
        "options" => traits.options = Some(values::options(text)?),
        _ => {
            if let Probe::Tcp { flags, .. } = &mut step.probe {
                *flags = values::flags(text)?;
            }
        }
    }
    Ok(())
}

/// The condition of that name, if such a packet can meet it.
fn known(name: &str, probe: Probe) -> Result<&'static str, StepError> {
    let (name, needs) = TRAITS
        .iter()
        .find(|(known, _)| *known == name)
        .ok_or_else(|| StepError::UnknownTrait(name.to_owned()))?;
    let protocol = match (probe, needs) {
        (Probe::Tcp { .. }, _) | (_, Needs::Nothing) | (Probe::Udp { .. }, Needs::Ports) => {
            return Ok(name);
        }
        (Probe::Udp { .. }, Needs::Tcp) => "UDP",
        (Probe::Icmp { .. }, _) => "ICMP",
    };
    Err(StepError::NotThere { name, protocol })
}

fn payload(condition: Condition<'_>) -> Result<Payload, StepError> {
    let within = |length: usize| match length {
        0..=MOST_PAYLOAD => Ok(()),
        _ => Err(StepError::LongPayload(length)),
    };
    if condition.relation == Relation::Matches {
        let Value::Quoted(expression) = condition.value else {
            return Err(StepError::Unquoted);
        };
        within(expression.len())?;
        // A step is one line, wherever it is written.
        if expression.contains(char::is_control) {
            return Err(StepError::Control);
        }
        return Ok(Payload::Matches(expression));
    }
    let bytes = match condition.value {
        Value::Quoted(text) => String::into_bytes(text),
        Value::Bare(text) => values::bytes(text.strip_prefix("0x").ok_or(StepError::Unquoted)?)?,
    };
    within(bytes.len())?;
    Ok(match condition.relation {
        Relation::Begins => Payload::Begins(bytes),
        _ => Payload::Exactly(bytes),
    })
}

fn yes_or_no(text: &str) -> Result<bool, StepError> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err(StepError::NotYesOrNo(text.to_owned())),
    }
}

/// What a packet must have so that a condition can be asked of it.
enum Needs {
    Nothing,
    Ports,
    Tcp,
}

const TRAITS: [(&str, Needs); 11] = [
    ("flags", Needs::Tcp),
    ("ttl", Needs::Nothing),
    ("ip-id", Needs::Nothing),
    ("df", Needs::Nothing),
    ("length", Needs::Nothing),
    ("source-port", Needs::Ports),
    ("seq", Needs::Tcp),
    ("ack", Needs::Tcp),
    ("window", Needs::Tcp),
    ("options", Needs::Tcp),
    ("payload", Needs::Nothing),
];

#[cfg(test)]
mod tests {
    use alloc::string::ToString;
    use alloc::vec;

    use nightlatch_wire::{Family, Flags};
    use proptest::prelude::*;

    use super::*;
    use crate::sequence::{FlagsWanted, Number, OptionWanted};

    fn step(text: &str) -> Step {
        text.parse().unwrap()
    }

    fn refused(text: &str) -> StepError {
        text.parse::<Step>().unwrap_err()
    }

    #[test]
    fn a_port_alone_is_a_connection_attempt_or_any_datagram() {
        assert_eq!(step("tcp/7000"), Step::tcp(7000));
        assert_eq!(step("  udp/65535 "), Step::udp(65535));
    }

    #[test]
    fn flags_are_looked_at_exactly_as_written() {
        let flags = |text: &str| match step(text).probe {
            Probe::Tcp { flags, .. } => flags,
            _ => panic!("no TCP"),
        };
        let wanted = |set, clear| FlagsWanted { set, clear };
        let none = Flags::default();
        assert_eq!(
            flags("tcp/1 flags=syn,!ack"),
            wanted(Flags::SYN, Flags::ACK)
        );
        assert_eq!(
            flags("tcp/1 flags=fin,psh,urg"),
            wanted(Flags::FIN.with(Flags::PSH).with(Flags::URG), none)
        );
        assert_eq!(flags("tcp/1 flags=any"), wanted(none, none));
        assert_eq!(flags("tcp/1"), FlagsWanted::ATTEMPT);
    }

    #[test]
    fn an_echo_is_of_either_family_until_one_is_named() {
        let icmp = |family, kind, code| Probe::Icmp { family, kind, code };
        assert_eq!(step("icmp/echo").probe, icmp(None, 8, None));
        assert_eq!(step("icmp/8").probe, icmp(None, 8, None));
        assert_eq!(step("icmp4/8/0").probe, icmp(Some(Family::V4), 8, Some(0)));
        assert_eq!(step("icmp6/echo").probe, icmp(Some(Family::V6), 128, None));
        assert_eq!(refused("icmp/13"), StepError::NoFamily(13));
    }

    #[test]
    fn every_header_can_be_asked_for() {
        let traits = step(
            "tcp/80 ttl=50-64 ip-id=4321 df=yes length=60 source-port=53 seq=0x10 ack=0 \
             window=1024-2048 options=mss:1460,sack,ts,nop,ws:7 payload='open sesame'",
        )
        .traits;
        let option = |kind, value| OptionWanted { kind, value };
        assert_eq!(
            traits,
            Traits {
                hops: Some(Number {
                    least: 50,
                    most: 64
                }),
                identification: Some(Number::exactly(4321)),
                unfragmentable: Some(true),
                length: Some(Number::exactly(60)),
                source_port: Some(Number::exactly(53)),
                sequence: Some(Number::exactly(16)),
                acknowledgement: Some(Number::exactly(0)),
                window: Some(Number {
                    least: 1024,
                    most: 2048
                }),
                options: Some(vec![
                    option(2, Some(1460)),
                    option(4, None),
                    option(8, None),
                    option(1, None),
                    option(3, Some(7)),
                ]),
                payload: Some(Payload::Exactly(b"open sesame".to_vec())),
            }
        );
    }

    #[test]
    fn a_payload_is_given_whole_by_its_beginning_or_by_a_pattern() {
        let payload = |text: &str| step(text).traits.payload.unwrap();
        assert_eq!(
            payload("udp/1 payload=0x6b6E"),
            Payload::Exactly(b"kn".to_vec())
        );
        assert_eq!(payload("udp/1 payload=''"), Payload::Exactly(vec![]));
        assert_eq!(
            payload("udp/1 payload^='GET ''/'"),
            Payload::Begins(b"GET '/".to_vec())
        );
        assert_eq!(
            payload(r"udp/1 payload~'^k[0-9]+\s$' ttl=3"),
            Payload::Matches(r"^k[0-9]+\s$".into())
        );
    }

    #[test]
    fn what_is_no_step_is_refused_with_its_reason() {
        for (text, says) in [
            ("", "a step is empty"),
            ("7000", "write tcp/7000 or udp/7000"),
            ("7000:udp", "write udp/7000"),
            ("7000:TCP", "write tcp/7000"),
            ("7000:icmp", "`7000:icmp` is no step"),
            ("0:udp", "`0:udp` is no step"),
            ("tpc/7000", "`tpc/7000` is no step"),
            ("syn", "`syn` is no step"),
            ("tcp/0", "no port `0`"),
            ("tcp/65536", "no port `65536`"),
            ("tcp/+22", "no port `+22`"),
            ("udp/", "no port ``"),
            ("icmp/256", "no ICMP type or code `256`"),
            ("icmp4/8/x", "no ICMP type or code `x`"),
            ("tcp/1 tll=3", "no packet has a `tll`"),
            ("udp/1 window=3", "UDP has no `window`"),
            ("icmp/echo source-port=3", "ICMP has no `source-port`"),
            ("tcp/1 ttl=3 ttl=4", "`ttl` stands twice"),
            ("tcp/1 ttl", "`ttl` has no value"),
            ("tcp/1 ttl= 3", "`ttl` has no value"),
            ("tcp/1 ttl^=3", "`ttl` can only be equal"),
            ("tcp/1 ttl=256", "255 is the most"),
            ("tcp/1 seq=4294967296", "4294967295 is the most"),
            ("tcp/1 ttl=+3", "`+3` is no number for `ttl`"),
            ("tcp/1 ttl=64-50", "ends before it begins"),
            ("tcp/1 flags=sin", "no flag `sin`"),
            ("tcp/1 flags=syn,", "no flag ``"),
            ("tcp/1 flags=syn,!syn", "`syn` cannot be set and not set"),
            ("tcp/1 options=msss:3", "no TCP option `msss:3`"),
            ("tcp/1 options=mss:65536", "`mss:65536` cannot hold that"),
            ("tcp/1 options=ts:1", "`ts:1` cannot hold that"),
            ("tcp/1 df=maybe", "`maybe` is neither yes nor no"),
            ("udp/1 payload=open", "neither in quotes nor in hex"),
            ("udp/1 payload~open", "neither in quotes nor in hex"),
            ("udp/1 payload='open", "does not end"),
            ("udp/1 payload='open'x", "does not end"),
            ("udp/1 payload~'a\nb'", "control character"),
            ("udp/1 payload=0x6", "pairs of hex digits"),
            ("udp/1 payload=0x", "pairs of hex digits"),
            ("udp/1 payload=0xzz", "pairs of hex digits"),
        ] {
            let error = refused(text).to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
    }

    #[test]
    fn what_is_longer_than_any_packet_has_room_for_is_refused() {
        let payload = |length: usize| alloc::format!("udp/1 payload='{}'", "x".repeat(length));
        assert!(payload(256).parse::<Step>().is_ok());
        assert_eq!(refused(&payload(257)), StepError::LongPayload(257));
        let expression = alloc::format!("udp/1 payload~'{}'", "x".repeat(257));
        assert_eq!(refused(&expression), StepError::LongPayload(257));
        let options = alloc::format!("tcp/1 options=nop{}", ",nop".repeat(40));
        assert_eq!(refused(&options), StepError::TooManyOptions(41));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}") {
            let _ = text.parse::<Step>();
            let _ = alloc::format!("tcp/1 {text}").parse::<Step>();
        }
    }
}
