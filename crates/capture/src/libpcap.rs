//! Packets from the system's libpcap, for links that packet sockets do not serve.

use std::{
    io,
    mem::ManuallyDrop,
    num::NonZeroU32,
    os::fd::{AsFd, BorrowedFd},
};

use nightlatch_wire::Link;
use pcap::{Active, Capture, Linktype};
use rustix::net::netdevice::name_to_index;
use socket2::{Domain, SockRef};
use thiserror::Error;

use crate::{
    Arrival, CaptureError, FilterError, KnockShape, Source, TagCheck, Touches,
    filter::{TagStarts, Wanted, behind_header},
    packet_socket::{BRIEFLY, MOST_RANGES, attach, attach_what_fits},
    sys,
};

/// One interface, as libpcap gives it; or all of them, by libpcap's own name `any`.
///
/// Where libpcap reads a packet socket, as it does for every link that the kernel has, the kernel gets
/// the same filter as with our own: libpcap compiles none, so that no parser runs beside strangers'
/// bytes. Elsewhere libpcap's own filter leaves IP over, and everything else is ours to look at.
pub struct Libpcap {
    /// Left open until the process ends: a sandbox need not allow what closing it takes.
    capture: ManuallyDrop<Capture<Active>>,
    front: Front,
    /// `None` where frames say it themselves, or the link has no number.
    interface: Option<NonZeroU32>,
    knock: Option<KnockShape>,
    filtered_by: FilteredBy,
}

/// How a frame of this link begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Front {
    Known(Link),
    /// A family of four bytes, in an order that depends on the writer; the IP header says it again.
    Family,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FilteredBy {
    /// Whose packets begin with a header of this length.
    Kernel {
        header: u32,
    },
    Libpcap,
}

impl Libpcap {
    /// Opens an interface; this alone needs a privilege, `CAP_NET_RAW` for most.
    pub fn open(interface: &str, knock: Option<&KnockShape>) -> Result<Self, LibpcapError> {
        let refused = |cause| LibpcapError::Open(interface.to_owned(), cause);
        let mut capture = Capture::from_device(interface)
            .map(|capture| capture.immediate_mode(true).promisc(false))
            .map(|capture| capture.snaplen(LONGEST).buffer_size(RING))
            .and_then(Capture::open)
            .map_err(refused)?;
        // The second version tells which interface a packet came in by.
        if capture.get_datalink() == Linktype::LINUX_SLL {
            let _ = capture.set_datalink(Linktype::LINUX_SLL2);
        }
        let front = front_of(capture.get_datalink(), interface)?;
        let mut opened = Self {
            capture: ManuallyDrop::new(capture.setnonblock().map_err(refused)?),
            front,
            interface: name_to_index_of(interface),
            knock: knock.cloned(),
            filtered_by: FilteredBy::Libpcap,
        };
        opened.filter(interface)?;
        Ok(opened)
    }

    /// Tells the kernel which tags are valid now, and what to let through beside knocks; the same as
    /// with a packet socket of our own.
    pub fn watch_for(
        &mut self,
        tags: Option<&[[u8; 8]]>,
        touches: &Touches,
    ) -> Result<TagCheck, FilterError> {
        let FilteredBy::Kernel { header } = self.filtered_by else {
            return Ok(TagCheck::Listener);
        };
        let starts = tags.and_then(TagStarts::new);
        let precise = Wanted {
            knock: self.knock.as_ref(),
            tags: starts.as_ref(),
            touches,
            most_ranges: MOST_RANGES,
        };
        attach_what_fits(precise, |wanted| self.attach(header, wanted))
    }

    /// Makes the kernel's filter final, where there is one; says whether there is.
    pub fn lock_filter(&mut self) -> Result<bool, FilterError> {
        if self.filtered_by == FilteredBy::Libpcap {
            return Ok(false);
        }
        sys::lock_filter(self.fd()).map_err(FilterError::Lock)?;
        Ok(true)
    }

    /// How many packets were lost since `open`, because nobody fetched them in time.
    pub fn drops(&mut self) -> Result<u64, CaptureError> {
        let counted = self.capture.stats();
        counted
            .map(|counted| counted.dropped.into())
            .map_err(CaptureError::Libpcap)
    }

    /// Puts a filter in, and forgets what came in before it was there.
    fn filter(&mut self, interface: &str) -> Result<(), LibpcapError> {
        let is_packet_socket = SockRef::from(&self.fd())
            .domain()
            .is_ok_and(|domain| domain == Domain::PACKET);
        if let (true, Some(header)) = (is_packet_socket, self.front.length_before_ip()) {
            self.filtered_by = FilteredBy::Kernel { header };
            let nothing = Wanted {
                knock: self.knock.as_ref(),
                tags: None,
                touches: &Touches::default(),
                most_ranges: BRIEFLY,
            };
            self.attach(header, nothing)?;
        } else {
            let set = self.capture.filter("ip or ip6", true);
            set.map_err(|cause| LibpcapError::Open(interface.to_owned(), cause))?;
        }
        for _ in 0..ROUNDS_BEFORE {
            let before = self.capture.dispatch(Some(sys::BATCH), |_| ());
            if matches!(before, Ok(0) | Err(_)) {
                break;
            }
        }
        Ok(())
    }

    fn attach(&self, header: u32, wanted: Wanted<'_>) -> Result<(), FilterError> {
        let descriptor = self.fd();
        let program = behind_header(header, wanted);
        attach(&SockRef::from(&descriptor), program).map_err(FilterError::Attach)
    }
}

impl Source for Libpcap {
    fn fd(&self) -> BorrowedFd<'_> {
        self.capture.as_fd()
    }

    fn arrivals(&mut self, each: &mut dyn FnMut(Arrival<'_>)) -> Result<usize, CaptureError> {
        let (front, interface) = (self.front, self.interface);
        self.capture
            .dispatch(Some(sys::BATCH), |packet| {
                each(front.arrival(packet.data, interface));
            })
            .map_err(CaptureError::Libpcap)
    }
}

impl Front {
    fn arrival(self, frame: &[u8], interface: Option<NonZeroU32>) -> Arrival<'_> {
        let (frame, link) = match self {
            Self::Known(link) => (frame, link),
            Self::Family => (frame.get(FAMILY..).unwrap_or_default(), Link::Ip),
        };
        let from_frame = || match link {
            Link::Cooked2 => frame.get(INDEX..)?.first_chunk(),
            _ => None,
        };
        let told = || NonZeroU32::new(u32::from_be_bytes(*from_frame()?));
        Arrival {
            frame,
            link,
            interface: interface.or_else(told),
            recorded: None,
        }
    }

    /// Where the kernel's filter sees IP begin: it never sees a cooked header, which libpcap makes up.
    const fn length_before_ip(self) -> Option<u32> {
        match self {
            Self::Known(Link::Ethernet) => Some(14),
            Self::Known(Link::Ip | Link::Cooked | Link::Cooked2) => Some(0),
            _ => None,
        }
    }
}

/// Why libpcap gives no packets.
#[derive(Debug, Error)]
pub enum LibpcapError {
    /// It does not open the interface.
    #[error(
        "libpcap does not open {0}\n  it needs the capability CAP_NET_RAW, and an interface that is there and \
         up: `ip link` shows them; \"pcap:any\" is all of them"
    )]
    Open(String, #[source] pcap::Error),
    /// Frames of this link are not read.
    #[error(
        "frames of the link type {link} are not read, and {interface} has no other\n  Ethernet, raw IP, Linux \
         cooked and loopback links are: choose another interface, or \"pcap:any\""
    )]
    UnknownLink {
        /// The interface.
        interface: String,
        /// What libpcap calls its link.
        link: String,
    },
    /// The kernel refused the filter.
    #[error(transparent)]
    Filter(#[from] FilterError),
}

fn front_of(link: Linktype, interface: &str) -> Result<Front, LibpcapError> {
    Ok(match link {
        Linktype::ETHERNET => Front::Known(Link::Ethernet),
        // The number in files, and the two that libpcap has for it itself.
        Linktype::RAW | Linktype(12 | 14) | Linktype::IPV4 | Linktype::IPV6 => {
            Front::Known(Link::Ip)
        }
        Linktype::LINUX_SLL => Front::Known(Link::Cooked),
        Linktype::LINUX_SLL2 => Front::Known(Link::Cooked2),
        Linktype::NULL | Linktype::LOOP => Front::Family,
        Linktype(number) => {
            let name = link.get_name().unwrap_or_else(|_| number.to_string());
            return Err(LibpcapError::UnknownLink {
                interface: interface.to_owned(),
                link: name,
            });
        }
    })
}

/// `any` and what is no interface of the kernel's have none.
fn name_to_index_of(interface: &str) -> Option<NonZeroU32> {
    let socket = socket2::Socket::new(Domain::IPV4, socket2::Type::DGRAM, None)
        .or_else(|_| socket2::Socket::new(Domain::IPV6, socket2::Type::DGRAM, None));
    let index = socket
        .and_then(|socket| name_to_index(socket.as_fd(), interface).map_err(io::Error::from))
        .ok()?;
    NonZeroU32::new(index)
}

/// A longer packet is cut, and then reads as truncated.
const LONGEST: i32 = 2048;
/// Ten thousand knocks, or a tenth of a second of a flood.
const RING: i32 = 8 << 20;
/// As many batches as the ring can hold when the filter comes.
const ROUNDS_BEFORE: usize = 256;
/// `DLT_NULL` and `DLT_LOOP`.
const FAMILY: usize = 4;
/// Where the second version of a cooked header has the interface.
const INDEX: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_that_the_reader_knows_are_told_apart_and_others_refused_by_name() {
        for (link, front) in [
            (Linktype::ETHERNET, Front::Known(Link::Ethernet)),
            (Linktype(12), Front::Known(Link::Ip)),
            (Linktype::IPV6, Front::Known(Link::Ip)),
            (Linktype::LINUX_SLL, Front::Known(Link::Cooked)),
            (Linktype::LINUX_SLL2, Front::Known(Link::Cooked2)),
            (Linktype::NULL, Front::Family),
            (Linktype::LOOP, Front::Family),
        ] {
            assert_eq!(front_of(link, "eth0").unwrap(), front);
        }
        let words = front_of(Linktype::IEEE802_11, "wlan0")
            .unwrap_err()
            .to_string();
        assert!(
            words.contains("IEEE802_11") && words.contains("wlan0"),
            "{words}"
        );
    }

    #[test]
    fn a_family_in_front_is_taken_off_and_a_cooked_header_tells_the_interface() {
        let seven = NonZeroU32::new(7);
        let arrival = Front::Family.arrival(&[2, 0, 0, 0, 0x45], seven);
        assert_eq!((arrival.frame, arrival.link), (&[0x45][..], Link::Ip));
        assert_eq!(arrival.interface, seven);
        assert_eq!(Front::Family.arrival(&[2, 0], None).frame, &[] as &[u8]);
        let mut frame = [0; 21];
        frame[7] = 3;
        let arrival = Front::Known(Link::Cooked2).arrival(&frame, None);
        assert_eq!(arrival.interface, NonZeroU32::new(3));
        let cut = Front::Known(Link::Cooked2).arrival(&frame[..6], None);
        assert_eq!(cut.interface, None);
    }
}
