//! Whose the connection is.

use ackord_proto::v1;
use serde_json::json;

use super::{Answer, Asker, present, said, stated};

pub(super) async fn info(asker: &Asker) -> Answer {
    let cluster = &asker.cluster;
    let question = v1::GetTeamRequest::default();
    let team = said(cluster.teams().get_team(cluster.call(question)).await)?;
    let team = team.team.unwrap_or_default();
    let connected = present::attached(asker).await?.len();
    let mut info = json!({
        "profileId": team.id,
        "webhookId": team.name,
        "webhookBaseUrl": format!("{}/webhooks/{}", asker.base, team.name),
        "connectedClients": connected,
    });
    if let Some(tag) = stated(asker.tag.clone()) {
        info["sessionTag"] = tag.into();
    }
    Ok(info)
}
