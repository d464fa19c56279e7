//! A real UDP service: it says back what it hears.

use std::io;
use std::net::{Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use crate::error::LabError;
use crate::host::Host;

/// A service on one port of a host, for both address families; it ends when dropped.
#[derive(Debug)]
pub struct Echo {
    stop: Arc<AtomicBool>,
    heard: Arc<AtomicUsize>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Echo {
    /// Starts to listen; datagrams are taken when this returns.
    pub fn start(host: &Host, port: u16) -> Result<Self, LabError> {
        let socket = host
            .run(|| listen(port))?
            .map_err(|cause| LabError::kernel(host.name(), "listen", cause))?;
        let (stop, heard) = (Arc::new(AtomicBool::new(false)), Arc::default());
        let (stopped, count) = (Arc::clone(&stop), Arc::clone(&heard));
        let thread = host.begin(move || answer(&socket, &count, &stopped))?;
        Ok(Self {
            stop,
            heard,
            thread: Some(thread),
        })
    }

    /// How many datagrams came so far.
    pub fn heard(&self) -> usize {
        self.heard.load(Ordering::Acquire)
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn listen(port: u16) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::IPV6, Type::DGRAM, None)?;
    socket.set_only_v6(false)?;
    socket.bind(&SocketAddr::from((Ipv6Addr::UNSPECIFIED, port)).into())?;
    socket.set_read_timeout(Some(LOOK_UP))?;
    Ok(socket.into())
}

fn answer(socket: &UdpSocket, heard: &AtomicUsize, stop: &AtomicBool) {
    let mut words = [0; 2048];
    while !stop.load(Ordering::Acquire) {
        // Whoever is not there any more ends nobody else's service.
        let Ok((length, from)) = socket.recv_from(&mut words) else {
            continue;
        };
        heard.fetch_add(1, Ordering::AcqRel);
        drop(socket.send_to(words.get(..length).unwrap_or_default(), from));
    }
}

/// How often it looks whether it is to end.
const LOOK_UP: Duration = Duration::from_millis(50);
