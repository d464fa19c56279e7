//! A list of sequences of which each is used once.

use std::collections::BTreeSet;

use nightlatch_core::Protocol;
use rand_core::CryptoRng;

use super::PortSpan;
use super::shape::ROOM;
use crate::randomness::below;

/// Draws so many sequences of so many ports: no two the same, none rising or falling, and no port
/// twice in one.
///
/// As all have the same length, none is the beginning of another.
pub(crate) fn lines(
    number: u16,
    steps: u8,
    span: PortSpan,
    rng: &mut impl CryptoRng,
) -> Result<Vec<Vec<u16>>, LinesError> {
    if span.size() < ROOM {
        return Err(LinesError(span));
    }
    let mut known = BTreeSet::new();
    let mut drawn = Vec::with_capacity(number.into());
    while drawn.len() < usize::from(number) {
        let line = draw(steps, span, rng);
        if !is_sorted_either_way(&line) && known.insert(line.clone()) {
            drawn.push(line);
        }
    }
    Ok(drawn)
}

/// One sequence as the server's list has it, and as it is put behind `knock HOST`.
pub(crate) fn written(line: &[u16], protocol: Protocol) -> String {
    let step = |port: &u16| match protocol {
        Protocol::Tcp => port.to_string(),
        Protocol::Udp => format!("{port}:udp"),
    };
    let steps: Vec<_> = line.iter().map(step).collect();
    steps.join(" ")
}

/// One sequence as a line for a shell that has nothing but `nc`.
pub(crate) fn pasted(ports: &[u16], protocol: Protocol, host: &str) -> String {
    let steps: Vec<_> = ports
        .iter()
        .map(|port| super::show::line(protocol, host, *port))
        .collect();
    steps.join("; ")
}

/// A span in which a sequence is too easily guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} holds fewer than {ROOM} ports: such sequences are guessed\n  give them more room: {usual}", usual = PortSpan::USUAL)]
pub(crate) struct LinesError(PortSpan);

fn draw(steps: u8, span: PortSpan, rng: &mut impl CryptoRng) -> Vec<u16> {
    let (first, _) = span.bounds();
    let mut line = Vec::with_capacity(steps.into());
    while line.len() < usize::from(steps) {
        let offset = u16::try_from(below(span.size(), rng)).unwrap_or_default();
        let port = first.saturating_add(offset);
        if !line.contains(&port) {
            line.push(port);
        }
    }
    line
}

/// A sweep walks direct neighbours; where the list is for knockd, which sees no other ports, it walks whatever rises.
fn is_sorted_either_way(line: &[u16]) -> bool {
    line.is_sorted() || line.iter().rev().is_sorted()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::randomness::randomness;

    fn drawn(number: u16, steps: u8, span: &str) -> Vec<Vec<u16>> {
        let rng = &mut randomness().unwrap();
        lines(number, steps, span.parse().unwrap(), rng).unwrap()
    }

    #[test]
    fn no_line_is_there_twice_or_only_rises_or_falls() {
        for (number, steps, span) in [
            (10_000, 3, "1000-1255"),
            (500, 4, "20000-29999"),
            (50, 32, "1-65535"),
        ] {
            let lines = drawn(number, steps, span);
            assert_eq!(lines.len(), usize::from(number));
            assert_eq!(
                lines.iter().collect::<BTreeSet<_>>().len(),
                lines.len(),
                "{span}"
            );
            for line in &lines {
                assert_eq!(line.len(), usize::from(steps));
                assert_eq!(line.iter().collect::<BTreeSet<_>>().len(), line.len());
                assert!(!is_sorted_either_way(line), "{line:?}");
            }
        }
    }

    #[test]
    fn every_port_of_the_span_can_be_drawn_and_no_other() {
        let ports: BTreeSet<u16> = drawn(2_000, 4, "1000-1255").into_iter().flatten().collect();
        assert_eq!(ports, (1000..=1255).collect());
    }

    #[test]
    fn a_span_that_is_soon_guessed_is_refused() {
        let rng = &mut randomness().unwrap();
        let error = lines(1, 3, "1000-1254".parse().unwrap(), rng).unwrap_err();
        assert!(error.to_string().contains("1000-1254 holds fewer than 256"));
    }

    #[test]
    fn a_line_is_written_as_the_server_and_the_tool_read_it() {
        let text = written(&[7000, 9000, 8000], Protocol::Udp);
        assert_eq!(text, "7000:udp 9000:udp 8000:udp");
        assert!(text.parse::<crate::touch::Touches>().is_ok());
        assert_eq!(written(&[7000, 9000], Protocol::Tcp), "7000 9000");
    }

    #[test]
    fn a_line_can_be_pasted_where_there_is_only_nc() {
        assert_eq!(
            pasted(&[7000, 9000], Protocol::Tcp, "home.example.org"),
            "nc -z -w1 home.example.org 7000; nc -z -w1 home.example.org 9000"
        );
    }
}
