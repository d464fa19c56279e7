//! The kernel's own log: what comes after the start, and nothing that other programs write.

#[cfg(test)]
mod tests {
    use std::{
        fs::OpenOptions,
        io::{self, Write},
    };

    use nightlatch_capture::{KernelLog, Source};
    use nightlatch_wire::{Link, Unreadable, read};
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    const FORGED: &str = "IN=eth0 OUT= MAC= SRC=203.0.113.7 DST=192.0.2.1 LEN=60 TOS=0x00 PREC=0x00 \
        TTL=53 ID=4321 DF PROTO=TCP SPT=40000 DPT=7000 WINDOW=64240 RES=0x00 SYN URGP=0 ";

    #[test]
    fn a_program_that_writes_into_the_kernel_s_log_is_not_taken_for_the_kernel() {
        let Some((mut log, mut writer)) = ends() else {
            return;
        };
        // Facility and level 4 would be the kernel's; the kernel makes it the user's.
        let text = format!("<4>nightlatch test {} {FORGED}", std::process::id());
        // Without its end it would wait for more, and nobody would see it.
        writer.write_all(format!("{text}\n").as_bytes()).unwrap();
        let mut judged = Vec::new();
        while judged.is_empty() {
            assert!(is_readable(&log), "the record never came");
            log.frames(&mut |frame, link| {
                assert_eq!(link, Link::KernelLog);
                let is_ours = String::from_utf8_lossy(frame).contains(&text[3..]);
                judged.extend(is_ours.then(|| read(frame, link).map(drop)));
            })
            .unwrap();
        }
        assert_eq!(judged, [Err(Unreadable::NotLogged)]);
        assert_eq!(log.overwritten(), 0);
    }

    /// The log, and who writes into it; says loudly when there is none here.
    fn ends() -> Option<(KernelLog, impl Write)> {
        let writer = OpenOptions::new().write(true).open("/dev/kmsg");
        match (KernelLog::open(), writer) {
            (Ok(log), Ok(writer)) => Some((log, writer)),
            (log, writer) => {
                // Not captured by the test harness, as a print would be.
                let why = format!("{:?} {:?}", log.err(), writer.err());
                let _ = writeln!(io::stderr(), "skipped: /dev/kmsg is closed here: {why}");
                None
            }
        }
    }

    fn is_readable(log: &KernelLog) -> bool {
        let patience = Timespec {
            tv_sec: 5,
            tv_nsec: 0,
        };
        let fd = log.fd();
        poll(&mut [PollFd::new(&fd, PollFlags::IN)], Some(&patience)).unwrap() > 0
    }
}
