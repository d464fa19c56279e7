//! A recorded file as somebody hands it over: cut, lying, or something else altogether.
#![no_main]

use std::fs;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use nightlatch_capture::Recording;
use nightlatch_wire::read;
use tempfile::TempDir;

fuzz_target!(|bytes: &[u8]| {
    let path = FOLDER.path().join("input.pcap");
    fs::write(&path, bytes).unwrap();
    let Ok(mut recording) = Recording::open(&path) else {
        return;
    };
    // A frame takes at least the sixteen bytes of its own header.
    let most = bytes.len() / 16;
    let mut frames = 0;
    while let Ok(true) = recording.next(&mut |arrival| {
        let _ = read(arrival.frame, arrival.link);
    }) {
        frames += 1;
        assert!(frames <= most, "more frames than the file can hold");
    }
    assert!(recording.has_ended());
});

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());
