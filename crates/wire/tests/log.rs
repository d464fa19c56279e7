//! Lines of firewalls' logs become observations, and lines that only look like them do not.

#[cfg(test)]
mod tests {
    use std::{
        fmt::Write,
        net::{IpAddr, Ipv6Addr},
    };

    use nightlatch_wire::{
        Family, Flags, Link, MOST_OPTIONS, Message, Observation, Transport, Unreadable, Unseen,
        read, read_in,
    };
    use proptest::{collection::vec, option, prelude::*, sample::select};

    const HEADER: &str = "Nov 27 07:01:02 gate kernel: ";
    const UFW: &str = "Nov 27 07:01:02 gate kernel: [ 1234.567890] [UFW BLOCK] IN=eth0 OUT= \
        MAC=52:54:00:12:34:56:52:54:00:65:43:21:08:00 SRC=203.0.113.7 DST=192.0.2.1 LEN=60 TOS=0x00 \
        PREC=0x00 TTL=53 ID=4321 DF PROTO=TCP SPT=40000 DPT=7000 WINDOW=64240 RES=0x00 SYN URGP=0 ";
    /// nftables with `log flags all`.
    const NFT: &str = "2026-11-27T07:01:02.123456+01:00 gate kernel: knock: IN=eth0 OUT= \
        MACSRC=52:54:00:65:43:21 MACDST=52:54:00:12:34:56 MACPROTO=0800 SRC=203.0.113.7 \
        DST=192.0.2.1 LEN=60 TOS=0x00 PREC=0x00 TTL=53 ID=0 DF PROTO=TCP SPT=40000 DPT=7000 \
        SEQ=305419896 ACK=0 WINDOW=64240 RES=0x00 SYN URGP=0 \
        OPT (020405B40402080A5D4E3B2A0000000001030307) MARK=0x1 ";
    const SIX: &str = "filter_IN_public_REJECT: IN=eth0 OUT= MAC=52:54:00:12:34:56 \
        SRC=2001:0db8:0000:0000:0000:0000:0000:0007 DST=2001:0db8:0000:0000:0000:0000:0000:0001 \
        LEN=48 TC=0 HOPLIMIT=61 FLOWLBL=415937 PROTO=UDP SPT=5353 DPT=8000 LEN=8 ";
    const PING: &str = "IN=eth0 OUT= MAC= SRC=203.0.113.7 DST=192.0.2.1 LEN=84 TOS=0x00 PREC=0x00 \
        TTL=53 ID=777 DF PROTO=ICMP TYPE=8 CODE=0 ID=9 SEQ=1 ";
    /// What somebody says who was told that his packet went nowhere: the brackets are his words.
    const ERROR: &str = "IN=eth0 OUT= MAC= SRC=203.0.113.7 DST=192.0.2.1 LEN=88 TOS=0x00 PREC=0xC0 \
        TTL=53 ID=778 PROTO=ICMP TYPE=3 CODE=3 [SRC=192.0.2.1 DST=203.0.113.7 LEN=60 TOS=0x00 \
        PREC=0x00 TTL=53 ID=1 DF PROTO=TCP SPT=1 DPT=7000 WINDOW=1 RES=0x00 SYN URGP=0 ] ";

    fn observe(line: &str) -> Result<Observation<'_>, Unreadable> {
        read(line.as_bytes(), Link::FirewallLog)
    }

    fn observe_behind_header(part: &str) -> Result<(), Unreadable> {
        observe(&format!("{HEADER}{part}")).map(drop)
    }

    /// Who came, to which port.
    fn attempt(line: &str) -> Result<(IpAddr, u16), Unreadable> {
        observe(line).map(|seen| match seen.transport {
            Transport::Tcp(segment) => (seen.source, segment.destination_port),
            Transport::Udp(datagram) => (seen.source, datagram.destination_port),
            Transport::Icmp(_) => (seen.source, 0),
        })
    }

    #[test]
    fn a_line_of_ufw_shows_an_attempt_and_no_options() {
        let seen = observe(UFW).unwrap();
        assert_eq!(seen.source, IpAddr::from([203, 0, 113, 7]));
        assert_eq!(seen.destination, IpAddr::from([192, 0, 2, 1]));
        assert_eq!((seen.hops, seen.length), (53, 60));
        assert_eq!(seen.identification, Some(4321));
        assert_eq!(seen.unfragmentable, Some(true));
        let Transport::Tcp(segment) = seen.transport else {
            panic!("{seen:?}");
        };
        assert_eq!(
            (segment.source_port, segment.destination_port),
            (40_000, 7000)
        );
        assert_eq!((segment.flags, segment.window), (Flags::SYN, 64_240));
        let unseen = Unseen::PAYLOAD.with(Unseen::OPTIONS).with(Unseen::NUMBERS);
        assert_eq!(seen.unseen, unseen);
    }

    #[test]
    fn every_line_of_a_real_kernel_is_read() {
        // Linux 6.18, one attempt with everything logged, a plain one and a datagram, over both IPs.
        let seen: Vec<_> = include_str!("kernel.log")
            .lines()
            .map(|line| {
                let mut room = [0; MOST_OPTIONS];
                let seen = read_in(line.as_bytes(), Link::FirewallLog, &mut room).unwrap();
                assert!(seen.source.is_loopback() && seen.source == seen.destination);
                (attempt(line).unwrap().1, seen.length, seen.unseen)
            })
            .collect();
        let plain = Unseen::PAYLOAD.with(Unseen::OPTIONS).with(Unseen::NUMBERS);
        assert_eq!(
            seen,
            [
                (64_999, 60, Unseen::PAYLOAD),
                (64_998, 60, plain),
                (64_999, 33, Unseen::PAYLOAD),
                (64_999, 80, Unseen::PAYLOAD),
                (64_998, 80, plain),
                (64_999, 53, Unseen::PAYLOAD),
            ]
        );
    }

    #[test]
    fn numbers_and_options_are_seen_where_they_are_logged_and_there_is_room() {
        let mut room = [0; MOST_OPTIONS];
        let seen = read_in(NFT.as_bytes(), Link::FirewallLog, &mut room).unwrap();
        let Transport::Tcp(segment) = seen.transport else {
            panic!("{seen:?}");
        };
        assert_eq!(
            (segment.sequence, segment.acknowledgement),
            (0x1234_5678, 0)
        );
        assert_eq!(
            segment.options,
            [
                2, 4, 5, 0xb4, 4, 2, 8, 10, 0x5d, 0x4e, 0x3b, 0x2a, 0, 0, 0, 0, 1, 3, 3, 7
            ]
        );
        assert_eq!(seen.unseen, Unseen::PAYLOAD);
        let without_room = observe(NFT).unwrap();
        assert_eq!(without_room.unseen, Unseen::PAYLOAD.with(Unseen::OPTIONS));
    }

    #[test]
    fn a_line_about_ipv6_is_read() {
        let line = format!("{HEADER}{SIX}");
        let seen = observe(&line).unwrap();
        let source: Ipv6Addr = "2001:db8::7".parse().unwrap();
        assert_eq!(seen.source, IpAddr::from(source));
        assert_eq!((seen.hops, seen.length), (61, 48));
        assert_eq!((seen.identification, seen.unfragmentable), (None, None));
        assert_eq!(seen.unseen, Unseen::PAYLOAD);
        assert_eq!(attempt(&line), Ok((source.into(), 8000)));
    }

    #[test]
    fn a_message_is_read_and_what_it_carries_is_not() {
        let line = format!("{HEADER}{PING}");
        let message = |kind, code| {
            Transport::Icmp(Message {
                family: Family::V4,
                kind,
                code,
                body: &[],
            })
        };
        assert_eq!(observe(&line).unwrap().transport, message(8, 0));
        let line = format!("{HEADER}{ERROR}");
        let seen = observe(&line).unwrap();
        assert_eq!(seen.transport, message(3, 3));
        assert_eq!(seen.source, IpAddr::from([203, 0, 113, 7]));
    }

    #[test]
    fn a_record_of_the_kernel_s_log_is_read() {
        let record = format!("4,1501,66000123,-;DROP {PING}\n SUBSYSTEM=net\n");
        let seen = read(record.as_bytes(), Link::KernelLog).unwrap();
        assert_eq!(seen.source, IpAddr::from([203, 0, 113, 7]));
        let of_a_program = record.replacen("4,", "12,", 1);
        assert_eq!(
            read(of_a_program.as_bytes(), Link::KernelLog),
            Err(Unreadable::NotLogged)
        );
    }

    #[test]
    fn what_strangers_make_other_programs_log_is_no_packet() {
        let part = &UFW[UFW.find("IN=").unwrap()..];
        for forged in [
            format!("Nov 27 07:01:02 gate sshd[77]: Invalid user {part}"),
            format!("Nov 27 07:01:02 gate sshd[77]: Invalid user kernel: {part}"),
            format!("2026-11-27T07:01:02Z gate nginx: \"GET /{part}\""),
            format!("6,1,2,-;{part}"),
            part.to_owned(),
        ] {
            assert_eq!(observe(&forged), Err(Unreadable::NotLogged), "{forged}");
        }
    }

    #[test]
    fn a_forged_part_inside_the_prefix_counts_for_nothing() {
        let real = UFW.strip_prefix(HEADER).unwrap();
        let forged = real.replace("203.0.113.7", "198.51.100.66");
        let line = format!("{HEADER}{forged}{real}");
        assert_eq!(attempt(&line), Ok(([203, 0, 113, 7].into(), 7000)));
        let single = format!("{HEADER}SRC=198.51.100.66 DPT=22 {real}");
        assert_eq!(attempt(&single), Ok(([203, 0, 113, 7].into(), 7000)));
    }

    #[test]
    fn a_prefix_may_run_into_the_kernel_s_part_and_hold_its_words() {
        for prefix in [
            "DROP",
            "IN=eth0 ",
            "IN=eth0 OUT= ",
            "IN=IN=",
            "PHYSIN=",
            "\u{fc}",
        ] {
            let line = format!("{HEADER}{prefix}{PING}");
            assert_eq!(attempt(&line), Ok(([203, 0, 113, 7].into(), 0)), "{prefix}");
        }
    }

    #[test]
    fn the_words_of_a_bridge_are_passed_over() {
        let line = PING.replace("OUT= ", "OUT= PHYSIN=eth1 PHYSOUT=eth2 ");
        assert_eq!(observe_behind_header(&line), Ok(()));
    }

    #[test]
    fn packets_that_leave_this_host_are_none_of_those_that_come() {
        for interfaces in ["IN= OUT=eth0 ", "IN=eth0 OUT=eth1 ", "IN= OUT= "] {
            let line = PING.replace("IN=eth0 OUT= ", interfaces);
            assert_eq!(
                observe_behind_header(&line),
                Err(Unreadable::NotForThisHost)
            );
        }
    }

    #[test]
    fn fragments_and_cut_packets_are_named() {
        for (words, expected) in [
            ("MF PROTO=ICMP ", Unreadable::Fragment),
            ("FRAG:185 PROTO=ICMP ", Unreadable::Fragment),
            ("PROTO=ICMP INCOMPLETE [4 bytes] ", Unreadable::Truncated),
            ("PROTO=47 ", Unreadable::OtherTransport(47)),
            ("PROTO=ESP SPI=0x1 ", Unreadable::OtherTransport(50)),
            ("PROTO=ICMPv6 ", Unreadable::OtherTransport(58)),
        ] {
            let line = PING.replace("DF PROTO=ICMP ", words);
            assert_eq!(observe_behind_header(&line), Err(expected), "{words}");
        }
        let six = SIX.replace("PROTO", "FRAG:0 INCOMPLETE ID:0000beef PROTO");
        assert_eq!(observe_behind_header(&six), Err(Unreadable::Fragment));
        let inside = SIX.replace("PROTO", "OPT ( FRAG:0 ID:0000beef ) PROTO");
        assert_eq!(observe_behind_header(&inside), Err(Unreadable::Fragment));
    }

    #[test]
    fn options_and_extension_headers_are_passed_over_and_only_so_many() {
        let four = PING.replace("DF PROTO", "DF OPT (01010100) PROTO");
        assert_eq!(observe_behind_header(&four), Ok(()));
        for headers in [1, 8] {
            let six = SIX.replace(
                "PROTO",
                &format!("{}PROTO", "OPT ( AH SPI=0x1 ) ".repeat(headers)),
            );
            assert_eq!(observe_behind_header(&six), Ok(()), "{headers}");
        }
        let nine = SIX.replace("PROTO", &format!("{}PROTO", "OPT ( ) ".repeat(9)));
        assert_eq!(
            observe_behind_header(&nine),
            Err(Unreadable::TooManyHeaders)
        );
        for odd in [
            "OPT PROTO",
            "OPT ( 1 2 3 4 5 ) PROTO",
            "OPT (zz) PROTO",
            "OPT (1 PROTO",
        ] {
            let line = SIX.replace("PROTO", odd);
            assert_eq!(
                observe_behind_header(&line),
                Err(Unreadable::NotLogged),
                "{odd}"
            );
        }
    }

    #[test]
    fn every_field_must_stand_in_its_place_with_a_value_that_fits() {
        for (right, wrong) in [
            ("SRC=203.0.113.7", "SRC=203.0.113.700"),
            ("SRC=203.0.113.7", "SRC=gate.example"),
            ("SRC=203.0.113.7", "SRC=::1"),
            ("SRC=203.0.113.7 ", ""),
            ("LEN=60", "LEN=65536"),
            ("LEN=60", "LEN=-60"),
            ("TOS=0x00 ", ""),
            ("TTL=53", "TTL=256"),
            ("TTL=53 ID=4321", "ID=4321 TTL=53"),
            ("ID=4321", "ID=0x10"),
            ("SPT=40000", "SPT=70000"),
            ("DPT=7000 ", ""),
            ("DPT=7000", "DPT="),
            ("DPT=7000", "DPT=7000 DPT=7001"),
            ("SYN URGP=0", "SYN"),
            ("SYN URGP=0", "FIN SYN URGP=0"),
            ("SYN URGP=0", "SYN HELLO URGP=0"),
            ("IN=eth0", "IN=a-name-that-is-too-long"),
            ("DPT=7000", "DPT=7000\u{0}"),
        ] {
            let line = UFW.replace(right, wrong);
            assert_ne!(line, UFW);
            assert_eq!(observe(&line), Err(Unreadable::NotLogged), "{wrong}");
        }
    }

    #[test]
    fn a_line_cut_anywhere_shows_no_attempt() {
        let whole = UFW.find("URGP=0").unwrap() + "URGP=0".len();
        for length in 0..whole {
            assert_eq!(
                observe(&UFW[..length]),
                Err(Unreadable::NotLogged),
                "{length}"
            );
        }
        assert!(observe(&UFW[..whole]).is_ok());
    }

    #[test]
    fn a_megabyte_of_beginnings_is_one_value() {
        for piece in [
            "IN=",
            "IN=a OUT= ",
            "IN=a OUT= MAC=",
            "IN= OUT= SRC=1.2.3.4 DST=1.2.3.4 ",
        ] {
            let line = format!("{HEADER}{}", piece.repeat((1 << 20) / piece.len()));
            assert_eq!(observe(&line), Err(Unreadable::NotLogged), "{piece}");
        }
        let one_word = format!("{HEADER}IN=a OUT= MAC={}", "x".repeat(1 << 20));
        assert_eq!(observe(&one_word), Err(Unreadable::NotLogged));
    }

    /// A line as the kernel would write it about a packet of these numbers.
    #[derive(Clone, Debug)]
    struct Written {
        source: IpAddr,
        destination: IpAddr,
        ports: (u16, u16),
        flags: u8,
        hops: u8,
        length: u16,
        numbers: Option<(u32, u32)>,
        options: Option<Vec<u8>>,
        prefix: String,
        is_tcp: bool,
    }

    impl Written {
        fn line(&self) -> String {
            let mut line = format!("{HEADER}{}IN=eth0 OUT= MAC= ", self.prefix);
            self.write_addresses(&mut line).unwrap();
            if self.is_tcp {
                self.write_segment(&mut line).unwrap();
            } else {
                let (from, to) = self.ports;
                write!(line, "PROTO=UDP SPT={from} DPT={to} LEN=8 ").unwrap();
            }
            line.push_str("UID=0 GID=0 MARK=0x7 ");
            line
        }

        fn write_addresses(&self, line: &mut String) -> std::fmt::Result {
            let (length, hops) = (self.length, self.hops);
            match (self.source, self.destination) {
                (IpAddr::V6(from), IpAddr::V6(to)) => {
                    write!(line, "SRC={} DST={} LEN={length} ", long(from), long(to))?;
                    write!(line, "TC=0 HOPLIMIT={hops} FLOWLBL=7 ")
                }
                (from, to) => {
                    write!(line, "SRC={from} DST={to} LEN={length} ")?;
                    write!(line, "TOS=0x00 PREC=0x00 TTL={hops} ID=7 DF ")
                }
            }
        }

        fn write_segment(&self, line: &mut String) -> std::fmt::Result {
            write!(line, "PROTO=TCP SPT={} DPT={} ", self.ports.0, self.ports.1)?;
            if let Some((sequence, acknowledgement)) = self.numbers {
                write!(line, "SEQ={sequence} ACK={acknowledgement} ")?;
            }
            line.push_str("WINDOW=512 RES=0x00 ");
            let names = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"];
            let set = names.iter().enumerate().rev();
            for (_, name) in set.filter(|(bit, _)| self.flags & (1 << bit) != 0) {
                write!(line, "{name} ")?;
            }
            line.push_str("URGP=0 ");
            if let Some(options) = &self.options {
                let digits: Vec<_> = options.iter().map(|byte| format!("{byte:02X}")).collect();
                write!(line, "OPT ({}) ", digits.concat())?;
            }
            Ok(())
        }
    }

    fn long(address: Ipv6Addr) -> String {
        address
            .segments()
            .map(|group| format!("{group:04x}"))
            .join(":")
    }

    fn addresses() -> impl Strategy<Value = (IpAddr, IpAddr)> {
        prop_oneof![
            any::<[[u8; 4]; 2]>().prop_map(|[from, to]| (from.into(), to.into())),
            any::<[[u8; 16]; 2]>().prop_map(|[from, to]| (from.into(), to.into())),
        ]
    }

    prop_compose! {
        fn written()(
            (source, destination) in addresses(),
            ports in any::<(u16, u16)>(),
            (flags, hops, length) in any::<(u8, u8, u16)>(),
            numbers in option::of(any::<(u32, u32)>()),
            options in option::of(vec(any::<u8>(), 0..=MOST_OPTIONS)),
            prefix in "(IN=|OUT=|SRC=|PROTO=| |[a-z\\[\\]:]|\u{fc}){0,8}",
            is_tcp in any::<bool>(),
        ) -> Written {
            Written { source, destination, ports, flags, hops, length, numbers, options, prefix, is_tcp }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn what_was_written_is_observed(written in written()) {
            let line = written.line();
            let mut room = [0; MOST_OPTIONS];
            let seen = read_in(line.as_bytes(), Link::FirewallLog, &mut room).unwrap();
            prop_assert_eq!((seen.source, seen.destination), (written.source, written.destination));
            prop_assert_eq!((seen.hops, seen.length), (written.hops, written.length.into()));
            prop_assert!(seen.unseen.contains(Unseen::PAYLOAD));
            match seen.transport {
                Transport::Tcp(segment) => {
                    prop_assert!(written.is_tcp);
                    prop_assert_eq!((segment.source_port, segment.destination_port), written.ports);
                    prop_assert_eq!(segment.flags.bits(), written.flags);
                    prop_assert_eq!(segment.options, written.options.clone().unwrap_or_default());
                    prop_assert_eq!(seen.unseen.contains(Unseen::OPTIONS), written.options.is_none());
                    prop_assert_eq!(seen.unseen.contains(Unseen::NUMBERS), written.numbers.is_none());
                    let numbers = (segment.sequence, segment.acknowledgement);
                    prop_assert_eq!(numbers, written.numbers.unwrap_or_default());
                }
                Transport::Udp(datagram) => {
                    prop_assert!(!written.is_tcp);
                    prop_assert_eq!((datagram.source_port, datagram.destination_port), written.ports);
                    prop_assert!(datagram.payload.is_empty());
                }
                Transport::Icmp(message) => prop_assert!(false, "{message:?}"),
            }
        }

        #[test]
        fn any_bytes_become_an_observation_or_a_reason(
            bytes in vec(any::<u8>(), 0..400),
            link in select(vec![Link::FirewallLog, Link::KernelLog]),
        ) {
            let _ = read(&bytes, link);
            let mut behind = HEADER.as_bytes().to_vec();
            behind.extend(bytes);
            let _ = read(&behind, link);
        }

        #[test]
        fn a_line_that_strangers_changed_is_a_value(
            written in written(),
            changes in vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
            cut in any::<prop::sample::Index>(),
        ) {
            let mut bytes = written.line().into_bytes();
            for (place, byte) in changes {
                let place = place.index(bytes.len());
                bytes[place] = byte;
            }
            let _ = read_in(&bytes, Link::FirewallLog, &mut [0; MOST_OPTIONS]);
            bytes.truncate(cut.index(bytes.len()));
            let _ = read_in(&bytes, Link::FirewallLog, &mut [0; 3]);
        }
    }
}
