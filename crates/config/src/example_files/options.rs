//! Every option stands in the files that show them all, with its true default.

use std::fmt::Write;

use nightlatch_ticket::SecretKey;

use super::folder::Folder;
use crate::{
    Server,
    fields::fields_of,
    meaning::TABLES,
    person::text::KnownServerText,
    text::{
        ActionText, ClientText, EncryptedText, GuardText, JournalText, LimitsText, MessagesText,
        NotifyText, SequenceText, ServerText, ServiceText,
    },
};

const SERVER: &str = include_str!("../../../../config/nightlatchd.toml");
const PERSON: &str = include_str!("../../../../config/nightlatch.toml");

/// What has no default: without it there is no configuration.
const REQUIRED: [&str; 16] = [
    "guard",
    "host",
    "key",
    "preshared",
    "may",
    "services",
    "steps",
    "one-time",
    "time-based",
    "opens",
    "closes",
    "start",
    "start-shell",
    "webhook",
    "secret",
    "syslog",
];

/// What does nothing unless it is said: the file shows what it could be.
const NONE_UNLESS_SAID: [&str; 7] = [
    "open",
    "insert",
    "run",
    "forward",
    "stop",
    "stop-shell",
    "ca",
];

/// What has no default in this one table.
const REQUIRED_HERE: (&str, &str) = ("service.camera", "open");

#[test]
fn every_option_of_the_server_stands_in_its_file() {
    let known = [
        ("server", fields_of::<ServerText>()),
        ("limits", fields_of::<LimitsText>()),
        ("service.", fields_of::<ServiceText>()),
        ("client.", fields_of::<ClientText>()),
        ("sequence.", fields_of::<SequenceText>()),
        ("encrypted-sequence", fields_of::<EncryptedText>()),
        ("action.", fields_of::<ActionText>()),
        ("messages", fields_of::<MessagesText>()),
        ("guard", fields_of::<GuardText>()),
        ("journal", fields_of::<JournalText>()),
        ("notify.", fields_of::<NotifyText>()),
    ];
    assert_eq!(known.len(), TABLES.len());
    for (table, fields) in known {
        // Several tables of one kind show what cannot stand together.
        let mut fields = fields.to_vec();
        fields.sort_unstable();
        assert_eq!(keys_below(SERVER, table), fields, "[{table}]");
    }
}

#[test]
fn every_option_of_the_person_stands_in_their_file() {
    let mut fields = fields_of::<KnownServerText>().to_vec();
    fields.sort_unstable();
    assert_eq!(keys_below(PERSON, "server.home"), fields);
}

#[test]
fn each_default_that_the_server_file_shows_is_the_true_one() {
    let folder = Folder::new();
    let whole = said(&folder.server(&uncommented(SERVER, None)).unwrap());
    for (table, key) in options(SERVER) {
        let without = folder.server(&uncommented(SERVER, Some((&table, &key))));
        // A person has to name services, and whoever is told has not.
        let is_wish = table == "server" || table.starts_with("notify.") && key == "services";
        let is_required = REQUIRED.contains(&key.as_str()) && !is_wish
            || (table.as_str(), key.as_str()) == REQUIRED_HERE;
        if is_required || key == "guard" {
            assert!(without.is_err(), "[{table}] {key} has a default after all");
        } else if NONE_UNLESS_SAID.contains(&key.as_str()) {
            assert_ne!(said(&without.unwrap()), whole, "[{table}] {key}");
        } else {
            assert_eq!(
                said(&without.unwrap()),
                whole,
                "[{table}] {key} shows a false default"
            );
        }
    }
}

#[test]
fn each_default_that_the_person_file_shows_is_the_true_one() {
    let folder = Folder::new();
    let whole = format!("{:?}", folder.person(&uncommented(PERSON, None)).unwrap());
    for (table, key) in options(PERSON) {
        let without = folder.person(&uncommented(PERSON, Some((&table, &key))));
        if REQUIRED.contains(&key.as_str()) {
            assert!(without.is_err(), "{key} has a default after all");
        } else {
            assert_eq!(
                format!("{:?}", without.unwrap()),
                whole,
                "{key} shows a false default"
            );
        }
    }
}

/// The keys below a table's header, or below those of all tables of its kind; sorted.
fn keys_below(text: &str, table: &str) -> Vec<String> {
    let is_meant = |of: &str| of == table || table.ends_with('.') && of.starts_with(table);
    let mut keys: Vec<String> = options(text)
        .into_iter()
        .filter(|(of, _)| is_meant(of))
        .map(|(_, key)| key)
        .collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// Table and key of each option that stands in the file.
fn options(text: &str) -> Vec<(String, String)> {
    let mut table = String::new();
    let mut found = Vec::new();
    for line in text.lines().filter_map(option) {
        match line
            .strip_prefix('[')
            .and_then(|line| line.strip_suffix(']'))
        {
            Some(name) => table = name.to_owned(),
            None => found.push((table.clone(), line.split_once(" = ").unwrap().0.to_owned())),
        }
    }
    found
}

/// The file with its options in force, but for one.
fn uncommented(text: &str, but: Option<(&str, &str)>) -> String {
    let mut table = String::new();
    let mut bare = String::new();
    for line in text.lines().filter_map(option) {
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|line| line.strip_suffix(']'))
        {
            table = name.to_owned();
        }
        let key = line.split_once(" = ").map_or("", |(key, _)| key);
        if but != Some((&table, key)) {
            writeln!(bare, "{line}").unwrap();
        }
    }
    bare
}

/// `#key = value` is an option; `# words` are words.
fn option(line: &str) -> Option<&str> {
    line.strip_prefix('#').filter(|rest| {
        rest.starts_with(|letter: char| letter == '[' || letter.is_ascii_lowercase())
    })
}

/// Everything that a server's file says, comparable.
fn said(server: &Server) -> String {
    format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        server.policy,
        server.gate,
        server.knock_port,
        server.sources,
        server.state,
        server.status_socket,
        server.interfaces,
        server.user,
        server.log,
        server.server_key.as_ref().map(SecretKey::public),
        server.roster.len(),
        server
            .roster
            .iter()
            .map(|line| line.may_tell)
            .collect::<Vec<_>>(),
        server.span,
        server.in_use,
        server.actions,
        server.messages,
        server.guarding,
        server.journal,
        server.notifications,
    )
}
