//! The value of `Sequence`: which ports, in which order.

use std::ops::Range;

use nightlatch_core::{MOST_STEPS, Protocol};

use super::{
    lines::{Lines, is_blank, trimmed},
    number::atoi,
};
use crate::remark::Remark;

/// One step of a sequence as knockd understands it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Touch {
    /// Where it stands.
    pub(crate) span: Range<usize>,
    /// The port; knockd takes 0, too.
    pub(crate) port: u16,
    /// TCP where nothing else is said.
    pub(crate) protocol: Protocol,
}

/// Reads `7000,8000:udp,9000`.
pub(crate) fn read(lines: &Lines, value: &Range<usize>) -> Result<Vec<Touch>, Remark> {
    let mut touches = Vec::new();
    let mut start = value.start;
    for text in lines.text(value).split(',') {
        let end = start.saturating_add(text.len());
        let span = trimmed(&lines.shown, start..end);
        touches.push(touch(text, span)?);
        start = end.saturating_add(1);
    }
    if touches.len() > MOST_STEPS {
        let title = format!(
            "{} ports are too many: {MOST_STEPS} are the most",
            touches.len()
        );
        return Err(Remark::error(value.clone(), title)
            .advise("knockd refuses it, too; a few ports in mixed order are as hard to guess"));
    }
    Ok(touches)
}

fn touch(text: &str, span: Range<usize>) -> Result<Touch, Remark> {
    let mut parts = text.split(':');
    let number = atoi(parts.next().unwrap_or_default());
    if number > i32::from(u16::MAX) {
        return Err(Remark::error(span, format!("there is no port {number}"))
            .advise("ports go from 1 to 65535"));
    }
    // Behind a second colon anything may stand: knockd does not look.
    let protocol = match parts.next().map(|word| word.trim_matches(is_blank)) {
        None => Protocol::Tcp,
        Some(word) if word.eq_ignore_ascii_case("tcp") => Protocol::Tcp,
        Some(word) if word.eq_ignore_ascii_case("udp") => Protocol::Udp,
        Some(word) => {
            let title = format!("`{}` is no protocol", word.escape_debug());
            let advice = "write 7000, 7000:tcp or 7000:udp, with a comma before the next; comments need a line of their own";
            return Err(Remark::error(span, title).advise(advice));
        }
    };
    let [low, high, ..] = number.to_le_bytes();
    Ok(Touch {
        span,
        port: u16::from_le_bytes([low, high]),
        protocol,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<String, String> {
        let lines = Lines {
            shown: text.to_owned(),
            lines: Vec::new(),
        };
        let touches = read(&lines, &(0..text.len())).map_err(|remark| remark.title)?;
        let shown = |touch: &Touch| format!("{}/{}", touch.protocol, touch.port);
        Ok(touches.iter().map(shown).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn what_knockd_takes_is_taken_the_same_way() {
        for (text, ports) in [
            ("7000,8000,9000", "tcp/7000 tcp/8000 tcp/9000"),
            (
                "7000:tcp,8000:UDP, 9000 : TcP",
                "tcp/7000 udp/8000 tcp/9000",
            ),
            ("", "tcp/0"),
            (",", "tcp/0 tcp/0"),
            ("7,", "tcp/7 tcp/0"),
            ("abc,12ab,0x10", "tcp/0 tcp/12 tcp/0"),
            ("-1,-2,-65536,-70000", "tcp/65535 tcp/65534 tcp/0 tcp/61072"),
            ("3:udp:,4:tcp:udp,5:tcp :junk", "udp/3 tcp/4 tcp/5"),
            ("1 # words", "tcp/1"),
            ("4294967318,2147483648", "tcp/22 tcp/0"),
        ] {
            assert_eq!(of(text).as_deref(), Ok(ports), "{text}");
        }
    }

    #[test]
    fn what_knockd_refuses_is_refused() {
        for (text, says) in [
            ("65536", "no port 65536"),
            ("1,70000", "no port 70000"),
            ("-2147483649", "no port 2147483647"),
            ("3:", "`` is no protocol"),
            ("3::udp", "`` is no protocol"),
            ("3:udp x", "`udp x` is no protocol"),
            ("3:tcp # x", "`tcp # x` is no protocol"),
            ("3:sctp", "`sctp` is no protocol"),
        ] {
            let error = of(text).unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
    }

    #[test]
    fn thirty_two_ports_are_the_most() {
        assert!(of(&["1"; 32].join(",")).is_ok());
        let error = of(&["1"; 33].join(",")).unwrap_err();
        assert!(error.contains("33 ports are too many"), "{error}");
    }
}
