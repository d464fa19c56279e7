//! The tasks about sequences of ports.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use nightlatch_config::{
    KeyFileError, ReadError, read_sequence_secret, write_sequence_list, write_sequence_secret,
};
use nightlatch_core::Protocol;
use nightlatch_ticket::SequenceSecret;
use zeroize::Zeroizing;

use super::knocking::family;
use crate::clock::Clock;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::keys::KeyError;
use crate::options::{Knock, Lines, New, Sequence, Show, Timed};
use crate::randomness::randomness;
use crate::sequence::{
    PortSpan, Shape, Showing, Telling, Told, Touching, json, lines, pasted, show, touch_host,
    written,
};
use crate::touch::{Touches, USUAL_PAUSE};
use crate::voice::{remark, say};

pub(super) fn sequence(task: &Sequence) -> Result<Exit, Failure> {
    match task {
        Sequence::Show(options) => show_ports(options),
        Sequence::New(options) => make_secret(options),
        Sequence::Lines(options) => make_lines(options),
    }
}

/// Touches ports, where the command line asks for that instead of a knock with a key.
pub(super) fn touched(options: &Knock) -> Result<Option<Exit>, Failure> {
    let Some(touches) = touches(options)? else {
        return Ok(None);
    };
    let host = &options.door.server;
    let walks = touch_host(Touching {
        host,
        touches: &touches,
        pause: options.touching.pause.unwrap_or(USUAL_PAUSE),
        family: family(&options.way),
        telling: if options.way.verbose {
            Telling::Touches
        } else {
            Telling::Nothing
        },
    })?;
    let told = Told {
        host,
        touches: &touches,
        walks: &walks,
    };
    let said = told.said();
    said.remarks.iter().for_each(|line| remark(line));
    if options.manner.json {
        say(&told.json())?;
    } else {
        said.answers.iter().try_for_each(|line| say(line))?;
    }
    Ok(Some(told.exit()))
}

fn touches(options: &Knock) -> Result<Option<Touches>, Failure> {
    if let Some(touches) = &options.touching.sequence {
        return Ok(Some(touches.clone()));
    }
    let Some((shape, secret)) = timed(&options.touching.timed)? else {
        return Ok(None);
    };
    let now = Clock::system().unix();
    let ports = shape
        .sets(&secret, now)
        .next()
        .map(|set| set.touches(shape.protocol()));
    // Three to eight ports, as the options have it: neither none nor too many.
    Ok(Touches::new(ports.unwrap_or_default()).ok())
}

/// The shape and the secret of a time-based sequence, where the command line names a secret.
fn timed(options: &Timed) -> Result<Option<(Shape, SequenceSecret)>, Failure> {
    let Some(file) = &options.secret else {
        return Ok(None);
    };
    let shape = Shape::new(
        options.ports.unwrap_or(USUAL_PORTS),
        options.span.unwrap_or(PortSpan::USUAL),
        options.every.unwrap_or(USUAL_PERIOD),
        options.protocol.unwrap_or(Protocol::Tcp),
    )?;
    let secret = read_sequence_secret(file).map_err(|error| match error {
        KeyFileError::Unread(ReadError::Missing(file)) => KeyError::NoSequence(file),
        error => KeyError::Read(error),
    })?;
    Ok(Some((shape, secret)))
}

fn show_ports(options: &Show) -> Result<Exit, Failure> {
    // The options ask for a secret: without one they are not understood.
    let Some((shape, secret)) = timed(&options.timed)? else {
        return Ok(Exit::Usage);
    };
    let how = Showing {
        host: &options.host,
        paper: options.times,
    };
    let now = Clock::system().unix();
    let told = if options.json { json } else { show };
    say(&told(shape, &secret, how, now))?;
    Ok(Exit::Done)
}

fn make_secret(options: &New) -> Result<Exit, Failure> {
    let file = &options.output;
    let secret = SequenceSecret::generate(&mut randomness()?);
    write_sequence_secret(file, &secret).map_err(KeyError::Write)?;
    remark(&format!(
        "the secret is in {}: the server gets the same file; nightlatch sequence show --secret {0} shows the ports",
        file.display()
    ));
    Ok(Exit::Done)
}

fn make_lines(options: &Lines) -> Result<Exit, Failure> {
    let rng = &mut randomness()?;
    let drawn = lines(options.number, options.steps, options.span, rng)?;
    let list = listed(&drawn, options);
    match &options.output {
        None => say(list.trim_end())?,
        Some(file) => {
            write_sequence_list(file, &list).map_err(KeyError::Write)?;
            tell_written(file, options.number);
        }
    }
    Ok(Exit::Done)
}

fn listed(drawn: &[Vec<u16>], options: &Lines) -> Zeroizing<String> {
    let protocol = options.protocol;
    let mut list = Zeroizing::new(String::from(LIST_CAPTION));
    for line in drawn {
        if let Some(host) = &options.host {
            let _ = writeln!(
                list,
                "# {}",
                pasted(line, protocol, &host.escape_debug().to_string())
            );
        }
        let _ = writeln!(list, "{}", written(line, protocol));
    }
    list
}

fn tell_written(file: &Path, number: u16) {
    remark(&format!(
        "{number} sequences are in {}: the server gets the file, the person a copy",
        file.display()
    ));
}

const LIST_CAPTION: &str =
    "# nightlatch one-time sequences: each opens once, in this order; show them to nobody\n";
const USUAL_PORTS: u8 = 4;
const USUAL_PERIOD: Duration = Duration::from_secs(30);
