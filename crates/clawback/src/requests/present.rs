//! The sessions of the team, as several requests ask for them.

use ackord_proto::v1;
use ackord_proto::v1::SessionLink;

use super::{Asker, said};

const PAGE: u32 = 1_000;
/// As many as a team may have.
const SESSIONS_MAX: usize = 20_000;

/// The sessions that have a stream now.
pub(super) async fn attached(asker: &Asker) -> Result<Vec<v1::Session>, String> {
    listed(asker, SessionLink::Attached).await
}

/// All sessions on record.
pub(super) async fn all(asker: &Asker) -> Result<Vec<v1::Session>, String> {
    listed(asker, SessionLink::Unspecified).await
}

async fn listed(asker: &Asker, link: SessionLink) -> Result<Vec<v1::Session>, String> {
    let cluster = &asker.cluster;
    let (mut sessions, mut page_token) = (Vec::new(), String::new());
    loop {
        let question = v1::ListSessionsRequest {
            link: link.into(),
            page_size: PAGE,
            page_token,
            ..v1::ListSessionsRequest::default()
        };
        let page = cluster.fresh(question);
        let page = said(cluster.sessions().list_sessions(page).await)?;
        sessions.extend(page.sessions);
        page_token = page.next_page_token;
        if page_token.is_empty() || sessions.len() >= SESSIONS_MAX {
            return Ok(sessions);
        }
    }
}
