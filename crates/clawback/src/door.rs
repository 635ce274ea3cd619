//! Where plugins come in: the upgrade, and the first frame.

use std::sync::Arc;
use std::time::Duration;

use ackord_proto::v1;
use axum::Router;
use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use futures::future::{BoxFuture, Shared};
use prometheus_client::registry::Registry;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};
use tonic::service::Routes;

use crate::acks::Acks;
use crate::arrival::settle;
use crate::cluster::Cluster;
use crate::desk::Desk;
use crate::ending::Ending;
use crate::farewell::{part, turn_away};
use crate::frame::{Auth, Frame, Malformed, Request as Asked};
use crate::hand::Hand;
use crate::limits::{
    AUTH_MAX, BUFFER_BYTES, FRAME_BYTES_MAX, GREETED_MAX, REMINDER_EVERY, TURN_MIN,
};
use crate::line::Line;
use crate::link::{self, Link};
use crate::metrics::Metrics;
use crate::requests::Asker;
use crate::secret::from_clawback;
use crate::spare::Spare;

/// Resolves when the node stops: nobody new is let in.
pub type Stop = Shared<BoxFuture<'static, ()>>;

/// What a node says of itself to plugins, and what it takes them for.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the world sends webhooks, such as `https://hooks.example.org`; none: to the host that the plugin
    /// calls.
    pub public_url: Option<String>,
    /// Whether that host is called under TLS.
    pub is_secret: bool,
    /// An event that a plugin has had for so long is told of again, before the plugin's own memory of it would
    /// be missed: a little longer than the plugin keeps an event in its hands, which is 300 s for the published
    /// one.
    pub reminder_every: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            public_url: None,
            is_secret: false,
            reminder_every: REMINDER_EVERY,
        }
    }
}

/// Where plugins come in. Clones are the same one.
#[derive(Clone)]
pub struct Door(Arc<House>);

struct House {
    routes: Routes,
    options: Options,
    metrics: Metrics,
    stop: Stop,
    /// Those that say who they are now.
    greeted: Arc<Semaphore>,
    spare: Spare,
}

/// Who a connection has said that it is.
struct Guest {
    cluster: Cluster,
    secret: String,
    /// Empty: none.
    tag: String,
    base: String,
}

impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Door")
            .field("options", &self.0.options)
            .finish_non_exhaustive()
    }
}

impl Door {
    /// To a cluster that these routes serve: the services of `ackord.v1`, in this process.
    #[must_use]
    pub fn new(routes: Routes, stop: Stop, options: Options) -> Self {
        Self(Arc::new(House {
            routes,
            options,
            metrics: Metrics::default(),
            stop,
            greeted: Arc::new(Semaphore::new(GREETED_MAX)),
            spare: Spare::default(),
        }))
    }

    /// Names all that is counted of plugins.
    pub fn register_metrics(&self, registry: &mut Registry) {
        self.0.metrics.register(registry);
    }

    /// The one route, `/ws`.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/ws", any(upgrade))
            .with_state(self.clone())
    }
}

async fn upgrade(State(door): State<Door>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let base = door.0.base(&parts.headers);
    let upgrade = match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade,
        Err(refused) => return refused.into_response(),
    };
    // Among what the server gave the request along is what counts the connection as open: it stays with
    // the connection.
    let kept = parts.extensions;
    let upgrade = upgrade
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(BUFFER_BYTES)
        .max_message_size(FRAME_BYTES_MAX)
        .max_frame_size(FRAME_BYTES_MAX);
    upgrade.on_upgrade(async move |socket| {
        let ending = door.0.serve(socket, base).await;
        tracing::debug!(%ending, "a Clawback connection has ended");
        door.0.metrics.ended(&ending);
        drop(kept);
    })
}

impl House {
    /// What paths of webhooks are added to.
    fn base(&self, headers: &HeaderMap) -> String {
        if let Some(url) = &self.options.public_url {
            return url.trim_end_matches('/').to_owned();
        }
        let host = headers.get(header::HOST).and_then(|it| it.to_str().ok());
        let scheme = if self.options.is_secret {
            "https"
        } else {
            "http"
        };
        format!("{scheme}://{}", host.unwrap_or("localhost"))
    }

    async fn serve(&self, socket: WebSocket, base: String) -> Ending {
        let mut line = Line::new(socket, self.stop.clone());
        let guest = tokio::select! {
            biased;
            () = self.stop.clone() => Err(Ending::ShuttingDown),
            greeted = self.greet(&mut line, base) => greeted,
        };
        match guest {
            // On the heap: most of a connection's life is waiting.
            Ok(guest) => Box::pin(self.seat(line, guest)).await,
            Err(ending) => {
                turn_away(line, &ending).await;
                ending
            }
        }
    }

    /// Hears who it is, and whether the cluster knows the token.
    async fn greet(&self, line: &mut Line, base: String) -> Result<Guest, Ending> {
        let auth = {
            // The semaphore is never closed; were it, nobody would be greeted.
            let came = Instant::now();
            let _turn = self.greeted.acquire().await.map_err(|_| Ending::Lost)?;
            // Whoever has waited for his turn has had time to say who he is.
            let left = AUTH_MAX.saturating_sub(came.elapsed()).max(TURN_MIN);
            let first = timeout(left, first(line)).await;
            first.unwrap_or(Err(Ending::Unauthenticated))?
        };
        let secret = from_clawback(auth.token.trim()).ok_or_else(|| {
            let why = "the token begins with cbt_: `ackord token create --clawback` makes one";
            Ending::Refused(why.to_owned())
        })?;
        let cluster = Cluster::new(self.routes.clone(), &secret);
        let cluster = cluster
            .ok_or_else(|| Ending::Refused("the token's secret was cut or misread".to_owned()))?;
        let question = cluster.call(v1::GetTeamRequest::default());
        let known = cluster.teams().get_team(question).await;
        known.map_err(link::refused)?;
        Ok(Guest {
            cluster,
            secret,
            tag: auth.session_tag.unwrap_or_default(),
            base,
        })
    }

    /// Takes the acks that the plugin made while it was away, gives it a session, and serves it.
    async fn seat(&self, mut line: Line, guest: Guest) -> Ending {
        let mut acks = Acks::new(guest.cluster.clone());
        let seated = tokio::select! {
            biased;
            () = self.stop.clone() => Err(Ending::ShuttingDown),
            seated = self.attach(&mut line, &mut acks, &guest) => seated,
        };
        let (link, asked) = match seated {
            Ok(seated) => seated,
            Err(ending) => {
                let nothing = Hand::default();
                part(
                    line,
                    &mut acks,
                    &nothing,
                    &ending,
                    &self.metrics,
                    &self.stop,
                )
                .await;
                return ending;
            }
        };
        let asker = Asker {
            cluster: guest.cluster,
            tag: guest.tag,
            key: link.key.clone(),
            nonce: link.nonce,
            token_id: link.token_id.clone(),
            base: guest.base,
        };
        let _open = self.metrics.attached();
        let every = self.options.reminder_every;
        let desk = Desk::new(line, acks, link, asker, self.metrics.clone(), every);
        desk.run(asked, &self.spare, &self.stop).await
    }

    async fn attach(
        &self,
        line: &mut Line,
        acks: &mut Acks,
        guest: &Guest,
    ) -> Result<(Link, Vec<Asked>), Ending> {
        let asked = settle(line, acks, &self.metrics).await?;
        let link = link::attach(&guest.cluster, &self.spare, &guest.secret, &guest.tag).await?;
        Ok((link, asked))
    }
}

/// The first frame, which must be the auth.
async fn first(line: &mut Line) -> Result<Auth, Ending> {
    loop {
        match line.next().await? {
            Some(Frame::Auth(auth)) => return Ok(auth),
            Some(_) => return Err(Ending::Malformed(Malformed::AuthOnce)),
            None => {}
        }
    }
}
