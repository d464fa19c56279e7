//! `[action.…]`: what is run when something opens or closes, or is told.

use std::{collections::BTreeMap, ops::Range, time::Duration};

use nightlatch_core::ActionId;
use serde_spanned::Spanned;

use super::values::{bounded, time, unknown_word, user};
use crate::{
    action::{Action, Command},
    desk::Desk,
    document::Named,
    names::{NAME_ADVICE, is_name},
    remark::Remark,
    text::{ActionText, List},
};

/// All actions, by name and in the order of the file.
pub(crate) struct ActionBook {
    numbers: BTreeMap<String, ActionId>,
    places: Vec<Range<usize>>,
    actions: Vec<Action>,
}

impl ActionBook {
    /// Reads all actions. A broken one keeps its name, so that nobody is told it did not exist.
    pub(crate) fn read(written: &[Named<ActionText>], desk: &mut Desk) -> Self {
        let mut book = Self {
            numbers: BTreeMap::new(),
            places: Vec::new(),
            actions: Vec::new(),
        };
        for (number, action) in (0..).zip(written.iter().take(MOST_ACTIONS)) {
            book.numbers
                .insert(action.name.get_ref().clone(), ActionId(number));
            book.places.push(action.name.span());
            book.actions.extend(meant(action, desk));
        }
        if let Some(first_too_many) = written.get(MOST_ACTIONS) {
            desk.add(
                Remark::error(
                    first_too_many.name.span(),
                    format!("more than {MOST_ACTIONS} actions"),
                )
                .advise("let one action do for several services"),
            );
        }
        book
    }

    /// The action that somebody wants to have run; a complaint if there is none of that name.
    pub(crate) fn find(&self, written: &Spanned<String>, desk: &mut Desk) -> Option<ActionId> {
        let found = self.numbers.get(written.get_ref()).copied();
        if found.is_none() {
            let known = self.numbers.keys().map(String::as_str);
            desk.add(unknown_word(
                "action",
                written.get_ref(),
                written.span(),
                known,
            ));
        }
        found
    }

    /// What nobody has run is most likely a service that lacks its `run`.
    pub(crate) fn warn_of_unused(&self, used: &[ActionId], desk: &mut Desk) {
        let unused = self.numbers.iter().filter(|(_, id)| !used.contains(id));
        for (name, ActionId(number)) in unused {
            let span = self.places.get(usize::from(*number)).cloned();
            desk.add(
                Remark::warning(
                    span.unwrap_or_default(),
                    format!("action `{name}` is never run"),
                )
                .advise(format!(
                    "write run = {name:?} in a service or in [messages], or take the action out"
                )),
            );
        }
    }

    pub(crate) fn into_actions(self) -> Vec<Action> {
        self.actions
    }
}

fn meant(written: &Named<ActionText>, desk: &mut Desk) -> Option<Action> {
    let Named { name, text } = written;
    if !is_name(name.get_ref()) {
        desk.add(
            Remark::error(
                name.span(),
                format!("an action cannot be called {:?}", name.get_ref()),
            )
            .advise(NAME_ADVICE),
        );
    }
    let before = desk.errors();
    let start = command(text.start.as_ref(), text.start_shell.as_ref(), desk);
    let stop = command(text.stop.as_ref(), text.stop_shell.as_ref(), desk);
    let start_six = command(text.start_six.as_ref(), text.start_shell_six.as_ref(), desk);
    let stop_six = command(text.stop_six.as_ref(), text.stop_shell_six.as_ref(), desk);
    if start.is_none() && desk.errors() == before {
        desk.add(
            Remark::error(
                name.span(),
                format!("action `{}` starts nothing", name.get_ref()),
            )
            .advise("say what it runs: start = [\"/usr/bin/logger\", \"open for %IP%\"]"),
        );
    }
    let timeout = match &text.timeout {
        Some(written) => time(written, SHORTEST..=LONGEST, desk),
        None => Some(USUAL_TIMEOUT),
    };
    let at_most = bounded(text.at_most.as_ref(), 1..=MOST_AT_ONCE, USUAL_AT_ONCE, desk);
    let user = user(text.user.as_ref(), desk);
    if user.as_deref() == Some("root") {
        warn_of_root_shells(text, desk);
    }
    let start = start?;
    Some(Action {
        name: name.get_ref().clone(),
        // What is the same for both is not held twice.
        start_six: start_six.filter(|six| *six != start),
        stop_six: stop_six.filter(|six| Some(six) != stop.as_ref()),
        start,
        stop,
        user: user?,
        timeout: timeout?,
        at_most: at_most?,
        stop_at_shutdown: text
            .stop_at_shutdown
            .as_ref()
            .is_some_and(|written| *written.get_ref()),
    })
}

fn command(
    argv: Option<&Spanned<List>>,
    shell: Option<&Spanned<String>>,
    desk: &mut Desk,
) -> Option<Command> {
    match (argv, shell) {
        (None, None) => None,
        (Some(argv), None) => self::argv(argv, desk).map(Command::Argv),
        (None, Some(shell)) => line(shell, desk).map(Command::Shell),
        (Some(argv), Some(shell)) => {
            desk.add(
                Remark::error(shell.span(), "this action is to run two things at once")
                    .also(argv.span(), "the other one")
                    .advise("keep the list, or keep the shell line"),
            );
            None
        }
    }
}

fn argv(written: &Spanned<List>, desk: &mut Desk) -> Option<Vec<String>> {
    let words = &written.get_ref().0;
    let Some(program) = words.first() else {
        desk.add(
            Remark::error(written.span(), "no program is named")
                .advise("write it with its whole path: [\"/usr/bin/logger\", \"open for %IP%\"]"),
        );
        return None;
    };
    if !program.get_ref().starts_with('/') {
        desk.add(
            Remark::error(
                program.span(),
                format!("{:?} is no whole path", program.get_ref()),
            )
            .label("it would depend on who starts it")
            .advise(format!(
                "find it with: command -v {}",
                program.get_ref().escape_debug()
            )),
        );
        return None;
    }
    let length: usize = words.iter().map(|word| word.get_ref().len()).sum();
    (is_short(length, written.span(), desk) && words.iter().all(|word| is_text(word, desk)))
        .then(|| words.iter().map(|word| word.get_ref().clone()).collect())
}

fn line(written: &Spanned<String>, desk: &mut Desk) -> Option<String> {
    if written.get_ref().trim().is_empty() {
        desk.add(
            Remark::error(written.span(), "the shell would have nothing to do")
                .advise("write a command, or leave it out"),
        );
        return None;
    }
    (is_short(written.get_ref().len(), written.span(), desk) && is_text(written, desk))
        .then(|| written.get_ref().clone())
}

fn is_short(length: usize, span: Range<usize>, desk: &mut Desk) -> bool {
    if length > LONGEST_COMMAND {
        desk.add(
            Remark::error(span, format!("a command of {length} bytes is too long"))
                .advise("put it into a script of its own, and run that"),
        );
    }
    length <= LONGEST_COMMAND
}

/// The kernel ends each argument at its first zero byte.
fn is_text(written: &Spanned<String>, desk: &mut Desk) -> bool {
    let is_cut = written.get_ref().contains('\0');
    if is_cut {
        desk.add(
            Remark::error(written.span(), "a zero byte would cut the command off")
                .advise("take it out"),
        );
    }
    !is_cut
}

/// A shell that is root is one forgotten quote away from being somebody else's.
fn warn_of_root_shells(text: &ActionText, desk: &mut Desk) {
    let lines = [
        &text.start_shell,
        &text.stop_shell,
        &text.start_shell_six,
        &text.stop_shell_six,
    ];
    let Some(line) = lines.into_iter().flatten().next() else {
        return;
    };
    let remark = Remark::warning(line.span(), "a shell runs as root whenever somebody knocks")
        .advise("write a list, which no shell looks at: start = [\"/usr/sbin/…\", \"%IP%\"]")
        .advise("or let another user do it: user = \"nobody\"");
    desk.add(match &text.user {
        Some(user) => remark.also(user.span(), "as root"),
        None => remark,
    });
}

/// Its place among them goes to the runner in two bytes; nobody writes as many by hand.
const MOST_ACTIONS: usize = 256;

/// What knockd takes, and more than anybody reads.
const LONGEST_COMMAND: usize = 4096;

const SHORTEST: Duration = Duration::from_secs(1);

/// What takes longer is a service of its own.
const LONGEST: Duration = Duration::from_hours(1);

const USUAL_TIMEOUT: Duration = Duration::from_secs(10);

/// More at once are a storm, whoever started it.
const MOST_AT_ONCE: i64 = 1024;

const USUAL_AT_ONCE: u16 = 8;
