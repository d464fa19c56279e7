//! Why a text is no step.

use alloc::string::String;

/// Why a text is no step.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StepError {
    /// Nothing but blanks.
    #[error("a step is empty\n  write tcp/7000, udp/8000 or icmp/echo")]
    Empty,
    /// A port that stands alone.
    #[error("`{0}` has no protocol\n  write tcp/{0} or udp/{0}")]
    NoProtocol(String),
    /// A port and its protocol as lists and knockd have them.
    #[error("`{port}:{protocol}` is written the other way round here\n  write {protocol}/{port}")]
    PortFirst {
        /// What stands before the colon.
        port: String,
        /// What stands behind it.
        protocol: &'static str,
    },
    /// It begins with something else than a protocol.
    #[error("`{0}` is no step\n  write tcp/7000, udp/8000 or icmp/echo")]
    UnknownProtocol(String),
    /// It is no number from 1 to 65535.
    #[error("there is no port `{0}`\n  ports are numbers from 1 to 65535")]
    NotAPort(String),
    /// Neither `echo` nor a number of one byte.
    #[error(
        "there is no ICMP type or code `{0}`\n  write icmp/echo, or numbers from 0 to 255: icmp4/13/0"
    )]
    NotAKind(String),
    /// A type that means one thing in IPv4 and another in IPv6.
    #[error("ICMP type {0} is not the same in IPv4 and IPv6\n  write icmp4/{0} or icmp6/{0}")]
    NoFamily(u8),
    /// A condition of which nothing is known.
    #[error(
        "no packet has a `{0}`\n  known here: flags, ttl, ip-id, df, length, source-port, seq, ack, window, options, payload"
    )]
    UnknownTrait(String),
    /// A condition that no such packet can meet.
    #[error("{protocol} has no `{name}`\n  leave it out, or use another protocol")]
    NotThere {
        /// The condition.
        name: &'static str,
        /// What was to meet it.
        protocol: &'static str,
    },
    /// A condition that stands there twice.
    #[error("`{0}` stands twice in one step\n  keep one of them")]
    Twice(&'static str),
    /// A condition without its value.
    #[error("`{0}` has no value\n  write it without blanks: {0}=…")]
    NoValue(String),
    /// `^=`, `~` or quotes where only `=` makes sense.
    #[error("`{0}` can only be equal to a plain value\n  write {0}=…, without quotes")]
    OnlyEqual(&'static str),
    /// Not a number, nor two with a dash.
    #[error("`{text}` is no number for `{name}`\n  write a number or a range: 64, 0x40 or 50-64")]
    NotANumber {
        /// The condition.
        name: &'static str,
        /// What stands there.
        text: String,
    },
    /// A number that the field has no room for.
    #[error("`{name}` has no room for {number}\n  {most} is the most")]
    TooHigh {
        /// The condition.
        name: &'static str,
        /// What stands there.
        number: u64,
        /// What fits.
        most: u32,
    },
    /// A range that ends before it begins.
    #[error("the range {text} of `{name}` ends before it begins\n  write the lower number first")]
    Backwards {
        /// The condition.
        name: &'static str,
        /// What stands there.
        text: String,
    },
    /// A control bit that TCP does not have.
    #[error(
        "TCP has no flag `{0}`\n  write some of fin, syn, rst, psh, ack, urg, ece, cwr, with a ! for those that must not be set, or flags=any"
    )]
    UnknownFlag(String),
    /// A control bit that must be set and must not.
    #[error("`{0}` cannot be set and not set\n  keep one of them")]
    FlagBothWays(&'static str),
    /// An option without a name or number of ours.
    #[error(
        "there is no TCP option `{0}`\n  write mss, sack, ts, nop, ws, eol, or the number of its kind: mss:1460,sack,ts,nop,ws:7"
    )]
    UnknownOption(String),
    /// A number in an option that holds none, or none so large.
    #[error(
        "the TCP option `{0}` cannot hold that\n  mss:0 to mss:65535, ws:0 to ws:255; sack, ts, nop and eol hold no number that could be asked for"
    )]
    OptionValue(String),
    /// More options than a header holds.
    #[error("{0} TCP options are too many\n  up to 40 fit into a header")]
    TooManyOptions(usize),
    /// Neither yes nor no.
    #[error("`{0}` is neither yes nor no\n  write df=yes or df=no")]
    NotYesOrNo(String),
    /// A payload that is neither in quotes nor in hex.
    #[error(
        "the payload is neither in quotes nor in hex\n  write payload='open sesame' or payload=0x6f70656e; a quote inside is written twice"
    )]
    Unquoted,
    /// A quote without its end, or with something right behind it.
    #[error(
        "a quote does not end where a blank follows\n  write payload='open sesame'; a quote inside is written twice"
    )]
    Quote,
    /// A line break or the like in a regular expression.
    #[error("the regular expression holds a control character\n  write \\n, \\t or \\x00 for it")]
    Control,
    /// Something else than pairs of hex digits.
    #[error("`{0}` is not made of pairs of hex digits\n  two digits make a byte: 0x6f70656e")]
    NotHex(String),
    /// A payload that is longer than any secret has to be.
    #[error("a payload of {0} bytes is too long\n  256 are the most")]
    LongPayload(usize),
}
