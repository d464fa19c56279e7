//! What can be said: one variant a line, the same for people and for programs.

use std::net::IpAddr;

use derive_more::Display;
use serde::Serialize;

use super::command_line::CommandLine;
use super::guard_line::GuardLine;

/// What a close that finds nothing comes to.
pub(crate) const NOT_OPEN: &str = "was not open";

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq, Display, Serialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub(crate) enum Line {
    /// The gate stands: strangers see nothing from here on.
    #[display(
        "gate raised: {guarded} guarded, {hold}; {adopted} openings already in force, {running} running connections kept"
    )]
    GateRaised {
        /// How many guarded ranges.
        guarded: usize,
        /// Who could change it beside us, in words.
        hold: String,
        /// Openings that were in force already.
        adopted: usize,
        /// Connections that ran before there was a gate, and go on.
        running: usize,
    },
    /// Knocks are heard from here on.
    #[display(
        "ready: {clients} clients may knock{}; {sequences} sequences; heard: {}; listener {listener}",
        knock_port.map_or_else(String::new, |port| format!(" at udp/{port}")), sources.join(", ")
    )]
    Ready {
        /// How many clients.
        clients: usize,
        /// The UDP port of knocks, if anybody has a key.
        knock_port: Option<u16>,
        /// Where it is seen what strangers send.
        sources: Vec<String>,
        /// How many sequences may be walked.
        sequences: usize,
        /// Whom the listener became, and how confined.
        listener: String,
    },
    /// Keys are being derived for many clients.
    #[display("deriving keys: {done} of {clients} clients")]
    Deriving {
        /// How many are done.
        done: usize,
        /// Of how many.
        clients: usize,
    },
    /// Somebody got in.
    #[display("open: {service} for {client} at {address}, {seconds} s ({micros} µs)")]
    Granted {
        /// Who.
        client: String,
        /// To what.
        service: String,
        /// From where.
        address: IpAddr,
        /// For how long.
        seconds: u64,
        /// From the claim's arrival at the broker to the kernel's word that the port is open.
        micros: u64,
    },
    /// Somebody closed what was open.
    #[display("closed: {service} by {client} at {address}")]
    Closed {
        /// Who closed it, whoever opened it.
        client: String,
        /// What.
        service: String,
        /// From where.
        address: IpAddr,
    },
    /// Connections that ran were cut, as the service asks for.
    #[display("cut off: {address} from {port}, until it is granted anew")]
    Cut {
        /// Who.
        address: IpAddr,
        /// From what.
        port: String,
    },
    /// Connections that ran could not be cut.
    #[display("the kernel refused to cut what runs: {cause}")]
    CutRefused { cause: String },
    /// An authentic knock was answered, but opened or closed nothing.
    #[display("{} for {client} at {address}: {answer}", if answer == NOT_OPEN { "nothing closed" } else { "not opened" })]
    Answered {
        /// Who.
        client: String,
        /// From where.
        address: IpAddr,
        /// What he was told.
        answer: String,
    },
    /// A client told us something.
    #[display("{client} at {address} says: {text:?}")]
    Told {
        /// Who.
        client: String,
        /// From where.
        address: IpAddr,
        /// What, in his words.
        text: String,
    },
    /// A sequence that counts once was walked, and the disk does not take that it was.
    #[display(
        "{client} at {address} was walked and opened nothing: the state folder does not take that it was used\n  make room there; until then knock with a ticket"
    )]
    UseUnrecorded {
        /// Which sequence.
        client: String,
        /// From where.
        address: IpAddr,
    },
    /// A dry run tells what would be run.
    #[display("{action} would be run for {client} at {address}")]
    WouldRun {
        /// The action.
        action: String,
        /// For whom.
        client: String,
        /// For which address.
        address: IpAddr,
    },
    /// More happened than is told.
    #[display("{lines} lines about {about} were left out: nobody shall fill this log")]
    LeftOut {
        /// What they would have been about, and how many.
        about: String,
        lines: u64,
    },
    /// The kernel refused a change of the gate.
    #[display("the kernel refused to change the gate: {cause}")]
    GateRefused {
        /// What it said.
        cause: String,
    },
    /// A set of the administrator's is not as a service needs it.
    #[display("service {service} cannot be granted as things are: {cause}")]
    SetUnfit {
        /// Which names it.
        service: String,
        /// What is wrong, and what to do.
        cause: String,
    },
    /// A set of the administrator's was not changed.
    #[display("a set of yours was not changed: {cause}")]
    SetRefused {
        /// What is wrong, and what to do.
        cause: String,
    },
    /// The administrator made a set of his anew.
    #[display("a set of yours was made anew: who holds a grant is in it again")]
    SetsFilled,
    /// Somebody is in a set without an end.
    #[display("{address} is in {set} for ever, as somebody else put it in: it is left as it is")]
    LeftAlone {
        /// Who.
        address: IpAddr,
        /// Where.
        set: String,
    },
    /// Another program removed or changed the gate, and it was put back.
    #[display("the gate was removed or changed by another program: put back with {grants} grants")]
    GatePutBack {
        /// Grants that went back with it.
        grants: usize,
    },
    /// The state folder does not take what it should remember.
    #[display(
        "the state folder does not take writes: {cause}\n  knocks are honoured all the same; until it does, a crash leaves replays to freshness alone"
    )]
    StateFailing {
        /// What the system said.
        cause: String,
    },
    /// The state was in doubt at the start.
    #[display("{why}: each client is asked once to knock again, which `nightlatch` does by itself")]
    StateInDoubt {
        /// Why.
        why: String,
    },
    /// Something works, but not as it should; `status` shows it while it lasts.
    #[display("{warning}")]
    Warned {
        /// What, and what to do.
        warning: String,
    },
    /// A source that was deaf hears again.
    #[display("{source} is heard again")]
    HearsAgain { source: String },
    /// A warning about the configuration.
    #[display("{warning}")]
    ConfigDoubtful {
        /// The warning, with its place.
        warning: String,
    },
    /// The configuration was read anew.
    #[display("configuration reloaded: {clients} clients, {closed} grants ended")]
    Reloaded {
        /// How many clients now.
        clients: usize,
        /// Grants that ended with it.
        closed: usize,
    },
    /// The new configuration was refused; the one in force stays.
    #[display("reload refused, nothing changed: {cause}")]
    ReloadRefused {
        /// Why.
        cause: String,
    },
    /// The disk does not take what happened.
    #[display(
        "the journal does not take what happens: {cause}\n  knocks are honoured all the same; make room: until then events are lost, and counted"
    )]
    JournalFailing {
        /// What the system said.
        cause: String,
    },
    /// The disk takes what happens again.
    #[display("the journal goes on: {lost} events were lost")]
    JournalGoesOn {
        /// How many were lost meanwhile.
        lost: u64,
    },
    /// A file of the journal cannot be read, and has another name now.
    #[display(
        "a file of the journal is damaged and was set aside as {file}\n  what stood in it is lost to `nightlatch journal`; remove it when nobody wants to look into it"
    )]
    JournalSetAside {
        /// What it is called now.
        file: String,
    },
    /// A helper that the daemon can do without ended.
    #[display("the process of the {helper} ended ({how})\n  restart nightlatchd to have it back")]
    HelperEnded {
        /// What it was for.
        helper: &'static str,
        /// How it ended.
        how: String,
    },
    /// A receiver of notifications: how it fares.
    #[display("notification {notification}: {words}")]
    Notification {
        /// Its name.
        notification: String,
        /// The same in one word: told-again, failing, dropped, gone.
        is: &'static str,
        /// How, and why.
        words: String,
    },
    /// The daemon ends.
    #[display("stopping ({}): the gate stays closed{}", split(why).0, split(why).1)]
    Stopping {
        /// Why.
        why: String,
    },
    /// Lines were lost because nobody took them.
    #[display("{lines} lines of this log were lost: nobody took them")]
    LinesLost {
        /// How many.
        lines: u64,
    },
    /// Who fails, and who is banned for it.
    #[serde(untagged)]
    Guard(GuardLine),
    /// The runner says something about commands; among the lines of programs it stands as they do.
    #[serde(untagged)]
    Command(CommandLine),
}

/// What is wrong, and what to do about it, which has lines of its own.
fn split(words: &str) -> (&str, &str) {
    words.split_at(words.find('\n').unwrap_or(words.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_stands_below_what_it_is_about() {
        let stopping = |why: &str| {
            Line::Stopping {
                why: why.to_owned(),
            }
            .to_string()
        };
        assert_eq!(
            stopping("asked to"),
            "stopping (asked to): the gate stays closed"
        );
        assert_eq!(
            stopping("the runner ended (signal: 9 (SIGKILL))\n  it says why above"),
            "stopping (the runner ended (signal: 9 (SIGKILL))): the gate stays closed\n  it says why above"
        );
    }

    #[test]
    fn who_closes_what_is_not_open_is_not_told_that_it_was_not_opened() {
        let answered = |answer: &str| {
            let address = IpAddr::from([192, 0, 2, 7]);
            let (client, answer) = ("alice".to_owned(), answer.to_owned());
            Line::Answered {
                client,
                address,
                answer,
            }
            .to_string()
        };
        assert_eq!(
            answered("stale"),
            "not opened for alice at 192.0.2.7: stale"
        );
        assert_eq!(
            answered(NOT_OPEN),
            "nothing closed for alice at 192.0.2.7: was not open"
        );
    }
}
