//! Stories that the machine tells. Each file of `scripts` is one: what was said before must be
//! what is said now. `UPDATE=1 cargo test -p ackord-core --test scripts` records anew; read the
//! difference before you commit it.

mod support;

use std::path::{Path, PathBuf};
use std::{env, fs};

#[test]
fn every_script_says_what_it_said_before() {
    let update = env::var_os("UPDATE").is_some();
    let mut differ = vec![];
    for path in scripts() {
        let script = fs::read_to_string(&path).expect("a script is a text");
        let now = support::script::rerun(&script);
        if now == script {
            continue;
        }
        if update {
            fs::write(&path, now).expect("scripts can be recorded");
        } else {
            differ.push(format!(
                "{}:\n{}",
                path.display(),
                first_difference(&script, &now)
            ));
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

fn scripts() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts");
    let entries = fs::read_dir(folder).expect("scripts lie beside this file");
    let mut paths: Vec<_> = entries.map(|it| it.expect("readable").path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "the scripts are gone");
    paths
}

fn first_difference(before: &str, now: &str) -> String {
    let (before, now): (Vec<_>, Vec<_>) = (before.lines().collect(), now.lines().collect());
    let same = before
        .iter()
        .zip(&now)
        .take_while(|it| it.0 == it.1)
        .count();
    let line = |it: &[&str]| it.get(same).copied().unwrap_or("(the end)").to_owned();
    format!(
        "  line {}\n  before: {}\n  now:    {}",
        same + 1,
        line(&before),
        line(&now)
    )
}
