//! Links, addresses and routes: what each change looks like on the route socket.

use std::net::IpAddr;
use std::os::fd::{AsRawFd, BorrowedFd};

use netlink_packet_core::{NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE};
use netlink_packet_route::address::{
    AddressAttribute, AddressFlags, AddressHeaderFlags, AddressMessage,
};
use netlink_packet_route::link::{
    InfoBridge, InfoData, InfoKind, InfoVeth, LinkAttribute, LinkFlags, LinkInfo, LinkMessage,
    State,
};
use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteHeader, RouteMessage, RouteProtocol, RouteScope, RouteType,
};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};

use crate::address::Subnet;
use crate::error::LabError;
use crate::kernel::Kernel;

/// One end of a pair that is about to be made.
pub(crate) struct End<'a> {
    pub(crate) name: &'a str,
    /// Chosen by the world and different on both ends: the kernel brings a link whose peer has the
    /// same number up only within a second, since it takes it for a link of its own.
    pub(crate) index: u32,
}

impl Kernel<'_> {
    /// Makes a veth pair: one end here, the other in the namespace `there`.
    pub(crate) fn add_pair(
        &mut self,
        here: &End<'_>,
        far: &End<'_>,
        there: BorrowedFd<'_>,
    ) -> Result<(), LabError> {
        let mut peer = named(far);
        peer.attributes
            .push(LinkAttribute::NetNsFd(there.as_raw_fd()));
        let mut link = named(here);
        link.attributes.push(LinkAttribute::LinkInfo(vec![
            LinkInfo::Kind(InfoKind::Veth),
            LinkInfo::Data(InfoData::Veth(InfoVeth::Peer(peer))),
        ]));
        let step = format!("make the pair {} and {}", here.name, far.name);
        self.change(
            RouteNetlinkMessage::NewLink(link),
            NLM_F_CREATE | NLM_F_EXCL,
            &step,
        )
    }

    /// Makes a bridge that forwards at once and does not guess who wants multicast.
    pub(crate) fn add_bridge(&mut self, bridge: &End<'_>) -> Result<(), LabError> {
        let mut link = named(bridge);
        link.attributes.push(LinkAttribute::LinkInfo(vec![
            LinkInfo::Kind(InfoKind::Bridge),
            LinkInfo::Data(InfoData::Bridge(vec![InfoBridge::MulticastSnooping(false)])),
        ]));
        let step = format!("make the bridge {}", bridge.name);
        self.change(
            RouteNetlinkMessage::NewLink(link),
            NLM_F_CREATE | NLM_F_EXCL,
            &step,
        )
    }

    /// Puts a link under a bridge.
    pub(crate) fn enslave(&mut self, port: u32, bridge: u32) -> Result<(), LabError> {
        let mut link = LinkMessage::default();
        link.header.index = port;
        link.attributes.push(LinkAttribute::Controller(bridge));
        self.change(
            RouteNetlinkMessage::SetLink(link),
            0,
            "put a link under the bridge",
        )
    }

    /// Raises a link, or takes it down.
    pub(crate) fn set_link(&mut self, index: u32, wanted: Wanted) -> Result<(), LabError> {
        let mut link = LinkMessage::default();
        link.header.index = index;
        link.header.change_mask = LinkFlags::Up;
        if wanted == Wanted::Up {
            link.header.flags = LinkFlags::Up;
        }
        self.change(
            RouteNetlinkMessage::SetLink(link),
            0,
            "set a link up or down",
        )
    }

    /// Deletes a link; the other end of a pair goes with it.
    pub(crate) fn delete_link(&mut self, index: u32) -> Result<(), LabError> {
        let mut link = LinkMessage::default();
        link.header.index = index;
        self.change(RouteNetlinkMessage::DelLink(link), 0, "delete a link")
    }

    /// Whether packets can pass a link now.
    pub(crate) fn is_running(&mut self, index: u32) -> Result<bool, LabError> {
        Ok(self
            .link(index)?
            .attributes
            .iter()
            .any(|attribute| matches!(attribute, LinkAttribute::OperState(State::Up))))
    }

    /// Gives an address to a link; an IPv6 address can be used at once.
    pub(crate) fn add_address(&mut self, index: u32, subnet: Subnet) -> Result<(), LabError> {
        let message = address_message(index, subnet);
        let step = format!("add the address {}/{}", subnet.address, subnet.prefix);
        let flags = NLM_F_CREATE | NLM_F_EXCL;
        self.change(RouteNetlinkMessage::NewAddress(message), flags, &step)
    }

    /// Takes an address from a link.
    pub(crate) fn remove_address(&mut self, index: u32, subnet: Subnet) -> Result<(), LabError> {
        let message = address_message(index, subnet);
        let step = format!("remove the address {}/{}", subnet.address, subnet.prefix);
        self.change(RouteNetlinkMessage::DelAddress(message), 0, &step)
    }

    /// Sends what goes to `destination` through the gateway `via`.
    pub(crate) fn add_route(&mut self, destination: Subnet, via: IpAddr) -> Result<(), LabError> {
        let mut route = RouteMessage::default();
        route.header = RouteHeader {
            address_family: family(destination.address),
            destination_prefix_length: destination.prefix,
            table: RouteHeader::RT_TABLE_MAIN,
            protocol: RouteProtocol::Static,
            scope: RouteScope::Universe,
            kind: RouteType::Unicast,
            ..RouteHeader::default()
        };
        if destination.prefix > 0 {
            let target = RouteAttribute::Destination(route_address(destination.address));
            route.attributes.push(target);
        }
        route
            .attributes
            .push(RouteAttribute::Gateway(route_address(via)));
        let step = format!(
            "route {}/{} via {via}",
            destination.address, destination.prefix
        );
        self.change(
            RouteNetlinkMessage::NewRoute(route),
            NLM_F_CREATE | NLM_F_REPLACE,
            &step,
        )
    }
}

/// What a link is to be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Wanted {
    Up,
    Down,
}

fn named(end: &End<'_>) -> LinkMessage {
    let mut link = LinkMessage::default();
    link.header.index = end.index;
    link.attributes
        .push(LinkAttribute::IfName(end.name.to_owned()));
    link
}

fn address_message(index: u32, subnet: Subnet) -> AddressMessage {
    let mut message = AddressMessage::default();
    message.header.family = family(subnet.address);
    message.header.prefix_len = subnet.prefix;
    message.header.index = index;
    message
        .attributes
        .push(AddressAttribute::Local(subnet.address));
    message
        .attributes
        .push(AddressAttribute::Address(subnet.address));
    if subnet.address.is_ipv6() {
        // Nobody else is on this wire, so nobody needs to be asked for a second first.
        message.header.flags = AddressHeaderFlags::Nodad;
        message
            .attributes
            .push(AddressAttribute::Flags(AddressFlags::Nodad));
    }
    message
}

fn family(address: IpAddr) -> AddressFamily {
    if address.is_ipv4() {
        AddressFamily::Inet
    } else {
        AddressFamily::Inet6
    }
}

fn route_address(address: IpAddr) -> RouteAddress {
    match address {
        IpAddr::V4(address) => RouteAddress::Inet(address),
        IpAddr::V6(address) => RouteAddress::Inet6(address),
    }
}
