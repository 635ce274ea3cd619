//! A node votes in each term once: after a start it never votes in a term again in which it voted
//! before, whatever the power loss took.

use super::Violation;

/// Judges the terms that each start of one node has voted in, in the order of the starts.
pub(super) fn judge(starts: &[Vec<u64>]) -> Vec<Violation> {
    let mut latest = 0;
    let mut violations = Vec::new();
    for (start, terms) in starts.iter().enumerate() {
        if let Some(term) = terms.iter().find(|it| **it <= latest) {
            violations.push(Violation {
                property: "a node votes once in a term",
                detail: format!("start {start} voted in term {term}, after a vote in {latest}"),
            });
        }
        latest = terms.iter().copied().max().unwrap_or(0).max(latest);
    }
    violations
}
