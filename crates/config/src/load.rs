//! From a path to a configuration, or to everything that is wrong with it.

use std::path::Path;

use crate::{
    complaint::Complaints,
    desk::Desk,
    meaning,
    person::{self, Person},
    server::Server,
    source::Source,
    trust::{Care, ReadError, Trusted, check_folder_of},
};

/// Reads a server's configuration and every file that it names.
pub fn load_server(path: &Path) -> Result<Server, ConfigError> {
    let text = read(path)?;
    let mut desk = Desk::new(Source::new(path, &text));
    let server = meaning::server(path, &text, &mut desk);
    let warnings = desk.close()?;
    server
        .map(|server| Server { warnings, ..server })
        .ok_or(ConfigError::Empty)
}

/// Reads a person's configuration; `~/` in it means `home`.
pub fn load_person(path: &Path, home: Option<&Path>) -> Result<Person, ConfigError> {
    let text = read(path)?;
    let mut desk = Desk::new(Source::new(path, &text));
    let servers = person::meaning::servers(path, &text, home, &mut desk);
    let warnings = desk.close()?;
    Ok(Person { servers, warnings })
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file is not there, may not be read, or may be written by others.
    #[error(transparent)]
    Unread(#[from] ReadError),
    /// Something in it is wrong; each complaint points at its place.
    #[error(transparent)]
    Wrong(#[from] Complaints),
    /// Nothing stands in it.
    #[error("the file says nothing\n  begin with the table [server]")]
    Empty,
}

impl ConfigError {
    /// The message with colours, for a terminal.
    pub fn painted(&self) -> String {
        match self {
            Self::Wrong(complaints) => complaints.painted(),
            Self::Unread(_) | Self::Empty => self.to_string(),
        }
    }
}

fn read(path: &Path) -> Result<zeroize::Zeroizing<String>, ReadError> {
    let mut file = Trusted::open(path, Care::Public)?;
    check_folder_of(path)?;
    file.text(LONGEST_CONFIG)
}

/// Far more than anybody writes by hand; clients by the thousand belong into the clients file.
const LONGEST_CONFIG: usize = 4 << 20;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GOOD: &str = concat!(
        include_str!("../../../config/examples/home-lab.toml"),
        "[encrypted-sequence]\nskip = ['22222']\n[messages]\nrun = 'note'\n",
        "[action.note]\nstart = ['/bin/true', '%IP%']\nstop-shell = 'true'\n",
        "[sequence.plain]\nsteps = ['tcp/31007 ttl=1-9 options=mss:1,nop', \"udp/4711 payload~'k+'\"]\n",
        "opens = 'ssh'\n[notify.log]\nsyslog = 'daemon.info'\non = ['banned']\nservices = ['ssh']\n[sequence.timed]\ntime-based = 'f'\nspan = '20000-29999'\ncloses = 'ssh'\n",
    );

    fn shown(text: &str) -> String {
        let path = Path::new("/nowhere/at/all.toml");
        let mut desk = Desk::new(Source::new(path, text));
        let _ = meaning::server(path, text, &mut desk);
        let server = desk
            .close()
            .err()
            .map_or_else(String::new, |complaints| complaints.painted());
        let mut desk = Desk::new(Source::new(path, text));
        let _ = person::meaning::servers(path, text, None, &mut desk);
        server
            + &desk
                .close()
                .err()
                .map_or_else(String::new, |complaints| complaints.to_string())
    }

    proptest! {
        #[test]
        fn whatever_stands_in_the_file_it_ends_in_a_complaint(text in "\\PC{0,200}") {
            shown(&text);
        }

        #[test]
        fn a_good_file_with_holes_and_patches_ends_in_a_complaint(
            at in 0..GOOD.len(), length in 0_usize..40, patch in "[\\[\\]\"='#.\\n\\r\\tä€𝄞a-z0-9-]{0,12}",
        ) {
            let end = at.saturating_add(length).min(GOOD.len());
            let (Some(before), Some(after)) = (GOOD.get(..at), GOOD.get(end..)) else { return Ok(()) };
            let text = format!("{before}{patch}{after}");
            prop_assert!(!shown(&text).is_empty());
        }
    }
}
