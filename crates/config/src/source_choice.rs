//! Where the daemon sees what strangers send, as it is written: `packets`, `log:…`, `kmsg`, `nflog:5`, `udp`,
//! `pcap:eth0`.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use thiserror::Error;

/// Where the daemon sees what strangers send.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SourceChoice {
    /// Packet sockets: all that the interfaces receive.
    Packets,
    /// The firewall's lines in a file that a syslog daemon writes.
    Log(PathBuf),
    /// The firewall's lines in the kernel's own log, `/dev/kmsg`.
    KernelLog,
    /// The firewall's lines in the journal, as `journalctl` reads them out.
    Journal,
    /// What the firewall sends to this NFLOG group.
    Nflog(u16),
    /// A UDP socket at the knock port.
    Udp,
    /// An interface as libpcap gives it, where that is built in.
    Pcap(String),
}

/// What a source can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    /// Whole packets: knocks, touches, and every condition of a step.
    Everything,
    /// Knocks alone.
    Knocks,
    /// Touches alone, without what they carry.
    Touches,
}

/// Why a word names no source.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SourceError {
    /// Nothing that is known.
    #[error(
        "there is no source {0:?}\n  choose from \"packets\", \"log:/var/log/kern.log\", \"kmsg\", \"journal\", \
         \"nflog:5\", \"udp\" and \"pcap:eth0\""
    )]
    Unknown(String),
    /// A log without its file.
    #[error(
        "no file is named\n  name the one that the firewall's lines go to: \"log:/var/log/kern.log\""
    )]
    NoFile,
    /// A group that does not exist.
    #[error("there is no NFLOG group {0:?}\n  groups go from 0 to 65535: \"nflog:5\"")]
    NoGroup(String),
    /// libpcap without an interface.
    #[error(
        "no interface is named\n  name the one that libpcap is to hear: \"pcap:eth0\", or \"pcap:any\" for all of \
         them"
    )]
    NoInterface,
}

impl SourceChoice {
    /// What it can show.
    pub const fn shows(&self) -> Shows {
        match self {
            Self::Packets | Self::Nflog(_) | Self::Pcap(_) => Shows::Everything,
            Self::Udp => Shows::Knocks,
            Self::Log(_) | Self::KernelLog | Self::Journal => Shows::Touches,
        }
    }

    /// The same with its path beginning at this folder, unless it begins at the root.
    pub(crate) fn below(self, folder: &Path) -> Self {
        match self {
            Self::Log(path) => Self::Log(folder.join(path)),
            other => other,
        }
    }
}

impl fmt::Display for SourceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Packets => f.write_str("packets"),
            Self::Log(path) => write!(f, "log:{}", path.display()),
            Self::KernelLog => f.write_str("kmsg"),
            Self::Journal => f.write_str("journal"),
            Self::Nflog(group) => write!(f, "nflog:{group}"),
            Self::Udp => f.write_str("udp"),
            Self::Pcap(interface) => write!(f, "pcap:{interface}"),
        }
    }
}

impl FromStr for SourceChoice {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, SourceError> {
        match text.split_once(':') {
            Some(("log", path)) if path.is_empty() || path.contains('\0') => {
                Err(SourceError::NoFile)
            }
            Some(("log", path)) => Ok(Self::Log(path.into())),
            Some(("pcap", name)) if !is_interface(name) => Err(SourceError::NoInterface),
            Some(("pcap", name)) => Ok(Self::Pcap(name.to_owned())),
            Some(("nflog", group)) => group_of(group).map(Self::Nflog),
            _ => match text {
                "packets" => Ok(Self::Packets),
                "kmsg" => Ok(Self::KernelLog),
                "journal" => Ok(Self::Journal),
                "udp" => Ok(Self::Udp),
                "log" => Err(SourceError::NoFile),
                "pcap" => Err(SourceError::NoInterface),
                "nflog" => Err(SourceError::NoGroup(String::new())),
                other => Err(SourceError::Unknown(other.to_owned())),
            },
        }
    }
}

/// libpcap has names of its own beside the kernel's; none of them has a blank in it.
fn is_interface(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Digits alone: `+5` is no group.
fn group_of(text: &str) -> Result<u16, SourceError> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number
        .then(|| text.parse().ok())
        .flatten()
        .ok_or_else(|| SourceError::NoGroup(text.to_owned()))
}

/// Every word that names a source, or begins one.
pub(crate) const WORDS: [&str; 7] = [
    "packets", "log:", "kmsg", "journal", "nflog:", "udp", "pcap:",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for text in [
            "packets",
            "log:/var/log/kern.log",
            "log:a:b",
            "kmsg",
            "journal",
            "nflog:0",
            "nflog:65535",
            "udp",
            "pcap:eth0.5",
            "pcap:any",
        ] {
            let source: SourceChoice = text.parse().unwrap();
            assert_eq!(source.to_string(), text);
        }
    }

    #[test]
    fn what_names_no_source_is_refused() {
        for text in [
            "",
            "Packets",
            "pcap",
            "pcap:",
            "pcap:eth 0",
            "pcap:\0",
            "log",
            "log:",
            "log:\0",
            "nflog",
            "nflog:",
            "nflog:65536",
            "nflog:+5",
            "nflog:5 ",
            "udp:1",
            "kmsg:",
        ] {
            assert!(text.parse::<SourceChoice>().is_err(), "{text:?}");
        }
    }
}
