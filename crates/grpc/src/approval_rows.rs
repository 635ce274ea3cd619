//! Approvals in the rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use ackord_core::id::{ApprovalId, SessionId, TeamId};
use ackord_core::model::{Approval, Asked, Token, Verdict};
use ackord_core::rows::{Key, Row, RowError, Rows};
use ackord_core::time::Timestamp;
use ackord_machine::RowView;
use ackord_proto::{to_wire, v1};

use crate::page::{Ask, Page};
use crate::walk::{Walk, unexpected};

/// A team's approvals from this one on.
fn approvals(
    rows: &RowView,
    team: TeamId,
    from: ApprovalId,
) -> impl Iterator<Item = Result<(ApprovalId, Arc<Approval>), RowError>> {
    let to = Key::Approval(team, ApprovalId(u64::MAX));
    Walk::forward(rows, Key::Approval(team, from), to).map(|it| match it? {
        (Key::Approval(_, id), Row::Approval(approval)) => Ok((id, approval)),
        (key, _) => Err(unexpected(&key)),
    })
}

/// The team's approval of this id, if there is one.
pub(crate) fn approval(
    rows: &RowView,
    team: TeamId,
    id: ApprovalId,
) -> Result<Option<Arc<Approval>>, RowError> {
    let key = Key::Approval(team, id);
    match rows.get(&key)? {
        None => Ok(None),
        Some(Row::Approval(approval)) => Ok(Some(approval)),
        Some(_) => Err(unexpected(&key)),
    }
}

/// Whether the token's holder may look at it: it asks or is asked, by its tag or itself.
pub(crate) fn may_see(token: &Token, approval: &Approval) -> bool {
    let asked = match &approval.to {
        Asked::Queue(tag) => token.reaches(tag.as_ref()),
        Asked::Token(to) => *to == token.id,
    };
    asked || token.reaches(approval.tag.as_ref())
}

/// The team's approvals that the token's holder may see, by number.
pub(crate) fn list(
    rows: &RowView,
    team: TeamId,
    token: &Token,
    state: Option<Option<Verdict>>,
    ask: &Ask<ApprovalId>,
) -> Result<Page<v1::Approval>, RowError> {
    let from = ask.after;
    let from = from.map_or(ApprovalId(0), |it| ApprovalId(it.0.saturating_add(1)));
    ask.page(approvals(rows, team, from), |approval| {
        let verdict = approval.decision.as_ref().map(|it| it.verdict);
        let shown = may_see(token, &approval) && state.is_none_or(|it| it == verdict);
        Ok(shown.then(|| to_wire::approval(&approval)))
    })
}

/// The team's sessions that wait for an approval, and since when.
pub(crate) fn blocked(
    rows: &RowView,
    team: TeamId,
) -> Result<BTreeMap<SessionId, Timestamp>, RowError> {
    let mut blocked = BTreeMap::new();
    for approval in approvals(rows, team, ApprovalId(0)) {
        let (_, approval) = approval?;
        if approval.decision.is_none() {
            blocked.entry(approval.session).or_insert(approval.asked);
        }
    }
    Ok(blocked)
}
