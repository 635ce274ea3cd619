//! Submits on a stream: many on their way at once, bounded in number and bytes. Whoever does not
//! read his answers is not read any further.

use std::pin::Pin;
use std::task::{Context, Poll};

use ackord_core::id::TeamId;
use ackord_proto::to_wire;
use ackord_proto::v1;
use futures::Stream;
use futures::stream::{FuturesUnordered, StreamExt};
use tokio::sync::mpsc;
use tonic::{Status, Streaming};

use crate::api::Api;
use crate::auth::Caller;
use crate::limits::{SUBMIT_BYTES_IN_FLIGHT_MAX, SUBMITS_IN_FLIGHT_MAX};
use crate::refused::Refused;
use crate::submit;

type Response = Result<v1::SubmitStreamResponse, Status>;

/// The answers of one stream, as they come.
#[derive(Debug)]
pub(crate) struct Responses(mpsc::Receiver<Response>);

impl Stream for Responses {
    type Item = Response;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Response>> {
        self.0.poll_recv(cx)
    }
}

/// Serves a stream until either side ends it, the token ends, or the node stops.
pub(crate) fn serve(
    api: Api,
    caller: Caller,
    team: TeamId,
    requests: Streaming<v1::SubmitStreamRequest>,
) -> Responses {
    let (answers, responses) = mpsc::channel(SUBMITS_IN_FLIGHT_MAX);
    tokio::spawn(
        Submits {
            api,
            caller,
            team,
            answers,
        }
        .run(requests),
    );
    Responses(responses)
}

struct Submits {
    api: Api,
    caller: Caller,
    team: TeamId,
    answers: mpsc::Sender<Response>,
}

/// What happens next on a stream.
enum Event {
    Answered(v1::SubmitStreamResponse, usize),
    Asked(v1::SubmitStreamRequest),
    /// Nothing more is read.
    Ended(Result<(), Refused>),
}

impl Submits {
    async fn run(self, requests: Streaming<v1::SubmitStreamRequest>) {
        if let Err(refused) = self.serve(requests).await {
            self.api.metrics.refused(refused.reason());
            // The client may be gone.
            let _ = self.answers.send(Err(refused.into())).await;
        }
    }

    /// Serves until nothing more is read and all is answered. Answers why it ended.
    async fn serve(&self, mut requests: Streaming<v1::SubmitStreamRequest>) -> Result<(), Refused> {
        let mut stop = self.api.ends.stop.clone();
        let mut on_their_way = FuturesUnordered::new();
        let (mut bytes, mut end) = (0, None);
        while end.is_none() || !on_their_way.is_empty() {
            let open = end.is_none();
            let room =
                on_their_way.len() < SUBMITS_IN_FLIGHT_MAX && bytes < SUBMIT_BYTES_IN_FLIGHT_MAX;
            let event = tokio::select! {
                biased;
                () = self.answers.closed() => return Ok(()),
                Some((response, size)) = on_their_way.next() => Event::Answered(response, size),
                () = &mut stop, if open => Event::Ended(Ok(())),
                request = requests.message(), if open && room => self.read(request),
            };
            match event {
                Event::Ended(why) => end = Some(why),
                Event::Answered(response, size) => {
                    bytes -= size;
                    // A client that is gone is seen at the next turn.
                    let _ = self.answers.send(Ok(response)).await;
                }
                Event::Asked(request) => {
                    let size = submit::weight(&request.items);
                    bytes += size;
                    on_their_way.push(async move { (self.answer(request).await, size) });
                }
            }
        }
        end.unwrap_or(Ok(()))
    }

    fn read(&self, request: Result<Option<v1::SubmitStreamRequest>, Status>) -> Event {
        match request {
            Ok(Some(request)) => match self.judge(&request) {
                Ok(()) => Event::Asked(request),
                Err(refused) => Event::Ended(Err(refused)),
            },
            Ok(None) => Event::Ended(Ok(())),
            Err(status) => Event::Ended(Err(Refused::of_stream(&status))),
        }
    }

    /// Whether the stream goes on. A request with none or too many items ends it: an answer for each of them
    /// would be many times as long.
    fn judge(&self, request: &v1::SubmitStreamRequest) -> Result<(), Refused> {
        submit::check_count(&request.items)?;
        self.api.fresh()?;
        self.api.still(&self.caller)
    }

    async fn answer(&self, request: v1::SubmitStreamRequest) -> v1::SubmitStreamResponse {
        let v1::SubmitStreamRequest { seq, items } = request;
        let results = match submit::check(&items) {
            Ok(()) => self.api.submit(&self.caller, self.team, items).await,
            Err(refused) => {
                let results = vec![to_wire::refused(refused.into_refusal()); items.len()];
                results.iter().for_each(|it| self.api.metrics.submitted(it));
                results
            }
        };
        v1::SubmitStreamResponse { seq, results }
    }
}
