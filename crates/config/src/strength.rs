//! How long somebody guesses who knows how a sequence is made and not which one it is.

use std::fmt;

use nightlatch_core::{Method, Number, Payload, Probe, Protocol, Sequence, Step, Timed, Traits};

use crate::{
    scanned::{STOCK_TRIES, is_scanned, is_stock},
    sweep::is_run,
};

/// How many tries a stranger needs who guesses; its `Display` says it in words.
///
/// A low estimate: the stranger is taken to know how many steps there are, of which protocol, and which
/// conditions they have. It says nothing about somebody who has seen a knock: a plain one is known then.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Strength {
    tries: f64,
}

impl Strength {
    /// How long this sequence is guessed at; for one of many lines, the weakest of them.
    pub fn of(sequence: &Sequence) -> Self {
        match &sequence.method {
            Method::Plain(steps) => Self::of_steps(steps),
            Method::OneTime(lines) => lines
                .iter()
                .map(|line| Self::of_steps(&line.steps))
                .min_by(|one, other| one.tries.total_cmp(&other.tries))
                .unwrap_or(Self { tries: MOST }),
            Method::Timed(timed) => Self::of_timed(timed),
        }
    }

    /// How long these steps are guessed at.
    pub fn of_steps(steps: &[Step]) -> Self {
        let ports: Vec<u16> = steps.iter().filter_map(port_of).collect();
        if ports.len() == steps.len() && is_stock(&ports) {
            let tries = f64::from(STOCK_TRIES);
            return Self { tries };
        }
        let guesses: f64 = steps.iter().map(choices).product();
        let tries = if is_run(steps) {
            guesses.min(sweeps(steps))
        } else {
            guesses
        };
        Self {
            tries: tries.clamp(1.0, MOST),
        }
    }

    /// How many tries, about.
    pub const fn tries(self) -> f64 {
        self.tries
    }

    fn of_timed(timed: &Timed) -> Self {
        let (first, last) = timed.span;
        let size = f64::from(last.saturating_sub(first)) + 1.0;
        let orders: f64 = (0..timed.steps)
            .map(|place| size - f64::from(place))
            .product();
        // The set before, the present one and the one after are all taken.
        Self {
            tries: (orders / 3.0).clamp(1.0, MOST),
        }
    }
}

impl fmt::Display for Strength {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tries } = *self;
        out.write_str("a stranger who guesses needs ")?;
        if tries < 1.5 {
            out.write_str("one try")?;
        } else if tries < 1e6 {
            write!(out, "about {tries:.0} tries")?;
        } else {
            write!(out, "about {tries:.1e} tries")?;
        }
        let seconds = tries / TRIES_A_SECOND;
        let unit = UNITS.iter().rev().find(|(length, _)| seconds >= *length);
        match unit {
            None => out.write_str(", which takes less than a second"),
            Some((length, _)) if seconds / length > 1e6 => {
                out.write_str(", which takes more than a million years at 10,000 a second")
            }
            Some((length, unit)) => {
                let count = (seconds / length).round();
                let plural = if count > 1.0 { "s" } else { "" };
                write!(
                    out,
                    ", which takes {count:.0} {unit}{plural} at 10,000 a second"
                )
            }
        }
    }
}

/// One sweep over all ports walks neighbours; where they have conditions, one for all values that they may have.
fn sweeps(steps: &[Step]) -> f64 {
    let before = std::iter::once(None).chain(steps.iter().map(Some));
    let others = before
        .zip(steps)
        .filter(|(before, step)| before.is_none_or(|before| before.traits != step.traits));
    let values: f64 = others.map(|(_, step)| conditions(&step.traits)).product();
    f64::from(u16::MAX) * values
}

/// How many packets of this kind there are for somebody who tries the likely ones first.
fn choices(step: &Step) -> f64 {
    let port = match step.probe {
        Probe::Tcp { port, .. } => ports(Protocol::Tcp, port),
        Probe::Udp { port } => ports(Protocol::Udp, port),
        Probe::Icmp { .. } => 1.0,
    };
    port * conditions(&step.traits)
}

fn ports(protocol: Protocol, port: u16) -> f64 {
    if is_scanned(protocol, port) {
        100.0
    } else {
        f64::from(u16::MAX)
    }
}

fn conditions(traits: &Traits) -> f64 {
    let of_all = |number: Option<Number>, all: f64| {
        let width = |number: Number| f64::from(number.most.saturating_sub(number.least)) + 1.0;
        number.map_or(1.0, |number| (all / width(number)).max(1.0))
    };
    let options = traits.options.iter().flatten();
    let values = options.filter(|option| option.value.is_some()).count();
    [
        of_all(traits.hops, 256.0),
        of_all(traits.identification, 65_536.0),
        // An Ethernet frame's worth.
        of_all(traits.length, 1500.0),
        of_all(traits.source_port, 65_535.0),
        of_all(traits.sequence, 4_294_967_296.0),
        of_all(traits.acknowledgement, 4_294_967_296.0),
        of_all(traits.window, 65_536.0),
        traits.unfragmentable.map_or(1.0, |_| 2.0),
        // Systems have a handful of orders among them.
        traits.options.as_ref().map_or(1.0, |_| 16.0),
        power(16.0, values),
        traits.payload.as_ref().map_or(1.0, payloads),
    ]
    .iter()
    .product()
}

/// Text is made of words: it holds less than its letters could. Of a regular expression nothing is known.
fn payloads(payload: &Payload) -> f64 {
    match payload {
        Payload::Matches(_) => 1.0,
        Payload::Exactly(bytes) | Payload::Begins(bytes) => {
            let is_text = bytes
                .iter()
                .all(|byte| byte.is_ascii_graphic() || *byte == b' ');
            power(if is_text { 8.0 } else { 256.0 }, bytes.len())
        }
    }
}

fn power(base: f64, times: usize) -> f64 {
    base.powi(i32::try_from(times).unwrap_or(i32::MAX))
        .min(MOST)
}

fn port_of(step: &Step) -> Option<u16> {
    match step.probe {
        Probe::Tcp { port, .. } | Probe::Udp { port } => Some(port),
        Probe::Icmp { .. } => None,
    }
}

/// What one host sends with ease.
const TRIES_A_SECOND: f64 = 10_000.0;

/// Beyond that nobody counts; far below what a product of two could overflow with.
const MOST: f64 = 1e150;

/// In seconds.
const UNITS: [(f64, &str); 5] = [
    (1.0, "second"),
    (60.0, "minute"),
    (3600.0, "hour"),
    (86_400.0, "day"),
    (31_557_600.0, "year"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn said(steps: &[&str]) -> String {
        let steps: Vec<Step> = steps.iter().map(|step| step.parse().unwrap()).collect();
        Strength::of_steps(&steps).to_string()
    }

    #[test]
    fn three_free_ports_take_centuries_and_one_takes_seconds() {
        assert_eq!(
            said(&["tcp/31007", "udp/4711", "tcp/9"]).replace("4.3e11", "x"),
            "a stranger who guesses needs about x tries, which takes 1 year at 10,000 a second"
        );
        assert_eq!(
            said(&["tcp/31007", "udp/4711", "tcp/29001"]),
            "a stranger who guesses needs about 2.8e14 tries, which takes 892 years at 10,000 a second"
        );
        assert_eq!(
            said(&["tcp/31007"]),
            "a stranger who guesses needs about 65535 tries, which takes 7 seconds at 10,000 a second"
        );
    }

    #[test]
    fn what_stands_in_every_manual_is_no_secret() {
        assert_eq!(
            said(&["tcp/7000", "tcp/8000", "tcp/9000"]),
            "a stranger who guesses needs about 20 tries, which takes less than a second"
        );
        // With a condition of its own it is nobody's example any more, and still no more than a port.
        assert_eq!(
            said(&["icmp/echo"]),
            "a stranger who guesses needs one try, which takes less than a second"
        );
    }

    #[test]
    fn neighbours_are_as_weak_as_one_port() {
        for steps in [["tcp/31007", "tcp/31008"], ["tcp/31008", "tcp/31007"]] {
            assert!(said(&steps).contains("about 65535 tries"));
        }
        assert!(said(&["tcp/31007", "tcp/31009"]).contains("about 4.3e9 tries"));
        // Two of what even fewer tries are spent on.
        assert!(said(&["tcp/22", "tcp/23"]).contains("about 10000 tries"));
    }

    #[test]
    fn neighbours_of_two_protocols_are_as_strong_as_any_ports() {
        assert!(said(&["udp/3001", "tcp/3002", "udp/3003"]).contains("about 2.8e14 tries"));
    }

    #[test]
    fn neighbours_with_conditions_take_a_sweep_for_each_value() {
        let tries =
            |steps: [&str; 2]| Strength::of_steps(&steps.map(|step| step.parse().unwrap())).tries();
        let bare = tries(["udp/31007", "udp/31008"]);
        for (steps, times) in [
            (["udp/31007 ttl=200-215", "udp/31008 ttl=200-215"], 16.0),
            (["udp/31007 payload='a'", "udp/31008 payload='b'"], 64.0),
            (["udp/31007", "udp/31008 payload='b'"], 8.0),
        ] {
            assert!((tries(steps) / bare - times).abs() < 1e-6, "{steps:?}");
        }
    }

    #[test]
    fn conditions_make_it_stronger_as_far_as_they_are_secret() {
        let tries = |text: &str| Strength::of_steps(&[text.parse().unwrap()]).tries();
        let port = tries("udp/31007");
        for (text, times) in [
            ("udp/31007 ttl=200-215", 16.0),
            ("udp/31007 payload=0x00ff", 65_536.0),
            ("udp/31007 payload='ab'", 64.0),
            ("udp/31007 payload~'k'", 1.0),
            ("udp/31007 length=20-65535", 1.0),
        ] {
            assert!((tries(text) / port - times).abs() < 1e-6, "{text}");
        }
        let longest = format!("udp/1 payload=0x{}", "00".repeat(256));
        let steps = vec![longest.parse::<Step>().unwrap(); 32];
        assert!(
            Strength::of_steps(&steps)
                .to_string()
                .contains("more than a million years")
        );
    }
}
