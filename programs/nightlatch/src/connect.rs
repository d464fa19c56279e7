//! Connecting to a port that a knock has just opened, and joining it to standard input and output.

use std::fs::File;
use std::io;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::fd::AsFd;
use std::thread;
use std::time::Duration;

/// Connects to the first of the addresses that answers.
///
/// The door may need a moment more than its ack, when answers overtake each other; a lost SYN is
/// sent again by the kernel within the time that is given here.
pub(crate) fn reach(addresses: &[SocketAddr]) -> Result<TcpStream, ReachError> {
    let mut refusals = Vec::new();
    for address in addresses {
        match TcpStream::connect_timeout(address, CONNECT_PATIENCE) {
            Ok(stream) => {
                // Interactive bytes shall not wait for company; where this fails, they wait.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Err(cause) => refusals.push(Refusal {
                address: *address,
                cause,
            }),
        }
    }
    Err(ReachError(refusals))
}

/// Why no address of a host could be reached.
#[derive(Debug, thiserror::Error)]
#[error("{}", told(.0))]
pub(crate) struct ReachError(Vec<Refusal>);

#[derive(Debug)]
struct Refusal {
    address: SocketAddr,
    cause: io::Error,
}

fn told(refusals: &[Refusal]) -> String {
    let lines: Vec<_> = refusals
        .iter()
        .map(|Refusal { address, cause }| match cause.kind() {
            io::ErrorKind::ConnectionRefused => {
                format!("{address} is open, but no service listens there\n  start the service on the server")
            }
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => {
                format!("{address} stays silent\n  does the knock open this port?")
            }
            _ => format!("{address} cannot be reached: {cause}"),
        })
        .collect();
    lines.join("\n")
}

/// Carries bytes both ways until the far side has said everything.
///
/// When standard input ends, the far side is told so and may go on talking.
pub(crate) fn join(stream: &TcpStream) -> io::Result<()> {
    // Files, not the standard library's buffered standard streams: each byte goes on at once, and
    // the kernel can move them without showing them to us.
    let mut input = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    let mut output = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    let (mut there, mut back) = (stream.try_clone()?, stream.try_clone()?);
    // Not joined: it may wait for the keyboard for ever, and it dies with the program.
    thread::Builder::new()
        .name("towards the server".to_owned())
        .spawn(move || {
            // An error here is one that the other direction sees as well, and tells.
            let _ = io::copy(&mut input, &mut there);
            let _ = there.shutdown(Shutdown::Write);
        })?;
    match io::copy(&mut back, &mut output) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome.map(drop),
    }
}

const CONNECT_PATIENCE: Duration = Duration::from_secs(10);
