//! `method`, `span`, `carrier`, `skip`, `pace`: how a knock goes out as touches of ports.

use std::time::Duration;

use serde_spanned::Spanned;

use super::{KnockMethod, SequenceWay, text::KnownServerText};
use crate::{
    desk::Desk,
    meaning::{carrier, span, word},
    remark::Remark,
};

/// `method = "ticket"` or `"encrypted-sequence"`.
pub(super) fn method(written: Option<&Spanned<String>>, desk: &mut Desk) -> Option<KnockMethod> {
    word(
        written,
        &[
            ("ticket", KnockMethod::Ticket),
            ("encrypted-sequence", KnockMethod::EncryptedSequence),
        ],
        desk,
    )
}

/// Where an encrypted sequence goes, and how fast.
pub(super) fn way(text: &KnownServerText, desk: &mut Desk) -> Option<SequenceWay> {
    let span = span(text.span.as_ref(), text.skip.as_ref(), desk);
    let carrier = carrier(text.carrier.as_ref(), desk);
    let pace = pace(text.pace.as_ref(), desk);
    Some(SequenceWay {
        span: span?,
        carrier: carrier?,
        pace: pace?,
    })
}

fn pace(written: Option<&Spanned<String>>, desk: &mut Desk) -> Option<Duration> {
    let Some(written) = written else {
        return Some(USUAL_PACE);
    };
    let number = written
        .get_ref()
        .strip_suffix("ms")
        .filter(|number| number.bytes().all(|byte| byte.is_ascii_digit()) && !number.is_empty());
    match number.map(str::parse::<u64>) {
        Some(Ok(count)) if count <= SLOWEST => Some(Duration::from_millis(count)),
        found => {
            let title = match found {
                None => format!("{:?} is no number of milliseconds", written.get_ref()),
                Some(_) => format!("{:?} is out of bounds", written.get_ref()),
            };
            let advice = format!("write 2ms, or another number from 0ms to {SLOWEST}ms");
            desk.add(Remark::error(written.span(), title).advise(advice));
            None
        }
    }
}

/// 31 packets are gone within a tenth of a second, and do not look like a flood.
const USUAL_PACE: Duration = Duration::from_millis(2);

/// 31 packets that far apart still arrive within the minute in which the server puts them together.
const SLOWEST: u64 = 1000;

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::source::Source;

    #[test]
    fn a_pace_is_a_number_of_milliseconds() {
        for (text, expected) in [
            ("0ms", Some(0)),
            ("2ms", Some(2)),
            ("1000ms", Some(1000)),
            ("1001ms", None),
            ("99999999999999999999ms", None),
            ("2", None),
            ("ms", None),
            ("+2ms", None),
            ("2s", None),
        ] {
            let desk = &mut Desk::new(Source::new(Path::new("f"), ""));
            let written = Spanned::new(0..0, text.to_owned());
            let expected = expected.map(Duration::from_millis);
            assert_eq!(pace(Some(&written), desk), expected, "{text}");
            assert_eq!(desk.is_clean(), expected.is_some());
        }
    }
}
