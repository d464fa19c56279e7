//! A real TCP service: it greets whoever comes, then says back what it hears.

use std::io::{self, Read, Write};
use std::net::{Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

use socket2::{Domain, Socket, Type};

use crate::error::LabError;
use crate::host::Host;

/// A service on one port of a host, for both address families; it ends when dropped.
#[derive(Debug)]
pub struct Greeter {
    socket: Socket,
    greeted: Arc<AtomicUsize>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Greeter {
    /// Starts to listen; connections are taken when this returns.
    pub fn start(host: &Host, port: u16, greeting: &str) -> Result<Self, LabError> {
        let socket = host
            .run(|| listen(port))?
            .map_err(|cause| LabError::kernel(host.name(), "listen", cause))?;
        let listener: TcpListener = socket
            .try_clone()
            .map_err(|cause| LabError::kernel(host.name(), "listen", cause))?
            .into();
        let greeted = Arc::new(AtomicUsize::new(0));
        let (count, greeting) = (Arc::clone(&greeted), greeting.to_owned());
        let thread = host.begin(move || welcome(&listener, &greeting, &count))?;
        Ok(Self {
            socket,
            greeted,
            thread: Some(thread),
        })
    }

    /// How many came in so far.
    pub fn greeted(&self) -> usize {
        self.greeted.load(Ordering::Acquire)
    }
}

impl Drop for Greeter {
    fn drop(&mut self) {
        // This is what wakes the thread that waits for the next one to come.
        drop(self.socket.shutdown(std::net::Shutdown::Both));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn listen(port: u16) -> io::Result<Socket> {
    let socket = Socket::new(Domain::IPV6, Type::STREAM, None)?;
    socket.set_only_v6(false)?;
    socket.set_reuse_address(true)?;
    socket.bind(&SocketAddr::from((Ipv6Addr::UNSPECIFIED, port)).into())?;
    socket.listen(QUEUE)?;
    Ok(socket)
}

fn welcome(listener: &TcpListener, greeting: &str, greeted: &AtomicUsize) {
    for stream in listener.incoming() {
        let Ok(stream) = stream else {
            return;
        };
        greeted.fetch_add(1, Ordering::AcqRel);
        let greeting = greeting.to_owned();
        // Whoever hangs up early ends only his own thread.
        thread::spawn(move || drop(serve(stream, &greeting)));
    }
}

fn serve(mut stream: TcpStream, greeting: &str) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.write_all(greeting.as_bytes())?;
    let mut words = [0; 1024];
    loop {
        let length = stream.read(&mut words)?;
        match words.get(..length) {
            Some(heard) if length > 0 => stream.write_all(heard)?,
            _ => return Ok(()),
        }
    }
}

/// More than any story opens at once.
const QUEUE: i32 = 1024;
