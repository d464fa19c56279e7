//! Keys, and knocks sealed with them.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{BufWriter, Write as _};
use std::net::Ipv4Addr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, Result};
use getrandom::SysRng;
use nightlatch_config::write_secret_key;
use nightlatch_lab::unix_now;
use nightlatch_ticket::{
    Counter, Epoch, Kind, PairKeys, PresharedSecret, PublicKey, Request, Sealed, SecretKey,
    SequenceKind, SequenceRequest, SequenceText, ServiceHash, Span, Tagged, UnixTime, seal,
    seal_sequence, spread,
};
use rand_core::{Rng, UnwrapErr};

/// Everybody who may knock at one server.
pub(super) struct Clients {
    pub(super) server: SecretKey,
    /// Those who do.
    pub(super) people: Vec<Person>,
    /// How many more are on the list, and never come.
    pub(super) others: u32,
}

/// Somebody with a key.
pub(super) struct Person {
    public: PublicKey,
    shared: PresharedSecret,
    pub(super) keys: PairKeys,
    last: Counter,
}

impl Clients {
    /// Draws keys for people who knock, and counts others who are only listed.
    pub(super) fn draw(people: u32, others: u32) -> Result<Self> {
        let server = SecretKey::generate(&mut random());
        let people = (0..people)
            .map(|_| Person::draw(&server.public()))
            .collect::<Result<_>>()?;
        Ok(Self {
            server,
            people,
            others,
        })
    }

    pub(super) fn count(&self) -> u32 {
        let people = u32::try_from(self.people.len()).unwrap_or(u32::MAX);
        people.saturating_add(self.others)
    }

    /// Writes the server's key and the list of clients into a folder, those who never come first.
    pub(super) fn write(&self, folder: &Path) -> Result<()> {
        let key = folder.join("server.key");
        write_secret_key(&key, &self.server, None, &mut random())?;
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(folder.join("clients"))?;
        let mut list = BufWriter::new(file);
        let mut line = String::new();
        for other in 0..self.others {
            // Any 32 bytes are a public key of X25519; nobody here knows the secret one.
            let (mut key, mut shared) = ([0; 32], [0; 32]);
            random().fill_bytes(&mut key);
            random().fill_bytes(&mut shared);
            let key = PublicKey::from_bytes(key);
            let shared = PresharedSecret::from_bytes(shared);
            describe(&mut line, &format!("other{other}"), &key, &shared)?;
            list.write_all(line.as_bytes())?;
        }
        for (number, person) in self.people.iter().enumerate() {
            let name = format!("person{number}");
            describe(&mut line, &name, &person.public, &person.shared)?;
            list.write_all(line.as_bytes())?;
        }
        list.flush()?;
        Ok(())
    }

    /// The person whose turn it is.
    pub(super) fn person(&mut self, turn: u32) -> Result<&mut Person> {
        let turn = usize::try_from(turn)?.checked_rem(self.people.len());
        turn.and_then(|turn| self.people.get_mut(turn))
            .ok_or_else(|| anyhow::anyhow!("nobody knocks"))
    }
}

impl Person {
    fn draw(server: &PublicKey) -> Result<Self> {
        let rng = &mut random();
        let (secret, shared) = (SecretKey::generate(rng), PresharedSecret::generate(rng));
        Ok(Self {
            public: secret.public(),
            keys: PairKeys::of_client(&secret, server, &shared)?,
            shared,
            last: Counter::default(),
        })
    }

    /// The next encrypted sequence of this person: the ports to touch, in an order of chance.
    pub(super) fn sequence(&mut self, address: Ipv4Addr, span: (u16, u16)) -> Result<Vec<u16>> {
        let now = UnixTime::from_nanos(u64::try_from(unix_now().as_nanos()).unwrap_or(u64::MAX));
        self.last = Counter::of_sequence(self.last, now).context("the counters ran ahead")?;
        let request = SequenceRequest {
            kind: SequenceKind::Knock,
            counter: self.last,
            time: now,
            service: ServiceHash::of(SERVICE).short(),
            wanted: 0,
            text: SequenceText::default(),
        };
        let epoch = Epoch::of_counter(self.last);
        let span = Span::new(span.0, span.1, &[])?;
        let frames = seal_sequence(&request, address.into(), epoch, &self.keys);
        let symbols = frames.iter().flat_map(spread);
        let mut ports: Vec<u16> = symbols.filter_map(|symbol| span.port(symbol)).collect();
        shuffle(&mut ports);
        Ok(ports)
    }

    /// The next knock of this person from an address.
    pub(super) fn knock(&mut self, address: Ipv4Addr) -> Sealed {
        let now = u64::try_from(unix_now().as_nanos()).unwrap_or(u64::MAX);
        let time = UnixTime::from_nanos(now);
        self.last = Counter::following(self.last, time);
        let request = Request {
            kind: Kind::Knock,
            counter: self.last,
            time,
            service: ServiceHash::of(SERVICE),
            claimed: Some(address.into()),
            wanted: 0,
        };
        seal(
            &request,
            Tagged::Now(Epoch::at(time)),
            &self.keys,
            &mut random(),
        )
    }
}

/// How the ports of a sequence are sent: once each, in an order of chance.
fn shuffle(ports: &mut [u16]) {
    for place in (1..ports.len()).rev() {
        let drawn = usize::try_from(random().next_u32()).unwrap_or(0);
        let other = drawn.checked_rem(place.saturating_add(1)).unwrap_or(0);
        ports.swap(place, other);
    }
}

/// The one service that every client of a bench may open.
pub(super) const SERVICE: &str = "door";

/// The operating system's randomness.
pub(super) fn random() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}

fn describe(
    line: &mut String,
    name: &str,
    key: &PublicKey,
    shared: &PresharedSecret,
) -> Result<()> {
    line.clear();
    let secret = shared.expose_text();
    writeln!(
        line,
        "{name} {key} may={SERVICE} preshared={}",
        secret.as_str()
    )?;
    Ok(())
}

/// Takes the list away; at a million it is larger than all else together.
pub(super) fn forget(folder: &Path) {
    let _ = fs::remove_file(folder.join("clients"));
}
