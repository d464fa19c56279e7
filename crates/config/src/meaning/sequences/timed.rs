//! `time-based = "FILE"`: ports that follow from a shared secret and the time.

use std::{path::Path, time::Duration};

use nightlatch_core::{Protocol, Timed};
use nightlatch_ticket::SequenceSecret;
use serde_spanned::Spanned;
use sha2::{Digest, Sha256};

use super::one_time::leading;
use crate::{
    desk::Desk,
    key_file::read_sequence_secret,
    meaning::{
        secret_path,
        values::{bounded, time, word},
    },
    ports::read_span,
    remark::Remark,
    text::SequenceText,
};

/// Reads the secret and how its ports are drawn.
pub(super) fn read(
    file: &Spanned<String>,
    text: &SequenceText,
    folder: &Path,
    desk: &mut Desk,
) -> Option<Timed> {
    let secret = secret(file, folder, desk);
    let steps = bounded(text.ports.as_ref(), FEWEST..=MOST, USUAL_PORTS, desk);
    let span = span(text.span.as_ref(), desk);
    let every = match &text.every {
        Some(written) => time(written, SHORTEST..=LONGEST, desk),
        None => Some(USUAL_PERIOD),
    };
    let protocol = word(
        text.protocol.as_ref(),
        &[("tcp", Protocol::Tcp), ("udp", Protocol::Udp)],
        desk,
    );
    let (secret, every) = (secret?, every?);
    Some(Timed {
        mark: mark(&secret, every),
        secret,
        steps: steps?,
        protocol: protocol?,
        span: span?,
        every,
    })
}

fn secret(written: &Spanned<String>, folder: &Path, desk: &mut Desk) -> Option<SequenceSecret> {
    let path = secret_path(written, folder, None, desk)?;
    match read_sequence_secret(&path) {
        Ok(secret) => Some(secret),
        Err(error) => {
            desk.add(
                Remark::of(written.span(), &error)
                    .label("the secret that the ports follow from")
                    .advise("make one with nightlatch sequence new"),
            );
            None
        }
    }
}

fn span(written: Option<&Spanned<String>>, desk: &mut Desk) -> Option<(u16, u16)> {
    let Some(written) = written else {
        return Some(USUAL_SPAN);
    };
    let remark = match read_span(written.get_ref()) {
        Ok((first, last)) if last.saturating_sub(first) >= NARROWEST => return Some((first, last)),
        Ok((first, last)) => Remark::error(
            written.span(),
            format!("{first}-{last} are too few ports to draw from"),
        )
        .advise("256 are the least; 20000-29999 is the usual span"),
        Err(error) => Remark::of(written.span(), &error),
    };
    desk.add(remark);
    None
}

/// By which the state remembers what was used: with another period the time steps have other numbers.
fn mark(secret: &SequenceSecret, every: Duration) -> [u8; 16] {
    let digest = Sha256::new_with_prefix("nightlatch time-based sequence")
        .chain_update(secret.expose_bytes())
        .chain_update(every.as_secs().to_be_bytes());
    leading(&digest.finalize().into())
}

/// Fewer are guessed, or met by a scan.
const FEWEST: i64 = 3;

/// More than anybody types.
const MOST: i64 = 8;

const USUAL_PORTS: u8 = 4;

const USUAL_SPAN: (u16, u16) = (20_000, 29_999);

/// From the first port to the last: 256 of them.
const NARROWEST: u16 = 255;

/// Nobody touches four ports faster than that by hand.
const SHORTEST: Duration = Duration::from_secs(5);

/// What is good for a day is as good as plain.
const LONGEST: Duration = Duration::from_hours(24);

/// As RFC 6238 §5.2 recommends.
const USUAL_PERIOD: Duration = Duration::from_secs(30);
