//! Which of the named interfaces exist right now.

use std::{
    collections::BTreeSet,
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};

use rustix::{
    io::Errno,
    net::{
        AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, bind,
        netlink::SocketAddrNetlink, recvfrom, send, socket_with,
    },
};

use crate::{
    link_news::{News, listing_request, read_news},
    netlink::is_kernel,
};

/// The indexes of the named interfaces; an index changes whenever an interface is made anew.
#[derive(Debug)]
pub(crate) struct Present {
    socket: OwnedFd,
    indexes: Indexes,
    letter: Box<[u8]>,
}

impl Present {
    /// Begins to follow the kernel's news, and asks what there is already.
    pub(crate) fn follow(names: &[String]) -> io::Result<Self> {
        let socket = socket_with(
            AddressFamily::NETLINK,
            SocketType::RAW,
            SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
            None, // NETLINK_ROUTE
        )?;
        // Subscribed before the listing: what changes in between is told too.
        bind(&socket, &SocketAddrNetlink::new(0, LINK_GROUP))?;
        let mut present = Self {
            socket,
            indexes: Indexes::of(names),
            letter: vec![0; LETTER].into(),
        };
        present.ask()?;
        present.catch_up()?;
        Ok(present)
    }

    /// Reads all news that wait; never blocks.
    pub(crate) fn catch_up(&mut self) -> io::Result<()> {
        loop {
            let heard = match recvfrom(&self.socket, &mut self.letter[..], RecvFlags::DONTWAIT) {
                Ok((length, _, sender)) if is_kernel(sender.as_ref()) => self.read_letter(length),
                Ok(_) | Err(Errno::INTR) => Heard::Enough,
                // Some news were lost: what there is has to be asked for.
                Err(Errno::NOBUFS) => Heard::AskAgain,
                Err(Errno::AGAIN) => return Ok(()),
                Err(errno) => return Err(errno.into()),
            };
            if heard == Heard::AskAgain {
                self.ask()?;
            }
        }
    }

    fn read_letter(&mut self, length: usize) -> Heard {
        let mut heard = Heard::Enough;
        let letter = self.letter.get(..length).unwrap_or_default();
        read_news(letter, |news| heard = heard.max(self.indexes.hear(news)));
        heard
    }

    /// Whether the interface with this index has one of the names.
    pub(crate) fn contains(&self, interface: u32) -> bool {
        self.indexes.present.contains(&interface)
    }

    fn ask(&mut self) -> io::Result<()> {
        let request = listing_request(self.indexes.begin_listing());
        // Without an address it goes to the kernel. So a sandbox can forbid addresses altogether, and
        // with them all sending through the packet sockets.
        send(&self.socket, &request, SendFlags::DONTWAIT)?;
        Ok(())
    }
}

impl AsFd for Present {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// The bookkeeping, without the socket.
#[derive(Debug)]
struct Indexes {
    names: BTreeSet<Vec<u8>>,
    present: BTreeSet<u32>,
    /// The number of the last listing asked for.
    asked: u32,
    /// What that listing has named so far; `None` when it is complete.
    listed: Option<BTreeSet<u32>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Heard {
    Enough,
    AskAgain,
}

impl Indexes {
    fn of(names: &[String]) -> Self {
        Self {
            names: names.iter().map(|name| name.clone().into_bytes()).collect(),
            present: BTreeSet::new(),
            asked: 0,
            listed: None,
        }
    }

    fn begin_listing(&mut self) -> u32 {
        self.asked = self.asked.wrapping_add(1);
        self.listed = Some(BTreeSet::new());
        self.asked
    }

    fn hear(&mut self, news: News<'_>) -> Heard {
        match news {
            // Also a name that changed: the interface counts by the one it has now.
            News::Is { interface, name } => {
                if self.names.contains(name) {
                    self.present.insert(interface);
                } else {
                    self.present.remove(&interface);
                }
                if let Some(listed) = &mut self.listed {
                    listed.insert(interface);
                }
            }
            News::Gone { interface } => {
                self.present.remove(&interface);
            }
            News::Complete { asked } if asked == self.asked => {
                // An interface that the listing did not name went while its news were lost.
                if let Some(listed) = self.listed.take() {
                    self.present.retain(|interface| listed.contains(interface));
                }
            }
            News::Refused { asked } if asked == self.asked => return Heard::AskAgain,
            News::Complete { .. } | News::Refused { .. } => {}
        }
        Heard::Enough
    }
}

/// `RTMGRP_LINK`.
const LINK_GROUP: u32 = 1;

/// The kernel makes no larger letter for a listing.
const LETTER: usize = 32 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn is(interface: u32, name: &str) -> News<'_> {
        News::Is {
            interface,
            name: name.as_bytes(),
        }
    }

    fn indexes() -> Indexes {
        Indexes::of(&["eth0".into(), "wg0".into()])
    }

    fn present(indexes: &Indexes) -> Vec<u32> {
        indexes.present.iter().copied().collect()
    }

    #[test]
    fn an_interface_counts_from_its_coming_to_its_going() {
        let mut indexes = indexes();
        let _ = indexes.hear(is(2, "eth0"));
        let _ = indexes.hear(is(3, "eth1"));
        let _ = indexes.hear(is(4, "wg0"));
        assert_eq!(present(&indexes), [2, 4]);
        let _ = indexes.hear(News::Gone { interface: 2 });
        let _ = indexes.hear(is(9, "eth0"));
        assert_eq!(present(&indexes), [4, 9]);
    }

    #[test]
    fn an_interface_that_is_renamed_counts_by_its_name_of_now() {
        let mut indexes = indexes();
        let _ = indexes.hear(is(2, "eth0"));
        let _ = indexes.hear(is(2, "old0"));
        assert_eq!(present(&indexes), []);
        let _ = indexes.hear(is(2, "wg0"));
        assert_eq!(present(&indexes), [2]);
    }

    #[test]
    fn what_a_complete_listing_does_not_name_is_gone() {
        let mut indexes = indexes();
        let _ = indexes.hear(is(2, "eth0"));
        let _ = indexes.hear(is(4, "wg0"));
        let asked = indexes.begin_listing();
        let _ = indexes.hear(is(4, "wg0"));
        assert_eq!(present(&indexes), [2, 4]);
        let _ = indexes.hear(News::Complete { asked });
        assert_eq!(present(&indexes), [4]);
    }

    #[test]
    fn the_end_of_an_older_listing_ends_nothing() {
        let mut indexes = indexes();
        let older = indexes.begin_listing();
        let _ = indexes.hear(is(2, "eth0"));
        let _ = indexes.begin_listing();
        assert_eq!(indexes.hear(News::Complete { asked: older }), Heard::Enough);
        assert_eq!(indexes.hear(News::Refused { asked: older }), Heard::Enough);
        assert_eq!(present(&indexes), [2]);
        assert!(indexes.listed.is_some());
    }

    #[test]
    fn a_refused_listing_is_asked_for_again() {
        let mut indexes = indexes();
        let asked = indexes.begin_listing();
        assert_eq!(indexes.hear(News::Refused { asked }), Heard::AskAgain);
    }
}
