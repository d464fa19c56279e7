//! The system calls that no safe crate offers; every unsafe line of the project stands here.

use std::{
    array,
    ffi::{c_int, c_uint},
    io,
    mem::{MaybeUninit, size_of},
    os::fd::{AsRawFd, BorrowedFd},
    ptr,
};

/// How many packets one call fetches at most: enough for a flood, 128 KiB of room.
pub(crate) const BATCH: usize = 64;

/// Room for one packet: an Ethernet frame's worth. A longer one is cut and then reads as truncated.
pub(crate) const ROOM: usize = 2048;

/// What the kernel says about one packet of a batch.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Received {
    pub(crate) length: usize,
    pub(crate) interface: u32,
}

/// Lets a packet socket receive `protocol` (an ether type) from every interface.
pub(crate) fn bind_to_protocol(socket: BorrowedFd<'_>, protocol: u16) -> io::Result<()> {
    let address = link_address(protocol);
    // SAFETY: `address` outlives the call and the length is its size; the kernel only reads it.
    let done = unsafe {
        libc::bind(
            socket.as_raw_fd(),
            ptr::from_ref(&address).cast(),
            size_of_as::<libc::sockaddr_ll>(),
        )
    };
    outcome(done)
}

/// Fetches what has arrived without waiting: one packet into each room, its length and interface
/// at the same place of `received`.
pub(crate) fn receive(
    socket: BorrowedFd<'_>,
    rooms: &mut [[u8; ROOM]],
    received: &mut [Received; BATCH],
) -> io::Result<usize> {
    let mut addresses = [link_address(0); BATCH];
    let mut pieces = [NO_PIECE; BATCH];
    let mut messages: [libc::mmsghdr; BATCH] = array::from_fn(|_| empty_message());
    let mut prepared = 0;
    for (((message, piece), address), room) in messages
        .iter_mut()
        .zip(&mut pieces)
        .zip(&mut addresses)
        .zip(rooms)
    {
        piece.iov_base = room.as_mut_ptr().cast();
        piece.iov_len = ROOM;
        message.msg_hdr.msg_name = ptr::from_mut(address).cast();
        message.msg_hdr.msg_namelen = size_of_as::<libc::sockaddr_ll>();
        message.msg_hdr.msg_iov = ptr::from_mut(piece);
        message.msg_hdr.msg_iovlen = 1;
        prepared = c_uint::saturating_add(prepared, 1);
    }
    // SAFETY: the first `prepared` messages each point at one piece and one address, which live in
    // arrays that outlive the call, and each piece at a room of `ROOM` bytes of its own, borrowed
    // mutably until the function returns. The kernel looks at no other and keeps no pointer.
    let count = unsafe {
        libc::recvmmsg(
            socket.as_raw_fd(),
            messages.as_mut_ptr(),
            prepared,
            libc::MSG_DONTWAIT,
            ptr::null_mut(),
        )
    };
    let count = usize::try_from(count).map_err(|_| io::Error::last_os_error())?;
    for ((place, message), address) in received.iter_mut().zip(&messages).zip(&addresses) {
        *place = Received {
            length: usize::try_from(message.msg_len).unwrap_or(ROOM).min(ROOM),
            interface: u32::try_from(address.sll_ifindex).unwrap_or(0),
        };
    }
    Ok(count)
}

/// How many packets the kernel dropped since this was last asked, because the buffer was full.
pub(crate) fn take_drops(socket: BorrowedFd<'_>) -> io::Result<u32> {
    let mut counted = libc::tpacket_stats {
        tp_packets: 0,
        tp_drops: 0,
    };
    let mut length = size_of_as::<libc::tpacket_stats>();
    // SAFETY: `counted` and `length` outlive the call, and `length` is the size of `counted`; any
    // bits that the kernel writes into two integers are valid.
    let done = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_PACKET,
            libc::PACKET_STATISTICS,
            ptr::from_mut(&mut counted).cast(),
            ptr::from_mut(&mut length),
        )
    };
    outcome(done).map(|()| counted.tp_drops)
}

/// How full a socket is, and how much it has dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Memory {
    /// What waits to be fetched, with the kernel's own need for it.
    pub(crate) used: u32,
    /// From when on nothing more has room.
    pub(crate) limit: u32,
    /// Whatever was not kept, by the filter too.
    pub(crate) drops: u32,
}

/// How full a socket is, and how much it has dropped.
pub(crate) fn memory(socket: BorrowedFd<'_>) -> io::Result<Memory> {
    let mut numbers = [0_u32; MEMORY_NUMBERS];
    let mut length = size_of_as::<[u32; MEMORY_NUMBERS]>();
    // SAFETY: `numbers` and `length` outlive the call, and `length` is the size of `numbers`; any bits that
    // the kernel writes into integers are valid.
    let done = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            SO_MEMINFO,
            ptr::from_mut(&mut numbers).cast(),
            ptr::from_mut(&mut length),
        )
    };
    outcome(done)?;
    let [used, limit, .., drops] = numbers;
    Ok(Memory { used, limit, drops })
}

/// Makes the filter of a socket final: nobody changes it again, not even the superuser.
pub(crate) fn lock_filter(socket: BorrowedFd<'_>) -> io::Result<()> {
    switch_on(socket, libc::SOL_SOCKET, libc::SO_LOCK_FILTER)
}

/// Switches on one of a socket's options.
pub(crate) fn switch_on(socket: BorrowedFd<'_>, level: c_int, option: c_int) -> io::Result<()> {
    let on: c_int = 1;
    // SAFETY: `on` outlives the call and the length is its size; the kernel only reads it.
    let done = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            option,
            ptr::from_ref(&on).cast(),
            size_of_as::<c_int>(),
        )
    };
    outcome(done)
}

/// What the kernel wrote about one datagram: how many bytes into each of the rooms.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Written {
    pub(crate) payload: usize,
    pub(crate) sender: usize,
    pub(crate) control: usize,
}

/// Fetches one datagram without waiting: its payload, its sender (a `sockaddr`), and what the socket's
/// options let the kernel tell besides (`cmsghdr`s).
pub(crate) fn receive_with_control(
    socket: BorrowedFd<'_>,
    payload: &mut [u8],
    sender: &mut [u8; SENDER],
    control: &mut [u8; CONTROL],
) -> io::Result<Written> {
    let mut piece = libc::iovec {
        iov_base: payload.as_mut_ptr().cast(),
        iov_len: payload.len(),
    };
    let mut message = empty_message().msg_hdr;
    message.msg_name = sender.as_mut_ptr().cast();
    message.msg_namelen = size_of_as::<[u8; SENDER]>();
    message.msg_iov = ptr::from_mut(&mut piece);
    message.msg_iovlen = 1;
    message.msg_control = control.as_mut_ptr().cast();
    message.msg_controllen = control.len();
    // SAFETY: `message` and `piece` outlive the call; each of the three rooms is borrowed mutably until
    // the function returns, with its own length stated. Any bytes are valid in them.
    let received =
        unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut message, libc::MSG_DONTWAIT) };
    Ok(Written {
        payload: usize::try_from(received).map_err(|_| io::Error::last_os_error())?,
        sender: usize::try_from(message.msg_namelen).unwrap_or(0),
        control: message.msg_controllen,
    })
}

/// Room for the address of either IP version.
pub(crate) const SENDER: usize = 28;
/// Room for an address with its interface, and for a number.
pub(crate) const CONTROL: usize = 128;

// linux/sock_diag.h and asm/socket.h.
const MEMORY_NUMBERS: usize = 9;
const SO_MEMINFO: c_int = 55;

fn link_address(protocol: u16) -> libc::sockaddr_ll {
    libc::sockaddr_ll {
        sll_family: u16::try_from(libc::AF_PACKET).unwrap_or_default(),
        sll_protocol: protocol.to_be(),
        sll_ifindex: 0,
        sll_hatype: 0,
        sll_pkttype: 0,
        sll_halen: 0,
        sll_addr: [0; 8],
    }
}

const NO_PIECE: libc::iovec = libc::iovec {
    iov_base: ptr::null_mut(),
    iov_len: 0,
};

fn empty_message() -> libc::mmsghdr {
    // SAFETY: the structure holds integers and raw pointers, for which zero is a valid value; some
    // C libraries have padding in it that cannot be named.
    unsafe { MaybeUninit::zeroed().assume_init() }
}

fn outcome(done: c_int) -> io::Result<()> {
    if done == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

const fn size_of_as<T>() -> libc::socklen_t {
    size_as(size_of::<T>())
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "sizes and counts of this file, all below a hundred"
)]
const fn size_as(size: usize) -> c_uint {
    size as c_uint
}
