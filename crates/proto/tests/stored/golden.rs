//! Bytes on disk never change: what an earlier version wrote, this one reads and writes alike.
//! See `tests/golden/README.md`.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::samples::{self, CASES};

/// Bytes of one line in a file.
const LINE: usize = 32;

#[test]
fn every_sample_is_written_and_read_as_it_was_frozen() {
    for (name, value) in samples::all() {
        check(&name, &value.encode());
        assert_eq!(
            value.decode_as(&frozen(&name)).as_ref(),
            Ok(&value),
            "{name}"
        );
    }
}

#[test]
fn every_case_has_a_sample() {
    let cases: BTreeSet<_> = samples::all().iter().map(|(_, it)| it.case()).collect();
    assert_eq!(cases, CASES.into_iter().collect());
}

#[test]
fn every_frozen_file_has_a_sample() {
    let samples: BTreeSet<_> = samples::all().iter().map(|(name, _)| path(name)).collect();
    for folder in ["command", "row"] {
        for file in fs::read_dir(golden().join(folder)).expect("the folder is there") {
            let file = file.expect("the folder can be read").path();
            assert!(samples.contains(&file), "{} is nobody's", file.display());
        }
    }
}

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// Compares with the frozen bytes of this name; freezes them if asked to, and there are none yet.
pub(crate) fn check(name: &str, bytes: &[u8]) {
    let path = path(name);
    if env::var_os("ACKORD_RECORD").is_some() && !path.exists() {
        fs::write(&path, hex(bytes)).expect("a golden file can be written");
    }
    assert!(
        path.exists(),
        "{} is missing: see the README there",
        path.display()
    );
    assert_eq!(
        bytes,
        frozen(name),
        "the format of {name} has changed: see tests/golden/README.md"
    );
}

/// The frozen bytes of this name.
pub(crate) fn frozen(name: &str) -> Vec<u8> {
    let text = fs::read_to_string(path(name)).expect("a golden file can be read");
    let digits: Vec<u32> = text.chars().filter_map(|it| it.to_digit(16)).collect();
    let bytes = digits.chunks_exact(2).map(|it| it[0] << 4 | it[1]);
    bytes
        .map(|it| u8::try_from(it).expect("two digits are a byte"))
        .collect()
}

fn path(name: &str) -> PathBuf {
    golden().join(format!("{name}.hex"))
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for line in bytes.chunks(LINE) {
        for byte in line {
            write!(text, "{byte:02x}").expect("a String takes any text");
        }
        text.push('\n');
    }
    text
}
