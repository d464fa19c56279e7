//! A million clients: how long the clients file takes to read, and how much memory the roster keeps.

use std::{
    fmt::Write as _,
    fs::{self, File, Permissions},
    io::{BufWriter, Write},
    os::unix::fs::PermissionsExt,
    path::Path,
    time::Instant,
};

use nightlatch_config::{load_server, write_secret_key};
use nightlatch_ticket::{PresharedSecret, PublicKey, SecretKey};
use rand_chacha::{
    ChaCha20Rng,
    rand_core::{Rng, SeedableRng},
};

#[expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench measures, and says so"
)]
fn main() {
    // A fraction of it when the bench is run as a test.
    let clients = if std::env::args().any(|word| word == "--bench") {
        1_000_000
    } else {
        1_000
    };
    let Ok(folder) = tempfile::tempdir() else {
        return;
    };
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let _ = write_secret_key(
        &folder.path().join("server.key"),
        &SecretKey::generate(rng),
        None,
        rng,
    );
    let config = folder.path().join("nightlatchd.toml");
    write(&config, 0o644, |out| out.write_all(CONFIG.as_bytes()));
    for (secret, what) in [(false, "without secrets"), (true, "with a secret each")] {
        write(&folder.path().join("clients"), 0o600, |out| {
            (0..clients).try_for_each(|number| out.write_all(line(number, secret, rng).as_bytes()))
        });
        let before = mebibytes("VmRSS:");
        let start = Instant::now();
        let server = load_server(&config);
        let took = start.elapsed();
        let kept = mebibytes("VmRSS:").saturating_sub(before);
        let peak = mebibytes("VmHWM:");
        match server {
            Ok(server) => println!(
                "{} clients {what}: {took:.2?}, {kept} MiB kept, {peak} MiB at the peak of this process",
                server.roster.len()
            ),
            Err(error) => println!("{error}"),
        }
    }
}

fn line(number: u32, secret: bool, rng: &mut ChaCha20Rng) -> String {
    let mut bytes = [0; 32];
    rng.fill_bytes(&mut bytes);
    let mut line = format!(
        "client-{number} {} may=ssh,vpn preshared=",
        PublicKey::from_bytes(bytes)
    );
    if secret {
        line.push_str(&PresharedSecret::generate(rng).expose_text());
    } else {
        line.push_str("none");
    }
    let _ = writeln!(line);
    line
}

fn write(path: &Path, mode: u32, text: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>) {
    let written = File::create(path)
        .map(BufWriter::new)
        .and_then(|mut out| text(&mut out));
    let _ = written.and_then(|()| fs::set_permissions(path, Permissions::from_mode(mode)));
}

fn mebibytes(what: &str) -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(what));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<usize>().ok());
    kibibytes.unwrap_or_default() >> 10
}

const CONFIG: &str = r#"
[server]
guard = ["tcp/22", "udp/51820"]
clients-file = "clients"

[service.ssh]
open = ["tcp/22"]

[service.vpn]
open = ["udp/51820"]
"#;
