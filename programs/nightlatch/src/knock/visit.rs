//! Knocking at a host in one family: at its first address, and at its next when that is silent.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::AtomicBool;

use nightlatch_ticket::{
    AddressClaim, Answer, Happened, Kind, Memory, Outcome, PairKeys, Reason, ServiceHash, Wish,
};
use rand_core::CryptoRng;

use super::{
    Exchange, ExchangeError, Family, Line, Patience, Recollection, Route, claim, once, open,
};
use crate::clock::Clock;

/// What is wanted of a server, wherever it is reached.
#[derive(Clone, Copy, Debug)]
pub struct Aim {
    /// Open or close.
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
            end,
        };
        let is_answered = visit.is_answered();
        last = Some(visit);
        if is_answered {
            break;
        }
    }
    last
}

fn knock_at(
    Errand {
        aim,
        keys,
        patience,
        clock,
    }: Errand<'_>,
    place: SocketAddr,
    recollection: &Recollection,
    enough: &AtomicBool,
    rng: &mut impl CryptoRng,
) -> Result<Knocked, VisitError> {
    let (socket, local) = open(place).map_err(|cause| VisitError::NoWay { place, cause })?;
    let before = recollection.memory(local);
    let answer = answer_to_expect(aim, place, local, before)?;
    let wish = Wish {
        kind: aim.kind,
        service: aim.service,
        wanted: aim.wanted,
        answer,
    };
    let line = Line {
        socket: &socket,
        keys,
        patience,
        clock,
        enough: Some(enough),
    };
    let mut after = before;
    let exchange = once(line, wish, &mut after, rng)?;
    Ok(Knocked {
        local,
        before,
        after,
        exchange,
    })
}

fn answer_to_expect(
    aim: Aim,
    place: SocketAddr,
    local: IpAddr,
    memory: Memory,
) -> Result<Answer, VisitError> {
    let family = Family::of(place.ip());
    if let Some(address) = aim.address.filter(|address| Family::of(*address) != family) {
        return Err(VisitError::OtherFamily {
            address,
            family,
            place,
        });
    }
    Ok(
        match (aim.hearing, aim.address, claim::likely(local, place.ip())) {
            (Hearing::Answers, Some(only), _) => Answer::Awaited(AddressClaim::Only(only)),
            (Hearing::Answers, None, Some(likely)) => Answer::Awaited(AddressClaim::Likely(likely)),
            (Hearing::Answers, None, None) => Answer::Awaited(AddressClaim::Unknown),
            // Nobody will tell: the best that is known has to do.
            (Hearing::Silent, Some(only), _) => Answer::NotExpected { claimed: only },
            (Hearing::Silent, None, likely) => Answer::NotExpected {
                claimed: memory.address.or(likely).unwrap_or(local),
            },
        },
    )
}
