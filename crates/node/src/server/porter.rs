//! Where two rooms meet that do not know each other: the API is asked what became of webhooks, the
//! ingress knows.

use ackord_core::command::Routing;
use ackord_core::id::TeamId;
use ackord_core::model::{Content, Event, Source};
use ackord_grpc::{Door, Unusable};
use ackord_ingress::{Hooks, NotJudged};
use ackord_proto::v1;

/// The door for webhooks, as the API wants it.
#[derive(Debug)]
pub(super) struct Porter {
    pub(super) hooks: Hooks,
    /// Senders can reach this node.
    pub(super) has_port: bool,
}

impl Door for Porter {
    fn recent(
        &self,
        team: TeamId,
        slug: Option<&str>,
        refused_only: bool,
        most: usize,
    ) -> Option<Vec<v1::ReceivedRequest>> {
        self.has_port
            .then(|| self.hooks.recent(team, slug, refused_only, most))
    }

    fn test(
        &self,
        source: &Source,
        definition: Option<&v1::SourceDefinition>,
        request: &v1::SavedRequest,
    ) -> Result<v1::TestSourceResponse, Unusable> {
        let tested = self.hooks.test(source, definition, request);
        tested.map_err(unusable)
    }

    fn reroute(
        &self,
        source: &Source,
        event: &Event,
        content: &Content,
    ) -> Result<Routing, Unusable> {
        let routing = self.hooks.reroute(source, event, content);
        routing.map_err(unusable)
    }
}

fn unusable(error: NotJudged) -> Unusable {
    match error {
        NotJudged::Definition(error) => Unusable::Definition(error),
        NotJudged::Encoding(_) | NotJudged::Network(_) => Unusable::Version,
        NotJudged::Secret(_) | NotJudged::NoKeyring => Unusable::Secrets(error.to_string()),
        NotJudged::Content(why) => Unusable::Content(why),
    }
}
