//! Whether two answers are alike, and tell nothing.

use serde_json::Value;

use crate::names::{Names, Whose};

/// Fails if an answer to this case says something of the victim, or says something else of it than of what
/// never was.
pub(crate) fn judge(what: &str, case: &str, names: &Names, theirs: &str, nobodys: &str) {
    let theirs = names.forget_asked(case, Whose::Theirs, theirs);
    let nobodys = names.forget_asked(case, Whose::Nobodys, nobodys);
    if let Some(leaked) = names.leaked(&theirs) {
        panic!("{what} {case}: {leaked} is in {theirs}");
    }
    assert_eq!(theirs, nobodys, "{what} {case}: theirs, and nobody's");
}

/// The answer without what is drawn, counted or stamped anew for each call, and is the caller's own.
pub(crate) fn lasting(names: &Names, value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.into_iter().filter(|(name, _)| !is_passing(name));
            let kept = kept.map(|(name, value)| (name, lasting(names, value)));
            Value::Object(kept.collect())
        }
        Value::Array(items) => items.into_iter().map(|it| lasting(names, it)).collect(),
        Value::String(text) => Value::String(names.lasting_word(&text)),
        other => other,
    }
}

/// Fields that are another one's at each call: places in the log, times, secrets, and what is counted on.
fn is_passing(name: &str) -> bool {
    let is_time = name.ends_with("Ms") || name.ends_with("At");
    let others = [
        "position", "accepted", "secret", "token", "lastSeen", "nextRun",
    ];
    is_time || others.contains(&name)
}
