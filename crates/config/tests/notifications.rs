//! Who is told, as the file says it and as it is meant.

#![expect(
    clippy::unwrap_used,
    clippy::unreachable,
    reason = "a test that cannot go on shall stop"
)]

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
};

use nightlatch_config::{Notification, Syslog, Way, load_server};

const HEAD: &str = "[server]\nguard = [\"tcp/22\"]\n[service.ssh]\nopen = [\"tcp/22\"]\n\
                    [sequence.s]\nsteps = [\"tcp/31007\", \"udp/4711\", \"tcp/29001\"]\nopens = \"ssh\"\n";
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn read(tables: &str) -> Result<Vec<Notification>, String> {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, mode: u32, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        path
    };
    write(
        "ops.secret",
        0o600,
        &format!("# for hooks.example.net\n\n{SECRET}\n"),
    );
    write(
        "ca.pem",
        0o644,
        "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
    );
    let path = write("nightlatchd.toml", 0o644, &format!("{HEAD}{tables}"));
    let server = load_server(&path).map_err(|error| error.to_string())?;
    Ok(server.notifications)
}

#[test]
fn little_has_to_be_said() {
    let tables = "[notify.ops]\nwebhook = 'https://hooks.example.net/x'\nsecret = 'ops.secret'\n\
                  [notify.log]\nsyslog = 'local3.info'\n";
    let told = read(tables).unwrap();
    assert_eq!((told[0].name.as_str(), told[0].per_minute), ("ops", 30));
    assert!(told[0].services.is_empty());
    assert_eq!(told[0].on[..2], ["granted", "refused"]);
    let Way::Webhook(webhook) = &told[0].way else {
        unreachable!("{told:?}");
    };
    assert_eq!(webhook.url, "https://hooks.example.net/x");
    assert_eq!(String::from(webhook.secret.clone()), SECRET);
    assert_eq!(webhook.ca, None);
    let log = Syslog {
        priority: 158,
        socket: "/dev/log".into(),
    };
    assert_eq!((&told[1].way, told[1].per_minute), (&Way::Syslog(log), 600));
}

#[test]
fn all_of_it_can_be_said() {
    let tables = "[notify.ops]\nwebhook = 'http://192.0.2.7/'\nsecret = 'ops.secret'\nca = 'ca.pem'\ninsecure = true\n\
                  on = ['closed']\nservices = ['ssh']\nper-minute = 7\n";
    let told = read(tables).unwrap();
    assert_eq!(
        (&*told[0].on, &*told[0].services, told[0].per_minute),
        (&["closed".to_owned()][..], &["ssh".to_owned()][..], 7)
    );
    assert!(matches!(&told[0].way, Way::Webhook(webhook) if webhook.ca.is_some()));
}

#[test]
fn seventeen_are_too_many() {
    let table = |number| format!("[notify.n{number}]\nsyslog = 'daemon.info'\n");
    let tables = (0..17).map(table).collect::<Vec<_>>().concat();
    assert!(
        read(&tables)
            .unwrap_err()
            .contains("more than 16 notifications")
    );
}
