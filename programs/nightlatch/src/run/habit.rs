//! The hand that is used to knockd's `knock`, which has its ports behind the host.

use std::ffi::OsString;

use crate::touch::Touches;
use crate::voice::tame;

/// What was probably meant, where a line that was not understood has ports behind the host.
pub(super) fn meant(line: &[OsString]) -> Option<String> {
    let mut words = line.iter().skip(1).map(|word| word.to_string_lossy());
    let is_knock = words.next()? == "knock";
    let words: Vec<_> = words.collect();
    let is_said = |word: &str| word.starts_with("--sequence") || word.starts_with("--secret");
    if !is_knock || words.iter().any(|word| is_said(word)) {
        return None;
    }
    let mut rest = words.iter().skip_while(|word| word.starts_with('-'));
    let host = rest.next()?;
    let ports: Vec<&str> = rest
        .map(AsRef::as_ref)
        .take_while(|word: &&str| word.parse::<Touches>().is_ok())
        .collect();
    // A number in front is the value of an option.
    if ports.is_empty() || host.parse::<Touches>().is_ok() {
        return None;
    }
    Some(format!(
        "ports are touched with --sequence: nightlatch knock --sequence {} {}",
        ports.join(","),
        tame(host)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(line: &str) -> Option<String> {
        let line: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        meant(&line)
    }

    #[test]
    fn ports_behind_the_host_are_told_as_a_sequence() {
        for (line, told_as) in [
            ("nightlatch knock home 7000 8000:udp", "7000,8000:udp home"),
            ("nightlatch knock -v 192.0.2.1 7000", "7000 192.0.2.1"),
            ("nightlatch knock home 7000,8000 -v", "7000,8000 home"),
        ] {
            let expected =
                format!("ports are touched with --sequence: nightlatch knock --sequence {told_as}");
            assert_eq!(told(line), Some(expected), "{line}");
        }
    }

    #[test]
    fn what_has_no_ports_behind_a_host_is_left_alone() {
        for line in [
            "nightlatch",
            "nightlatch knock",
            "nightlatch knock home",
            "nightlatch knock home web",
            "nightlatch knock -d 200 home",
            "nightlatch knock -d 200 7000",
            "nightlatch knock --sequence 7000 home 22",
            "nightlatch connect home 22",
        ] {
            assert_eq!(told(line), None, "{line}");
        }
    }
}
