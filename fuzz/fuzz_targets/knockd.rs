//! knockd's configuration: whatever stands there, a configuration or complaints come out, as text and when it is run.
#![no_main]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use nightlatch_config::{Commands, convert_knockd, load_knockd};
use tempfile::TempDir;

fuzz_target!(|bytes: &[u8]| {
    let path = FOLDER.path().join("knockd.conf");
    fs::write(&path, bytes).unwrap();
    for commands in [Commands::BecomeGrants, Commands::RunAsWell] {
        match convert_knockd(Path::new("knockd.conf"), bytes, commands) {
            // Every warning can be shown.
            Ok(converted) => assert!(
                converted
                    .warnings
                    .iter()
                    .all(|one| !one.to_string().is_empty())
            ),
            Err(wrong) => assert!(!wrong.to_string().is_empty()),
        }
        if let Err(wrong) = load_knockd(&path, commands) {
            assert!(!wrong.to_string().is_empty());
        }
    }
});

/// A folder that only we may write, since the loader insists on that.
static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    folder
});
