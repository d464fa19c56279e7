//! Sets of the administrator's own that a grant puts an address into: `ipv4 into nftables inet filter admins`.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::net::IpAddr;
use core::str::FromStr;

/// A set of addresses in the kernel that is not ours: the administrator made it, and asks it in a ruleset of his own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AddressSet {
    /// Of which IP version its addresses are.
    pub version: IpVersion,
    /// Where it is.
    pub place: SetPlace,
}

/// One of the two IP versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IpVersion {
    /// RFC 791.
    V4,
    /// RFC 8200.
    V6,
}

/// Where a set of addresses is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SetPlace {
    /// In a table of nftables.
    Nftables {
        /// The table's family.
        family: TableFamily,
        /// The table's name.
        table: String,
        /// The set's name.
        set: String,
    },
    /// Among the sets of ipset.
    Ipset {
        /// Its name.
        set: String,
    },
}

/// The families of tables whose rules see IP addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TableFamily {
    /// Both IP versions.
    Inet,
    /// IPv4 alone.
    Ip,
    /// IPv6 alone.
    Ip6,
}

impl AddressSet {
    /// Whether it can hold this address.
    pub const fn takes(&self, address: IpAddr) -> bool {
        matches!(
            (self.version, address),
            (IpVersion::V4, IpAddr::V4(_)) | (IpVersion::V6, IpAddr::V6(_))
        )
    }

    /// Whether ipset keeps it.
    pub const fn is_ipset(&self) -> bool {
        matches!(self.place, SetPlace::Ipset { .. })
    }
}

impl fmt::Display for AddressSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} into {}", self.version, self.place)
    }
}

impl fmt::Display for IpVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V4 => "ipv4",
            Self::V6 => "ipv6",
        })
    }
}

impl fmt::Display for SetPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nftables { family, table, set } => write!(f, "nftables {family} {table} {set}"),
            Self::Ipset { set } => write!(f, "ipset {set}"),
        }
    }
}

impl fmt::Display for TableFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Inet => "inet",
            Self::Ip => "ip",
            Self::Ip6 => "ip6",
        })
    }
}

impl FromStr for AddressSet {
    type Err = AddressSetError;

    fn from_str(text: &str) -> Result<Self, AddressSetError> {
        let words: Vec<&str> = text.split_ascii_whitespace().collect();
        let (version, place) = match words.as_slice() {
            [version, "into", place @ ..] => (version_of(version)?, place),
            _ => return Err(AddressSetError::Form),
        };
        let place = match place {
            ["nftables", family, table, set] => nftables(family, table, set, version)?,
            ["ipset", set] => SetPlace::Ipset {
                set: name(set, IPSET_NAME)?,
            },
            ["nftables", ..] => return Err(AddressSetError::NftablesForm),
            ["ipset", ..] => return Err(AddressSetError::IpsetForm),
            _ => return Err(AddressSetError::Form),
        };
        Ok(Self { version, place })
    }
}

fn version_of(text: &str) -> Result<IpVersion, AddressSetError> {
    match text {
        "ipv4" => Ok(IpVersion::V4),
        "ipv6" => Ok(IpVersion::V6),
        _ => Err(AddressSetError::Form),
    }
}

fn nftables(
    family: &str,
    table: &str,
    set: &str,
    version: IpVersion,
) -> Result<SetPlace, AddressSetError> {
    let family = match (family, version) {
        ("inet", _) => TableFamily::Inet,
        ("ip", IpVersion::V4) => TableFamily::Ip,
        ("ip6", IpVersion::V6) => TableFamily::Ip6,
        ("ip" | "ip6", _) => return Err(AddressSetError::WrongFamily),
        _ => return Err(AddressSetError::UnknownFamily),
    };
    let (table, set) = (name(table, NFTABLES_NAME)?, name(set, NFTABLES_NAME)?);
    if family == TableFamily::Inet && table == OUR_TABLE {
        return Err(AddressSetError::OurTable);
    }
    Ok(SetPlace::Nftables { family, table, set })
}

/// Names stand in commands that people copy: nothing in them may mean something to a shell.
fn name(text: &str, longest: usize) -> Result<String, AddressSetError> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    let begins_well = !text.starts_with('-');
    if text.len() <= longest && begins_well && text.bytes().all(is_plain) {
        Ok(text.to_owned())
    } else {
        Err(AddressSetError::Name)
    }
}

/// Why a text names no set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressSetError {
    /// It does not say which addresses go where.
    #[error(
        "this names no set\n  write it like this: \"ipv4 into nftables inet filter admins\" or \"ipv6 into ipset admins6\""
    )]
    Form,
    /// It names something in nftables that is no set.
    #[error(
        "a set of nftables is named by the family, its table and itself\n  write it like this: \"ipv4 into nftables inet filter admins\""
    )]
    NftablesForm,
    /// It names more or less than a set of ipset.
    #[error(
        "a set of ipset has a name of one word\n  write it like this: \"ipv4 into ipset admins\""
    )]
    IpsetForm,
    /// It names a family that has no IP addresses.
    #[error("no such family of tables\n  choose inet, ip or ip6")]
    UnknownFamily,
    /// It puts addresses where packets of that version never come by.
    #[error(
        "a table of this family never sees such addresses\n  ip is for ipv4, ip6 for ipv6, inet for both"
    )]
    WrongFamily,
    /// It names our own table.
    #[error(
        "the table inet nightlatch is the gate itself\n  name a set of your own; what opens a port of the gate is `open`"
    )]
    OurTable,
    /// It has a name that cannot be written down safely.
    #[error(
        "the name of a table or set is too long or has unusual characters\n  letters, digits, _, - and . will do; up to 31 of them for ipset"
    )]
    Name,
}

/// The name of the gate's own table.
const OUR_TABLE: &str = "nightlatch";
/// With the zero at their end, 256 and 32 bytes are what the kernel takes.
const NFTABLES_NAME: usize = 255;
const IPSET_NAME: usize = 31;

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn a_set_reads_as_it_is_written() {
        for text in [
            "ipv4 into nftables inet filter admins",
            "ipv6 into nftables inet filter admins6",
            "ipv4 into nftables ip my-table a.b_c",
            "ipv6 into nftables ip6 filter admins",
            "ipv4 into ipset admins",
            "ipv6 into ipset admins6",
        ] {
            assert_eq!(text.parse::<AddressSet>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_names_no_set_is_refused_with_its_reason() {
        use AddressSetError::*;
        for (text, reason) in [
            ("", Form),
            ("nftables inet filter admins", Form),
            ("ipv5 into ipset admins", Form),
            ("ipv4 into pf admins", Form),
            ("ipv4 into nftables filter admins", NftablesForm),
            ("ipv4 into nftables inet filter a b", NftablesForm),
            ("ipv4 into ipset", IpsetForm),
            ("ipv4 into ipset filter admins", IpsetForm),
            ("ipv4 into nftables bridge filter admins", UnknownFamily),
            ("ipv4 into nftables ip6 filter admins", WrongFamily),
            ("ipv6 into nftables ip filter admins", WrongFamily),
            ("ipv4 into nftables inet nightlatch open4", OurTable),
            ("ipv4 into ipset $(reboot)", Name),
            ("ipv4 into ipset -exist", Name),
            ("ipv4 into ipset a23456789b123456789c123456789d12", Name),
        ] {
            assert_eq!(text.parse::<AddressSet>(), Err(reason), "{text}");
        }
    }

    #[test]
    fn a_set_takes_addresses_of_its_own_version_only() {
        let set: AddressSet = "ipv4 into ipset admins".parse().unwrap();
        assert!(set.takes("192.0.2.1".parse().unwrap()));
        assert!(!set.takes("2001:db8::1".parse().unwrap()));
    }
}
