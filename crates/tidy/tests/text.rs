//! What no source file may hold.

use std::fs;
use std::path::{Path, PathBuf};

/// Lines of a source file, tests included, above which it has taken a second job.
const LINES_MAX: usize = 600;

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).expect("a folder of the project") {
        let path = entry.expect("an entry of it").path();
        if path.is_dir() && !path.ends_with("target") {
            sources(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push(path);
        }
    }
}

fn each_source(mut check: impl FnMut(&Path, &str)) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut found = Vec::new();
    sources(&root.join("crates"), &mut found);
    sources(&root.join("sim-tests"), &mut found);
    assert!(found.len() > 100, "the sources are somewhere else");
    for path in found {
        check(&path, &fs::read_to_string(&path).expect("a source is text"));
    }
}

#[test]
fn nothing_is_left_to_do() {
    // Put together here, so that this file does not hold them.
    let banned = [
        ["TO", "DO"],
        ["FIX", "ME"],
        ["X", "XX"],
        ["to", "do!("],
        ["db", "g!("],
    ];
    each_source(|path, text| {
        for word in banned.map(|it| it.concat()) {
            assert!(!text.contains(&word), "{} holds {word}", path.display());
        }
    });
}

#[test]
fn no_test_is_ignored() {
    let ignored = ["#[ign", "ore"].concat();
    each_source(|path, text| {
        assert!(
            !text.contains(&ignored),
            "{} ignores a test",
            path.display()
        );
    });
}

#[test]
fn no_file_has_outgrown_its_job() {
    each_source(|path, text| {
        let lines = text.lines().count();
        assert!(
            lines <= LINES_MAX,
            "{} has {lines} lines: what second job?",
            path.display()
        );
    });
}
