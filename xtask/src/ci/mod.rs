//! `cargo ci`: the steps that a change passes before it is handed in.

mod checks;
mod clean;

use anyhow::{Result, bail};

use crate::say;
use crate::tree::Tree;
use clean::Before;

/// What the person asked for.
pub(crate) struct Choice {
    pub(crate) extent: Extent,
    /// Names of steps; none means all that the extent holds.
    pub(crate) steps: Vec<String>,
}

/// How much of the list is run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    Whole,
    Quick,
}

/// One step of the list.
struct Step {
    name: &'static str,
    length: Length,
    does: &'static str,
    run: fn(&Tree) -> Result<()>,
}

#[derive(PartialEq, Eq)]
enum Length {
    Short,
    Long,
}

/// Runs the chosen steps in their order; the first failure ends it.
pub(crate) fn run(tree: &Tree, choice: &Choice) -> Result<()> {
    let steps = chosen(choice)?;
    let before = Before::look(tree)?;
    say::timed("ci", || {
        for step in &steps {
            say::timed(step.name, || (step.run)(tree))?;
        }
        say::timed("clean tree", || before.compare(tree))
    })
}

/// Prints the steps and what each does.
pub(crate) fn list() {
    for step in STEPS {
        let length = if step.length == Length::Long {
            " (not in --quick)"
        } else {
            ""
        };
        say::line(&format!("{:10} {}{length}", step.name, step.does));
    }
}

fn chosen(choice: &Choice) -> Result<Vec<&'static Step>> {
    if let Some(name) = choice
        .steps
        .iter()
        .find(|name| !STEPS.iter().any(|step| step.name == **name))
    {
        bail!("no step is called {name}\n  `cargo ci --list` shows them");
    }
    let quick = choice.extent == Extent::Quick;
    let wanted = |step: &&Step| match choice.steps.as_slice() {
        [] => !(quick && step.length == Length::Long),
        names => names.iter().any(|name| name == step.name),
    };
    Ok(STEPS.iter().filter(wanted).collect())
}

/// Cheap and telling ones first, so that a slip shows within seconds.
const STEPS: &[Step] = &[
    Step {
        name: "fmt",
        length: Length::Short,
        does: "every file is formatted",
        run: checks::fmt,
    },
    Step {
        name: "floors",
        length: Length::Short,
        does: "imports, captions and file lengths follow the plan",
        run: crate::floors::check,
    },
    Step {
        name: "clippy",
        length: Length::Short,
        does: "no warning in any target",
        run: checks::clippy,
    },
    Step {
        name: "tests",
        length: Length::Short,
        does: "every test, those in network namespaces too",
        run: checks::tests,
    },
    Step {
        name: "libpcap",
        length: Length::Short,
        does: "the one optional library: no warning, and its own tests",
        run: checks::libpcap,
    },
    Step {
        name: "doctests",
        length: Length::Long,
        does: "examples inside the docs",
        run: checks::doctests,
    },
    Step {
        name: "doc",
        length: Length::Long,
        does: "the docs build without a warning",
        run: checks::doc,
    },
    Step {
        name: "deny",
        length: Length::Long,
        does: "licences, sources and duplicates of the dependencies",
        run: checks::deny,
    },
    Step {
        name: "examples",
        length: Length::Short,
        does: "every example config passes `nightlatchd --check`",
        run: crate::examples::check,
    },
    Step {
        name: "man",
        length: Length::Short,
        does: "man pages and completions match the options",
        run: crate::man::check,
    },
    Step {
        name: "pages",
        length: Length::Short,
        does: "commands, configs and tests on the pages are as written",
        run: crate::pages::check,
    },
    Step {
        name: "demo",
        length: Length::Long,
        does: "the whole story on a real kernel",
        run: checks::demo,
    },
    Step {
        name: "fuzz",
        length: Length::Long,
        does: "each fuzz target for a few seconds",
        run: checks::fuzz,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn names(extent: Extent, steps: &[&str]) -> Vec<&'static str> {
        let steps = steps.iter().map(|&name| name.to_owned()).collect();
        chosen(&Choice { extent, steps })
            .unwrap()
            .iter()
            .map(|step| step.name)
            .collect()
    }

    #[test]
    fn quick_leaves_the_long_steps_out() {
        let quick = names(Extent::Quick, &[]);
        assert!(quick.contains(&"tests") && !quick.contains(&"fuzz") && !quick.contains(&"demo"));
    }

    #[test]
    fn named_steps_run_in_the_order_of_the_list() {
        assert_eq!(names(Extent::Whole, &["fuzz", "fmt"]), ["fmt", "fuzz"]);
    }

    #[test]
    fn a_named_step_runs_even_in_quick() {
        assert_eq!(names(Extent::Quick, &["fuzz"]), ["fuzz"]);
    }

    #[test]
    fn an_unknown_step_is_refused_by_name() {
        let choice = Choice {
            extent: Extent::Whole,
            steps: vec!["fmtt".into()],
        };
        let wrong = chosen(&choice).err().unwrap().to_string();
        assert!(wrong.starts_with("no step is called fmtt"), "{wrong}");
    }
}
