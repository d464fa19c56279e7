//! Stories of the store: kept, forgotten, killed in the middle, damaged.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use nightlatch_journal::{Event, Kind, Limits, Shelf, Store, StoreError, UnixMillis, Who};

const DAY: Duration = Duration::from_hours(24);
const LIMITS: Limits = Limits {
    keep: DAY,
    at_most: 64 << 20,
};

fn event(millis: u64) -> Event {
    Event::new(Kind::Granted, UnixMillis(millis))
        .by(Who::Client(nightlatch_journal::Label::of("alice")))
        .about("ssh")
        .from("192.0.2.7".parse().unwrap())
        .lasting(30)
}

fn open(folder: &Path, limits: Limits) -> Store {
    let opened = Store::open(folder, limits).unwrap();
    assert!(opened.set_aside.is_empty(), "{:?}", opened.set_aside);
    opened.store
}

fn numbers(events: &[(u64, Event)]) -> Vec<u64> {
    events.iter().map(|(number, _)| *number).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

#[test]
fn what_was_written_is_read_again_in_its_order_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    {
        let mut store = open(folder.path(), LIMITS);
        store.append(&[event(1), event(2)]).unwrap();
        store.append(&[event(3)]).unwrap();
        assert_eq!(numbers(&store.read(0, 99).unwrap()), [1, 2, 3]);
        assert_eq!(numbers(&store.read(2, 1).unwrap()), [2]);
        assert!(store.read(4, 99).unwrap().is_empty());
    }
    let mut store = open(folder.path(), LIMITS);
    assert_eq!(store.next(), 4);
    store.append(&[event(4)]).unwrap();
    let all = store.read(1, 99).unwrap();
    assert_eq!(numbers(&all), [1, 2, 3, 4]);
    assert_eq!(all[3].1, event(4));
}

#[test]
fn the_files_are_nobody_elses_to_read() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let _store = open(folder.path(), LIMITS);
    for file in files(folder.path()) {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn a_shelf_reads_what_a_store_left_and_says_when_it_may_not() {
    let folder = tempfile::tempdir().unwrap();
    let empty = Shelf::open(folder.path());
    assert!(matches!(empty, Err(StoreError::None(_))), "{empty:?}");
    let none = Shelf::open(&folder.path().join("nothing"));
    assert!(matches!(none, Err(StoreError::None(_))), "{none:?}");
    {
        let mut store = open(folder.path(), LIMITS);
        store.append(&[event(1), event(2)]).unwrap();
        let busy = Shelf::open(folder.path());
        assert!(matches!(busy, Err(StoreError::Busy(_))), "{busy:?}");
    }
    let shelf = Shelf::open(folder.path()).unwrap();
    assert_eq!(numbers(&shelf.read(0, 1).unwrap()), [1]);
    assert_eq!(numbers(&shelf.read(2, 9).unwrap()), [2]);
}

#[test]
fn what_is_too_old_is_forgotten_and_what_is_not_stays() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path(), LIMITS);
    let now = UnixMillis(0).later(10 * DAY);
    let old = now.earlier(2 * DAY).0;
    let young = now.earlier(DAY / 2).0;
    store
        .append(&[event(old), event(old), event(young), event(now.0)])
        .unwrap();
    store.keep_young(now).unwrap();
    assert_eq!(numbers(&store.read(0, 9).unwrap()), [3, 4]);
    // All of it at last; and numbers go on.
    store.keep_young(now.later(3 * DAY)).unwrap();
    assert!(store.read(0, 9).unwrap().is_empty());
    drop(store);
    let mut store = open(folder.path(), LIMITS);
    let next = store.next();
    assert!(next >= 5, "also over a restart: {next}");
    store.append(&[event(now.0)]).unwrap();
    assert_eq!(numbers(&store.read(0, 9).unwrap()), [next]);
    drop(store);
    assert_eq!(open(folder.path(), LIMITS).next(), next + 1);
}

#[test]
fn a_store_never_takes_more_of_the_disk_than_it_may_and_the_oldest_go_first() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits {
        at_most: 1 << 20,
        ..LIMITS
    };
    let mut store = open(folder.path(), limits);
    let batch = vec![event(1); 200];
    let mut largest = 0;
    for _ in 0..200 {
        store.append(&batch).unwrap();
        store.keep_small().unwrap();
        largest = largest.max(store.size());
    }
    assert!(largest <= limits.at_most, "{largest}");
    assert!(files(folder.path()).len() > 2);
    let first = store.read(0, 1).unwrap()[0].0;
    assert!((2..40_000).contains(&first), "{first}");
    // Nothing is missing between the first and the last.
    let mut next = first;
    while next < store.next() {
        let some = store.read(next, 1000).unwrap();
        for (number, _) in &some {
            assert_eq!(*number, next);
            next += 1;
        }
        assert!(!some.is_empty());
    }
    assert_eq!(next, 40_001);
    drop(store);
    // Files that are wholly too old go as files.
    let mut store = open(folder.path(), limits);
    store.keep_young(UnixMillis(2).later(DAY)).unwrap();
    assert_eq!(files(folder.path()).len(), 1);
    assert!(store.read(0, 9).unwrap().is_empty());
    assert_eq!(store.next(), 40_001);
}

#[test]
fn a_damaged_file_is_set_aside_and_the_others_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits {
        at_most: 1 << 20,
        ..LIMITS
    };
    {
        let mut store = open(folder.path(), limits);
        while files(folder.path()).len() < 3 {
            store.append(&vec![event(1); 500]).unwrap();
            store.keep_small().unwrap();
        }
    }
    let victim = files(folder.path())[1].clone();
    let length = usize::try_from(victim.metadata().unwrap().len()).unwrap();
    fs::write(&victim, vec![0x55; length]).unwrap();
    let opened = Store::open(folder.path(), limits).unwrap();
    let aside = victim.with_extension("damaged");
    assert!(aside.exists() && !victim.exists());
    assert_eq!(opened.set_aside, [aside]);
    assert_eq!(opened.store.read(0, 1).unwrap()[0].0, 1);
}

#[test]
fn bytes_that_were_changed_are_found_wherever_they_are_and_never_stop_the_store() {
    let folder = tempfile::tempdir().unwrap();
    {
        let mut store = open(folder.path(), LIMITS);
        store.append(&vec![event(1); 300]).unwrap();
    }
    let file = files(folder.path())[0].clone();
    let whole = fs::read(&file).unwrap();
    // Everywhere, and where each page says how long its parts are.
    let lengths = (191..whole.len()).step_by(4096);
    for place in (0..whole.len()).step_by(1999).chain(lengths) {
        let mut bent = whole.clone();
        bent[place] ^= 0x55;
        fs::write(&file, &bent).unwrap();
        // Who only reads finds it as well, and leaves it as it is.
        let read = Shelf::open(folder.path()).and_then(|shelf| shelf.read(0, 999));
        assert!(read.is_err() || numbers(&read.unwrap()).len() == 300);
        assert_eq!(fs::read(&file).unwrap(), bent);
        let mut opened = Store::open(folder.path(), LIMITS).unwrap();
        opened.store.append(&[event(2)]).unwrap();
        let next = opened.store.next();
        assert_eq!(
            numbers(&opened.store.read(next - 1, 9).unwrap()),
            [next - 1]
        );
        drop(opened);
        for file in files(folder.path()) {
            fs::remove_file(file).unwrap();
        }
    }
}

#[test]
fn no_number_comes_twice_where_a_file_was_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path(), LIMITS);
    store.append(&vec![event(1); 300]).unwrap();
    drop(store);
    let file = files(folder.path())[0].clone();
    fs::write(&file, vec![7; 9000]).unwrap();
    let opened = Store::open(folder.path(), LIMITS).unwrap();
    assert_eq!(opened.set_aside.len(), 1);
    let next = opened.store.next();
    assert!(next > 301, "{next}");
    drop(opened);
    assert_eq!(open(folder.path(), LIMITS).next(), next, "once is enough");
    // Killed between the file that was set aside and the one that is begun.
    fs::remove_file(&files(folder.path())[1]).unwrap();
    let mut store = open(folder.path(), LIMITS);
    assert_eq!(store.next(), next);
    store.append(&[event(2)]).unwrap();
    drop(store);
    let store = open(folder.path(), LIMITS);
    assert_eq!(numbers(&store.read(302, 9).unwrap()), [next]);
    assert_eq!(store.next(), next + 1);
}

#[test]
fn only_so_much_that_was_set_aside_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    for life in 0..5 {
        let mut opened = Store::open(folder.path(), LIMITS).unwrap();
        assert_eq!(opened.set_aside.len(), usize::from(life > 0));
        opened.store.append(&[event(life)]).unwrap();
        drop(opened);
        let mut names = files(folder.path()).into_iter();
        let file = names.find(|file| file.extension().unwrap() == "redb");
        fs::write(file.unwrap(), vec![7; 9000]).unwrap();
    }
    let aside = files(folder.path())
        .into_iter()
        .filter(|file| file.extension().unwrap() == "damaged");
    assert!(aside.count() <= 2);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a process that can be killed")]
fn a_store_that_was_killed_in_the_middle_has_all_that_it_said_to_have() {
    if let Ok(folder) = std::env::var("NIGHTLATCH_STORE") {
        return write_until_killed(Path::new(&folder));
    }
    let folder = tempfile::tempdir().unwrap();
    let mut said = 0;
    for _ in 0..5 {
        let mut writer = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "--nocapture",
                "a_store_that_was_killed_in_the_middle_has_all_that_it_said_to_have",
            ])
            .env("NIGHTLATCH_STORE", folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = std::io::BufReader::new(writer.stdout.take().unwrap());
        for _ in 0..40 {
            let mut line = String::new();
            std::io::BufRead::read_line(&mut lines, &mut line).unwrap();
            said = line.trim().parse().unwrap_or(said);
        }
        writer.kill().unwrap();
        writer.wait().unwrap();
        let shelf = Shelf::open(folder.path()).unwrap();
        let last = shelf.read(said, 1).unwrap();
        assert_eq!(numbers(&last), [said]);
        drop(shelf);
    }
    assert!(said > 100, "{said}");
    let store = open(folder.path(), LIMITS);
    assert!(store.next() > said);
    let all = store.read(0, usize::MAX).unwrap();
    let expected: Vec<u64> = (1..store.next()).collect();
    assert_eq!(numbers(&all), expected);
}

/// The same test in a process of its own: the one that is killed.
fn write_until_killed(folder: &Path) {
    let mut store = Store::open(folder, LIMITS).unwrap().store;
    let mut out = std::io::stdout();
    loop {
        store.append(&[event(1), event(2), event(3)]).unwrap();
        writeln!(out, "{}", store.next().saturating_sub(1)).unwrap();
        out.flush().unwrap();
    }
}
