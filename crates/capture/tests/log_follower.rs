//! A log file that grows, is rotated, emptied, taken away and replaced by what is no file.

#[cfg(test)]
mod tests {
    use std::{
        fs::{self, File, OpenOptions},
        io::Write,
        os::unix::fs::symlink,
        path::{Path, PathBuf},
    };

    use nightlatch_capture::{FollowError, LogFollower, LogLosses, Source};
    use nightlatch_wire::{Link, Transport, read};
    use rustix::{
        event::{PollFd, PollFlags, Timespec, poll},
        fs::{CWD, FileType, Mode, mknodat},
    };
    use tempfile::TempDir;

    /// A folder with a log in it.
    struct Scene {
        folder: TempDir,
    }

    impl Scene {
        fn new(old: &str) -> Self {
            let scene = Self {
                folder: TempDir::new().unwrap(),
            };
            fs::write(scene.log(), old).unwrap();
            scene
        }

        fn log(&self) -> PathBuf {
            self.folder.path().join("kern.log")
        }

        fn path(&self, name: &str) -> PathBuf {
            self.folder.path().join(name)
        }

        fn follow(&self) -> LogFollower {
            LogFollower::open(&self.log()).unwrap()
        }

        fn append(&self, text: &str) {
            append(&self.log(), text);
        }
    }

    fn append(path: &Path, text: &str) {
        let mut file = OpenOptions::new().append(true).open(path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn is_readable(follower: &LogFollower, seconds: i64) -> bool {
        let patience = Timespec {
            tv_sec: seconds,
            tv_nsec: 0,
        };
        let fd = follower.fd();
        poll(&mut [PollFd::new(&fd, PollFlags::IN)], Some(&patience)).unwrap() > 0
    }

    /// Everything that is there, as long as the descriptor says that there is something.
    fn lines(follower: &mut LogFollower) -> Vec<String> {
        let mut lines = Vec::new();
        while is_readable(follower, 0) {
            let before = lines.len();
            let count = follower
                .frames(&mut |frame, link| {
                    assert_eq!(link, Link::FirewallLog);
                    lines.push(String::from_utf8_lossy(frame).into_owned());
                })
                .unwrap();
            assert_eq!(lines.len(), before.saturating_add(count));
        }
        lines
    }

    const NOTHING: [&str; 0] = [];

    #[test]
    fn only_what_is_written_from_now_on_is_handed_over() {
        let scene = Scene::new("old\nolder\n");
        let mut follower = scene.follow();
        assert_eq!(lines(&mut follower), NOTHING);
        scene.append("one\ntwo\n");
        assert!(is_readable(&follower, 5));
        assert_eq!(lines(&mut follower), ["one", "two"]);
        scene.append("thr");
        assert_eq!(lines(&mut follower), NOTHING);
        scene.append("ee\n");
        assert_eq!(lines(&mut follower), ["three"]);
    }

    #[test]
    fn a_line_that_had_begun_before_is_an_old_one() {
        let scene = Scene::new("old\nhalf of a li");
        let mut follower = scene.follow();
        scene.append("ne\nwhole\n");
        assert_eq!(lines(&mut follower), ["whole"]);
    }

    #[test]
    fn rotation_loses_no_line_whoever_notices_it_first() {
        let scene = Scene::new("old\n");
        let mut follower = scene.follow();
        for round in 0..3 {
            let rotated = scene.path(&format!("kern.log.{round}"));
            scene.append("before\n");
            fs::rename(scene.log(), &rotated).unwrap();
            append(&rotated, "still into the old one\n");
            File::create(scene.log()).unwrap();
            append(&rotated, "not noticed yet\n");
            let expected = ["before", "still into the old one", "not noticed yet"];
            assert_eq!(lines(&mut follower), expected);
            append(&rotated, "the last\n");
            scene.append("the first\n");
            assert_eq!(lines(&mut follower), ["the last", "the first"]);
            scene.append("on it goes\n");
            assert_eq!(lines(&mut follower), ["on it goes"]);
        }
        assert_eq!(follower.losses(), LogLosses::default());
    }

    #[test]
    fn what_was_rotated_is_let_go_once_its_writer_has_moved_on() {
        let scene = Scene::new("");
        let mut follower = scene.follow();
        let rotated = scene.path("kern.log.1");
        fs::rename(scene.log(), &rotated).unwrap();
        File::create(scene.log()).unwrap();
        scene.append("here now\n");
        assert_eq!(lines(&mut follower), ["here now"]);
        scene.append("and here\n");
        assert_eq!(lines(&mut follower), ["and here"]);
        append(&rotated, "nobody reads this\n");
        assert_eq!(lines(&mut follower), NOTHING);
    }

    #[test]
    fn a_log_that_is_emptied_begins_anew() {
        let scene = Scene::new("old\nold\nold\n");
        let mut follower = scene.follow();
        scene.append("one\n");
        assert_eq!(lines(&mut follower), ["one"]);
        fs::copy(scene.log(), scene.path("kern.log.1")).unwrap();
        File::create(scene.log()).unwrap();
        scene.append("two\n");
        assert_eq!(lines(&mut follower), ["two"]);
    }

    #[test]
    fn a_file_that_was_moved_into_the_place_brings_no_old_lines_back() {
        let scene = Scene::new("old\n");
        let mut follower = scene.follow();
        scene.append("one\n");
        assert_eq!(lines(&mut follower), ["one"]);
        fs::write(scene.path("edited"), "old, edited\none, edited\n").unwrap();
        fs::rename(scene.path("edited"), scene.log()).unwrap();
        assert_eq!(lines(&mut follower), NOTHING);
        scene.append("two\n");
        assert_eq!(lines(&mut follower), ["two"]);
    }

    #[test]
    fn a_log_that_vanishes_is_counted_and_followed_when_it_comes_back() {
        let scene = Scene::new("old\n");
        let mut follower = scene.follow();
        fs::remove_file(scene.log()).unwrap();
        assert_eq!(lines(&mut follower), NOTHING);
        assert_eq!(follower.losses().vanished, 1);
        fs::write(scene.log(), "new\n").unwrap();
        assert_eq!(lines(&mut follower), ["new"]);
        assert_eq!(follower.losses().vanished, 1);
    }

    #[test]
    fn a_log_that_is_not_there_yet_is_read_from_its_first_line() {
        let scene = Scene::new("");
        fs::remove_file(scene.log()).unwrap();
        let mut follower = scene.follow();
        fs::write(scene.log(), "first\n").unwrap();
        assert_eq!(lines(&mut follower), ["first"]);
        assert_eq!(follower.losses(), LogLosses::default());
    }

    #[test]
    fn what_is_no_file_is_counted_and_stops_nothing() {
        let scene = Scene::new("old\n");
        let mut follower = scene.follow();
        fs::remove_file(scene.log()).unwrap();
        fs::create_dir(scene.log()).unwrap();
        assert_eq!(lines(&mut follower), NOTHING);
        fs::remove_dir(scene.log()).unwrap();
        assert_eq!(lines(&mut follower), NOTHING);
        let pipe = Mode::RUSR | Mode::WUSR;
        mknodat(CWD, scene.log(), FileType::Fifo, pipe, 0).unwrap();
        assert_eq!(lines(&mut follower), NOTHING);
        assert_eq!(follower.losses().not_a_file, 2);
        fs::remove_file(scene.log()).unwrap();
        fs::write(scene.log(), "new\n").unwrap();
        assert_eq!(lines(&mut follower), ["new"]);
    }

    #[test]
    fn what_is_no_file_from_the_start_is_refused() {
        let scene = Scene::new("");
        let folder = LogFollower::open(scene.folder.path()).unwrap_err();
        assert!(matches!(folder, FollowError::NotAFile(_)), "{folder}");
        let pipe = scene.path("pipe");
        mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR, 0).unwrap();
        let pipe = LogFollower::open(&pipe).unwrap_err();
        assert!(matches!(pipe, FollowError::NotAFile(_)), "{pipe}");
        let nowhere = LogFollower::open(&scene.path("no/log")).unwrap_err();
        assert!(matches!(nowhere, FollowError::Folder(..)), "{nowhere}");
    }

    #[test]
    fn a_link_is_followed_to_where_rotation_happens() {
        let scene = Scene::new("old\n");
        let elsewhere = TempDir::new().unwrap();
        let link = elsewhere.path().join("link");
        symlink(scene.log(), &link).unwrap();
        let mut follower = LogFollower::open(&link).unwrap();
        fs::rename(scene.log(), scene.path("kern.log.1")).unwrap();
        fs::write(scene.log(), "rotated\n").unwrap();
        assert_eq!(lines(&mut follower), ["rotated"]);
    }

    #[test]
    fn binary_garbage_and_endless_lines_stop_nothing() {
        let scene = Scene::new("");
        let mut follower = scene.follow();
        let mut file = OpenOptions::new().append(true).open(scene.log()).unwrap();
        let mut garbage: Vec<u8> = (0..=255).cycle().take(10_000).collect();
        garbage.push(b'\n');
        file.write_all(&garbage).unwrap();
        file.write_all(&vec![b'x'; 1 << 20]).unwrap();
        file.write_all(b"\nnext\n").unwrap();
        let lines = lines(&mut follower);
        assert_eq!(lines.last().unwrap(), "next");
        assert!(lines.iter().all(|line| line.len() < 64 << 10));
        assert_eq!(follower.losses().too_long, 1);
    }

    #[test]
    fn more_than_one_call_hands_over_keeps_the_descriptor_readable() {
        let scene = Scene::new("");
        let mut follower = scene.follow();
        let many: Vec<String> = (0..100_000)
            .map(|number| format!("line {number}"))
            .collect();
        scene.append(&format!("{}\n", many.join("\n")));
        let first = follower.frames(&mut |_, _| {}).unwrap();
        assert!(first > 0 && first < many.len() / 2, "{first}");
        assert_eq!(lines(&mut follower), many[first..]);
    }

    #[test]
    fn a_line_of_the_kernel_becomes_an_observation() {
        let scene = Scene::new("");
        let mut follower = scene.follow();
        scene.append(
            "Nov 27 07:01:02 gate kernel: knock IN=eth0 OUT= MAC= SRC=203.0.113.7 DST=192.0.2.1 \
             LEN=60 TOS=0x00 PREC=0x00 TTL=53 ID=4321 DF PROTO=TCP SPT=40000 DPT=7000 WINDOW=64240 \
             RES=0x00 SYN URGP=0 \n",
        );
        let mut ports = Vec::new();
        follower
            .frames(&mut |frame, link| {
                if let Transport::Tcp(segment) = read(frame, link).unwrap().transport {
                    ports.push(segment.destination_port);
                }
            })
            .unwrap();
        assert_eq!(ports, [7000]);
    }
}
