//! The names of files.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::MetadataExt;

use ackord_powercut::CutMode;

use super::Disk;

#[test]
fn a_new_file_needs_no_more_than_its_own_sync() {
    let disk = Disk::new();
    fs::create_dir_all(disk.at("a/b")).expect("mkdir");
    disk.put("a/b/file", b"bytes");
    disk.lose_power(CutMode::Drop);
    assert_eq!(disk.read("a/b/file"), b"bytes");
}

#[test]
fn a_file_never_synced_is_gone_or_empty_with_its_directory_synced() {
    let disk = Disk::new();
    fs::write(disk.at("named"), b"bytes").expect("write");
    disk.sync_directory(".");
    fs::write(disk.at("gone"), b"bytes").expect("write");
    disk.lose_power(CutMode::Drop);
    assert_eq!(disk.list("."), BTreeSet::from(["named".to_owned()]));
    assert_eq!(disk.read("named"), b"");
}

#[test]
fn a_rename_lasts_from_the_sync_of_its_directory() {
    let disk = Disk::new();
    disk.put("current", b"old");
    disk.put("next", b"new");
    fs::rename(disk.at("next"), disk.at("current")).expect("rename");
    assert_eq!(disk.read("current"), b"new");
    disk.lose_power(CutMode::Drop);
    assert_eq!(
        (disk.read("current"), disk.read("next")),
        (b"old".to_vec(), b"new".to_vec())
    );

    fs::rename(disk.at("next"), disk.at("current")).expect("rename");
    disk.sync_directory(".");
    disk.lose_power(CutMode::Drop);
    assert_eq!(disk.read("current"), b"new");
    assert!(!disk.exists("next"));
}

#[test]
fn a_torn_rename_is_the_old_name_or_the_new_one() {
    let mut outcomes = BTreeSet::new();
    for seed in 0..20 {
        let disk = Disk::new();
        disk.put("current", b"old");
        disk.put("next", b"new");
        fs::rename(disk.at("next"), disk.at("current")).expect("rename");
        disk.lose_power(CutMode::Tear(seed));
        let current = disk.read("current");
        assert_eq!(disk.exists("next"), current == b"old", "seed {seed}");
        outcomes.insert(current);
    }
    assert_eq!(outcomes.len(), 2);
}

#[test]
fn hard_links_share_one_file() {
    let disk = Disk::new();
    fs::create_dir(disk.at("checkpoint")).expect("mkdir");
    let mut file = disk.put("table", b"synced");
    fs::hard_link(disk.at("table"), disk.at("checkpoint/table")).expect("link");
    fs::hard_link(disk.at("table"), disk.at("unsynced")).expect("link");
    assert_eq!(file.metadata().expect("stat").nlink(), 3);
    disk.sync_directory("checkpoint");
    file.write_all(b", not synced").expect("write");
    disk.lose_power(CutMode::Drop);
    assert!(!disk.exists("unsynced"));
    assert_eq!(disk.at("table").metadata().expect("stat").nlink(), 2);
    fs::remove_file(disk.at("table")).expect("unlink");
    disk.sync_directory(".");
    disk.lose_power(CutMode::Drop);
    assert_eq!(disk.list("."), BTreeSet::from(["checkpoint".to_owned()]));
    assert_eq!(disk.read("checkpoint/table"), b"synced");
}

#[test]
fn a_removed_file_comes_back_unless_its_directory_was_synced() {
    let disk = Disk::new();
    disk.put("back", b"back");
    disk.put("gone", b"gone");
    fs::remove_file(disk.at("gone")).expect("unlink");
    disk.sync_directory(".");
    fs::remove_file(disk.at("back")).expect("unlink");
    assert!(disk.list(".").is_empty());
    disk.lose_power(CutMode::Drop);
    assert_eq!(disk.list("."), BTreeSet::from(["back".to_owned()]));
    assert_eq!(disk.read("back"), b"back");
}

#[test]
fn an_open_file_without_a_name_stays_usable() {
    let disk = Disk::new();
    disk.put("file", b"before");
    let mut file = File::options()
        .read(true)
        .write(true)
        .open(disk.at("file"))
        .expect("open");
    fs::remove_file(disk.at("file")).expect("unlink");
    disk.sync_directory(".");
    file.write_all(b"after!").expect("write");
    file.sync_all().expect("sync");
    file.rewind().expect("seek");
    let mut bytes = String::new();
    file.read_to_string(&mut bytes).expect("read");
    assert_eq!(bytes, "after!");
    disk.lose_power(CutMode::Tear(1));
    assert!(disk.list(".").is_empty());
}

#[test]
fn directories_come_and_go_and_refuse_what_they_should() {
    let disk = Disk::new();
    fs::create_dir(disk.at("old")).expect("mkdir");
    fs::create_dir(disk.at("other")).expect("mkdir");
    disk.put("old/file", b"bytes");
    assert!(fs::remove_dir(disk.at("old")).is_err());
    assert!(fs::rename(disk.at("other"), disk.at("old")).is_err());
    assert!(fs::rename(disk.at("old/file"), disk.at("other")).is_err());
    assert!(fs::create_dir(disk.at("other")).is_err());
    fs::rename(disk.at("old"), disk.at("other")).expect("over an empty directory");
    disk.sync_directory("other");
    fs::remove_dir_all(disk.at("other")).expect("remove all");
    assert!(disk.list(".").is_empty());
    disk.lose_power(CutMode::Drop);
    assert_eq!(disk.list("."), BTreeSet::from(["other".to_owned()]));
    assert_eq!(disk.read("other/file"), b"bytes");
}

#[test]
fn of_many_files_the_synced_ones_are_there() {
    const DIRECTORIES: usize = 10;
    let disk = Disk::new();
    for directory in 0..DIRECTORIES {
        fs::create_dir(disk.at(&directory.to_string())).expect("mkdir");
    }
    for file in 0..1000_usize {
        let path = format!("{}/{file}", file % DIRECTORIES);
        let mut open = File::create(disk.at(&path)).expect("create");
        open.write_all(path.as_bytes()).expect("write");
        if file % 3 == 0 {
            open.sync_data().expect("sync");
        }
    }
    disk.lose_power(CutMode::Drop);
    for directory in 0..DIRECTORIES {
        for name in disk.list(&directory.to_string()) {
            let path = format!("{directory}/{name}");
            let synced = name.parse::<usize>().expect("a number").is_multiple_of(3);
            assert_eq!(
                disk.read(&path),
                if synced { path.as_bytes() } else { b"" },
                "{path}"
            );
        }
    }
    for file in (0..1000).step_by(3) {
        assert!(
            disk.exists(&format!("{}/{file}", file % DIRECTORIES)),
            "{file}"
        );
    }
    fs::remove_dir_all(disk.at("0")).expect("remove all");
    assert_eq!(disk.list(".").len(), DIRECTORIES - 1);
}
