//! Secrets on disk: for our eyes only, never overwritten, never lost by half.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop")]

use std::{
    fs::{self, Permissions},
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
    path::{Path, PathBuf},
};

use nightlatch_config::{
    KeyFileError, ReadError, Remembered, StoredKey, UnsealError, WriteFileError, read_preshared,
    read_secret_key, read_sequence_secret, write_preshared, write_secret_key,
    write_sequence_secret,
};
use nightlatch_ticket::{Counter, Memory, PresharedSecret, SecretKey, SequenceSecret};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use tempfile::TempDir;

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(3)
}

fn folder() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("me.key");
    (folder, path)
}

fn names_in(folder: &Path) -> Vec<String> {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn a_key_comes_back_as_it_was_written_and_only_we_may_read_it() {
    let (_folder, path) = folder();
    let key = SecretKey::generate(&mut rng());
    write_secret_key(&path, &key, None, &mut rng()).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
    let StoredKey::Open(read) = read_secret_key(&path).unwrap() else {
        panic!("sealed")
    };
    assert_eq!(read.expose_bytes(), key.expose_bytes());
    assert!(
        fs::read_to_string(&path)
            .unwrap()
            .contains(&key.public().to_string())
    );
}

#[test]
fn a_sealed_key_says_whose_it_is_and_opens_with_its_passphrase() {
    let (_folder, path) = folder();
    let key = SecretKey::generate(&mut rng());
    write_secret_key(&path, &key, Some("open sesame"), &mut rng()).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("nightlatch-sealed1") && !text.contains(&key.expose_text()[20..]));
    let StoredKey::Sealed(sealed) = read_secret_key(&path).unwrap() else {
        panic!("open")
    };
    assert_eq!(sealed.public(), Some(key.public()));
    assert_eq!(
        sealed.open("open sesame").unwrap().expose_bytes(),
        key.expose_bytes()
    );
    assert_eq!(
        sealed.open("sesame").err(),
        Some(UnsealError::WrongPassphrase)
    );
}

#[test]
fn nothing_is_ever_overwritten() {
    let (_folder, path) = folder();
    fs::write(&path, "something dear").unwrap();
    let key = SecretKey::generate(&mut rng());
    assert!(matches!(
        write_secret_key(&path, &key, None, &mut rng()),
        Err(WriteFileError::Exists(_))
    ));
    assert!(matches!(
        write_preshared(&path, &PresharedSecret::from_bytes([1; 32])),
        Err(WriteFileError::Exists(_))
    ));
    assert_eq!(fs::read_to_string(&path).unwrap(), "something dear");
}

#[test]
fn a_link_to_nowhere_is_not_written_through() {
    let (folder, path) = folder();
    std::os::unix::fs::symlink(folder.path().join("elsewhere"), &path).unwrap();
    let key = SecretKey::generate(&mut rng());
    assert!(matches!(
        write_secret_key(&path, &key, None, &mut rng()),
        Err(WriteFileError::Exists(_))
    ));
    assert!(!folder.path().join("elsewhere").exists());
}

#[test]
fn a_missing_folder_is_named_with_the_command_that_makes_it() {
    let (folder, _) = folder();
    let error = write_preshared(
        &folder.path().join("no/such.psk"),
        &PresharedSecret::from_bytes([1; 32]),
    )
    .unwrap_err();
    assert!(error.to_string().contains("mkdir -p -m 700 "), "{error}");
}

#[test]
fn a_secret_that_others_may_read_is_refused_with_the_command_that_mends_it() {
    let (_folder, path) = folder();
    write_preshared(&path, &PresharedSecret::from_bytes([1; 32])).unwrap();
    for mode in [0o640, 0o604, 0o620, 0o601] {
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        let error = read_preshared(&path).err().unwrap().to_string();
        assert!(
            error.contains("chmod 600 ") && error.contains(&format!("{mode:04o}")),
            "{error}"
        );
    }
    fs::set_permissions(&path, Permissions::from_mode(0o400)).unwrap();
    assert!(read_preshared(&path).is_ok());
}

#[test]
fn a_secret_of_somebody_else_is_refused() {
    let (_folder, path) = folder();
    write_preshared(&path, &PresharedSecret::from_bytes([1; 32])).unwrap();
    // Only root can give files away; without it there is nothing to show here.
    if chown(&path, Some(12345), None).is_ok() {
        let error = read_preshared(&path).err();
        assert!(matches!(
            error,
            Some(KeyFileError::Unread(ReadError::ForeignOwner {
                owner: 12345,
                ..
            }))
        ));
    }
}

#[test]
fn a_file_that_was_never_ours_is_not_told_to_be_shut() {
    let (_folder, path) = folder();
    fs::write(&path, "root:x:0:0:root:/root:/bin/bash\n").unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    let error = read_secret_key(&path).err().unwrap().to_string();
    assert!(
        error.ends_with("there is no secret of ours in this file\n  check the path"),
        "{error}"
    );
    fs::write(&path, "# mine\nNIGHTLATCH-PSK1…\n").unwrap();
    let error = read_preshared(&path).err().unwrap().to_string();
    assert!(error.contains("chmod 600"), "{error}");
}

#[test]
fn a_file_with_anything_but_one_key_is_refused() {
    let (_folder, path) = folder();
    let secret = PresharedSecret::from_bytes([1; 32]).expose_text();
    let refused = |text: &str| {
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        read_preshared(&path).err()
    };
    assert!(matches!(
        refused("# only words\n\n"),
        Some(KeyFileError::Empty(_))
    ));
    assert!(matches!(
        refused(&format!("{0}\n{0}\n", &*secret)),
        Some(KeyFileError::SeveralLines(_))
    ));
    assert!(matches!(
        refused("nonsense"),
        Some(KeyFileError::Text { .. })
    ));
    assert!(matches!(
        refused(&PresharedSecret::none().expose_text()),
        Some(KeyFileError::AllZero(_))
    ));
    assert!(matches!(
        refused(&"x".repeat(20_000)),
        Some(KeyFileError::Unread(ReadError::TooLong(_)))
    ));
    assert!(refused(&format!("  {}\r\n", &*secret)).is_none());
}

#[test]
fn no_message_about_a_secret_repeats_it() {
    let (_folder, path) = folder();
    let secret = PresharedSecret::from_bytes([1; 32]).expose_text();
    fs::write(&path, &*secret).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    let error = read_secret_key(&path).err().unwrap();
    assert!(!format!("{error} {error:?}").contains(&secret[20..]));
}

#[test]
fn what_was_learnt_is_remembered_per_network() {
    let (folder, _) = folder();
    let path = folder.path().join("home.json");
    let mut remembered = Remembered::load(&path);
    assert_eq!(
        remembered.memory("cafe"),
        Memory {
            last: Counter(0),
            named: Counter(0),
            offset: 0,
            address: None
        }
    );
    let learnt = Memory {
        last: Counter(u64::MAX),
        named: Counter(3),
        offset: -1500,
        address: Some("203.0.113.7".parse().unwrap()),
    };
    remembered.learn("cafe", learnt);
    remembered.save(&path).unwrap();
    let again = Remembered::load(&path);
    assert_eq!(again.memory("cafe"), learnt);
    assert_eq!(
        again.memory("work"),
        Memory {
            address: None,
            ..learnt
        }
    );
    assert_eq!(names_in(folder.path()), ["home.json"]);
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
}

#[test]
fn a_broken_memory_is_an_empty_one() {
    let (folder, _) = folder();
    let path = folder.path().join("home.json");
    for text in [
        "",
        "{",
        "[]",
        "{\"counter\": -1}",
        "{\"counter\": 1e99}",
        "\u{0}",
        "{\"addresses\": {\"x\": \"y\"}}",
    ] {
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        assert_eq!(Remembered::load(&path), Remembered::default(), "{text}");
    }
    fs::write(&path, "{\"counter\": 5, \"from-a-later-version\": true}").unwrap();
    assert_eq!(Remembered::load(&path).memory("").last, Counter(5));
}

#[test]
fn a_memory_of_many_networks_stays_small() {
    let mut remembered = Remembered::default();
    let learnt = Memory {
        last: Counter(1),
        named: Counter(3),
        offset: 0,
        address: Some("203.0.113.7".parse().unwrap()),
    };
    for network in 0..1000 {
        remembered.learn(&network.to_string(), learnt);
        assert_eq!(remembered.memory(&network.to_string()), learnt);
    }
    let known = (0..1000)
        .filter(|network| remembered.memory(&network.to_string()).address.is_some())
        .count();
    assert_eq!(known, 64);
}

#[test]
fn a_memory_that_cannot_be_kept_leaves_nothing_behind() {
    let (folder, _) = folder();
    let taken = folder.path().join("home.json");
    fs::create_dir(&taken).unwrap();
    assert!(Remembered::default().save(&taken).is_err());
    assert_eq!(names_in(folder.path()), ["home.json"]);
}

#[test]
fn a_sequence_secret_comes_back_and_is_kept_like_every_other() {
    let (_folder, path) = folder();
    let secret = SequenceSecret::from_bytes([6; 32]);
    write_sequence_secret(&path, &secret).unwrap();
    assert!(read_sequence_secret(&path).unwrap() == secret);
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    assert!(matches!(
        write_sequence_secret(&path, &secret),
        Err(WriteFileError::Exists(_))
    ));
    fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(
        read_sequence_secret(&path),
        Err(KeyFileError::Unread(ReadError::OthersMayRead { .. }))
    ));
}
