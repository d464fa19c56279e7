//! From the kernel to frames, and the way back for an answer.
//!
//! ```text
//! kernel ─► filter (in the kernel) ─► PacketSocket ─┐
//!                 interfaces (rtnetlink) ─┘         ├─► Source::arrivals ─► frame, link
//! UDP port ──► headers put in front ─► UdpKnocks ───┤
//! firewall, by its choice ───────────────► Nflog ───┤
//! firewall's log: file, /dev/kmsg,     LogFollower, │
//!       a program's output ─────────► KernelLog,    ├
//! libpcap, where it is built in ──────────► Libpcap ──┤
//! pcap file ─────────────────────────► Recording ───┘
//! sealed ack ────────────────────────► ReplySocket ─► kernel
//! ```
//!
//! Everything that needs a privilege happens in `open`. What runs later works in a process without
//! any, under seccomp.

mod batch;
mod filter;
mod interfaces;
mod kernel_log;
#[cfg(feature = "libpcap")]
mod libpcap;
mod link_news;
mod log;
mod netlink;
mod nflog;
mod packet_socket;
mod recording;
mod reply;
mod source;
#[expect(
    unsafe_code,
    reason = "the kernel's structures are reached here and nowhere else"
)]
mod sys;
mod udp_headers;
mod udp_knocks;
mod watch;

pub use filter::{KnockShape, MOST_TAGS, Touches};
pub use kernel_log::{KernelLog, KernelLogError};
#[cfg(feature = "libpcap")]
pub use libpcap::{Libpcap, LibpcapError};
pub use log::{Deafness, FollowError, LogFollower, LogLosses, LogStream};
pub use nflog::{Nflog, NflogError};
pub use packet_socket::{FilterError, OpenError, PacketSocket};
pub use recording::{Recording, RecordingError};
pub use reply::{ReplyOpenError, ReplySocket, SendError};
pub use source::{Arrival, CaptureError, Source};
pub use udp_knocks::UdpKnocks;
pub use watch::{Interfaces, TagCheck, Watch};
