//! One session's stream: the hello, then deliveries out and answers in.
//!
//! Two ends share a stream. [`Outgoing`] is what the client reads: it takes from the session's
//! inbox and from the answers whatever the connection has room for. [`Requests`] reads what the
//! client sends, one at a time, and has it carried out. The stream is over when either ends.

mod outgoing;
mod requests;

use std::sync::Arc;

use ackord_core::answer::Reply;
use ackord_core::command::{Attach, Op};
use ackord_core::id::{SessionId, TeamId, TokenId};
use ackord_core::model::Token;
use ackord_proto::v1::RefusalReason as Reason;
use ackord_proto::v1::attach_request::Message;
use ackord_proto::{from_wire, v1};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tonic::Streaming;

use crate::api::Api;
use crate::auth::Caller;
use crate::limits::{ANSWERS_WAITING_MAX, HELLO_MAX};
use crate::refused::Refused;
use crate::sessions::Inbox;

pub(crate) use outgoing::Outgoing;
use requests::Requests;

/// A session with a stream.
pub(super) struct Attached {
    session: SessionId,
    stream: u64,
    position: v1::Position,
    token: TokenId,
    inbox: Inbox,
}

/// Takes the hello, attaches the session, and serves it from then on.
pub(crate) async fn serve(
    api: Api,
    caller: Caller,
    team: TeamId,
    mut requests: Streaming<v1::AttachRequest>,
) -> Result<Outgoing, Refused> {
    let hello = hello(&mut requests).await?;
    let attach = from_wire::attach(hello, api.node).map_err(|it| it.within("hello"))?;
    caller.need_tag(attach.tag.as_ref())?;
    let attached = begin(&api, &caller, team, attach).await?;

    let (answers, answered) = mpsc::channel(ANSWERS_WAITING_MAX);
    let (session, stream) = (attached.session, attached.stream);
    let reader = Requests {
        api,
        caller,
        team,
        session,
        stream,
        answers,
    };
    tokio::spawn(reader.run(requests));
    Ok(Outgoing::new(attached, answered))
}

/// The first message, which must be the hello.
async fn hello(requests: &mut Streaming<v1::AttachRequest>) -> Result<v1::Hello, Refused> {
    let first = timeout(HELLO_MAX, requests.message()).await;
    let first = first.map_err(|_| Refused::protocol("no hello came in time"))?;
    match first
        .map_err(|it| Refused::of_stream(&it))?
        .and_then(|it| it.message)
    {
        Some(Message::Hello(hello)) => Ok(hello),
        Some(_) => Err(Refused::protocol("the first message must be the hello")),
        None => Err(Refused::protocol(
            "a message has no content that this version knows",
        )),
    }
}

/// Attaches the session, in a task of its own: if the client goes away meanwhile, the stream that
/// it no longer wants is detached again rather than forgotten.
async fn begin(
    api: &Api,
    caller: &Caller,
    team: TeamId,
    attach: Attach,
) -> Result<Attached, Refused> {
    let nonce = attach.nonce;
    let command = caller.command(Some(team), Op::Attach(attach));
    let (api, token) = (api.clone(), Arc::clone(&caller.token));
    let token_id = token.id;
    let begun = tokio::spawn(async move {
        let done = api.propose(command).await?;
        let Reply::Attached(session, stream) = done.reply else {
            unreachable!("an attach that counts names its stream")
        };
        let inbox = open(&api, session, stream, nonce, token)?;
        Ok(Attached {
            session,
            stream,
            position: done.position,
            token: token_id,
            inbox,
        })
    });
    begun
        .await
        .unwrap_or_else(|_| Err(Refused::new(Reason::ShuttingDown, "the node ends")))
}

fn open(
    api: &Api,
    session: SessionId,
    stream: u64,
    nonce: u64,
    token: Arc<Token>,
) -> Result<Inbox, Refused> {
    let opened = api.sessions.open(session, stream, nonce, token);
    opened.map_err(|_| {
        Refused::new(
            Reason::Overloaded,
            "this node serves as many sessions as it can",
        )
    })
}
