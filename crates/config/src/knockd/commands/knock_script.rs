//! `knock_helper_ipt.sh`, which comes with knockd.

use super::{
    change::{Act, Change, Family, Said, Unread},
    iptables::of_chain,
    ports,
};

/// Reads what stands behind the script's name.
pub(super) fn read(arguments: &[&str]) -> Result<Change, Unread> {
    let mut words = arguments.iter().copied().peekable();
    let mut said = Said {
        accepts: Some(true),
        protocol: ports::protocol("tcp"),
        ..Said::default()
    };
    while let Some(word) = words.next() {
        let (option, glued) = word.split_at_checked(2).ok_or(Unread::Unknown)?;
        match option {
            "-a" | "-i" => said.act = Some(Act::Open),
            "-x" => said.act = Some(Act::Close),
            "-m" if glued.is_empty() => drop(words.next_if(|next| !next.starts_with('-'))),
            "-m" | "-v" => {}
            _ => {
                let value = match glued {
                    "" => words.next().ok_or(Unread::Unknown)?,
                    glued => glued,
                };
                match option {
                    "-f" => said.source = Some(value.to_owned()),
                    "-d" => said.ports = Some(ports::read(value).ok_or(Unread::Unknown)?),
                    "-p" => said.protocol = Some(ports::protocol(value).ok_or(Unread::Unknown)?),
                    "-c" => said.dropped.extend(of_chain(value)?),
                    _ => return Err(Unread::Unknown),
                }
            }
        }
    }
    said.change(Family::Four)
}
