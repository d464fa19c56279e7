//! Whether a packet is the one that a step waits for.

use nightlatch_wire::{Family, Message, Observation, Segment, Transport, Unseen};

use super::doorway::{ECHO_REQUEST_V4, ECHO_REQUEST_V6};
use super::{Number, Pattern, Payload, Probe, Step, Traits, options};

impl Step {
    /// Whether this packet is the one. The pattern is that of the payload, where it has one; what
    /// has no pattern that could be read is never met.
    pub(super) fn is_met_by(&self, seen: &Observation<'_>, pattern: Option<&Pattern>) -> bool {
        // The cheap questions first: a flood of first steps asks them all the time.
        self.probe.is_met_by(&seen.transport) && self.traits.are_met_by(seen, pattern)
    }
}

impl Probe {
    fn is_met_by(self, transport: &Transport<'_>) -> bool {
        match (self, transport) {
            (Self::Tcp { port, flags }, Transport::Tcp(segment)) => {
                segment.destination_port == port && flags.is_met_by(segment.flags)
            }
            (Self::Udp { port }, Transport::Udp(datagram)) => datagram.destination_port == port,
            (Self::Icmp { family, kind, code }, Transport::Icmp(message)) => {
                let is_kind = match family {
                    Some(family) => (message.family, message.kind) == (family, kind),
                    None => is_echo_request(message),
                };
                is_kind && code.is_none_or(|code| message.code == code)
            }
            _ => false,
        }
    }
}

impl Traits {
    fn are_met_by(&self, seen: &Observation<'_>, pattern: Option<&Pattern>) -> bool {
        is_met(self.hops, Some(seen.hops))
            && is_met(self.identification, seen.identification)
            && is_met(self.length, Some(seen.length))
            && is_met(self.source_port, source_port(&seen.transport))
            && (self.unfragmentable.is_none() || self.unfragmentable == seen.unfragmentable)
            && self.are_met_by_segment(&seen.transport)
            && self.is_met_by_payload(&seen.transport, pattern)
            && self.ask_for_nothing_of(seen.unseen)
    }

    /// Whether they can be judged by somebody who did not see this: what is not seen is not met.
    const fn ask_for_nothing_of(&self, unseen: Unseen) -> bool {
        let asks_numbers = self.sequence.is_some() || self.acknowledgement.is_some();
        !(self.payload.is_some() && unseen.contains(Unseen::PAYLOAD)
            || self.options.is_some() && unseen.contains(Unseen::OPTIONS)
            || asks_numbers && unseen.contains(Unseen::NUMBERS))
    }

    fn are_met_by_segment(&self, transport: &Transport<'_>) -> bool {
        let segment = match transport {
            Transport::Tcp(segment) => Some(segment),
            Transport::Udp(_) | Transport::Icmp(_) => None,
        };
        let number = |of: fn(&Segment<'_>) -> u32| segment.map(of);
        let options = self.options.as_deref();
        is_met(self.sequence, number(|segment| segment.sequence))
            && is_met(
                self.acknowledgement,
                number(|segment| segment.acknowledgement),
            )
            && is_met(self.window, number(|segment| segment.window.into()))
            && options.is_none_or(|wanted| {
                segment.is_some_and(|segment| options::are_met(wanted, segment.options))
            })
    }

    fn is_met_by_payload(&self, transport: &Transport<'_>, pattern: Option<&Pattern>) -> bool {
        let carried = payload(transport);
        match &self.payload {
            None => true,
            Some(Payload::Exactly(bytes)) => carried == bytes,
            Some(Payload::Begins(bytes)) => carried.starts_with(bytes),
            Some(Payload::Matches(_)) => pattern.is_some_and(|wanted| wanted.is_found_in(carried)),
        }
    }
}

fn is_met(wanted: Option<Number>, number: Option<impl Into<u32>>) -> bool {
    wanted.is_none_or(|wanted| number.is_some_and(|number| wanted.contains(number.into())))
}

const fn source_port(transport: &Transport<'_>) -> Option<u16> {
    match transport {
        Transport::Tcp(segment) => Some(segment.source_port),
        Transport::Udp(datagram) => Some(datagram.source_port),
        Transport::Icmp(_) => None,
    }
}

fn payload<'a>(transport: &Transport<'a>) -> &'a [u8] {
    match transport {
        Transport::Tcp(segment) => segment.payload,
        Transport::Udp(datagram) => datagram.payload,
        Transport::Icmp(message) if is_echo(message) => {
            message.body.get(BEFORE_ECHOED..).unwrap_or_default()
        }
        Transport::Icmp(message) => message.body,
    }
}

fn is_echo_request(message: &Message<'_>) -> bool {
    message.kind == echo_request(message.family)
}

fn is_echo(message: &Message<'_>) -> bool {
    let reply = match message.family {
        Family::V4 => ECHO_REPLY_V4,
        Family::V6 => ECHO_REPLY_V6,
    };
    is_echo_request(message) || message.kind == reply
}

const fn echo_request(family: Family) -> u8 {
    match family {
        Family::V4 => ECHO_REQUEST_V4,
        Family::V6 => ECHO_REQUEST_V6,
    }
}

const ECHO_REPLY_V4: u8 = 0;
const ECHO_REPLY_V6: u8 = 129;
/// Identifier and sequence number.
const BEFORE_ECHOED: usize = 4;

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;
    use core::net::IpAddr;

    use nightlatch_wire::{Datagram, Flags};

    use super::*;
    use crate::{FlagsWanted, OptionWanted};

    const SEGMENT: Segment<'_> = Segment {
        source_port: 4000,
        destination_port: 7000,
        sequence: 11,
        acknowledgement: 12,
        flags: Flags::SYN,
        window: 13,
        options: &[2, 4, 5, 0xb4],
        payload: b"open sesame",
    };

    fn seen(transport: Transport<'_>) -> Observation<'_> {
        Observation {
            source: IpAddr::from([192, 0, 2, 1]),
            destination: IpAddr::from([198, 51, 100, 2]),
            hops: 61,
            identification: Some(4321),
            unfragmentable: Some(true),
            length: 60,
            transport,
            unseen: Unseen::NOTHING,
        }
    }

    fn is_met_with(traits: &Traits, transport: Transport<'_>) -> bool {
        let pattern = match &traits.payload {
            Some(Payload::Matches(text)) => Pattern::new(text).ok(),
            _ => None,
        };
        traits.are_met_by(&seen(transport), pattern.as_ref())
    }

    fn with(change: impl Fn(&mut Traits)) -> Traits {
        let mut traits = Traits::default();
        change(&mut traits);
        traits
    }

    #[test]
    fn what_the_source_did_not_show_is_not_met() {
        for (unseen, wanted) in [
            (
                Unseen::PAYLOAD,
                with(|traits| traits.payload = Some(Payload::Begins(Vec::new()))),
            ),
            (
                Unseen::OPTIONS,
                with(|traits| traits.options = Some(Vec::new())),
            ),
            (
                Unseen::NUMBERS,
                with(|traits| traits.sequence = Some(Number::exactly(11))),
            ),
        ] {
            let whole = seen(Transport::Tcp(Segment {
                options: &[],
                ..SEGMENT
            }));
            assert!(wanted.are_met_by(&whole, None), "{wanted:?}");
            assert!(
                !wanted.are_met_by(&Observation { unseen, ..whole }, None),
                "{wanted:?}"
            );
        }
    }

    #[test]
    fn each_number_is_met_by_its_own_field_and_by_no_other() {
        type Field = fn(&mut Traits) -> &mut Option<Number>;
        let fields: [(Field, u32); 7] = [
            (|traits| &mut traits.hops, 61),
            (|traits| &mut traits.identification, 4321),
            (|traits| &mut traits.length, 60),
            (|traits| &mut traits.source_port, 4000),
            (|traits| &mut traits.sequence, 11),
            (|traits| &mut traits.acknowledgement, 12),
            (|traits| &mut traits.window, 13),
        ];
        for (field, number) in fields {
            let wants = |least, most| {
                let number = Some(Number { least, most });
                is_met_with(
                    &with(|traits| *field(traits) = number),
                    Transport::Tcp(SEGMENT),
                )
            };
            assert!(wants(number, number) && wants(0, u32::MAX));
            assert!(!wants(number + 1, u32::MAX) && !wants(0, number - 1));
        }
    }

    #[test]
    fn a_step_of_no_traits_is_met_by_flags_and_port_alone() {
        let step = Step::tcp(7000);
        let met = |segment| step.is_met_by(&seen(Transport::Tcp(segment)), None);
        assert!(met(SEGMENT));
        let flags = Flags::SYN.with(Flags::ACK);
        assert!(!met(Segment { flags, ..SEGMENT }));
        let destination_port = 7001;
        assert!(!met(Segment {
            destination_port,
            ..SEGMENT
        }));
        let datagram = Datagram {
            source_port: 1,
            destination_port: 7000,
            payload: &[],
        };
        assert!(!step.is_met_by(&seen(Transport::Udp(datagram)), None));
        assert!(Step::udp(7000).is_met_by(&seen(Transport::Udp(datagram)), None));
    }

    #[test]
    fn flags_that_are_not_listed_are_not_looked_at() {
        let flags = FlagsWanted {
            set: Flags::SYN,
            clear: Flags::URG,
        };
        let probe = Probe::Tcp { port: 7000, flags };
        let met = |flags| probe.is_met_by(&Transport::Tcp(Segment { flags, ..SEGMENT }));
        assert!(met(Flags::SYN) && met(Flags::SYN.with(Flags::ACK)));
        assert!(!met(Flags::ACK) && !met(Flags::SYN.with(Flags::URG)));
    }

    #[test]
    fn what_a_packet_does_not_have_is_not_met() {
        let datagram = Transport::Udp(Datagram {
            source_port: 4000,
            destination_port: 7000,
            payload: b"open sesame",
        });
        let any = Some(Number {
            least: 0,
            most: u32::MAX,
        });
        assert!(is_met_with(
            &with(|traits| traits.source_port = any),
            datagram
        ));
        assert!(!is_met_with(
            &with(|traits| traits.sequence = any),
            datagram
        ));
        assert!(!is_met_with(&with(|traits| traits.window = any), datagram));
        assert!(!is_met_with(
            &with(|traits| traits.options = Some(Vec::new())),
            datagram
        ));
        let six = Observation {
            identification: None,
            unfragmentable: None,
            ..seen(datagram)
        };
        let wanted = with(|traits| traits.identification = any);
        assert!(!wanted.are_met_by(&six, None));
        for unfragmentable in [true, false] {
            let wanted = with(|traits| traits.unfragmentable = Some(unfragmentable));
            assert!(!wanted.are_met_by(&six, None));
            assert_eq!(wanted.are_met_by(&seen(datagram), None), unfragmentable);
        }
    }

    #[test]
    fn options_are_met_in_their_order() {
        let wants = |value| {
            let wanted = Some([OptionWanted { kind: 2, value }].into());
            is_met_with(
                &with(|traits| traits.options.clone_from(&wanted)),
                Transport::Tcp(SEGMENT),
            )
        };
        assert!(wants(None) && wants(Some(1460)) && !wants(Some(1459)));
    }

    #[test]
    fn a_payload_is_met_whole_by_its_beginning_or_by_a_pattern() {
        let wants = |payload: Payload| {
            let traits = with(|traits| traits.payload = Some(payload.clone()));
            is_met_with(&traits, Transport::Tcp(SEGMENT))
        };
        assert!(wants(Payload::Exactly(b"open sesame".into())));
        assert!(!wants(Payload::Exactly(b"open".into())));
        assert!(wants(Payload::Begins(b"open".into())) && wants(Payload::Begins(Vec::new())));
        assert!(!wants(Payload::Begins(b"sesame".into())));
        assert!(wants(Payload::Matches("se.ame$".into())));
        assert!(!wants(Payload::Matches("^se.ame".into())));
        assert!(
            !wants(Payload::Matches("(".into())),
            "no pattern is never met"
        );
    }

    #[test]
    fn an_echo_of_either_family_is_met_and_what_it_echoes_is_its_payload() {
        let message = |family, kind| Message {
            family,
            kind,
            code: 0,
            body: b"idsqknock",
        };
        let probe = |family, kind, code| Probe::Icmp { family, kind, code };
        let met =
            |probe: Probe, family, kind| probe.is_met_by(&Transport::Icmp(message(family, kind)));
        let echo = probe(None, 8, None);
        assert!(met(echo, Family::V4, 8) && met(echo, Family::V6, 128));
        assert!(!met(echo, Family::V4, 0) && !met(echo, Family::V6, 8));
        let four = probe(Some(Family::V4), 13, Some(0));
        assert!(met(four, Family::V4, 13) && !met(four, Family::V6, 13));
        assert!(!met(probe(Some(Family::V4), 13, Some(1)), Family::V4, 13));

        let knock = with(|traits| traits.payload = Some(Payload::Exactly(b"knock".into())));
        let body = with(|traits| traits.payload = Some(Payload::Exactly(b"idsqknock".into())));
        for (family, kind) in [
            (Family::V4, 0),
            (Family::V4, 8),
            (Family::V6, 128),
            (Family::V6, 129),
        ] {
            assert!(is_met_with(&knock, Transport::Icmp(message(family, kind))));
        }
        assert!(is_met_with(&body, Transport::Icmp(message(Family::V4, 13))));
        let short = Message {
            body: b"id",
            ..message(Family::V4, 8)
        };
        assert!(!is_met_with(&knock, Transport::Icmp(short)));
    }
}
