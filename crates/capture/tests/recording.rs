//! Recorded files are read, and files cut or garbled anywhere end in a value.

#[cfg(test)]
mod tests {
    use std::{fs, io::Write, time::Duration};

    use nightlatch_capture::{CaptureError, Recording, RecordingError, Source};
    use nightlatch_wire::Link;
    use proptest::{collection::vec, prelude::*};
    use tempfile::NamedTempFile;

    fn header(link: u32) -> Vec<u8> {
        let mut bytes = 0xa1b2_c3d4_u32.to_le_bytes().to_vec();
        bytes.extend([2, 0, 4, 0]);
        bytes.extend([0; 8]);
        bytes.extend(96_u32.to_le_bytes());
        bytes.extend(link.to_le_bytes());
        bytes
    }

    fn frame(seconds: u32, micros: u32, whole: u32, bytes: &[u8]) -> Vec<u8> {
        let kept = u32::try_from(bytes.len()).unwrap();
        [
            &seconds.to_le_bytes()[..],
            &micros.to_le_bytes(),
            &kept.to_le_bytes(),
            &whole.to_le_bytes(),
            bytes,
        ]
        .concat()
    }

    fn file(bytes: &[u8]) -> NamedTempFile {
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    type Frames = Vec<(Vec<u8>, Link, Duration)>;

    /// Every frame up to the end or the first error.
    fn read_all(bytes: &[u8]) -> (Frames, Result<(), CaptureError>) {
        let file = file(bytes);
        let mut frames = Vec::new();
        let mut read = || {
            let mut recording = Recording::open(file.path())?;
            while recording.arrivals(&mut |arrival| {
                frames.push((
                    arrival.frame.to_vec(),
                    arrival.link,
                    arrival.recorded.unwrap(),
                ));
            })? > 0
            {}
            assert!(recording.has_ended());
            assert_eq!(recording.frames(&mut |_, _| panic!("one too many"))?, 0);
            Ok(())
        };
        let end = read();
        (frames, end)
    }

    fn three_frames() -> Vec<u8> {
        [
            header(1),
            frame(1, 500_000, 5, &[1; 5]),
            // Longer than was kept: tcpdump -s 96 writes such frames.
            frame(2, 0, 1500, &[2; 96]),
            frame(3, 4_000_000_000, 1, &[3]),
        ]
        .concat()
    }

    #[test]
    fn frames_come_in_order_with_their_times_and_link() {
        let (frames, end) = read_all(&three_frames());
        end.unwrap();
        assert_eq!(
            frames,
            [
                (vec![1; 5], Link::Ethernet, Duration::from_millis(1500)),
                (vec![2; 96], Link::Ethernet, Duration::from_secs(2)),
                (vec![3], Link::Ethernet, Duration::from_secs(4003)),
            ]
        );
    }

    #[test]
    fn every_link_that_is_read_is_known_by_its_number() {
        for (number, link) in [
            (1, Link::Ethernet),
            (101, Link::Ip),
            (228, Link::Ip),
            (229, Link::Ip),
            (113, Link::Cooked),
            (276, Link::Cooked2),
        ] {
            let (frames, end) = read_all(&[header(number), frame(0, 0, 1, &[7])].concat());
            end.unwrap();
            assert_eq!(frames, [(vec![7], link, Duration::ZERO)]);
        }
    }

    #[test]
    fn another_link_is_named() {
        let file = file(&header(105));
        let error = Recording::open(file.path()).unwrap_err();
        assert!(matches!(error, RecordingError::UnknownLink(105)));
    }

    #[test]
    fn a_file_of_another_kind_says_what_to_do() {
        for bytes in [&[0x0a, 0x0d, 0x0d, 0x0a, 0x1c, 0, 0, 0][..], &[b'x'; 40]] {
            let padded = [bytes, &[0; 40]].concat();
            let error = Recording::open(file(&padded).path()).unwrap_err();
            assert!(error.to_string().contains("editcap"), "{error}");
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let error = Recording::open(&folder.path().join("absent.pcap")).unwrap_err();
        assert!(matches!(error, RecordingError::Open(..)));
    }

    #[test]
    fn a_recording_longer_than_a_batch_is_read_to_its_end() {
        let mut bytes = header(101);
        for number in 0..200 {
            bytes.extend(frame(number, 0, 1, &[u8::try_from(number).unwrap()]));
        }
        let (frames, end) = read_all(&bytes);
        end.unwrap();
        assert_eq!(frames.len(), 200);
        assert_eq!(frames[199].0, [199]);
    }

    #[test]
    fn a_file_cut_anywhere_gives_what_is_whole_and_then_ends_in_a_value() {
        let bytes = three_frames();
        let whole = [24, 24 + 21, 24 + 21 + 112, bytes.len()];
        for length in 0..bytes.len() {
            let (frames, end) = read_all(&bytes[..length]);
            let complete = whole.iter().filter(|&&end| end <= length).count();
            assert_eq!(frames.len(), complete.saturating_sub(1), "{length}");
            assert_eq!(end.is_ok(), whole.contains(&length), "{length}");
            if let Err(error) = end {
                assert!(
                    matches!(
                        error,
                        CaptureError::Recording(RecordingError::CutOff | RecordingError::Empty)
                    ),
                    "{error:?}"
                );
            }
        }
    }

    #[test]
    fn a_length_that_no_frame_has_ends_the_recording_once() {
        let mut bytes = three_frames();
        bytes[24 + 8..24 + 12].copy_from_slice(&u32::MAX.to_le_bytes());
        let file = file(&bytes);
        let mut recording = Recording::open(file.path()).unwrap();
        assert!(
            recording
                .frames(&mut |_, _| panic!("no frame is whole"))
                .is_err()
        );
        assert!(recording.has_ended());
        assert_eq!(
            recording
                .frames(&mut |_, _| panic!("no frame is whole"))
                .unwrap(),
            0
        );
    }

    #[test]
    fn a_recording_leaves_its_file_alone() {
        let bytes = three_frames();
        let file = file(&bytes);
        let mut recording = Recording::open(file.path()).unwrap();
        let _ = recording.frames(&mut |_, _| {}).unwrap();
        assert_eq!(fs::read(file.path()).unwrap(), bytes);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_bytes_behind_a_header_end_in_a_value(
            bytes in vec(any::<u8>(), 0..200),
            changes in vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        ) {
            let _ = read_all(&[header(101), bytes].concat());
            let mut changed = three_frames();
            for (place, value) in changes {
                let place = place.index(changed.len());
                changed[place] = value;
            }
            let _ = read_all(&changed);
        }
    }
}
