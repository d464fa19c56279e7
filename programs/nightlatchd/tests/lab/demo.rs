//! The demonstration, as somebody who has just built it sees it.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Duration;

use nightlatch_lab::{Entered, World, program};
use serde_json::Value;

use crate::stage::beside_the_daemon;
use crate::{Story, Told};

pub(crate) const STORIES: &[Story] = &[
    (
        "the_demonstration_holds_every_line_within_ten_seconds",
        holds,
    ),
    ("the_demonstration_ends_at_ctrl_c", interrupted),
];

fn holds(_: &Entered) -> Told {
    let Some(tool) = beside_the_daemon("nightlatch") else {
        return Told::Skipped(NOT_BUILT);
    };
    let mut demo = program(tool);
    demo.args(["demo", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut process = World::new().host("somewhere").unwrap().spawn(demo).unwrap();
    let said = std::io::read_to_string(process.stdout().unwrap()).unwrap();
    let errors = std::io::read_to_string(process.stderr().unwrap()).unwrap();
    let status = process
        .wait_within(Duration::from_secs(5))
        .unwrap()
        .unwrap();
    let lines: Vec<Value> = said
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let (sum, acts) = lines.split_last().expect(&errors);
    let broken: Vec<_> = acts.iter().filter(|act| act["holds"] != true).collect();
    assert!(broken.is_empty(), "{broken:?}");
    assert!(status.success(), "{said}{errors}");
    assert_eq!(sum["held"], sum["lines"]);
    assert_eq!(sum["lines"], acts.len());
    assert!(acts.len() >= 12, "{said}");
    assert!(sum["seconds"].as_f64().unwrap() < 10.0, "{sum}");
    Told::Whole
}

fn interrupted(_: &Entered) -> Told {
    let Some(tool) = beside_the_daemon("nightlatch") else {
        return Told::Skipped(NOT_BUILT);
    };
    let mut demo = program(tool);
    demo.args(["demo", "--json"]).stdout(Stdio::piped());
    let mut process = World::new().host("somewhere").unwrap().spawn(demo).unwrap();
    let mut output = BufReader::new(process.stdout().unwrap()).lines();
    assert!(output.next().unwrap().unwrap().contains("stranger"));
    process.interrupt().unwrap();
    let status = process
        .wait_within(Duration::from_secs(5))
        .unwrap()
        .unwrap();
    assert_eq!(status.code(), Some(130));
    assert!(
        output.all(|line| !line.unwrap().contains("seconds")),
        "the story is not told to its end"
    );
    Told::Whole
}

const NOT_BUILT: &str = "the tool is not built: cargo build --package nightlatch";
