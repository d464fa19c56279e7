//! A step as it is written.

use core::fmt::{self, Display, Formatter, Write};

use nightlatch_wire::Family;

use super::probe::ECHO;
use super::values::{FLAGS, OPTIONS};
use crate::sequence::{FlagsWanted, Number, OptionWanted, Payload, Probe, Step, Traits};

impl Display for Step {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.probe {
            Probe::Tcp { port, flags } => {
                write!(f, "tcp/{port}")?;
                if flags != FlagsWanted::ATTEMPT {
                    write_flags(flags, f)?;
                }
            }
            Probe::Udp { port } => write!(f, "udp/{port}")?,
            Probe::Icmp { family, kind, code } => {
                f.write_str(match family {
                    None => "icmp",
                    Some(Family::V4) => "icmp4",
                    Some(Family::V6) => "icmp6",
                })?;
                match (family, kind) {
                    (None, ECHO) => f.write_str("/echo")?,
                    _ => write!(f, "/{kind}")?,
                }
                if let Some(code) = code {
                    write!(f, "/{code}")?;
                }
            }
        }
        write_traits(&self.traits, f)
    }
}

fn write_flags(wanted: FlagsWanted, f: &mut Formatter<'_>) -> fmt::Result {
    f.write_str(" flags=")?;
    let set = FLAGS
        .iter()
        .filter(|(_, flag)| wanted.set.contains(*flag))
        .map(|(name, _)| ("", name));
    let clear = FLAGS
        .iter()
        .filter(|(_, flag)| wanted.clear.contains(*flag))
        .map(|(name, _)| ("!", name));
    let mut is_first = true;
    for (sign, name) in set.chain(clear) {
        write!(f, "{}{sign}{name}", if is_first { "" } else { "," })?;
        is_first = false;
    }
    f.write_str(if is_first { "any" } else { "" })
}

fn write_traits(traits: &Traits, f: &mut Formatter<'_>) -> fmt::Result {
    write_number("ttl", traits.hops, f)?;
    write_number("ip-id", traits.identification, f)?;
    match traits.unfragmentable {
        Some(true) => f.write_str(" df=yes")?,
        Some(false) => f.write_str(" df=no")?,
        None => {}
    }
    write_number("length", traits.length, f)?;
    write_number("source-port", traits.source_port, f)?;
    write_number("seq", traits.sequence, f)?;
    write_number("ack", traits.acknowledgement, f)?;
    write_number("window", traits.window, f)?;
    if let Some(options) = &traits.options {
        write_options(options, f)?;
    }
    match &traits.payload {
        None => Ok(()),
        Some(Payload::Exactly(bytes)) => write_bytes(" payload=", bytes, f),
        Some(Payload::Begins(bytes)) => write_bytes(" payload^=", bytes, f),
        Some(Payload::Matches(expression)) => {
            f.write_str(" payload~")?;
            write_quoted(expression, f)
        }
    }
}

fn write_number(name: &str, number: Option<Number>, f: &mut Formatter<'_>) -> fmt::Result {
    match number {
        None => Ok(()),
        Some(Number { least, most }) if least == most => write!(f, " {name}={least}"),
        Some(Number { least, most }) => write!(f, " {name}={least}-{most}"),
    }
}

fn write_options(options: &[OptionWanted], f: &mut Formatter<'_>) -> fmt::Result {
    f.write_str(" options=")?;
    if options.is_empty() {
        return f.write_str("none");
    }
    for (place, option) in options.iter().enumerate() {
        if place > 0 {
            f.write_char(',')?;
        }
        match OPTIONS.iter().find(|(_, kind, _)| *kind == option.kind) {
            Some((name, ..)) => f.write_str(name)?,
            None => write!(f, "{}", option.kind)?,
        }
        if let Some(value) = option.value {
            write!(f, ":{value}")?;
        }
    }
    Ok(())
}

/// In quotes where that shows what it is, else in hex.
fn write_bytes(name: &str, bytes: &[u8], f: &mut Formatter<'_>) -> fmt::Result {
    f.write_str(name)?;
    let is_plain = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
    match str::from_utf8(bytes) {
        Ok(text) if bytes.iter().all(is_plain) => write_quoted(text, f),
        _ => {
            f.write_str("0x")?;
            bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
        }
    }
}

fn write_quoted(text: &str, f: &mut Formatter<'_>) -> fmt::Result {
    f.write_char('\'')?;
    for letter in text.chars() {
        if letter == '\'' {
            f.write_char('\'')?;
        }
        f.write_char(letter)?;
    }
    f.write_char('\'')
}

#[cfg(test)]
mod tests {
    use alloc::string::{String, ToString};

    use nightlatch_wire::Flags;
    use proptest::option::of;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_step_reads_as_it_is_written() {
        for text in [
            "tcp/7000",
            "tcp/7000 flags=syn,!ack",
            "tcp/7000 flags=any",
            "tcp/7000 flags=!syn",
            "udp/8000 payload=''",
            "udp/8000 payload='it''s me'",
            "udp/8000 payload=0x00ff",
            "udp/8000 source-port=53 payload^='GET /'",
            r"udp/8000 payload~'^k[0-9]+\''$'",
            "icmp/echo",
            "icmp/echo/0 length=84",
            "icmp4/8/0 ttl=50-64 ip-id=4321 df=no",
            "icmp6/128",
            "tcp/1 options=none",
            "tcp/1 seq=1 ack=0 window=1024-2048 options=mss:1460,sack,ts,nop,ws:7,254:4660,eol",
        ] {
            assert_eq!(text.parse::<Step>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn the_usual_is_not_said() {
        for (text, shown) in [
            ("tcp/1 flags=!rst,!ack,!fin,syn", "tcp/1"),
            ("icmp/8", "icmp/echo"),
            ("udp/1 payload=0x6b", "udp/1 payload='k'"),
            ("udp/1 ttl=0x40-0x40", "udp/1 ttl=64"),
        ] {
            assert_eq!(text.parse::<Step>().unwrap().to_string(), shown);
        }
    }

    fn number(most: u32) -> impl Strategy<Value = Option<Number>> {
        of((0..=most, 0..=most).prop_map(|(one, other)| Number {
            least: one.min(other),
            most: one.max(other),
        }))
    }

    fn payload() -> impl Strategy<Value = Option<Payload>> {
        let bytes = || proptest::collection::vec(any::<u8>(), 0..20);
        let word = || "[ -~]{0,20}".prop_map(String::into_bytes);
        of(prop_oneof![
            bytes().prop_map(Payload::Exactly),
            word().prop_map(Payload::Exactly),
            bytes().prop_map(Payload::Begins),
            "\\PC{0,20}".prop_map(Payload::Matches),
        ])
    }

    fn option() -> impl Strategy<Value = OptionWanted> {
        let valued = prop_oneof![
            (Just(2), 0..=0xffff_u32),
            (Just(3), 0..=0xff_u32),
            (9..=255_u8, any::<u32>()),
        ];
        prop_oneof![
            any::<u8>().prop_map(|kind| OptionWanted { kind, value: None }),
            valued.prop_map(|(kind, value)| OptionWanted {
                kind,
                value: Some(value)
            }),
        ]
    }

    fn traits() -> impl Strategy<Value = Traits> {
        let ip = (
            number(255),
            number(65_535),
            of(any::<bool>()),
            number(65_535),
        );
        (ip, payload()).prop_map(
            |((hops, identification, unfragmentable, length), payload)| Traits {
                hops,
                identification,
                unfragmentable,
                length,
                payload,
                ..Traits::default()
            },
        )
    }

    fn tcp() -> impl Strategy<Value = Step> {
        let header = (
            number(65_535),
            number(u32::MAX),
            number(u32::MAX),
            number(65_535),
            of(proptest::collection::vec(option(), 0..10)),
        );
        let probe = (1..=u16::MAX, any::<u8>(), any::<u8>()).prop_map(|(port, set, clear)| {
            let flags = FlagsWanted {
                set: Flags::from_bits(set),
                clear: Flags::from_bits(clear & !set),
            };
            Probe::Tcp { port, flags }
        });
        (probe, traits(), header).prop_map(|(probe, traits, header)| {
            let (source_port, sequence, acknowledgement, window, options) = header;
            let traits = Traits {
                source_port,
                sequence,
                acknowledgement,
                window,
                options,
                ..traits
            };
            Step { probe, traits }
        })
    }

    fn other() -> impl Strategy<Value = Step> {
        let family = prop_oneof![Just(Family::V4), Just(Family::V6)];
        let probe = prop_oneof![
            (1..=u16::MAX).prop_map(|port| Probe::Udp { port }),
            (family, any::<u8>(), of(any::<u8>())).prop_map(|(family, kind, code)| Probe::Icmp {
                family: Some(family),
                kind,
                code
            }),
            of(any::<u8>()).prop_map(|code| Probe::Icmp {
                family: None,
                kind: ECHO,
                code
            }),
        ];
        (probe, traits()).prop_map(|(probe, traits)| Step { probe, traits })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(steps in (tcp(), other())) {
            for step in <[Step; 2]>::from(steps) {
                prop_assert_eq!(step.to_string().parse::<Step>(), Ok(step));
            }
        }

        #[test]
        fn a_step_is_one_line(steps in (tcp(), other())) {
            for step in <[Step; 2]>::from(steps) {
                prop_assert!(!step.to_string().contains(char::is_control));
            }
        }
    }
}
