//! How much a line matters.

/// How much it matters; the numbers are syslog's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// Something does not work.
    Error = 3,
    /// Something works, but not as it should.
    Warning = 4,
    /// Somebody got in, or the daemon changed.
    Notice = 5,
    /// The rest.
    Info = 6,
}
