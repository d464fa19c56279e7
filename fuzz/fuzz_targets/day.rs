//! A random day: knocks, replays, relays, lies, restarts, flushes and wrong clocks, against a naive model.
//!
//! Two things must hold whatever happens: nobody gets in who should not (the town checks each verdict),
//! and an honest client who knocks as ours does always gets in.
#![no_main]

use core::net::IpAddr;
use core::time::Duration;

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use nightlatch_core::{Opening, Passage};
use nightlatch_fuzz::{People, Town, address, crooked};
use nightlatch_ticket::{
    AddressClaim, Answer, Attempt, Counter, Epoch, Happened, Kind, Memory, Reason, Request,
    ServiceHash, Step, Tagged, UnixTime, Wish,
};

#[derive(Arbitrary, Debug)]
enum Happens {
    /// A client knocks as ours does, from some address, with some clock, remembering or not.
    Visit {
        client: u8,
        service: u8,
        from: u8,
        clock: i32,
        forgetful: bool,
    },
    /// A client sends whatever it likes.
    Knock {
        client: u8,
        kind: u8,
        counter: Odd,
        time: i32,
        service: u8,
        claimed: Option<u8>,
        wanted: u32,
        from: u8,
        recovery: bool,
    },
    /// Somebody repeats what was recorded, from some address.
    Replay {
        which: u16,
        from: u8,
    },
    /// A listener in an attacker's hands hands on what was recorded, as somebody else's.
    Crooked {
        which: u16,
        client: u8,
        epoch: Option<u64>,
        from: u8,
    },
    /// A recorded packet with one bit flipped.
    Flipped {
        which: u16,
        bit: u16,
        from: u8,
    },
    /// Somebody connects.
    Connect {
        service: bool,
        from: u8,
    },
    Wait {
        milliseconds: u32,
    },
    /// The server's clock jumps.
    Clock {
        seconds: i32,
    },
    Restart {
        crashed: bool,
    },
    Flush,
}

/// A counter that is likely to hurt.
#[derive(Arbitrary, Debug)]
enum Odd {
    Time,
    Same,
    Exactly(u64),
}

fuzz_target!(|day: Vec<Happens>| {
    let mut town = Town::at_noon();
    let mut memories = vec![Memory::default(); CLIENTS];
    for happens in day.into_iter().take(200) {
        happen(happens, &mut town, &mut memories);
    }
});

fn happen(happens: Happens, town: &mut Town, memories: &mut [Memory]) {
    match happens {
        Happens::Visit {
            client,
            service,
            from,
            clock,
            forgetful,
        } => {
            let client = usize::from(client) % CLIENTS;
            let memory = &mut memories[client];
            if forgetful {
                *memory = Memory::default();
            }
            visit(
                town,
                memory,
                client,
                SERVICES[usize::from(service) % SERVICES.len()],
                address(from),
                clock,
            );
        }
        Happens::Knock {
            client,
            kind,
            counter,
            time,
            service,
            claimed,
            wanted,
            from,
            recovery,
        } => {
            let counter = match counter {
                Odd::Time => Counter(town.now.unix.as_nanos()),
                Odd::Same => Counter(1),
                // The last counters of all are a key holder's way to lock himself out, and nobody else.
                Odd::Exactly(counter) => Counter(counter % LAST_COUNTER),
            };
            let kinds = [Kind::Knock, Kind::Close, Kind::AskAddress, Kind::Message];
            let time = town.now.unix.shifted(i64::from(time));
            let request = Request {
                kind: kinds[usize::from(kind) % kinds.len()],
                counter,
                time,
                service: ServiceHash::of(SERVICES[usize::from(service) % SERVICES.len()]),
                claimed: claimed.map(address),
                wanted,
            };
            let tagged = if recovery {
                Tagged::Recovery
            } else {
                Tagged::Now(Epoch::at(town.now.unix))
            };
            let sent = town.seal(usize::from(client) % CLIENTS, request, tagged);
            town.deliver(&sent.sealed, address(from));
        }
        Happens::Replay { which, from } => {
            if let Some(sealed) = recorded(town, which) {
                town.deliver(&sealed, address(from));
            }
        }
        Happens::Crooked {
            which,
            client,
            epoch,
            from,
        } => {
            if let Some(sealed) = recorded(town, which) {
                let tagged = epoch.map_or(Tagged::Recovery, |epoch| Tagged::Now(Epoch(epoch)));
                town.judge(&crooked(
                    sealed,
                    u32::from(client) % 5,
                    tagged,
                    address(from),
                ));
            }
        }
        Happens::Flipped { which, bit, from } => {
            if let Some(mut sealed) = recorded(town, which) {
                let bit = usize::from(bit) % (sealed.len() * 8);
                sealed[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(
                    town.deliver(&sealed, address(from)),
                    None,
                    "a forged packet was answered"
                );
            }
        }
        Happens::Connect { service, from } => {
            let (port, passage) = if service {
                ("udp/1194", Passage::OneShot)
            } else {
                ("tcp/22", Passage::Lasting)
            };
            town.connect(Opening {
                address: address(from),
                port: port.parse().unwrap(),
                passage,
            });
        }
        Happens::Wait { milliseconds } => {
            town.wait(Duration::from_millis(u64::from(milliseconds) % 700_000))
        }
        Happens::Clock { seconds } => {
            let unix = town.now.unix.shifted(i64::from(seconds) * 1000);
            town.set_clock(unix.clamp(
                UnixTime::from_secs(1_000_000_000),
                UnixTime::from_secs(4_000_000_000),
            ));
        }
        Happens::Restart { crashed } => town.restart(crashed),
        Happens::Flush => town.flush(),
    }
}

/// An honest client gets in, however wrong its clock, its memory and its idea of its own address.
fn visit(
    town: &mut Town,
    memory: &mut Memory,
    client: usize,
    service: &str,
    from: IpAddr,
    clock: i32,
) {
    // Who has just used up the answer that repairs him waits for the next, as the client tells people.
    town.wait(Duration::from_secs(31));
    let wish = Wish {
        kind: Kind::Knock,
        service: ServiceHash::of(service),
        wanted: 0,
        answer: Answer::Awaited(AddressClaim::Unknown),
    };
    let mut attempt = Attempt::new(wish, *memory);
    let end = loop {
        let here = town.now.unix.shifted(i64::from(clock) * 1000);
        match attempt.next(here) {
            Step::Send { request, tagged } => {
                let sent = town.seal(client, request, tagged);
                match town.deliver(&sent.sealed, from) {
                    Some(ack) => {
                        attempt.answered(&ack, here);
                    }
                    None => attempt.unanswered(),
                }
                *memory = attempt.memory();
            }
            end => break end,
        }
    };
    let allowed = service == SERVICES[0] || (service == SERVICES[1] && client.is_multiple_of(2));
    match end {
        Step::Done(outcome) => {
            assert!(allowed);
            assert_eq!(outcome.happened, Happened::Granted { seconds: 30 });
            assert_eq!(outcome.seen, Some(from));
            let (port, passage) = if service == SERVICES[0] {
                ("tcp/22", Passage::Lasting)
            } else {
                ("udp/1194", Passage::OneShot)
            };
            assert!(
                town.connect(Opening {
                    address: from,
                    port: port.parse().unwrap(),
                    passage
                }),
                "granted, yet shut"
            );
        }
        Step::GiveUp(reason) => assert!(
            !allowed && reason == Reason::Forbidden,
            "an honest client stays out: {reason:?}"
        ),
        Step::Send { .. } => unreachable!(),
    }
}

fn recorded(town: &Town, which: u16) -> Option<nightlatch_ticket::Sealed> {
    let place = usize::from(which).checked_rem(town.witness.recorded.len())?;
    Some(town.witness.recorded[place].sealed)
}

const CLIENTS: usize = People::CLIENTS as usize;
/// The last of them does not exist.
const SERVICES: [&str; 3] = ["ssh", "vpn", "none"];
const LAST_COUNTER: u64 = u64::MAX - 1_000_000;
