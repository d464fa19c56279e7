//! From the bytes of knockd's file to our text.

use std::path::Path;

use super::{plan, reading};
use crate::complaint::{Complaint, Complaints};

/// What becomes of commands that a grant can stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commands {
    /// The grant takes their place: the host's own firewall has to let the ports through.
    BecomeGrants,
    /// They run beside the grant: for a host whose own firewall drops the ports, as it did under knockd.
    RunAsWell,
}

/// Our text for a file of knockd's.
#[derive(Debug)]
pub struct Converted {
    /// The configuration, with comments that quote the original.
    pub text: String,
    /// What may hurt; each one's `Display` points at the original's line.
    pub warnings: Vec<Complaint>,
}

impl Converted {
    /// Whether a door is left that does something.
    pub(super) fn opens_something(&self) -> bool {
        let mut lines = self.text.lines();
        lines.any(|line| line.starts_with("[service."))
    }
}

/// Translates a file that knockd 0.8 accepts; what knockd refuses is refused, with everything that is wrong.
pub fn convert_knockd(
    path: &Path,
    bytes: &[u8],
    commands: Commands,
) -> Result<Converted, Complaints> {
    let (file, lines, mut desk) = reading::read(path, bytes);
    // A file that is refused has no meaning that could be translated.
    let (text, remarks) = if desk.is_clean() {
        plan::write(&file, &lines, commands)
    } else {
        (String::new(), Vec::new())
    };
    for remark in remarks {
        desk.add(remark);
    }
    let warnings = desk.close()?;
    Ok(Converted { text, warnings })
}
