//! Whether this kernel passes packets on that are for other hosts.

use std::net::IpAddr;

use crate::nfnl::{Attributes, Channel, Envelope, NetlinkError};
use crate::sockets::{IPV4, IPV6};

/// Whether packets of this address's IP version are passed on between all interfaces, as
/// `net.ipv4.ip_forward` and `net.ipv6.conf.all.forwarding` set it; nothing where the kernel does not
/// say.
///
/// Needs no privilege and no file: a confined daemon does not see `/proc/sys`.
pub fn passes_on(to: IpAddr) -> Result<Option<bool>, NetlinkError> {
    let family = if to.is_ipv4() { IPV4 } else { IPV6 };
    let mut passes = None;
    Channel::open(ROUTES)?.dump(
        SETTINGS,
        |writer| writer.raw(&[family, 0, 0, 0]),
        |body| {
            passes = of_all_interfaces(body).or(passes);
        },
    )?;
    Ok(passes)
}

fn of_all_interfaces(body: &[u8]) -> Option<bool> {
    let attributes = Attributes::of(body.get(HEAD..)?);
    attributes
        .find(INTERFACE)
        .filter(|interface| *interface == ALL)?;
    let value = attributes.find(FORWARDING)?;
    Some(value.iter().any(|byte| *byte != 0))
}

const ROUTES: isize = 0;
const SETTINGS: Envelope = Envelope {
    kind: 82,
    flags: 0,
    doing: "ask whether packets are passed on",
};
const HEAD: usize = 4;
const INTERFACE: u16 = 1;
const FORWARDING: u16 = 2;
/// Interface -1.
const ALL: [u8; 4] = [0xff; 4];

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(interface: [u8; 4], value: u8) -> Vec<u8> {
        let mut body = vec![2, 0, 0, 0, 8, 0, 1, 0];
        body.extend(interface);
        body.extend([8, 0, 2, 0, value, 0, 0, 0]);
        body
    }

    #[test]
    fn only_the_setting_for_all_interfaces_counts() {
        assert_eq!(of_all_interfaces(&answer(ALL, 1)), Some(true));
        assert_eq!(of_all_interfaces(&answer(ALL, 0)), Some(false));
        assert_eq!(of_all_interfaces(&answer([3, 0, 0, 0], 1)), None);
    }

    #[test]
    fn an_answer_cut_anywhere_says_nothing() {
        let whole = answer(ALL, 1);
        for length in 0..whole.len() {
            assert_eq!(of_all_interfaces(&whole[..length]), None);
        }
    }
}
