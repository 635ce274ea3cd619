//! The team that the first start makes.

use std::path::Path;
use std::time::Duration;

use ackord_client::v1::{self, RefusalReason};
use ackord_client::{Client, Error, Options, Tls};
use tokio::time::sleep;

use super::written;
use crate::cli::credentials::Credentials;
use crate::cli::failure::Failure;

/// Its name.
pub(super) const TEAM: &str = "dev";

/// How long a call may take while a cluster begins.
const BEGIN_MAX: Duration = Duration::from_secs(60);
/// Between two looks whether it has.
const RETRY: Duration = Duration::from_millis(100);

/// Makes the team and its token, unless an earlier start has come so far.
pub(super) async fn make_team(mut known: Credentials, data_dir: &Path) -> Result<(), Failure> {
    if known.token.is_none() {
        let options = Options {
            servers: known.servers(),
            deadline: BEGIN_MAX,
            tls: Tls {
                ca: known.ca(data_dir),
                ..Tls::default()
            },
            ..Options::new("", &known.operator_token)
        };
        let client = Client::new(options)?;
        // Making a team is not repeated when an answer is lost; asking how the nodes stand is.
        while let Err(error) = client.get_status(v1::GetStatusRequest {}).await {
            match error {
                Error::Refused(_) => return Err(error.into()),
                Error::Failed(_) | Error::Unknown(_) => sleep(RETRY).await,
            }
        }
        match client
            .create_team(v1::CreateTeamRequest {
                name: TEAM.to_owned(),
            })
            .await
        {
            Err(error) if error.reason() != Some(RefusalReason::Exists) => return Err(error.into()),
            Ok(_) | Err(_) => {}
        }
        let question = v1::CreateTokenRequest {
            team: TEAM.to_owned(),
            roles: vec![v1::Role::Admin.into()],
            label: "ackord dev".to_owned(),
            ..v1::CreateTokenRequest::default()
        };
        known.token = Some(client.create_token(question).await?.secret);
    }
    written(&known, data_dir)
}
