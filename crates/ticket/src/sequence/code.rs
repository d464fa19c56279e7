//! Reed-Solomon (31, 17) over GF(2^8): a frame is whole again from any 17 of its 31 symbols.

use reed_solomon::{Decoder, Encoder};

use super::frame::{FRAME_LENGTH, Frame};

/// How many symbols a frame is spread over.
pub const SYMBOLS: usize = 31;

/// How many ports that takes: one for each value of each symbol.
pub const PORTS_NEEDED: usize = SYMBOLS * 256;

/// One byte of a frame's codeword, and which byte it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol {
    /// Its place in the codeword, 0 to 30.
    pub position: u8,
    /// What stands there.
    pub value: u8,
}

/// The symbols of a frame: its own 17 bytes first, then 14 of parity.
pub fn spread(frame: &Frame) -> [Symbol; SYMBOLS] {
    let codeword = Encoder::new(PARITY).encode(frame);
    let mut bytes = codeword.iter().copied();
    let mut positions = 0..;
    [(); SYMBOLS].map(|()| Symbol {
        position: positions.next().unwrap_or_default(),
        value: bytes.next().unwrap_or_default(),
    })
}

/// The frame that these symbols, each at its position, are of: none with fewer than 17 of them.
///
/// None also when they do not all belong to one frame, so that a stray packet is not corrected
/// away unseen: the caller knows which symbols are in doubt and leaves them out.
pub fn gather(symbols: &[Option<u8>; SYMBOLS]) -> Option<Frame> {
    let frame = fill(symbols)?;
    let mut both = symbols.iter().zip(spread(&frame));
    both.all(|(heard, right)| heard.is_none_or(|value| value == right.value))
        .then_some(frame)
}

/// Works out the frame from the first 17 symbols that are there.
///
/// The others are erased, always 14: so the code never searches for errors, and how long it takes
/// does not depend on what a stranger sent.
fn fill(symbols: &[Option<u8>; SYMBOLS]) -> Option<Frame> {
    let (mut codeword, mut erased) = ([0; SYMBOLS], [0; PARITY]);
    let mut gaps = erased.iter_mut();
    let mut known = 0_usize;
    for ((position, symbol), byte) in (0_u8..).zip(symbols).zip(&mut codeword) {
        match symbol {
            Some(value) if known < FRAME_LENGTH => {
                known = known.saturating_add(1);
                *byte = *value;
            }
            _ => *gaps.next()? = position,
        }
    }
    let whole = Decoder::new(PARITY)
        .correct(&codeword, Some(&erased))
        .ok()?;
    whole.data().try_into().ok()
}

/// How many symbols may be missing.
const PARITY: usize = SYMBOLS - FRAME_LENGTH;

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Frame = *b"seventeen bytes!!";

    fn heard(lost: impl Fn(u8) -> bool) -> [Option<u8>; SYMBOLS] {
        spread(&FRAME).map(|symbol| (!lost(symbol.position)).then_some(symbol.value))
    }

    #[test]
    fn a_frame_stands_in_its_own_codeword() {
        let symbols = spread(&FRAME);
        assert!(
            symbols
                .iter()
                .zip(0..)
                .all(|(symbol, at)| symbol.position == at)
        );
        let values = symbols.map(|symbol| symbol.value);
        assert_eq!(values[..FRAME_LENGTH], FRAME);
    }

    #[test]
    fn any_seventeen_symbols_are_enough_and_sixteen_are_not() {
        assert_eq!(gather(&heard(|at| at < 14)), Some(FRAME));
        assert_eq!(gather(&heard(|at| at >= 17)), Some(FRAME));
        assert_eq!(gather(&heard(|at| at % 2 == 1 && at < 29)), Some(FRAME));
        assert_eq!(gather(&heard(|at| at < 15)), None);
        assert_eq!(gather(&[None; SYMBOLS]), None);
    }

    #[test]
    fn one_wrong_symbol_beside_seventeen_right_ones_is_noticed() {
        for wrong in 0..18 {
            let mut symbols = heard(|at| at >= 18);
            symbols[wrong] = symbols[wrong].map(|value| value ^ 1);
            assert_eq!(gather(&symbols), None, "symbol {wrong}");
        }
    }

    #[test]
    fn seventeen_symbols_of_anything_are_some_frame() {
        let mut symbols = heard(|at| at >= 17);
        symbols[3] = Some(0);
        assert!(gather(&symbols).is_some_and(|frame| frame != FRAME));
    }

    #[test]
    fn nothing_but_zeros_is_a_codeword() {
        assert_eq!(gather(&[Some(0); SYMBOLS]), Some([0; FRAME_LENGTH]));
    }
}
