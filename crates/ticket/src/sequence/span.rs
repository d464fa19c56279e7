//! Which port says which symbol: the usable ports of a span, 256 for each position.

use alloc::vec::Vec;

use super::code::{PORTS_NEEDED, SYMBOLS, Symbol};

/// A range of ports, without those that both sides leave out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    first: u16,
    last: u16,
    /// In rising order, within the bounds, with at least one usable port between two of them.
    skipped: Vec<(u16, u16)>,
}

/// Why ports cannot be a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpanError {
    /// Port 0 cannot be touched.
    #[error("a span cannot begin at port 0\n  begin at 1 or above; 20000-28191 is the usual one")]
    PortZero,
    /// The end comes before the beginning.
    #[error("{first}-{last} ends before it begins\n  write the lower port first")]
    Backwards {
        /// The port that stands first.
        first: u16,
        /// The port that stands last.
        last: u16,
    },
    /// It has too few ports.
    #[error(
        "the span {first}-{last} has {usable} usable ports; {PORTS_NEEDED} are needed\n  make it wider, or skip fewer"
    )]
    TooSmall {
        /// The first port.
        first: u16,
        /// The last port.
        last: u16,
        /// How many of them are not skipped.
        usable: usize,
    },
}

impl Span {
    /// The ports from `first` to `last`, both included, without the ranges to skip.
    ///
    /// What is to be skipped may overlap and stand in any order; outside the span it changes nothing.
    pub fn new(first: u16, last: u16, skip: &[(u16, u16)]) -> Result<Self, SpanError> {
        if first == 0 {
            return Err(SpanError::PortZero);
        }
        let mut all = core::iter::once((first, last)).chain(skip.iter().copied());
        if let Some((first, last)) = all.find(|(first, last)| first > last) {
            return Err(SpanError::Backwards { first, last });
        }
        let skipped = normal(first, last, skip);
        let left_out: usize = skipped.iter().map(|range| length(*range)).sum();
        let usable = length((first, last)).saturating_sub(left_out);
        if usable < PORTS_NEEDED {
            return Err(SpanError::TooSmall {
                first,
                last,
                usable,
            });
        }
        Ok(Self {
            first,
            last,
            skipped,
        })
    }

    /// The port that says a symbol; none for a position that no frame has.
    pub fn port(&self, symbol: Symbol) -> Option<u16> {
        if usize::from(symbol.position) >= SYMBOLS {
            return None;
        }
        let place = u16::from_be_bytes([symbol.position, symbol.value]);
        let mut port = self.first.checked_add(place)?;
        for (first, last) in &self.skipped {
            if port < *first {
                break;
            }
            port = port
                .checked_add(last.checked_sub(*first)?)?
                .checked_add(1)?;
        }
        (port <= self.last).then_some(port)
    }

    /// The symbol that a port says, if it says one.
    pub fn symbol(&self, port: u16) -> Option<Symbol> {
        if port > self.last {
            return None;
        }
        let mut place = usize::from(port.checked_sub(self.first)?);
        for (first, last) in self.skipped.iter().take_while(|(first, _)| *first <= port) {
            if port <= *last {
                return None;
            }
            place = place.saturating_sub(length((*first, *last)));
        }
        let [position, value] = u16::try_from(place).ok()?.to_be_bytes();
        (place < PORTS_NEEDED).then_some(Symbol { position, value })
    }

    /// The first and the last port, also where these are skipped.
    pub const fn bounds(&self) -> (u16, u16) {
        (self.first, self.last)
    }

    /// What is skipped, in rising order and without overlaps.
    pub fn skipped(&self) -> &[(u16, u16)] {
        &self.skipped
    }
}

/// The ranges cut to the bounds, sorted, and joined where they touch.
fn normal(first: u16, last: u16, skip: &[(u16, u16)]) -> Vec<(u16, u16)> {
    let cut = |range: &(u16, u16)| (range.0.max(first), range.1.min(last));
    let mut ranges: Vec<_> = skip
        .iter()
        .map(cut)
        .filter(|(from, to)| from <= to)
        .collect();
    ranges.sort_unstable();
    let mut joined: Vec<(u16, u16)> = Vec::with_capacity(ranges.len());
    for (from, to) in ranges {
        match joined.last_mut() {
            Some((_, end)) if from <= end.saturating_add(1) => *end = to.max(*end),
            _ => joined.push((from, to)),
        }
    }
    joined
}

fn length((first, last): (u16, u16)) -> usize {
    usize::from(last.saturating_sub(first)).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    fn symbol(position: u8, value: u8) -> Symbol {
        Symbol { position, value }
    }

    #[test]
    fn each_position_has_256_ports_of_its_own() {
        let span = Span::new(20_000, 28_191, &[]).unwrap();
        assert_eq!(span.port(symbol(0, 0)), Some(20_000));
        assert_eq!(span.port(symbol(1, 7)), Some(20_263));
        assert_eq!(span.port(symbol(30, 255)), Some(27_935));
        assert_eq!(span.port(symbol(31, 0)), None);
        assert_eq!(span.symbol(20_263), Some(symbol(1, 7)));
        for silent in [0, 19_999, 27_936, 28_191, 28_192, 65_535] {
            assert_eq!(span.symbol(silent), None);
        }
    }

    #[test]
    fn a_skipped_port_moves_all_behind_it_up_by_one() {
        let span = Span::new(20_000, 28_191, &[(20_001, 20_001), (22_222, 22_223)]).unwrap();
        assert_eq!(span.port(symbol(0, 0)), Some(20_000));
        assert_eq!(span.port(symbol(0, 1)), Some(20_002));
        assert_eq!(span.port(symbol(30, 255)), Some(27_938));
        assert_eq!(span.symbol(22_222), None);
        assert_eq!(
            span.symbol(22_224).and_then(|there| span.port(there)),
            Some(22_224)
        );
    }

    #[test]
    fn ranges_to_skip_may_overlap_touch_and_reach_out() {
        let skip = [
            (28_500, 65_535),
            (20_010, 20_020),
            (1, 20_001),
            (20_015, 20_030),
            (20_031, 20_031),
        ];
        let span = Span::new(20_000, 29_000, &skip).unwrap();
        assert_eq!(
            span.skipped(),
            [(20_000, 20_001), (20_010, 20_031), (28_500, 29_000)]
        );
        assert_eq!(span.bounds(), (20_000, 29_000));
        assert_eq!(span.port(symbol(0, 0)), Some(20_002));
        assert_eq!(span, Span::new(20_000, 29_000, span.skipped()).unwrap());
    }

    #[test]
    fn a_span_at_the_end_of_all_ports_holds() {
        let first = 65_535 - 7_935;
        let span = Span::new(first, 65_535, &[]).unwrap();
        assert_eq!(span.port(symbol(30, 255)), Some(65_535));
        assert!(Span::new(first, 65_535, &[(65_535, 65_535)]).is_err());
    }

    #[test]
    fn what_cannot_be_a_span_is_refused() {
        assert_eq!(Span::new(0, 9_000, &[]), Err(SpanError::PortZero));
        let backwards = SpanError::Backwards { first: 9, last: 8 };
        assert_eq!(Span::new(9, 8, &[]), Err(backwards));
        assert_eq!(Span::new(1, 9_000, &[(9, 8)]), Err(backwards));
        assert_eq!(
            Span::new(1, 8_000, &[(1, 100)]).unwrap_err().to_string(),
            "the span 1-8000 has 7900 usable ports; 7936 are needed\n  make it wider, or skip fewer"
        );
    }
}
