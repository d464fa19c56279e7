//! What the tool says and how it ends, word for word: `tests/cmd/*.trycmd`.

use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt;

#[test]
fn the_words_and_exit_codes_are_as_written_down() {
    // What others may write is refused as a configuration, and a checkout may be such.
    set_permissions("tests/cmd/configuration.in", Permissions::from_mode(0o755)).unwrap();
    for config in ["good", "no-host", "no-preshared", "nothing-in-it"] {
        let path = format!("tests/cmd/configuration.in/{config}.toml");
        set_permissions(path, Permissions::from_mode(0o644)).unwrap();
    }
    // A home that does not exist: nothing in these stories may depend on who runs them.
    trycmd::TestCases::new()
        .env("HOME", "/nonexistent")
        .env("COLUMNS", "100")
        .env("XDG_CONFIG_HOME", "")
        .env("XDG_STATE_HOME", "")
        .case("tests/cmd/*.trycmd");
}
