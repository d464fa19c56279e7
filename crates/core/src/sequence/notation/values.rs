//! What single conditions want: numbers, flags, TCP options, bytes.

use alloc::borrow::ToOwned;
use alloc::vec::Vec;

use nightlatch_wire::Flags;

use super::StepError;
use crate::sequence::{FlagsWanted, Number, OptionWanted};

/// TCP's control bits by name.
pub(super) const FLAGS: [(&str, Flags); 8] = [
    ("fin", Flags::FIN),
    ("syn", Flags::SYN),
    ("rst", Flags::RST),
    ("psh", Flags::PSH),
    ("ack", Flags::ACK),
    ("urg", Flags::URG),
    ("ece", Flags::ECE),
    ("cwr", Flags::CWR),
];

/// TCP's options by name, with the largest number that can be asked for.
pub(super) const OPTIONS: [(&str, u8, Option<u32>); 6] = [
    ("eol", 0, None),
    ("nop", 1, None),
    ("mss", 2, Some(0xffff)),
    ("ws", 3, Some(0xff)),
    ("sack", 4, None),
    ("ts", 8, None),
];

/// `50`, `0x40` or `50-64`.
pub(super) fn number(name: &'static str, text: &str, most: u32) -> Result<Number, StepError> {
    let one = |part: &str| {
        let number = whole(part).ok_or_else(|| StepError::NotANumber {
            name,
            text: text.to_owned(),
        })?;
        match u32::try_from(number) {
            Ok(fits) if fits <= most => Ok(fits),
            _ => Err(StepError::TooHigh { name, number, most }),
        }
    };
    let number = match text.split_once('-') {
        None => Number::exactly(one(text)?),
        Some((least, most)) => Number {
            least: one(least)?,
            most: one(most)?,
        },
    };
    if number.most < number.least {
        return Err(StepError::Backwards {
            name,
            text: text.to_owned(),
        });
    }
    Ok(number)
}

/// `syn,!ack`: those must be set, these must not, the others are not looked at; `any` looks at none.
pub(super) fn flags(text: &str) -> Result<FlagsWanted, StepError> {
    let mut wanted = FlagsWanted {
        set: Flags::default(),
        clear: Flags::default(),
    };
    if text == "any" {
        return Ok(wanted);
    }
    for word in text.split(',') {
        let name = word.strip_prefix('!').unwrap_or(word);
        let (name, flag) = FLAGS
            .iter()
            .find(|(known, _)| *known == name)
            .ok_or_else(|| StepError::UnknownFlag(word.to_owned()))?;
        if word.starts_with('!') {
            wanted.clear = wanted.clear.with(*flag);
        } else {
            wanted.set = wanted.set.with(*flag);
        }
        if wanted.set.contains(*flag) && wanted.clear.contains(*flag) {
            return Err(StepError::FlagBothWays(name));
        }
    }
    Ok(wanted)
}

/// `mss:1460,sack,ts,nop,ws:7`: all of them in this order; `none` for a header without any.
pub(super) fn options(text: &str) -> Result<Vec<OptionWanted>, StepError> {
    if text == "none" {
        return Ok(Vec::new());
    }
    let options: Vec<OptionWanted> = text.split(',').map(option).collect::<Result<_, _>>()?;
    if options.len() > MOST_OPTIONS {
        return Err(StepError::TooManyOptions(options.len()));
    }
    Ok(options)
}

fn option(text: &str) -> Result<OptionWanted, StepError> {
    let (name, value) = match text.split_once(':') {
        Some((name, value)) => (name, Some(value)),
        None => (text, None),
    };
    let unknown = || StepError::UnknownOption(text.to_owned());
    let (kind, most) = match OPTIONS.iter().find(|(known, ..)| *known == name) {
        Some((_, kind, most)) => (*kind, *most),
        None => by_number(name).ok_or_else(unknown)?,
    };
    let refused = || StepError::OptionValue(text.to_owned());
    let value = match value {
        None => None,
        Some(value) => {
            let number = whole(value).and_then(|number| u32::try_from(number).ok());
            let fits = number.filter(|number| most.is_some_and(|most| *number <= most));
            Some(fits.ok_or_else(refused)?)
        }
    };
    Ok(OptionWanted { kind, value })
}

/// An option that has a name holds by number what it holds by name; of others any number can be asked for.
fn by_number(text: &str) -> Option<(u8, Option<u32>)> {
    let kind = u8::try_from(whole(text)?).ok()?;
    let named = OPTIONS.iter().find(|(_, known, _)| *known == kind);
    Some((kind, named.map_or(Some(u32::MAX), |(.., most)| *most)))
}

/// Pairs of hex digits, without the `0x` before them.
pub(super) fn bytes(digits: &str) -> Result<Vec<u8>, StepError> {
    let refused = || StepError::NotHex(digits.to_owned());
    let nibble = |digit: u8| u8::try_from(char::from(digit).to_digit(16)?).ok();
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    if pairs.is_empty() || !rest.is_empty() {
        return Err(refused());
    }
    pairs
        .iter()
        .map(|[high, low]| Some(nibble(*high)? << 4 | nibble(*low)?))
        .collect::<Option<_>>()
        .ok_or_else(refused)
}

/// A number as people write it; the standard parser would take `+5` as well.
fn whole(text: &str) -> Option<u64> {
    let (digits, base) = match text.strip_prefix("0x") {
        Some(digits) => (digits, 16),
        None => (text, 10),
    };
    let is_plain = digits.chars().all(|digit| digit.is_digit(base));
    if digits.is_empty() || !is_plain {
        return None;
    }
    // Twenty digits are a number all the same: one that does not fit.
    Some(u64::from_str_radix(digits, base).unwrap_or(u64::MAX))
}

/// A header has room for 40 bytes of them, and each takes one at least.
const MOST_OPTIONS: usize = 40;
