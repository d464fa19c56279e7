//! By which groups logs are read: the one thing that the listener keeps of what its parent was.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::unistd::Group;

/// The groups by which these logs can be read; a log that is not there yet has the usual one.
pub(crate) fn groups_of<'a>(logs: impl Iterator<Item = &'a Path>) -> Vec<u32> {
    let mut groups: Vec<u32> = logs.filter_map(group_of).collect();
    groups.sort_unstable();
    groups.dedup();
    groups
}

/// Whether the listener gets at this log, whoever it becomes: by a group that is not root's, or as everybody.
pub(crate) fn is_within_reach(log: &Path) -> bool {
    let about = fs::metadata(log);
    about.is_ok_and(|about| about.mode() & READ_BY_OTHERS != 0) || group_of(log).is_some()
}

fn group_of(log: &Path) -> Option<u32> {
    let Ok(about) = fs::metadata(log) else {
        return number_of(LOG_GROUP);
    };
    let is_by_group = about.mode() & READ_BY_OTHERS == 0 && about.mode() & READ_BY_GROUP != 0;
    (is_by_group && about.gid() != 0).then_some(about.gid())
}

/// The group that may read the journal, if there is one.
pub(crate) fn group_of_journal() -> Option<u32> {
    JOURNAL_GROUPS.iter().find_map(|name| number_of(name))
}

fn number_of(name: &str) -> Option<u32> {
    let group = Group::from_name(name).ok().flatten();
    group.map(|group| group.gid.as_raw())
}

/// What is said of a log that the listener does not get at.
pub(crate) const OUT_OF_REACH: &str = "only root can read it\n  the listener reads it by the group that it has: \
     chgrp adm and chmod 640, and let the syslog daemon make it so";
/// Whose logs are, on most systems.
const LOG_GROUP: &str = "adm";
/// Who may read the journal: the first that exists.
const JOURNAL_GROUPS: [&str; 2] = ["systemd-journal", LOG_GROUP];
const READ_BY_GROUP: u32 = 0o040;
const READ_BY_OTHERS: u32 = 0o004;

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn log(mode: u32) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kern.log");
        fs::write(&path, "").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        (folder, path)
    }

    #[test]
    fn a_log_that_everybody_reads_takes_no_group() {
        let (_folder, path) = log(0o644);
        assert!(groups_of([path.as_path()].into_iter()).is_empty());
        assert!(is_within_reach(&path));
    }

    #[test]
    fn a_log_of_root_alone_is_out_of_reach_and_root_s_group_is_never_kept() {
        let (_folder, path) = log(0o600);
        assert!(groups_of([path.as_path()].into_iter()).is_empty());
        assert!(!is_within_reach(&path));
        let (_folder, path) = log(0o640);
        let group = fs::metadata(&path).unwrap().gid();
        let kept: Vec<u32> = (group != 0).then_some(group).into_iter().collect();
        assert_eq!(groups_of([path.as_path()].into_iter()), kept);
    }
}
