//! Which ports strangers try first: facts about scanners and about examples that everybody copies.

use nightlatch_core::Protocol;

/// Whether scanners try this port before all others, wherever they come by.
pub(crate) fn is_scanned(protocol: Protocol, port: u16) -> bool {
    let ranges = match protocol {
        Protocol::Tcp => SCANNED_TCP,
        Protocol::Udp => SCANNED_UDP,
    };
    ranges
        .iter()
        .any(|(first, last)| (*first..=*last).contains(&port))
}

/// Whether these ports stand in manuals and tutorials, forwards or backwards.
pub(crate) fn is_stock(ports: &[u16]) -> bool {
    STOCK
        .iter()
        .any(|known| known.iter().eq(ports) || known.iter().rev().eq(ports))
}

/// How many stock sequences there are, counting both directions: as many tries they take.
pub(crate) const STOCK_TRIES: u32 = 20;

/// The hundred TCP ports that are open most often (`nmap -F`).
const SCANNED_TCP: &[(u16, u16)] = &[
    (7, 7),
    (9, 9),
    (13, 13),
    (21, 23),
    (25, 26),
    (37, 37),
    (53, 53),
    (79, 81),
    (88, 88),
    (106, 106),
    (110, 111),
    (113, 113),
    (119, 119),
    (135, 135),
    (139, 139),
    (143, 144),
    (179, 179),
    (199, 199),
    (389, 389),
    (427, 427),
    (443, 445),
    (465, 465),
    (513, 515),
    (543, 544),
    (548, 548),
    (554, 554),
    (587, 587),
    (631, 631),
    (646, 646),
    (873, 873),
    (990, 990),
    (993, 993),
    (995, 995),
    (1025, 1029),
    (1110, 1110),
    (1433, 1433),
    (1720, 1720),
    (1723, 1723),
    (1755, 1755),
    (1900, 1900),
    (2000, 2001),
    (2049, 2049),
    (2121, 2121),
    (2717, 2717),
    (3000, 3000),
    (3128, 3128),
    (3306, 3306),
    (3389, 3389),
    (3986, 3986),
    (4899, 4899),
    (5000, 5000),
    (5009, 5009),
    (5051, 5051),
    (5060, 5060),
    (5101, 5101),
    (5190, 5190),
    (5357, 5357),
    (5432, 5432),
    (5631, 5631),
    (5666, 5666),
    (5800, 5800),
    (5900, 5900),
    (6000, 6001),
    (6646, 6646),
    (7070, 7070),
    (8000, 8000),
    (8008, 8009),
    (8080, 8081),
    (8443, 8443),
    (8888, 8888),
    (9100, 9100),
    (9999, 10_000),
    (32_768, 32_768),
    (49_152, 49_157),
];

/// The hundred UDP ports that are open most often (`nmap -sU -F`).
const SCANNED_UDP: &[(u16, u16)] = &[
    (7, 7),
    (9, 9),
    (17, 17),
    (19, 19),
    (49, 49),
    (53, 53),
    (67, 69),
    (80, 80),
    (88, 88),
    (111, 111),
    (120, 120),
    (123, 123),
    (135, 139),
    (158, 158),
    (161, 162),
    (177, 177),
    (427, 427),
    (443, 443),
    (445, 445),
    (497, 497),
    (500, 500),
    (514, 515),
    (518, 518),
    (520, 520),
    (593, 593),
    (623, 623),
    (626, 626),
    (631, 631),
    (996, 999),
    (1022, 1023),
    (1025, 1030),
    (1433, 1434),
    (1645, 1646),
    (1701, 1701),
    (1718, 1719),
    (1812, 1813),
    (1900, 1900),
    (2000, 2000),
    (2048, 2049),
    (2222, 2223),
    (3283, 3283),
    (3456, 3456),
    (3703, 3703),
    (4444, 4444),
    (4500, 4500),
    (5000, 5000),
    (5060, 5060),
    (5353, 5353),
    (5632, 5632),
    (9200, 9200),
    (10_000, 10_000),
    (17_185, 17_185),
    (20_031, 20_031),
    (30_718, 30_718),
    (31_337, 31_337),
    (32_768, 32_769),
    (32_771, 32_771),
    (32_815, 32_815),
    (33_281, 33_281),
    (49_152, 49_154),
    (49_156, 49_156),
    (49_181, 49_182),
    (49_185, 49_186),
    (49_188, 49_188),
    (49_190, 49_194),
    (49_200, 49_201),
    (65_024, 65_024),
];

/// What manuals, packages and tutorials of port knocking write down.
const STOCK: &[&[u16]] = &[
    &[7000, 8000, 9000],
    &[7000, 8000],
    &[2222, 3333, 4444],
    &[1111, 2222, 3333],
    &[1111, 2222, 3333, 4444],
    &[1234, 2345, 3456],
    &[12_345, 54_321, 24_680, 13_579],
    &[10_000, 20_000, 30_000],
    &[1000, 2000, 3000],
    &[200, 80, 22, 53, 3],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_a_hundred_of_each_in_rising_order() {
        for ranges in [SCANNED_TCP, SCANNED_UDP] {
            let count: u32 = ranges
                .iter()
                .map(|(first, last)| u32::from(last - first) + 1)
                .sum();
            assert_eq!(count, 100);
            assert!(ranges.is_sorted());
        }
        assert_eq!(STOCK.len() * 2, STOCK_TRIES as usize);
    }

    #[test]
    fn what_everybody_tries_is_known() {
        assert!(is_scanned(Protocol::Tcp, 22) && is_scanned(Protocol::Udp, 161));
        assert!(!is_scanned(Protocol::Tcp, 161) && !is_scanned(Protocol::Tcp, 31_007));
        assert!(is_stock(&[7000, 8000, 9000]) && is_stock(&[9000, 8000, 7000]));
        assert!(!is_stock(&[7000, 9000, 8000]) && !is_stock(&[]));
    }
}
