//! Knocking at a host in one family: at its first address, and at its next when that is silent.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::AtomicBool;

use nightlatch_ticket::{
    AddressClaim, Answer, Happened, Kind, Memory, Outcome, PairKeys, Reason, ServiceHash, Wish,
};
use rand_core::CryptoRng;

use super::claim::Claimed;
use super::spread::Parcel;
use super::{
    Exchange, ExchangeError, Family, Line, Means, Method, Patience, Recollection, Route,
    SpreadError, claim, once, open,
};
use crate::clock::Clock;
use crate::touch::{Hand, TouchError};

/// What is wanted of a server, wherever it is reached.
#[derive(Clone, Copy, Debug)]
pub struct Aim {
    /// Open, close, or take a text.
    pub kind: Kind,
    /// Which service.
    pub service: ServiceHash,
    /// For how many seconds; 0 leaves it to the service.
    pub wanted: u32,
    /// The address to open for, where the person named one.
    pub address: Option<IpAddr>,
    /// Whether the server answers.
    pub hearing: Hearing,
}

/// Whether a server answers those who hold a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hearing {
    /// It does: its answer is waited for.
    Answers,
    /// It is silent to everybody: one knock, and nothing to wait for.
    Silent,
}

/// What is wanted, and with what it is asked for.
#[derive(Clone, Copy)]
pub struct Errand<'a> {
    /// What is wanted.
    pub aim: Aim,
    /// How it travels.
    pub method: Method<'a>,
    /// The keys that we share with the server.
    pub keys: &'a PairKeys,
    /// How far away the server is thought to be.
    pub patience: Patience,
    /// The clock to go by.
    pub clock: Clock,
}

/// How it went in one family.
#[derive(Debug)]
pub struct Visit {
    /// The family.
    pub family: Family,
    /// Where was knocked last.
    pub place: SocketAddr,
    /// What was asked for.
    pub kind: Kind,
    /// How the request travelled.
    pub means: Means,
    /// What came of it.
    pub end: Result<Knocked, VisitError>,
}

/// How it went where there was a way to the server.
#[derive(Debug)]
pub struct Knocked {
    /// This computer's own address towards the server.
    pub local: IpAddr,
    /// What was remembered before.
    pub before: Memory,
    /// The same with what was learnt, and the last counter used.
    pub after: Memory,
    /// What came of it.
    pub exchange: Exchange,
}

impl Visit {
    /// What the server did, if it did what was wanted.
    pub fn done(&self) -> Option<Outcome> {
        self.end.as_ref().ok()?.exchange.end.ok()
    }

    /// Whether the service is open now.
    pub fn is_open(&self) -> bool {
        self.done()
            .is_some_and(|done| matches!(done.happened, Happened::Granted { .. }))
    }

    /// Whether a text went out: another place may be the same server, and would tell it again.
    fn is_told(&self) -> bool {
        self.kind == Kind::Message && self.done().is_some()
    }

    fn is_answered(&self) -> bool {
        match self.end.as_ref().map(|knocked| knocked.exchange.end) {
            Ok(Ok(outcome)) => outcome.happened != Happened::Sent,
            Ok(Err(reason)) => reason != Reason::Silence,
            Err(_) => false,
        }
    }
}

/// Why a place could not be knocked at.
#[derive(Debug, thiserror::Error)]
pub enum VisitError {
    /// There is no way there from here.
    #[error(
        "there is no way from this computer to {place}: {cause}\n  check this computer's network"
    )]
    NoWay {
        /// The place.
        place: SocketAddr,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// The address to open for is of the other family.
    #[error(
        "{place} cannot see you at {address}, which is not an {family} address\n  \
         leave the address away, or name one of that family"
    )]
    OtherFamily {
        /// The address that the person named.
        address: IpAddr,
        /// The family of the place.
        family: Family,
        /// The place.
        place: SocketAddr,
    },
    /// The exchange broke off.
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    /// The request did not go out by way of ports.
    #[error(transparent)]
    Spread(#[from] SpreadError),
}

/// Knocks at the places of a route until one of them answers, and keeps what was learnt.
///
/// A route without places has no visit.
pub fn visit(
    errand: Errand<'_>,
    route: &Route,
    recollection: &mut Recollection,
    enough: &AtomicBool,
    rng: &mut impl CryptoRng,
) -> Option<Visit> {
    let mut last = None;
    for place in &route.places {
        let end = knock_at(errand, *place, recollection, enough, rng);
        if let Ok(knocked) = &end {
            recollection.learn(knocked.local, knocked.before, knocked.after);
        }
        let visit = Visit {
            family: route.family,
            place: *place,
            kind: errand.aim.kind,
            means: errand.method.means(),
            end,
        };
        let is_enough = visit.is_answered() || visit.is_told();
        last = Some(visit);
        if is_enough {
            break;
        }
    }
    last
}

fn knock_at(
    errand: Errand<'_>,
    place: SocketAddr,
    recollection: &Recollection,
    enough: &AtomicBool,
    rng: &mut impl CryptoRng,
) -> Result<Knocked, VisitError> {
    let no_way = |cause| VisitError::NoWay { place, cause };
    let (socket, local) = open(place).map_err(no_way)?;
    let before = recollection.memory(local);
    let mut after = before;
    let exchange = match errand.method {
        Method::Ticket(text) => {
            let line = Line {
                socket: &socket,
                keys: errand.keys,
                text,
                patience: errand.patience,
                clock: errand.clock,
                enough: Some(enough),
            };
            let wish = wish(errand.aim, place, local, before)?;
            once(line, wish, &mut after, rng)?
        }
        Method::Sequence(carriage, text) => {
            let parcel = Parcel {
                errand,
                carriage,
                text,
                claimed: claimed(errand.aim, place, local, before)?,
            };
            let sent = Hand::towards(place)
                .map_err(SpreadError::from)
                .and_then(|hand| parcel.send(hand, &mut after, rng));
            sent.map_err(|error| match error {
                SpreadError::Touch(TouchError::NoWay { cause, .. }) => no_way(cause),
                error => error.into(),
            })?
        }
    };
    Ok(Knocked {
        local,
        before,
        after,
        exchange,
    })
}

fn wish(aim: Aim, place: SocketAddr, local: IpAddr, memory: Memory) -> Result<Wish, VisitError> {
    let only = named(aim, place)?;
    let answer = match (aim.hearing, only, claim::likely(local, place.ip())) {
        (Hearing::Answers, Some(only), _) => Answer::Awaited(AddressClaim::Only(only)),
        (Hearing::Answers, None, Some(likely)) => Answer::Awaited(AddressClaim::Likely(likely)),
        (Hearing::Answers, None, None) => Answer::Awaited(AddressClaim::Unknown),
        (Hearing::Silent, ..) => Answer::NotExpected {
            claimed: claimed(aim, place, local, memory)?.address(),
        },
    };
    Ok(Wish {
        kind: aim.kind,
        service: aim.service,
        wanted: aim.wanted,
        answer,
    })
}

/// The address to claim where nobody will tell it: the best that is known has to do.
fn claimed(
    aim: Aim,
    place: SocketAddr,
    local: IpAddr,
    memory: Memory,
) -> Result<Claimed, VisitError> {
    let known = named(aim, place)?.or(memory.address);
    let known = known.or_else(|| claim::likely(local, place.ip()));
    Ok(known.map_or(Claimed::Guessed(local), Claimed::Known))
}

/// The address that the person named, if the place can see it.
fn named(aim: Aim, place: SocketAddr) -> Result<Option<IpAddr>, VisitError> {
    let family = Family::of(place.ip());
    match aim.address {
        Some(address) if Family::of(address) != family => Err(VisitError::OtherFamily {
            address,
            family,
            place,
        }),
        named => Ok(named),
    }
}
