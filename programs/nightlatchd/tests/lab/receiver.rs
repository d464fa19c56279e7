//! A receiver of webhooks: notes every request and answers as it is told to.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use nightlatch_lab::{Host, wait_until};
use serde_json::Value;
use sha2::Sha256;

/// One that listens at a host, until the test ends.
pub(crate) struct Receiver {
    noted: Arc<Mutex<Noted>>,
}

#[derive(Default)]
struct Noted {
    taken: usize,
    requests: Vec<Request>,
    answer: Option<&'static str>,
}

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) head: String,
    pub(crate) fields: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Noted {
    /// Counts a connection, and says what it is answered.
    fn take(&mut self) -> Option<&'static str> {
        self.taken += 1;
        self.answer
    }
}

impl Receiver {
    /// Listens at every address of a host. Without an answer it takes connections, and says nothing.
    pub(crate) fn start(host: &Host, port: u16, answer: Option<&'static str>) -> Self {
        let everywhere = SocketAddr::from(([0, 0, 0, 0], port));
        let listener = host.run(|| TcpListener::bind(everywhere)).unwrap().unwrap();
        let noted = Arc::new(Mutex::new(Noted {
            answer,
            ..Noted::default()
        }));
        let book = Arc::clone(&noted);
        thread::spawn(move || {
            let mut silent = Vec::new();
            for stream in listener.incoming().map_while(Result::ok) {
                let answer = book.lock().unwrap().take();
                match answer {
                    None => silent.push(stream),
                    Some(answer) => drop(serve(&stream, answer, &book)),
                }
            }
        });
        Self { noted }
    }

    /// From now on it answers so.
    pub(crate) fn answer(&self, answer: &'static str) {
        self.noted.lock().unwrap().answer = Some(answer);
    }

    /// Everything that came so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.noted.lock().unwrap().requests.clone()
    }

    /// How many connections it has taken so far.
    pub(crate) fn taken(&self) -> usize {
        self.noted.lock().unwrap().taken
    }

    /// Waits until so many requests came.
    pub(crate) fn await_requests(&self, many: usize, log: impl Fn() -> String) -> Vec<Request> {
        let have_come = || self.requests().len() >= many;
        assert!(
            wait_until(PATIENCE, have_come),
            "{many} requests: {:?}\n{}",
            self.requests(),
            log()
        );
        self.requests()
    }
}

impl Request {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// Whether the signature is that of the secret, over id, timestamp and body.
    pub(crate) fn is_signed_with(&self, secret: &str) -> bool {
        let key = STANDARD
            .decode(secret.strip_prefix("whsec_").unwrap())
            .unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        let [id, timestamp] = ["webhook-id", "webhook-timestamp"].map(|name| &self.fields[name]);
        mac.update(format!("{id}.{timestamp}.{}", self.body).as_bytes());
        let code = STANDARD.encode(mac.finalize().into_bytes());
        self.fields["webhook-signature"] == format!("v1,{code}")
    }
}

fn serve(stream: &TcpStream, answer: &str, book: &Mutex<Noted>) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    reader.read_line(&mut head)?;
    let mut fields = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        fields.insert(name.to_lowercase(), value.to_owned());
    }
    let length = fields["content-length"].parse().unwrap();
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    book.lock().unwrap().requests.push(Request {
        head: head.trim_end().to_owned(),
        fields,
        body: String::from_utf8(body).unwrap(),
    });
    let mut stream = stream;
    write!(stream, "HTTP/1.1 {answer}\r\ncontent-length: 0\r\n\r\n")
}

/// A busy machine may take long.
const PATIENCE: Duration = Duration::from_secs(15);
