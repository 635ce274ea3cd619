//! The bytes of files.

use std::collections::BTreeSet;
use std::fs::{File, Permissions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::process::Command;

use ackord_powercut::{CutMode, Lost};
use nix::fcntl::{FallocateFlags, fallocate};

use super::Disk;

#[test]
fn synced_bytes_survive_and_later_ones_are_gone() {
    let disk = Disk::new();
    let mut file = disk.put("file", b"synced");
    file.write_all(b", not synced").expect("write");
    assert_eq!(disk.read("file"), b"synced, not synced");
    let lost = disk.lose_power(CutMode::Drop);
    assert_eq!(
        lost,
        Lost {
            writes: 1,
            bytes: 12,
            names: 0
        }
    );
    assert_eq!(disk.read("file"), b"synced");
}

#[test]
fn an_overwrite_that_was_not_synced_comes_undone() {
    let disk = Disk::new();
    let file = disk.put("file", &[1; 10_000]);
    file.write_all_at(&[2; 5000], 2500).expect("write");
    file.set_len(8000).expect("truncate");
    assert_eq!(disk.read("file").len(), 8000);
    disk.lose_power(CutMode::Drop);
    assert_eq!(disk.read("file"), [1; 10_000]);
}

#[test]
fn a_synced_truncation_stays() {
    let disk = Disk::new();
    let file = disk.put("file", &[1; 10_000]);
    file.set_len(100).expect("truncate");
    file.sync_data().expect("sync");
    file.set_len(200).expect("extend");
    assert_eq!(disk.read("file")[100..], [0; 100]);
    disk.lose_power(CutMode::Drop);
    assert_eq!(disk.read("file"), [1; 100]);
}

#[test]
fn a_torn_file_is_a_prefix_of_what_was_written() {
    const WRITE: usize = 1000;
    let written: Vec<u8> = (1..=8).flat_map(|n| [n; WRITE]).collect();
    let mut lengths = BTreeSet::new();
    for seed in 0..40 {
        let disk = Disk::new();
        let mut file = disk.put("file", &written[..WRITE]);
        for part in written[WRITE..].chunks(WRITE) {
            file.write_all(part).expect("write");
        }
        disk.lose_power(CutMode::Tear(seed));
        let left = disk.read("file");
        assert!(
            left.len() >= WRITE && written.starts_with(&left),
            "seed {seed}"
        );
        assert!(
            left.len().is_multiple_of(WRITE) || left.len().is_multiple_of(512),
            "seed {seed}"
        );
        lengths.insert(left.len());
    }
    assert!(lengths.contains(&(8 * WRITE)) && lengths.contains(&WRITE));
    assert!(lengths.iter().any(|len| !len.is_multiple_of(WRITE)));
}

#[test]
fn the_same_seed_tears_the_same_way() {
    let torn = |seed| {
        let disk = Disk::new();
        for n in 0..20_u8 {
            let mut file = File::create(disk.at(&n.to_string())).expect("create");
            file.write_all(&[n; 3000]).expect("write");
        }
        disk.lose_power(CutMode::Tear(seed));
        let names = disk.list(".");
        names
            .into_iter()
            .map(|name| (disk.read(&name), name))
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(torn(1), torn(1));
    assert_ne!(torn(1), torn(2));
}

#[test]
fn large_writes_and_seeks_read_back_as_written() {
    let disk = Disk::new();
    let bytes: Vec<u8> = (0..5_000_000_u32).map(|n| n.to_le_bytes()[1]).collect();
    let mut file = File::options()
        .read(true)
        .append(true)
        .create(true)
        .open(disk.at("file"));
    let file = file.as_mut().expect("open");
    file.write_all(&bytes[..3_000_001]).expect("write");
    file.write_all(&bytes[3_000_001..]).expect("append");
    file.sync_all().expect("sync");
    disk.power_on().expect("nothing to do");
    file.seek(SeekFrom::Start(1_234_567)).expect("seek");
    let mut tail = Vec::new();
    file.read_to_end(&mut tail).expect("read");
    assert_eq!(tail, bytes[1_234_567..]);
    disk.lose_power(CutMode::Drop);
    assert_eq!(disk.read("file"), bytes);
}

#[test]
fn space_is_reserved_grown_and_punched() {
    let disk = Disk::new();
    let file = disk.put("file", &[1; 1000]);
    let keep = FallocateFlags::FALLOC_FL_KEEP_SIZE;
    fallocate(&file, keep, 0, 1 << 20).expect("reserve");
    assert_eq!(file.metadata().expect("stat").len(), 1000);
    fallocate(&file, FallocateFlags::empty(), 0, 2000).expect("grow");
    fallocate(
        &file,
        keep | FallocateFlags::FALLOC_FL_PUNCH_HOLE,
        500,
        5000,
    )
    .expect("punch");
    let expected = [vec![1; 500], vec![0; 1500]].concat();
    assert_eq!(disk.read("file"), expected);
    file.sync_all().expect("sync");
    disk.lose_power(CutMode::Drop);
    assert_eq!(disk.read("file"), expected);
}

/// Running a program maps its file.
#[test]
fn a_file_can_be_mapped() {
    let disk = Disk::new();
    std::fs::copy("/bin/true", disk.at("true")).expect("copy");
    std::fs::set_permissions(disk.at("true"), Permissions::from_mode(0o755)).expect("chmod");
    assert!(
        Command::new(disk.at("true"))
            .status()
            .expect("run")
            .success()
    );
}

#[test]
fn a_locked_file_is_locked_for_others() {
    let disk = Disk::new();
    let first = disk.put("LOCK", b"");
    first.try_lock().expect("lock");
    let second = File::open(disk.at("LOCK")).expect("open");
    assert!(second.try_lock().is_err());
    drop(first);
    second.try_lock().expect("free again");
}
