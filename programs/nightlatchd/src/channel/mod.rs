//! The one channel between the two processes: fixed-size letters up, plans and sealed replies down.
//!
//! Up goes what hostile bytes have touched, so it is made of parts of one size and tells no lengths to lie about. Down goes
//! what the broker says: the plan, the keys that recognise clients (they open nothing), sealed acks.

mod guard;
mod hearing;
mod letter;
mod reply;
mod watch;
mod word;

use core::time::Duration;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socketpair, sockopt,
};
use thiserror::Error;
use zeroize::Zeroize;

pub(crate) use guard::{GuardText, LOUD_A_HALF, Louder};
pub(crate) use hearing::{HeardAt, Hearing};
use letter::LONGEST_LETTER;
pub(crate) use letter::Letter;
pub(crate) use reply::Reply;
pub(crate) use watch::{SpanPlan, VariantText};
use word::WORD_LENGTH;
pub(crate) use word::{KEYS_A_WORD, ListenerPlan, MOST_ADDRESSES, Word};

/// The other half broke the channel's form, or is gone.
#[derive(Debug, Error)]
pub(crate) enum ChannelError {
    /// The other process ended.
    #[error("the other half of the daemon ended")]
    Closed,
    /// A message had a form that does not exist.
    #[error(
        "the other half of the daemon sent a message that does not exist\n  it is not to be trusted any more"
    )]
    Malformed,
    /// The other process takes nothing any more.
    #[error(
        "the other half of the daemon does not take what it is told\n  it is not to be trusted any more"
    )]
    Stuck,
    /// The socket failed.
    #[error("the channel between the two halves broke")]
    Io(#[from] io::Error),
}

/// One end of the channel.
#[derive(Debug)]
pub(crate) struct Channel {
    socket: OwnedFd,
    /// Where words are received.
    heard: Vec<u8>,
}

impl Channel {
    /// Both ends: one for the broker, one to become the listener's standard input.
    pub(crate) fn pair() -> io::Result<(Self, OwnedFd)> {
        let (ours, theirs) = socketpair(
            AddressFamily::UNIX,
            SocketType::SEQPACKET,
            SocketFlags::CLOEXEC,
            None,
        )?;
        for end in [&ours, &theirs] {
            // As much as the system gives: the queue is what a burst of knocks waits in.
            let _ = sockopt::set_socket_send_buffer_size_force(end, QUEUE)
                .or_else(|_| sockopt::set_socket_send_buffer_size(end, QUEUE));
            // Who has to be told and takes nothing must not hold up the other one for ever.
            sockopt::set_socket_timeout(end, sockopt::Timeout::Send, Some(PATIENCE))?;
        }
        Ok((Self::over(ours), theirs))
    }

    /// The listener's end: its standard input.
    pub(crate) fn from_stdin() -> io::Result<Self> {
        Ok(Self::over(io::stdin().as_fd().try_clone_to_owned()?))
    }

    const fn over(socket: OwnedFd) -> Self {
        Self {
            socket,
            heard: Vec::new(),
        }
    }

    /// Sends a letter without waiting; says whether there was room.
    pub(crate) fn post(&self, letter: &Letter) -> Result<bool, ChannelError> {
        self.send(&letter.to_bytes(), SendFlags::DONTWAIT)
    }

    /// Takes the next letter, if one is there.
    pub(crate) fn letter(&self) -> Result<Option<Letter>, ChannelError> {
        let mut bytes = [0; LONGEST_LETTER];
        // The true length, so that a longer message is seen to be one.
        match received(recv(
            &self.socket,
            &mut bytes,
            RecvFlags::DONTWAIT | RecvFlags::TRUNC,
        ))? {
            None => Ok(None),
            Some(length) => bytes
                .get(..length)
                .and_then(Letter::from_bytes)
                .ok_or(ChannelError::Malformed)
                .map(Some),
        }
    }

    /// Tells the listener something, waiting for room: plans and keys must arrive.
    pub(crate) fn tell(&self, word: &Word) -> Result<(), ChannelError> {
        let bytes = word.to_bytes()?;
        // A longer one would be cut, and end the listener.
        if bytes.len() > WORD_LENGTH {
            return Err(ChannelError::Malformed);
        }
        match self.send(&bytes, SendFlags::empty()) {
            Ok(true) => Ok(()),
            Ok(false) => Err(ChannelError::Stuck),
            Err(error) => Err(error),
        }
    }

    /// Hands an ack over without waiting; says whether there was room.
    pub(crate) fn reply(&self, reply: &Reply) -> Result<bool, ChannelError> {
        self.send(&reply.to_bytes(), SendFlags::DONTWAIT)
    }

    /// Waits for the next word: at start, when there is nothing else to do.
    pub(crate) fn wait(&mut self) -> Result<Word, ChannelError> {
        loop {
            if let Some(word) = self.word(RecvFlags::empty())? {
                return Ok(word);
            }
        }
    }

    /// Takes the next word, if one is there.
    pub(crate) fn next_word(&mut self) -> Result<Option<Word>, ChannelError> {
        self.word(RecvFlags::DONTWAIT)
    }

    fn word(&mut self, flags: RecvFlags) -> Result<Option<Word>, ChannelError> {
        // One place for all words: two are looked for with each knock.
        self.heard.resize(WORD_LENGTH, 0);
        let Some(length) = received(recv(&self.socket, self.heard.as_mut_slice(), flags))? else {
            return Ok(None);
        };
        let heard = self.heard.get_mut(..length).unwrap_or_default();
        let word = Word::from_bytes(heard);
        if !matches!(word, Ok(Word::Reply(_))) {
            heard.zeroize();
        }
        word.map(Some)
    }

    fn send(&self, bytes: &[u8], flags: SendFlags) -> Result<bool, ChannelError> {
        loop {
            match send(&self.socket, bytes, flags | SendFlags::NOSIGNAL) {
                Ok(_) => return Ok(true),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(false),
                Err(Errno::PIPE | Errno::CONNRESET) => return Err(ChannelError::Closed),
                Err(errno) => return Err(ChannelError::Io(errno.into())),
            }
        }
    }
}

impl AsFd for Channel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// The length of what was there; nothing yet is no error, the end is one.
fn received(outcome: rustix::io::Result<(usize, usize)>) -> Result<Option<usize>, ChannelError> {
    match outcome {
        Ok((_, 0)) | Err(Errno::CONNRESET) => Err(ChannelError::Closed),
        Ok((_, length)) => Ok(Some(length)),
        Err(Errno::AGAIN | Errno::INTR) => Ok(None),
        Err(errno) => Err(ChannelError::Io(errno.into())),
    }
}

/// Longer than the listener takes for a million keys, shorter than systemd's watchdog waits.
const PATIENCE: Duration = Duration::from_secs(20);
/// Room for some thousands of claims: a burst waits here, a flood does not get here.
const QUEUE: usize = 8 << 20;

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use nightlatch_core::{
        BanPlan, Claim, ClientId, Failure, Loud, MessageClaim, Number, OptionWanted, Payload,
        Protocol, SentryPlan, SequenceId, Step, Suspect, TicketClaim, Traits, Variant,
    };
    use nightlatch_ticket::{MESSAGE_LENGTH, SEALED_LENGTH, Span, Tagged};

    use super::*;
    use crate::privilege::{Becoming, Identity};
    use crate::sandbox::Landlocked;
    use crate::tally::{REASONS, Tally};

    #[test]
    fn what_one_half_says_the_other_hears() {
        let (broker, theirs) = Channel::pair().unwrap();
        let mut listener = Channel::over(theirs);
        let plan = ListenerPlan {
            knock_port: Some(62201),
            span: Some(SpanPlan::of(
                &Span::new(20_000, 28_191, &[(22_222, 22_222)]).unwrap(),
                Protocol::Tcp,
            )),
            sources: vec!["packets".into(), "nflog:5".into()],
            interfaces: vec!["eth0".into()],
            log_groups: vec![4],
            identity: Identity::of("nobody").unwrap(),
        };
        broker.tell(&Word::Plan(plan.clone())).unwrap();
        assert!(matches!(listener.wait().unwrap(), Word::Plan(heard) if heard == plan));
        let variant = VariantText::of(&Variant {
            sequence: SequenceId(3),
            number: 7,
            steps: vec![
                "udp/8000 payload='open sesame'".parse().unwrap(),
                Step::tcp(22),
            ],
            within: Duration::from_secs(10),
        });
        broker.tell(&Word::Variant(variant.clone())).unwrap();
        assert!(matches!(listener.wait().unwrap(), Word::Variant(heard) if heard == variant));
        let addresses = vec!["192.0.2.1".parse().unwrap(), "fe80::7".parse().unwrap()];
        broker.tell(&Word::Addresses(addresses.clone())).unwrap();
        assert!(matches!(listener.wait().unwrap(), Word::Addresses(heard) if heard == addresses));
        let in_use = vec!["udp/32768-60999".parse().unwrap()];
        let watch = Word::Watch {
            edition: 9,
            in_use: in_use.clone(),
        };
        broker.tell(&watch).unwrap();
        assert!(matches!(
            listener.wait().unwrap(),
            Word::Watch { edition: 9, in_use: heard } if heard == in_use
        ));
        let reply = Reply {
            from: "192.0.2.1".parse().unwrap(),
            to: "[fe80::7%3]:4711".parse().unwrap(),
            sealed: [7; SEALED_LENGTH],
        };
        assert!(broker.reply(&reply).unwrap());
        assert!(matches!(listener.wait().unwrap(), Word::Reply(heard) if *heard == reply));
        let ready = Letter::Ready(Becoming::User(65534), Landlocked::Fully);
        assert!(listener.post(&ready).unwrap());
        assert_eq!(broker.letter().unwrap(), Some(ready));
        let mut tally = Tally::default();
        tally.set(0, 7);
        tally.set(REASONS - 1, u64::MAX);
        assert!(listener.post(&Letter::Tally(Box::new(tally))).unwrap());
        assert_eq!(
            broker.letter().unwrap(),
            Some(Letter::Tally(Box::new(tally)))
        );
        assert_eq!(broker.letter().unwrap(), None);
    }

    #[test]
    fn what_is_said_of_failures_is_heard() {
        let (broker, theirs) = Channel::pair().unwrap();
        let mut listener = Channel::over(theirs);
        let guard = GuardText::of(
            &SentryPlan {
                decoys: vec!["tcp/23".parse().unwrap()],
                ..SentryPlan::default()
            },
            &BanPlan::default(),
        );
        broker.tell(&Word::Guard(guard.clone())).unwrap();
        assert!(matches!(listener.wait().unwrap(), Word::Guard(heard) if heard == guard));
        let suspect = Letter::Suspect(Suspect {
            prefix: "2001:db8::/64".parse().unwrap(),
            failure: Failure::Decoy,
            count: 3,
        });
        assert!(listener.post(&suspect).unwrap());
        assert_eq!(broker.letter().unwrap(), Some(suspect));
        let loud = |count| Loud {
            prefix: "192.0.2.1".parse().unwrap(),
            failure: Failure::UnknownTag,
            count,
        };
        let louder = Letter::Louder(Louder {
            half: 1,
            loud: (1..=5).map(loud).collect(),
        });
        assert!(listener.post(&louder).unwrap());
        assert_eq!(broker.letter().unwrap(), Some(louder));
    }

    fn ticket(client: u32) -> Claim {
        let end = "192.0.2.1:62201".parse().unwrap();
        Claim::Ticket(TicketClaim {
            client: ClientId(client),
            tagged: Tagged::Recovery,
            source: end,
            destination: end,
            sealed: [7; SEALED_LENGTH],
        })
    }

    fn message() -> Claim {
        let end = "192.0.2.1:62201".parse().unwrap();
        Claim::Message(Box::new(MessageClaim {
            client: ClientId(1),
            tagged: Tagged::Recovery,
            source: end,
            destination: end,
            sealed: [7; MESSAGE_LENGTH],
        }))
    }

    #[test]
    fn many_claims_go_in_few_letters_and_keep_their_order() {
        let (broker, theirs) = Channel::pair().unwrap();
        let listener = Channel::over(theirs);
        let mut claims: Vec<_> = (0..40).map(ticket).collect();
        claims.insert(20, message());
        for together in Letter::together(&claims) {
            let letter = Letter::Claims(together.to_vec());
            assert!(listener.post(&letter).unwrap());
        }
        let mut letters = Vec::new();
        while let Some(Letter::Claims(heard)) = broker.letter().unwrap() {
            letters.push(heard);
        }
        let sizes: Vec<_> = letters.iter().map(Vec::len).collect();
        assert_eq!(sizes, [16, 4, 1, 16, 4]);
        assert_eq!(letters.concat(), claims);
    }

    #[test]
    fn claims_that_are_too_many_none_or_cut_off_end_the_trust() {
        let (broker, theirs) = Channel::pair().unwrap();
        let whole = Letter::Claims(vec![ticket(1); 17]).to_bytes();
        let long = Letter::Claims(vec![message(), ticket(1)]).to_bytes();
        for bytes in [
            &whole[..],
            &whole[..8],
            &whole[..8 + 191],
            &whole[..8 + 193],
            &long,
        ] {
            send(&theirs, bytes, SendFlags::empty()).unwrap();
            assert!(matches!(broker.letter(), Err(ChannelError::Malformed)));
        }
    }

    #[test]
    fn a_letter_of_another_length_or_kind_ends_the_trust() {
        let (broker, theirs) = Channel::pair().unwrap();
        for bytes in [&[2; 8][..], &[9; 200], &[2; 201], &[2; LONGEST_LETTER + 1]] {
            send(&theirs, bytes, SendFlags::empty()).unwrap();
            assert!(matches!(broker.letter(), Err(ChannelError::Malformed)));
        }
    }

    #[test]
    fn the_longest_steps_that_there_can_be_fit_into_a_word() {
        let step = Step {
            traits: Traits {
                options: Some(vec![
                    OptionWanted {
                        kind: 254,
                        value: Some(u32::MAX)
                    };
                    20
                ]),
                payload: Some(Payload::Matches("\\\"".repeat(128))),
                sequence: Some(Number {
                    least: u32::MAX - 1,
                    most: u32::MAX,
                }),
                ..Traits::default()
            },
            ..Step::tcp(65_535)
        };
        let variant = VariantText::of(&Variant {
            sequence: SequenceId(u16::MAX),
            number: u64::MAX,
            steps: vec![step; 32],
            within: Duration::MAX,
        });
        let length = Word::Variant(variant).to_bytes().unwrap().len();
        assert!(length < WORD_LENGTH / 4 * 3, "{length}");
    }

    #[test]
    fn a_full_queue_is_said_and_not_waited_for() {
        let (_broker, theirs) = Channel::pair().unwrap();
        let listener = Channel::over(theirs);
        let ready = Letter::Ready(Becoming::NamespaceRoot, Landlocked::Not);
        let posted = (0..1_000_000)
            .take_while(|_| listener.post(&ready).unwrap())
            .count();
        assert!(posted > 100, "only {posted} fitted");
        assert!(posted < 1_000_000, "the queue has no end");
    }

    #[test]
    fn the_end_of_one_half_is_heard_by_the_other() {
        let (broker, theirs) = Channel::pair().unwrap();
        drop(theirs);
        assert!(matches!(broker.letter(), Err(ChannelError::Closed)));
    }
}
