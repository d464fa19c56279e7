//! A line to the system's log: what syslog daemons and the journal take at /dev/log.

use std::io;
use std::os::unix::net::UnixDatagram;

use nightlatch_config::Syslog;
use serde_json::Value;

use super::letter::Sums;
use crate::events::Event;

/// The way to the system's log. Nobody is waited for: what it has no room for is lost.
#[derive(Debug)]
pub(super) struct SystemLog {
    syslog: Syslog,
    pid: u32,
    socket: Option<UnixDatagram>,
}

impl SystemLog {
    /// Lines will come from the process with this number.
    pub(super) const fn new(syslog: Syslog, pid: u32) -> Self {
        Self {
            syslog,
            pid,
            socket: None,
        }
    }

    /// Writes an event down.
    pub(super) fn tell(&mut self, event: &Event) -> io::Result<()> {
        let text = words(event);
        self.write(&text)
    }

    /// Writes down how many there were beside those that were told one by one.
    pub(super) fn sum_up(&mut self, sums: &Sums) -> io::Result<()> {
        let counts: Vec<String> = sums
            .iter()
            .map(|(kind, count)| format!(" {kind}={count}"))
            .collect();
        self.write(&format!("more{}", counts.concat()))
    }

    /// Writes down that somebody tries whether it comes over.
    pub(super) fn try_out(&mut self) -> io::Result<()> {
        self.write("test")
    }

    /// A log that was started anew has another socket: so a second time, over a new connection.
    fn write(&mut self, text: &str) -> io::Result<()> {
        // The local form has no host, and the date is the reader's: it has the better clock.
        let line = format!(
            "<{}>nightlatchd[{}]: {text}",
            self.syslog.priority, self.pid
        );
        match self.send(&line) {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => {
                self.socket = None;
                self.send(&line)
            }
            sent => sent,
        }
    }

    fn send(&mut self, line: &str) -> io::Result<()> {
        let socket = match self.socket.take() {
            Some(socket) => socket,
            None => self.connect()?,
        };
        let sent = socket.send(line.as_bytes());
        self.socket = Some(socket);
        sent.map(|_| ())
    }

    fn connect(&self) -> io::Result<UnixDatagram> {
        let socket = UnixDatagram::unbound()?;
        socket.set_nonblocking(true)?;
        socket.connect(&self.syslog.socket)?;
        Ok(socket)
    }
}

/// `granted client=alice service=ssh address=192.0.2.7 seconds=30`: the fields of its JSON but for the time.
fn words(event: &Event) -> String {
    let mut words = event.kind.name().to_owned();
    let Ok(Value::Object(fields)) = serde_json::to_value(event) else {
        return words;
    };
    let is_said = |name: &str| !matches!(name, "event" | "time" | "unix_ms");
    for (name, value) in fields.iter().filter(|(name, _)| is_said(name)) {
        words.push(' ');
        words.push_str(name);
        words.push('=');
        match value.as_str() {
            Some(text) if text.contains([' ', '"', '=']) => words.push_str(&value.to_string()),
            Some(text) => words.push_str(text),
            None => words.push_str(&value.to_string()),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::{Kind, Label, UnixMillis, Who};

    fn event() -> Event {
        Event::new(Kind::Refused, UnixMillis(1))
            .by(Who::Client(Label::of("alice")))
            .from("192.0.2.7".parse().unwrap())
            .saying("too many \"grants\"")
    }

    fn heard(log: &UnixDatagram) -> String {
        let mut place = [0; 512];
        let length = log.recv(&mut place).unwrap();
        str::from_utf8(&place[..length]).unwrap().to_owned()
    }

    #[test]
    fn a_line_has_priority_sender_and_what_happened() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("log");
        let log = UnixDatagram::bind(&socket).unwrap();
        let syslog = Syslog {
            priority: 85,
            socket: socket.clone(),
        };
        let mut system_log = SystemLog::new(syslog, 7);
        system_log.tell(&event()).unwrap();
        assert_eq!(
            heard(&log),
            r#"<85>nightlatchd[7]: refused address=192.0.2.7 client=alice detail="too many \"grants\"""#
        );
        // Started anew, at the same place.
        drop(log);
        std::fs::remove_file(&socket).unwrap();
        let log = UnixDatagram::bind(&socket).unwrap();
        let sums = [("banned".to_owned(), 37), ("unbanned".to_owned(), 1)].into();
        system_log.sum_up(&sums).unwrap();
        assert_eq!(heard(&log), "<85>nightlatchd[7]: more banned=37 unbanned=1");
    }

    #[test]
    fn a_log_that_does_not_read_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("log");
        let _log = UnixDatagram::bind(&socket).unwrap();
        let syslog = Syslog {
            priority: 85,
            socket,
        };
        let mut system_log = SystemLog::new(syslog, 7);
        let told = (0..100_000).take_while(|_| system_log.tell(&event()).is_ok());
        assert!(told.count() < 100_000);
    }
}
