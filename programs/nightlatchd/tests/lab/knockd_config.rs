//! Stories of knockd's configuration in the place of ours, as it stands and translated.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nightlatch_lab::{Entered, Limit, mount_limited, pause, program, wait_until};

use crate::daemon::Daemon;
use crate::knockd::assert_noted;
use crate::sequences::gets_in;
use crate::stage::Family::{V4, V6};
use crate::stage::{Stage, assert_silent, is_in};
use crate::tool::{command, run, run_well};
use crate::touch::Touch::{self, Tcp, Udp};
use crate::touch::touch;
use crate::{Story, Told};

pub(crate) const STORIES: &[Story] = &[
    ("knockds_configuration_runs_as_it_is", its_configuration),
    (
        "a_restart_in_the_middle_runs_knockds_stop_command",
        its_stop,
    ),
    ("what_is_imported_opens_and_closes", imported),
];

fn its_configuration(entered: &Entered) -> Told {
    let scene = Scene::new(entered, "knockd-config");
    let [alice, bob] = [&scene.stage.alice.host, &scene.stage.bob.host];
    let log = || scene.daemon.log();
    for family in [V4, V6] {
        assert_silent(alice, 22, family);
        assert_silent(alice, 443, family);
    }
    // A grant, and its command beside it: the firewall that it opened may be there still.
    touch(alice, &OPEN_SSH, V4);
    assert!(gets_in(alice, V4), "{}", log());
    scene.assert_noted("iptables -A INPUT -s 10.77.0.2 -p tcp --dport 22 -j ACCEPT\n");
    touch(bob, &CLOSE_SSH, V4);
    touch(alice, &CLOSE_SSH, V4);
    assert!(wait_until(PATIENCE, || !is_in(alice, 22, V4)), "{}", log());
    scene.assert_noted("iptables -D INPUT -s 10.77.0.2 -p tcp --dport 22 -j ACCEPT\n");
    // What ends by itself.
    touch(bob, &OPEN_HTTPS, V4);
    assert!(wait_until(PATIENCE, || is_in(bob, 443, V4)), "{}", log());
    scene.assert_noted("knock_add -i -c INPUT -p tcp -d 443 -f 10.77.0.3\n");
    assert!(!scene.noted().contains("knock_add -x"), "too early");
    scene.assert_noted("knock_add -x -c INPUT -p tcp -d 443 -f 10.77.0.3\n");
    assert!(wait_until(PATIENCE, || !is_in(bob, 443, V4)), "{}", log());
    // A command that opens nothing.
    for (family, start, stop) in [
        (V4, "in 10.77.0.2\n", "out 10.77.0.2\n"),
        (V6, "in6 fd77::2\n", "out6 fd77::2\n"),
    ] {
        touch(alice, &NOTE, family);
        scene.assert_noted(start);
        scene.assert_noted(stop);
    }
    assert_eq!(scene.noted().matches("in 10.77.0.2").count(), 1);
    Told::Whole
}

fn its_stop(entered: &Entered) -> Told {
    let mut scene = Scene::new(entered, "knockd-stop");
    for end in [Daemon::kill, |daemon: &mut Daemon| {
        assert!(daemon.stop().success());
    }] {
        let _ = fs::remove_file(scene.note());
        touch(&scene.stage.alice.host, &NOTE, V4);
        scene.assert_noted("in 10.77.0.2\n");
        end(&mut scene.daemon);
        pause(CMD_TIMEOUT + A_MOMENT);
        assert!(!scene.noted().contains("out"), "nobody is there to run it");
        scene.daemon = scene.start();
        scene.assert_noted("out 10.77.0.2\n");
        assert_eq!(scene.noted().matches("out").count(), 1);
    }
    Told::Whole
}

fn imported(entered: &Entered) -> Told {
    let _alone = alone();
    let stage = Stage::new(entered, "knockd-import");
    let (original, ours) = (write_its_config(&stage), stage.folder.join("imported.toml"));
    let nightlatchd = Path::new(env!("CARGO_BIN_EXE_nightlatchd"));
    let paths = [&original, &ours].map(|path| path.display().to_string());
    let line = ["import", &paths[0], "-o", &paths[1]];
    run_well(&stage.server, command(nightlatchd, &stage.folder, &line));
    let line = ["--check", "--config", &paths[1]];
    run_well(&stage.server, command(nightlatchd, &stage.folder, &line));
    let again = ["import", &paths[0], "-o", &paths[1]];
    let output = run(&stage.server, command(nightlatchd, &stage.folder, &again));
    assert!(!output.status.success(), "nothing is written over");
    let text = fs::read_to_string(&ours).unwrap();
    let places = "[server]\nstate = \"state\"\nstatus-socket = \"status.sock\"\nlog = \"json\"\n";
    stage.write_config(&text.replace("[server]\n", places));
    let daemon = stage.start();
    let alice = &stage.alice.host;
    for family in [V4, V6] {
        assert_silent(alice, 22, family);
        touch(alice, &OPEN_SSH, family);
        assert!(gets_in(alice, family), "{}", daemon.log());
        touch(alice, &CLOSE_SSH, family);
        assert!(wait_until(PATIENCE, || !is_in(alice, 22, family)));
        touch(alice, &OPEN_HTTPS, family);
        assert!(wait_until(PATIENCE, || is_in(alice, 443, family)));
    }
    touch(alice, &NOTE, V6);
    assert_noted(&stage, "in6 fd77::2\n", &daemon.log());
    assert_noted(&stage, "out6 fd77::2\n", &daemon.log());
    let noted = fs::read_to_string(stage.folder.join("note")).unwrap();
    assert!(
        !noted.contains("iptables"),
        "a grant stands for it: {noted}"
    );
    Told::Whole
}

/// A stage on which our daemon runs by knockd's file.
struct Scene {
    stage: Stage,
    daemon: Daemon,
    _alone: MutexGuard<'static, ()>,
}

impl Scene {
    fn new(entered: &Entered, name: &str) -> Self {
        let alone = alone();
        let stage = Stage::new(entered, name);
        write_its_config(&stage);
        // The file has no words for where the state and the socket lie: they lie where they always
        // do, and it is not this system's business.
        let usual = ["/var/lib", "/run"].map(Path::new).into_iter();
        for folder in usual.filter(|folder| !entered.folder().starts_with(folder)) {
            mount_limited(folder, Limit { bytes: 1 << 20 }).unwrap();
        }
        Self {
            daemon: start_by_its_config(&stage),
            stage,
            _alone: alone,
        }
    }

    fn start(&self) -> Daemon {
        start_by_its_config(&self.stage)
    }

    fn note(&self) -> PathBuf {
        self.stage.folder.join("note")
    }

    fn noted(&self) -> String {
        fs::read_to_string(self.note()).unwrap_or_default()
    }

    fn assert_noted(&self, line: &str) {
        assert_noted(&self.stage, line, &self.daemon.log());
    }
}

fn start_by_its_config(stage: &Stage) -> Daemon {
    let mut command = program(env!("CARGO_BIN_EXE_nightlatchd"));
    command
        .arg("--knockd-config")
        .arg(stage.folder.join("knockd.conf"));
    command.stdin(Stdio::null()).stdout(Stdio::null());
    Daemon::start_by(command, &stage.server, &stage.folder)
}

/// Debian's own file with one door more, and with notes in the place of commands that change a host.
fn write_its_config(stage: &Stage) -> PathBuf {
    let folder = stage.folder.display().to_string();
    // Only where programs lie is one of that name the firewall's.
    let programs = Path::new("/usr/local/sbin");
    mount_limited(programs, Limit { bytes: 1 << 20 }).unwrap();
    for name in ["iptables", "knock_add"] {
        let script = format!("#!/bin/sh\necho {name} \"$@\" >> {folder}/note\n");
        let path = programs.join(name);
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    }
    let path = stage.folder.join("knockd.conf");
    fs::write(&path, ITS_CONFIG.replace("FOLDER", &folder)).unwrap();
    path
}

/// In one process there is one usual place, and one folder of programs.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

const OPEN_SSH: [Touch; 3] = [Tcp(7000), Tcp(8000), Tcp(9000)];
const CLOSE_SSH: [Touch; 3] = [Tcp(9000), Tcp(8000), Tcp(7000)];
const OPEN_HTTPS: [Touch; 4] = [Tcp(12_345), Tcp(54_321), Tcp(24_680), Tcp(13_579)];
const NOTE: [Touch; 3] = [Udp(5001), Tcp(5003), Tcp(5002)];

const ITS_CONFIG: &str = "\
[options]
	UseSyslog

[openSSH]
	sequence    = 7000,8000,9000
	seq_timeout = 5
	command     = /usr/local/sbin/iptables -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT
	tcpflags    = syn

[closeSSH]
	sequence    = 9000,8000,7000
	seq_timeout = 5
	command     = /usr/local/sbin/iptables -D INPUT -s %IP% -p tcp --dport 22 -j ACCEPT
	tcpflags    = syn

[openHTTPS]
	sequence      = 12345,54321,24680,13579
	seq_timeout   = 5
	start_command = /usr/local/sbin/knock_add -i -c INPUT -p tcp -d 443 -f %IP%
	cmd_timeout   = 4
	stop_command  = /usr/local/sbin/knock_add -x -c INPUT -p tcp -d 443 -f %IP%
	tcpflags      = syn

[note]
	sequence        = 5001:udp,5003:tcp,5002
	seq_timeout     = 10
	tcpflags        = syn
	start_command   = echo in %IP% >> FOLDER/note
	start_command_6 = echo in6 %IP% >> FOLDER/note
	cmd_timeout     = 2
	stop_command    = echo out %IP% >> FOLDER/note
	stop_command_6  = echo out6 %IP% >> FOLDER/note
";

/// As long as the file says.
const CMD_TIMEOUT: Duration = Duration::from_secs(2);
const A_MOMENT: Duration = Duration::from_millis(500);
/// A busy machine may take long.
const PATIENCE: Duration = Duration::from_secs(8);
