//! A network namespace of its own for one test, and links in it, over rtnetlink by hand.

use std::{fs, io::Write, net::Ipv6Addr, os::fd::OwnedFd, panic::resume_unwind, thread};

use nix::sched::{CloneFlags, unshare};
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, bind, netdevice::name_to_index,
    netlink::SocketAddrNetlink, recvfrom, sendto, socket_with,
};

/// The namespace of the calling thread.
pub(crate) struct Namespace {
    netlink: OwnedFd,
    /// Hears of every change to a link.
    changes: OwnedFd,
}

impl Namespace {
    /// Runs a test in a namespace made for it, with loopback up; says loudly when it cannot.
    pub(crate) fn run(test: impl FnOnce(&Self) + Send + 'static) {
        let inside = thread::spawn(|| match unshare(CloneFlags::CLONE_NEWNET) {
            Ok(()) => {
                test(&Self::of_this_thread());
            }
            // Not captured by the test harness, as a print would be.
            Err(errno) => {
                assert!(
                    std::env::var_os("CI").is_none(),
                    "a network namespace is needed: {errno}"
                );
                let _ = writeln!(
                    std::io::stderr(),
                    "skipped: a network namespace needs root ({errno})"
                );
            }
        });
        if let Err(panic) = inside.join() {
            resume_unwind(panic);
        }
    }

    /// The namespace that the thread is in, with loopback up.
    pub(crate) fn of_this_thread() -> Self {
        let namespace = Self {
            netlink: netlink(0),
            changes: netlink(1),
        };
        namespace.up("lo");
        namespace
    }

    /// A pair of links, both up, with link-local addresses: `STREET` and `DOOR`.
    pub(crate) fn add_pair(&self, street: &str, door: &str) {
        let peer = [vec![0; 16], attribute(3, door.as_bytes())].concat();
        let kind = [attribute(1, b"veth"), attribute(2, &attribute(1, &peer))].concat();
        let attributes = [attribute(3, street.as_bytes()), attribute(18, &kind)].concat();
        self.ask(16, CREATE, &[link(0, 0, 0), attributes].concat());
        for name in [street, door] {
            // No address but ours.
            fs::write(format!("/proc/sys/net/ipv6/conf/{name}/addr_gen_mode"), "1").unwrap();
        }
        self.up(street);
        self.up(door);
        self.connect(street, door);
    }

    /// A bridge whose only port is `door`; the door's address is its address then.
    pub(crate) fn add_bridge(&self, bridge: &str, street: &str, door: &str) {
        let kind = attribute(18, &attribute(1, b"bridge"));
        let attributes = [attribute(3, bridge.as_bytes()), kind].concat();
        self.ask(16, CREATE, &[link(0, 0, 0), attributes].concat());
        fs::write(
            format!("/proc/sys/net/ipv6/conf/{bridge}/addr_gen_mode"),
            "1",
        )
        .unwrap();
        let master = attribute(10, &self.index(bridge).to_ne_bytes());
        self.ask(16, 0, &[link(self.index(door), 0, 0), master].concat());
        self.down(door);
        self.up(door);
        self.up(bridge);
        self.connect(street, bridge);
    }

    /// Waits until both ends carry packets and gives them their addresses.
    pub(crate) fn connect(&self, street: &str, door: &str) {
        for (name, address) in [(street, STREET), (door, DOOR)] {
            let index = self.index(name);
            while !self.is_running(index) {
                recvfrom(&self.changes, &mut [0; 8192][..], RecvFlags::empty()).unwrap();
            }
            // Without the pause in which IPv6 looks whether somebody else has the address.
            let header = [&[10, 64, 2, 0][..], &index.to_ne_bytes()].concat();
            let body = [header, attribute(1, &address.octets())].concat();
            self.ask(20, REPLACE, &body);
        }
    }

    pub(crate) fn up(&self, name: &str) {
        self.ask(16, 0, &link(self.index(name), UP, UP));
    }

    pub(crate) fn down(&self, name: &str) {
        self.ask(16, 0, &link(self.index(name), 0, UP));
    }

    pub(crate) fn rename(&self, name: &str, then: &str) {
        let request = [link(self.index(name), 0, 0), attribute(3, then.as_bytes())].concat();
        self.ask(16, 0, &request);
    }

    /// The other end of a pair goes too.
    pub(crate) fn remove(&self, name: &str) {
        self.ask(17, 0, &link(self.index(name), 0, 0));
    }

    pub(crate) fn index(&self, name: &str) -> u32 {
        name_to_index(&self.netlink, name).unwrap()
    }

    fn is_running(&self, index: u32) -> bool {
        let answer = self.converse(18, 1, &link(index, 0, 0));
        u32::from_ne_bytes(answer[24..28].try_into().unwrap()) & RUNNING != 0
    }

    fn ask(&self, kind: u16, flags: u16, body: &[u8]) {
        let answer = self.converse(kind, flags | REQUEST_ACKNOWLEDGED, body);
        let error = i32::from_ne_bytes(answer[16..20].try_into().unwrap());
        assert_eq!(error, 0, "rtnetlink refuses request {kind}");
    }

    fn converse(&self, kind: u16, flags: u16, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(16 + body.len()).unwrap();
        let request = [
            &length.to_ne_bytes()[..],
            &kind.to_ne_bytes(),
            &flags.to_ne_bytes(),
            &[0; 8],
            body,
        ]
        .concat();
        let kernel = SocketAddrNetlink::new(0, 0);
        sendto(&self.netlink, &request, SendFlags::empty(), &kernel).unwrap();
        let mut answer = vec![0; 8192];
        let (length, ..) = recvfrom(&self.netlink, &mut answer[..], RecvFlags::empty()).unwrap();
        answer.truncate(length);
        answer
    }
}

fn netlink(groups: u32) -> OwnedFd {
    let flags = SocketFlags::CLOEXEC;
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, None).unwrap();
    bind(&socket, &SocketAddrNetlink::new(0, groups)).unwrap();
    socket
}

fn link(index: u32, flags: u32, change: u32) -> Vec<u8> {
    [
        &[0; 4][..],
        &index.to_ne_bytes(),
        &flags.to_ne_bytes(),
        &change.to_ne_bytes(),
    ]
    .concat()
}

fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(4 + value.len()).unwrap();
    let mut bytes = [&length.to_ne_bytes()[..], &kind.to_ne_bytes(), value].concat();
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// The address of the end that knocks.
pub(crate) const STREET: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1);
/// The address of the end that is knocked at.
pub(crate) const DOOR: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 2);

const UP: u32 = 1;
const RUNNING: u32 = 0x40;
const REQUEST_ACKNOWLEDGED: u16 = 5;
const CREATE: u16 = 0x600;
const REPLACE: u16 = 0x500;
