//! One `Cargo.toml` against its room in the plan.

use anyhow::{Context, Result};
use toml::{Table, Value};

use super::Breach;
use super::plan::{FOR_TESTS, FOR_TESTS_ABOVE, HOUSE};
use super::room::{Floor, Room};
use crate::tree::Tree;

/// Every import of this manifest that the plan does not have.
pub(super) fn breaches(room: &Room, manifest: &str) -> Result<Vec<Breach>> {
    let manifest: Table = manifest.parse().with_context(|| room.manifest())?;
    let mut breaches = Vec::new();
    for (kind, imports) in tables(&manifest) {
        for (name, wish) in imports {
            breaches.extend(judge(room, kind, &package(name, wish)));
            if room.floor != Floor::Beside && wish.get("workspace") != Some(&Value::Boolean(true)) {
                breaches.push(room.breach(format!("{name} has a version of its own"), ONE_PLACE));
            }
        }
    }
    breaches.extend(habits(room, &manifest));
    breaches.extend(unused(room, &manifest));
    Ok(breaches)
}

/// Arrows of the plan that nobody follows: the table would show what is not so.
fn unused(room: &Room, manifest: &Table) -> Vec<Breach> {
    let used = |planned: &&str| {
        let mut tables = tables(manifest)
            .into_iter()
            .filter(|(kind, _)| *kind == Kind::Program);
        tables.any(|(_, imports)| {
            imports
                .iter()
                .any(|(name, wish)| package(name, wish) == **planned)
        })
    };
    let planned = room.ours.iter().chain(room.theirs).copied();
    let idle = planned.filter(|planned| !used(planned));
    idle.map(|import| {
        room.breach(
            format!("does not import {import}, which it may"),
            STALE_PLAN,
        )
    })
    .collect()
}

/// Members of the workspace that have no room in the plan.
pub(super) fn strangers(tree: &Tree) -> Result<Vec<Breach>> {
    let mut breaches = Vec::new();
    for above in ["crates", "programs"] {
        for child in std::fs::read_dir(tree.path(above))? {
            let folder = format!("{above}/{}", child?.file_name().to_string_lossy());
            if !HOUSE.iter().any(|room| room.folder == folder) {
                let wrong = "has no room in the plan".to_owned();
                breaches.push(Breach {
                    place: folder,
                    wrong,
                    remedy: NEW_ROOM,
                });
            }
        }
    }
    Ok(breaches)
}

fn judge(room: &Room, kind: Kind, import: &str) -> Option<Breach> {
    let planned = room.ours.contains(&import) || room.theirs.contains(&import);
    let for_tests =
        FOR_TESTS.contains(&import) || (!room.floor.is_pure() && FOR_TESTS_ABOVE.contains(&import));
    match kind {
        _ if planned => None,
        Kind::Tests if for_tests => None,
        Kind::Tests => Some(room.breach(format!("its tests import {import}"), NEW_IMPORT)),
        Kind::Build => Some(room.breach(format!("its build imports {import}"), NEW_IMPORT)),
        Kind::Program => Some(room.breach(format!("imports {import}"), NEW_IMPORT)),
    }
}

/// Every table of imports, also those for one target only.
fn tables(manifest: &Table) -> Vec<(Kind, &Table)> {
    let targets = manifest.get("target").and_then(Value::as_table);
    let places = targets
        .into_iter()
        .flat_map(Table::values)
        .filter_map(Value::as_table);
    let mut found = Vec::new();
    for place in [manifest].into_iter().chain(places) {
        for (name, kind) in [
            ("dependencies", Kind::Program),
            ("dev-dependencies", Kind::Tests),
            ("build-dependencies", Kind::Build),
        ] {
            found.extend(
                place
                    .get(name)
                    .and_then(Value::as_table)
                    .map(|table| (kind, table)),
            );
        }
    }
    found
}

/// A renamed import is judged by its real name.
fn package(name: &str, wish: &Value) -> String {
    let real = wish.get("package").and_then(Value::as_str);
    real.unwrap_or(name).to_owned()
}

fn habits(room: &Room, manifest: &Table) -> Vec<Breach> {
    let mut breaches = Vec::new();
    let name = manifest
        .get("package")
        .and_then(|package| package.get("name"))
        .and_then(Value::as_str);
    if name != Some(room.name) {
        breaches.push(room.breach(format!("is not called {}", room.name), NEW_ROOM));
    }
    let lints = manifest
        .get("lints")
        .and_then(|lints| lints.get("workspace"));
    if lints != Some(&Value::Boolean(true)) && room.name != "nightlatch-fuzz" {
        breaches.push(room.breach("goes without the workspace's lints".to_owned(), LINTS));
    }
    let features = manifest.get("features").and_then(Value::as_table);
    let features = features.into_iter().flat_map(Table::keys);
    for feature in features.filter(|name| *name != SYSTEM_LIBRARY) {
        breaches.push(room.breach(format!("has a feature {feature}"), FEATURES));
    }
    breaches
}

impl Room {
    fn breach(&self, wrong: String, remedy: &'static str) -> Breach {
        Breach {
            place: self.manifest(),
            wrong,
            remedy,
        }
    }
}

/// What an import is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Program,
    Tests,
    Build,
}

const NEW_IMPORT: &str = "the plan (xtask/src/floors/plan.rs) has no such arrow: change the plan with a decision, or go without";
const STALE_PLAN: &str = "take it out of the plan (xtask/src/floors/plan.rs)";
const NEW_ROOM: &str =
    "give it a room in xtask/src/floors/plan.rs, with its floor and what it may touch";
const ONE_PLACE: &str =
    "declare it once in the workspace's Cargo.toml and say `workspace = true` here";
const LINTS: &str = "add `[lints] workspace = true`";
const FEATURES: &str = "what is in the house is on: no features but for optional system libraries";

/// The one system library that somebody may want linked.
const SYSTEM_LIBRARY: &str = "libpcap";

#[cfg(test)]
mod tests {
    use super::*;

    fn room(name: &str) -> &'static Room {
        HOUSE.iter().find(|room| room.name == name).unwrap()
    }

    fn wrongs(name: &str, imports: &str) -> Vec<String> {
        let all = all_wrongs(name, imports);
        all.into_iter()
            .filter(|wrong| !wrong.ends_with("which it may"))
            .collect()
    }

    fn all_wrongs(name: &str, imports: &str) -> Vec<String> {
        let head = format!("[package]\nname = \"{name}\"\n[lints]\nworkspace = true\n");
        let breaches = breaches(room(name), &(head + imports)).unwrap();
        breaches.into_iter().map(|breach| breach.wrong).collect()
    }

    #[test]
    fn an_arrow_that_nobody_follows_is_taken_out_of_the_plan() {
        let imports = "[dependencies]\nnightlatch-ticket.workspace = true\n[dev-dependencies]\nthiserror.workspace = true";
        let wrongs = all_wrongs("nightlatch-core", imports);
        assert!(
            wrongs.contains(&"does not import nightlatch-wire, which it may".to_owned()),
            "{wrongs:?}"
        );
        assert!(
            wrongs.contains(&"does not import thiserror, which it may".to_owned()),
            "{wrongs:?}"
        );
        assert!(
            !wrongs
                .iter()
                .any(|wrong| wrong.contains("nightlatch-ticket")),
            "{wrongs:?}"
        );
    }

    #[test]
    fn what_the_plan_has_passes() {
        let imports =
            "[dependencies]\nnightlatch-wire.workspace = true\nthiserror.workspace = true";
        assert_eq!(wrongs("nightlatch-core", imports), Vec::<String>::new());
    }

    #[test]
    fn an_arrow_that_points_up_is_refused() {
        let imports = "[dependencies]\nnightlatch-core.workspace = true";
        assert_eq!(
            wrongs("nightlatch-wire", imports),
            ["imports nightlatch-core"]
        );
    }

    #[test]
    fn a_crate_of_others_needs_its_place_in_the_plan() {
        let imports = "[dependencies]\ntokio.workspace = true";
        assert_eq!(wrongs("nightlatchd", imports), ["imports tokio"]);
    }

    #[test]
    fn the_test_kit_is_for_tests() {
        let tests = "[dev-dependencies]\nnightlatch-testkit.workspace = true";
        assert_eq!(wrongs("nightlatch-core", tests), Vec::<String>::new());
        let program = "[dependencies]\nnightlatch-testkit.workspace = true";
        assert_eq!(
            wrongs("nightlatch-core", program),
            ["imports nightlatch-testkit"]
        );
    }

    #[test]
    fn tests_of_a_pure_crate_do_not_touch_the_world() {
        let imports = "[dev-dependencies]\nnightlatch-lab.workspace = true";
        assert_eq!(
            wrongs("nightlatch-core", imports),
            ["its tests import nightlatch-lab"]
        );
        assert_eq!(wrongs("nightlatch-firewall", imports), Vec::<String>::new());
    }

    #[test]
    fn an_import_for_one_target_or_under_another_name_is_seen() {
        let target = "[target.'cfg(unix)'.dependencies]\nlibc.workspace = true";
        assert_eq!(wrongs("nightlatch-core", target), ["imports libc"]);
        let renamed = "[dependencies]\nthiserror = { workspace = true, package = \"libc\" }";
        assert_eq!(wrongs("nightlatch-core", renamed), ["imports libc"]);
        let build = "[build-dependencies]\ncc.workspace = true";
        assert_eq!(wrongs("nightlatch-core", build), ["its build imports cc"]);
    }

    #[test]
    fn versions_lints_and_features_have_one_place() {
        let manifest = "[package]\nname = \"nightlatch-wire\"\n[features]\nx = []\n[dependencies]\nthiserror = \"2\"";
        let wrongs = breaches(room("nightlatch-wire"), manifest).unwrap();
        assert_eq!(wrongs.len(), 3, "{wrongs:?}");
        let library = manifest.replace("x = []", "libpcap = []");
        let wrongs = breaches(room("nightlatch-wire"), &library).unwrap();
        assert_eq!(wrongs.len(), 2, "{wrongs:?}");
    }
}
