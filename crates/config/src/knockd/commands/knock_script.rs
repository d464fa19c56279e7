//! `knock_helper_ipt.sh`, which comes with knockd.

use super::{
    change::{Act, Change, Family, Said, Unread, once},
    iptables::of_chain,
    ports,
};

/// Reads what stands behind the script's name.
pub(super) fn read(arguments: &[&str]) -> Result<Change, Unread> {
    let mut words = arguments.iter().copied().peekable();
    let mut said = Said {
        accepts: Some(true),
        ..Said::default()
    };
    let mut chain = None;
    while let Some(word) = words.next() {
        let (option, glued) = word.split_at_checked(2).ok_or(Unread::Unknown)?;
        match (option, glued) {
            ("-a" | "-i", "") => once(&mut said.act, Act::Open)?,
            ("-x", "") => once(&mut said.act, Act::Close)?,
            ("-m", "") => drop(words.next_if(|next| !next.starts_with('-'))),
            // The script gives its comment to a shell, between quotes.
            ("-m", comment) if !comment.contains('\'') => {}
            ("-v", "") => {}
            ("-f" | "-d" | "-p" | "-c", glued) => {
                let value = match glued {
                    "" => words.next().ok_or(Unread::Unknown)?,
                    glued => glued,
                };
                match option {
                    "-f" => once(&mut said.source, value.to_owned())?,
                    "-d" => {
                        let range = ports::range(value, ':').ok_or(Unread::Unknown)?;
                        once(&mut said.ports, vec![range])?;
                    }
                    "-p" => {
                        let protocol = ports::protocol(value).ok_or(Unread::Unknown)?;
                        once(&mut said.protocol, protocol)?;
                    }
                    _ => once(&mut chain, value)?,
                }
            }
            _ => return Err(Unread::Unknown),
        }
    }
    // The script gives this name to a shell as it stands.
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    let chain = chain.unwrap_or("INPUT");
    if !chain.chars().all(is_plain) {
        return Err(Unread::Unknown);
    }
    said.dropped.extend(of_chain(chain)?);
    said.protocol = said.protocol.or_else(|| ports::protocol("tcp"));
    said.change(Family::Four)
}
