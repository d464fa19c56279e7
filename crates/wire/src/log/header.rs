//! Who wrote a line.

use super::words::number;

/// Who writes the lines, and so how they begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Writer {
    /// A syslog daemon, into a file: time, host, program.
    Syslog,
    /// The kernel, into `/dev/kmsg`: facility and level, numbers, then a semicolon.
    Kernel,
}

/// What the kernel said, without what its writer put around it; `None` if it was not the kernel.
pub(super) fn message(line: &[u8], writer: Writer) -> Option<&[u8]> {
    match writer {
        Writer::Syslog => syslog(line),
        Writer::Kernel => kernel(line),
    }
}

/// "Nov  7 04:05:06 host kernel: …" or "2026-11-07T04:05:06.789+01:00 host kernel: …".
fn syslog(line: &[u8]) -> Option<&[u8]> {
    let rest = behind_classic_time(line).or_else(|| behind_full_time(line))?;
    let end_of_host = rest.iter().position(|&byte| byte == b' ');
    let end_of_host = end_of_host.filter(|&end| end > 0)?;
    rest.get(end_of_host..)?.strip_prefix(b" kernel: ")
}

fn behind_classic_time(line: &[u8]) -> Option<&[u8]> {
    let (time, rest) = line.split_at_checked(CLASSIC.len())?;
    has_form(time, CLASSIC).then_some(rest)
}

/// RFC 3339, and what journalctl's `short-iso` makes of it: any fraction, any offset.
fn behind_full_time(line: &[u8]) -> Option<&[u8]> {
    let (time, rest) = line.split_at_checked(FULL.len())?;
    let end = rest
        .iter()
        .take(LONGEST_FRACTION)
        .position(|&byte| byte == b' ')?;
    let (fraction, rest) = rest.split_at_checked(end)?;
    let is_fraction = fraction
        .iter()
        .all(|byte| byte.is_ascii_digit() || b".,+-:Z".contains(byte));
    (is_fraction && has_form(time, FULL)).then_some(rest.strip_prefix(b" ")?)
}

/// In a form, `a` stands for a letter, `0` for a digit, `_` for a digit or a blank.
fn has_form(text: &[u8], form: &[u8]) -> bool {
    text.len() == form.len()
        && text.iter().zip(form).all(|(byte, place)| match place {
            b'a' => byte.is_ascii_alphabetic(),
            b'0' => byte.is_ascii_digit(),
            b'_' => byte.is_ascii_digit() || *byte == b' ',
            _ => byte == place,
        })
}

/// "6,1234,5678901,-;message", then lines of properties. A program that writes into the kernel's log
/// cannot give itself the kernel's facility, which is 0 (syslog(2)).
fn kernel(record: &[u8]) -> Option<&[u8]> {
    let end = record.iter().position(|&byte| byte == b';')?;
    let (header, rest) = record.split_at_checked(end)?;
    let mut fields = header.split(|&byte| byte == b',');
    let facility_and_level: u16 = number(fields.next()?)?;
    if facility_and_level >= LEVELS || fields.count() < FIELDS_BEHIND {
        return None;
    }
    let message = rest.strip_prefix(b";")?;
    let end = message.iter().position(|&byte| byte == b'\n');
    message.get(..end.unwrap_or(message.len()))
}

const CLASSIC: &[u8] = b"aaa _0 00:00:00 ";
const FULL: &[u8] = b"0000-00-00T00:00:00";
/// Nine digits and a point, six characters of offset.
const LONGEST_FRACTION: usize = 17;
/// From emergencies to debug messages.
const LEVELS: u16 = 8;
/// Number, time and flags; later kernels may add more.
const FIELDS_BEHIND: usize = 3;

#[cfg(test)]
mod tests {
    extern crate alloc;

    use super::*;

    fn from_syslog(line: &str) -> Option<&str> {
        let said = message(line.as_bytes(), Writer::Syslog)?;
        Some(str::from_utf8(said).unwrap())
    }

    fn from_kernel(line: &str) -> Option<&str> {
        let said = message(line.as_bytes(), Writer::Kernel)?;
        Some(str::from_utf8(said).unwrap())
    }

    #[test]
    fn both_forms_of_time_are_known() {
        for time in [
            "Nov 27 07:01:02",
            "Nov  7 07:01:02",
            "2026-11-27T07:01:02Z",
            "2026-11-27T07:01:02.123456+01:00",
            "2026-11-27T07:01:02,123456789-11:30",
            "2026-11-27T07:01:02+0000",
        ] {
            let line = alloc::format!("{time} gate kernel: [    1.5] IN=");
            assert_eq!(from_syslog(&line), Some("[    1.5] IN="), "{time}");
        }
    }

    #[test]
    fn what_another_program_says_is_not_the_kernel_s() {
        for line in [
            "Nov 27 07:01:02 gate sshd[7]: Invalid user kernel: IN=",
            "Nov 27 07:01:02 gate kernel[7]: IN=",
            "Nov 27 07:01:02 gate  kernel: IN=",
            "Nov 27 07:01:02  kernel: IN=x kernel: IN=",
            "Nov 27 07:01:02 gate kernel:IN=",
            "Nov 27 07:01:02 kernel: IN=",
            "2026-11-27T07:01:02Z gate sshd: kernel: IN=",
            "2026-11-27T07:01:02x gate kernel: IN=",
            "2026-11-27T07:01:02.1234567890123456789Z gate kernel: IN=",
            "gate kernel: IN=",
            "kernel: IN=",
            "IN=",
            "",
        ] {
            assert_eq!(from_syslog(line), None, "{line}");
        }
    }

    #[test]
    fn a_record_of_the_kernel_is_known_by_its_facility() {
        assert_eq!(
            from_kernel("6,123,456,-;IN=\n SUBSYSTEM=x IN="),
            Some("IN=")
        );
        assert_eq!(from_kernel("4,1,2,c,caller=T1;DROP IN="), Some("DROP IN="));
        for record in [
            "12,123,456,-;IN=",
            "30,123,456,-;IN=",
            "6,123,456;IN=",
            ";IN=",
            "-1,1,2,-;IN=",
            "6,1,2,-",
            "",
        ] {
            assert_eq!(from_kernel(record), None, "{record}");
        }
    }
}
