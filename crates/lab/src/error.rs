//! What can go wrong while the small network is built or used.

use std::io;

use thiserror::Error;

use crate::address::SubnetError;

/// Something that the lab asked of the kernel and did not get.
#[derive(Debug, Error)]
pub enum LabError {
    /// A text is not an address with a prefix length.
    #[error(transparent)]
    Subnet(#[from] SubnetError),
    /// The kernel refused one step.
    #[error("{host}: the kernel refused to {step}: {cause}")]
    Kernel {
        /// The host where it was asked.
        host: String,
        /// What was asked.
        step: String,
        /// What the kernel said.
        #[source]
        cause: io::Error,
    },
    /// The route socket answered with something that is no answer.
    #[error("{host}: the kernel's answer to \"{step}\" cannot be read")]
    Answer {
        /// The host where it was asked.
        host: String,
        /// What was asked.
        step: String,
    },
    /// A link did not come up.
    #[error("{host}: {interface} is not up after three seconds\n  the other end may be down")]
    NotUp {
        /// The host that has the interface.
        host: String,
        /// The interface.
        interface: String,
    },
}

impl LabError {
    /// Wraps what the kernel said about one step on one host.
    pub(crate) fn kernel(host: &str, step: &str, cause: impl Into<io::Error>) -> Self {
        Self::Kernel {
            host: host.to_owned(),
            step: step.to_owned(),
            cause: cause.into(),
        }
    }
}
