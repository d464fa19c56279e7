//! One question to the kernel's route socket, one answer.

use std::io;

use netlink_packet_core::{
    NLM_F_ACK, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload,
};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::LinkMessage;
use netlink_sys::protocols::NETLINK_ROUTE;
use netlink_sys::{Socket, SocketAddr};

use crate::error::LabError;

/// The route socket of the namespace in which the calling thread stands.
pub(crate) struct Kernel<'a> {
    host: &'a str,
    socket: Socket,
}

impl<'a> Kernel<'a> {
    /// Opens the route socket of the calling thread's namespace.
    pub(crate) fn open(host: &'a str) -> Result<Self, LabError> {
        let open = || -> io::Result<Socket> {
            let mut socket = Socket::new(NETLINK_ROUTE)?;
            socket.bind_auto()?;
            socket.connect(&SocketAddr::new(0, 0))?;
            Ok(socket)
        };
        match open() {
            Ok(socket) => Ok(Self { host, socket }),
            Err(cause) => Err(LabError::kernel(host, "open a route socket", cause)),
        }
    }

    /// Asks for one change and waits until the kernel has made it.
    pub(crate) fn change(
        &mut self,
        message: RouteNetlinkMessage,
        flags: u16,
        step: &str,
    ) -> Result<(), LabError> {
        self.send(message, NLM_F_REQUEST | NLM_F_ACK | flags, step)?;
        match self.receive(step)? {
            NetlinkPayload::Error(answer) if answer.code.is_none() => Ok(()),
            NetlinkPayload::Error(answer) => Err(LabError::kernel(self.host, step, answer.to_io())),
            _ => Err(self.unreadable(step)),
        }
    }

    /// Asks for one link as the kernel has it now.
    pub(crate) fn link(&mut self, index: u32) -> Result<LinkMessage, LabError> {
        let step = "show a link";
        let mut question = LinkMessage::default();
        question.header.index = index;
        self.send(RouteNetlinkMessage::GetLink(question), NLM_F_REQUEST, step)?;
        match self.receive(step)? {
            NetlinkPayload::InnerMessage(RouteNetlinkMessage::NewLink(link)) => Ok(link),
            NetlinkPayload::Error(answer) => Err(LabError::kernel(self.host, step, answer.to_io())),
            _ => Err(self.unreadable(step)),
        }
    }

    fn send(&self, message: RouteNetlinkMessage, flags: u16, step: &str) -> Result<(), LabError> {
        let mut header = NetlinkHeader::default();
        header.flags = flags;
        let mut message = NetlinkMessage::new(header, NetlinkPayload::from(message));
        message.finalize();
        let mut bytes = vec![0; message.buffer_len()];
        message.serialize(&mut bytes);
        match self.socket.send(&bytes, 0) {
            Ok(_) => Ok(()),
            Err(cause) => Err(LabError::kernel(self.host, step, cause)),
        }
    }

    fn receive(&self, step: &str) -> Result<NetlinkPayload<RouteNetlinkMessage>, LabError> {
        let (bytes, _) = self
            .socket
            .recv_from_full()
            .map_err(|cause| LabError::kernel(self.host, step, cause))?;
        match NetlinkMessage::<RouteNetlinkMessage>::deserialize(&bytes) {
            Ok(message) => Ok(message.payload),
            Err(_) => Err(self.unreadable(step)),
        }
    }

    fn unreadable(&self, step: &str) -> LabError {
        LabError::Answer {
            host: self.host.to_owned(),
            step: step.to_owned(),
        }
    }
}
