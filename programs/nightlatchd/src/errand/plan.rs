//! The plan: which actions there are, and how each of them is run.

use core::net::IpAddr;
use core::time::Duration;

use nightlatch_config as config;
use nix::unistd::User;
use serde::{Deserialize, Serialize};

use super::{Name, RunnerError};
use crate::log::Form;

/// What the runner needs to know. It comes first, and again after each reload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Plan {
    /// The actions; an errand names one by its place here.
    pub(crate) actions: Vec<Action>,
    /// How the runner's lines are written; the first plan decides.
    pub(crate) form: Form,
}

impl Plan {
    /// What the configuration says, with its users looked up.
    pub(crate) fn of(actions: &[config::Action], form: Form) -> Result<Self, RunnerError> {
        let actions = actions.iter().map(Action::of);
        Ok(Self {
            actions: actions.collect::<Result<_, _>>()?,
            form,
        })
    }
}

/// A named command, or a pair of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Action {
    /// Its name; a stop that is due later is remembered by it.
    pub(crate) name: Name,
    /// What is run when a grant begins, or a message comes.
    pub(crate) start: Command,
    /// What is run when the grant ends.
    pub(crate) stop: Option<Command>,
    /// What is run instead for an IPv6 address.
    pub(crate) start_six: Option<Command>,
    /// What is run instead for an IPv6 address.
    pub(crate) stop_six: Option<Command>,
    /// As whom.
    pub(crate) user: Doer,
    /// After this it is killed, with everything in its process group.
    pub(crate) timeout: Duration,
    /// How many of it run at once.
    pub(crate) at_most: u16,
    /// Whether its stop halves run when the daemon ends, instead of when they are due.
    pub(crate) stop_at_shutdown: bool,
}

/// Which half of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Half {
    /// What a grant or a message sets off.
    Start,
    /// What undoes it.
    Stop,
}

/// One command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Command {
    /// A program and its arguments, without a shell in between.
    Argv(Vec<String>),
    /// A line for the shell.
    Shell(String),
}

/// Whom a command is run as, by number: names are looked up before anything depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Doer {
    /// The user.
    pub(crate) user: u32,
    /// His group; a command has no others.
    pub(crate) group: u32,
}

impl Action {
    fn of(action: &config::Action) -> Result<Self, RunnerError> {
        let half = |command: &Option<config::Command>| command.as_ref().map(Command::of);
        Ok(Self {
            name: Name::of(&action.name),
            start: Command::of(&action.start),
            stop: half(&action.stop),
            start_six: half(&action.start_six),
            stop_six: half(&action.stop_six),
            user: Doer::named(&action.user)?,
            timeout: action.timeout,
            at_most: action.at_most,
            stop_at_shutdown: action.stop_at_shutdown,
        })
    }

    /// The program and its arguments for this address. `None` or nothing: there is nothing to run.
    pub(crate) fn words(&self, half: Half, address: IpAddr) -> Option<Vec<String>> {
        let six = address.is_ipv6();
        let command = match half {
            Half::Start => Some(
                self.start_six
                    .as_ref()
                    .filter(|_| six)
                    .unwrap_or(&self.start),
            ),
            Half::Stop => self
                .stop_six
                .as_ref()
                .filter(|_| six)
                .or(self.stop.as_ref()),
        };
        command
            .map(|command| command.words(address))
            .filter(|words| !words.is_empty())
    }

    /// Whether something undoes what its start half does.
    pub(crate) fn has_stop(&self, address: IpAddr) -> bool {
        self.words(Half::Stop, address).is_some()
    }
}

impl Command {
    fn of(command: &config::Command) -> Self {
        match command {
            config::Command::Argv(words) => Self::Argv(words.clone()),
            config::Command::Shell(line) => Self::Shell(line.clone()),
        }
    }

    /// An address has nothing in it that a shell would read as anything else.
    fn words(&self, address: IpAddr) -> Vec<String> {
        let address = address.to_string();
        let fill = |text: &String| text.replace(PLACEHOLDER, &address);
        match self {
            Self::Argv(words) => words.iter().map(fill).collect(),
            Self::Shell(line) if line.trim().is_empty() => Vec::new(),
            Self::Shell(line) => vec!["/bin/sh".to_owned(), "-c".to_owned(), fill(line)],
        }
    }
}

impl Doer {
    /// The user of this name.
    pub(crate) fn named(name: &str) -> Result<Self, RunnerError> {
        let user = User::from_name(name)
            .map_err(|cause| RunnerError::Users(cause.into()))?
            .ok_or_else(|| RunnerError::NoSuchUser(name.to_owned()))?;
        Ok(Self {
            user: user.uid.as_raw(),
            group: user.gid.as_raw(),
        })
    }
}

/// Stands for the address in a command.
const PLACEHOLDER: &str = "%IP%";

#[cfg(test)]
mod tests {
    use super::*;

    fn argv(words: &[&str]) -> Command {
        Command::Argv(words.iter().map(|word| (*word).to_owned()).collect())
    }

    fn action() -> Action {
        Action {
            name: Name::of("note"),
            start: argv(&["/bin/echo", "%IP% and %IP%", "%ip%"]),
            stop: Some(Command::Shell("echo -%IP%-; true".to_owned())),
            start_six: None,
            stop_six: Some(argv(&[])),
            user: Doer { user: 1, group: 1 },
            timeout: Duration::from_secs(10),
            at_most: 8,
            stop_at_shutdown: false,
        }
    }

    #[test]
    fn the_address_stands_wherever_its_placeholder_stood() {
        let four = IpAddr::from([192, 0, 2, 7]);
        assert_eq!(
            action().words(Half::Start, four).unwrap(),
            ["/bin/echo", "192.0.2.7 and 192.0.2.7", "%ip%"]
        );
        assert_eq!(
            action().words(Half::Stop, four).unwrap(),
            ["/bin/sh", "-c", "echo -192.0.2.7-; true"]
        );
    }

    #[test]
    fn the_variant_for_ipv6_is_taken_for_ipv6_alone_and_may_be_nothing() {
        let six = "2001:db8::7".parse().unwrap();
        assert_eq!(
            action().words(Half::Start, six).unwrap()[1],
            "2001:db8::7 and 2001:db8::7"
        );
        assert!(!action().has_stop(six));
        assert!(action().has_stop(IpAddr::from([192, 0, 2, 7])));
    }

    #[test]
    fn a_user_who_does_not_exist_is_said() {
        assert!(matches!(
            Doer::named("nobody-by-this-name"),
            Err(RunnerError::NoSuchUser(_))
        ));
        assert_eq!(Doer::named("root").unwrap(), Doer { user: 0, group: 0 });
    }

    #[test]
    fn a_plan_survives_the_way() {
        let plan = Plan {
            actions: vec![action()],
            form: Form::Json,
        };
        let text = serde_json::to_vec(&plan).unwrap();
        assert_eq!(serde_json::from_slice::<Plan>(&text).unwrap(), plan);
    }
}
