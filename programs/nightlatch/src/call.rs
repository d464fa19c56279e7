//! A call at a server: from its name in the configuration to what came of the knock.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nightlatch_config::{
    AddressChoice, ConfigError, KeyFileError, KnownServer, PresharedChoice, ReadError, load_person,
    read_preshared,
};
use nightlatch_core::Answers;
use nightlatch_ticket::{Kind, PairKeys, PresharedSecret, SecretKey, ServiceHash, WeakKey};

use crate::clock::Clock;
use crate::keys::{self, KeyError};
use crate::knock::{
    Aim, Breadth, Errand, Family, Hearing, Patience, ResolveError, Visit, everywhere, resolve,
};
use crate::notebook::{Notebook, NotebookError};
use crate::packing::{PackError, Packed, Wrapping};
use crate::randomness::{RandomnessError, randomness};
use crate::surroundings::{self, HomelessError};

/// A server and a service of it, with the keys to be heard.
pub(crate) struct Call {
    /// The server, as the configuration has it.
    pub(crate) server: KnownServer,
    /// The service.
    pub(crate) service: String,
    keys: PairKeys,
}

/// What the person wants, beyond which service.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Want<'a> {
    /// Open, close, or take a text.
    pub(crate) kind: Kind,
    /// For how long; nothing leaves it to the service.
    pub(crate) lasting: Option<Duration>,
    /// The address to open for, where it is not to be found out.
    pub(crate) address: Option<IpAddr>,
    /// Whether an answer is to be waited for, where the configuration leaves it open.
    pub(crate) hearing: Hearing,
    /// The only family to use.
    pub(crate) family: Option<Family>,
    /// Whether all families are to be knocked at.
    pub(crate) breadth: Breadth,
    /// How it travels.
    pub(crate) wrapping: Wrapping<'a>,
}

/// What came of a call.
#[derive(Debug)]
pub(crate) struct Called {
    /// Each family that was tried.
    pub(crate) visits: Vec<Visit>,
    /// Why it will not be remembered, if so.
    pub(crate) forgotten: Option<NotebookError>,
}

impl Call {
    /// Finds the server and reads its keys; asks for a passphrase where there is one.
    pub(crate) fn prepare(
        server: &str,
        service: Option<&str>,
        config: Option<&Path>,
        passphrase: Option<&Path>,
    ) -> Result<Self, CallError> {
        let server = find(server, config)?;
        let service = service
            .or_else(|| server.usual_service())
            .map(str::to_owned);
        let service = service.ok_or_else(|| CallError::NoService(server.name.clone()))?;
        let shared = match &server.preshared {
            PresharedChoice::None => PresharedSecret::none(),
            PresharedChoice::File(file) => preshared(file)?,
        };
        let identity = identity(&server.identity, passphrase)?;
        let keys = PairKeys::of_client(&identity, &server.key, &shared).map_err(|cause| {
            CallError::WeakKey {
                server: server.name.clone(),
                cause,
            }
        })?;
        Ok(Self {
            server,
            service,
            keys,
        })
    }

    /// Knocks, and remembers what was learnt.
    pub(crate) fn knock(&self, want: Want<'_>) -> Result<Called, CallError> {
        let packed = Packed::new(&self.server, want.wrapping)?;
        let fixed = match self.server.address {
            AddressChoice::Auto => None,
            AddressChoice::Fixed(address) => Some(address),
        };
        let address = want.address.or(fixed);
        // An address to open for is only ever seen over its own family.
        let family = want.family.or_else(|| address.map(Family::of));
        let routes = resolve(&self.server.host, self.server.port, family)?;
        let rng = randomness()?;
        let errand = Errand {
            aim: self.aim(want, address),
            method: packed.method(),
            keys: &self.keys,
            patience: Patience::Usual,
            clock: Clock::system(),
        };
        let folder = surroundings::memory_folder()?;
        let (notebook, mut recollection) = Notebook::open(&folder, &self.server.key);
        let visits = everywhere(errand, &routes, want.breadth, &mut recollection, rng);
        Ok(Called {
            visits,
            forgotten: notebook.close(&recollection).err(),
        })
    }

    /// Whether the configuration knows the service; the server has the last word.
    pub(crate) fn is_service_known(&self) -> bool {
        self.server.services.contains(&self.service)
    }

    fn aim(&self, want: Want<'_>, address: Option<IpAddr>) -> Aim {
        let wanted = want.lasting.map_or(0, |lasting| lasting.as_secs());
        Aim {
            kind: want.kind,
            service: ServiceHash::of(&self.service),
            wanted: u32::try_from(wanted).unwrap_or(u32::MAX),
            address,
            hearing: match self.server.answers {
                Answers::Sealed => want.hearing,
                Answers::Silent => Hearing::Silent,
            },
        }
    }
}

/// Why a call could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// There is no configuration yet.
    #[error("there is no configuration yet: {file}\n{FIRST_CONFIG}", file = .0.display())]
    NoConfig(PathBuf),
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// There is no home folder to find it in.
    #[error(transparent)]
    Homeless(#[from] HomelessError),
    /// The configuration has no such server.
    #[error("{}", no_such_server(.wanted, .config, .nearest.as_deref(), .known))]
    NoSuchServer {
        /// What was asked for.
        wanted: String,
        /// The configuration.
        config: PathBuf,
        /// The name that was probably meant.
        nearest: Option<String>,
        /// The names that there are.
        known: Vec<String>,
    },
    /// No service was named, and the server has no usual one.
    #[error("which service of \"{0}\"?\n  name it after the server")]
    NoService(String),
    /// There is no key of our own yet.
    #[error(
        "there is no key yet: {file}\n  \
         make one, and give the public key that is printed to the server's administrator:\n  \
         nightlatch keygen -o {file}",
        file = .0.display()
    )]
    NoKey(PathBuf),
    /// The secret shared with the server is not here.
    #[error(
        "there is no pre-shared secret: {file}\n  \
         get it from the server's administrator; where the server does without one, the\n  \
         configuration says so: preshared = \"none\"",
        file = .0.display()
    )]
    NoPreshared(PathBuf),
    /// A key cannot be read.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The server's public key is no good.
    #[error("the key of \"{server}\": {cause}")]
    WeakKey {
        /// The server.
        server: String,
        /// Why.
        #[source]
        cause: WeakKey,
    },
    /// The host has no address.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// The request cannot travel so.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// There is no randomness.
    #[error(transparent)]
    Randomness(#[from] RandomnessError),
}

fn find(wanted: &str, config: Option<&Path>) -> Result<KnownServer, CallError> {
    let config = match config {
        Some(config) => config.to_owned(),
        None => surroundings::config_file()?,
    };
    let person =
        load_person(&config, surroundings::home().as_deref()).map_err(|error| match error {
            ConfigError::Unread(ReadError::Missing(file)) if file == config => {
                CallError::NoConfig(file)
            }
            error => error.into(),
        })?;
    let is_host = |server: &&KnownServer| server.host.eq_ignore_ascii_case(wanted);
    match person
        .server(wanted)
        .or_else(|| person.servers.iter().find(is_host))
    {
        Some(server) => Ok(server.clone()),
        None => Err(CallError::NoSuchServer {
            nearest: person.nearest(wanted).map(str::to_owned),
            known: person
                .servers
                .into_iter()
                .map(|server| server.name)
                .collect(),
            wanted: wanted.to_owned(),
            config,
        }),
    }
}

fn identity(file: &Path, passphrase: Option<&Path>) -> Result<SecretKey, CallError> {
    keys::read(file, passphrase).map_err(|error| match error {
        KeyError::Read(KeyFileError::Unread(ReadError::Missing(file))) => CallError::NoKey(file),
        error => error.into(),
    })
}

fn preshared(file: &Path) -> Result<PresharedSecret, CallError> {
    read_preshared(file).map_err(|error| match error {
        KeyFileError::Unread(ReadError::Missing(file)) => CallError::NoPreshared(file),
        error => KeyError::Read(error).into(),
    })
}

fn no_such_server(wanted: &str, config: &Path, nearest: Option<&str>, known: &[String]) -> String {
    let advice = match nearest {
        Some(nearest) => format!("did you mean \"{nearest}\"?"),
        None => format!("it knows: {}", known.join(", ")),
    };
    format!(
        "{} has no server \"{wanted}\"\n  {advice}",
        config.display()
    )
}

/// What a first configuration looks like, for those who have none.
const FIRST_CONFIG: &str = concat!(
    "  write into it what the server's administrator told you:\n",
    "    [server.home]\n",
    "    host = \"server.example.org\"\n",
    "    key = \"nightlatch-pub1…\"\n",
    "    preshared = \"home.psk\"\n",
    "    services = [\"ssh\"]",
);
