//! Asking: for what an agent may not do alone, with its delivery in hand or without.

use std::sync::Arc;
use std::time::Duration;

use ackord_client::v1::request_approval_request::To;
use ackord_client::{Error, v1};
use tokio::time::{sleep, timeout};

use super::super::approvals::{standing, told};
use super::habit::Hand;
use crate::draw::Draw;
use crate::history::{Answer, ApprovalAsk, Op, Outcome, Request, Standing, Whom};

/// The shortest time that an approval may wait, and the longest here, in milliseconds.
const TIMEOUTS: [u64; 2] = [1_000, 7_000];
/// Whoever waits for an answer gives up so long after that must have come.
const PATIENCE: Duration = Duration::from_secs(9);
/// How long a call is tried by whoever asks with another token.
const OTHER_PATIENCE: Duration = Duration::from_secs(6);
/// Times that a request is sent again whose answer was lost.
const AGAIN_MAX: usize = 2;

impl Hand {
    /// Asks once or twice, and mostly waits for what is decided.
    pub(super) async fn ask_leave(&mut self, draw: &mut Draw) {
        for _ in 0..draw.within(1..=2) {
            let request = Arc::new(self.request(draw));
            if let Some(standing) = self.ask_for(&request, draw).await {
                self.scene.board.post(standing, &request);
                self.hear_of(standing, draw).await;
            }
        }
    }

    fn request(&self, draw: &mut Draw) -> Request {
        let to = match draw.within(1..=10) {
            1..=2 => self.another_tag(draw).map(|it| Whom::Tag(Some(it))),
            3..=4 => {
                let tokens = &self.scene.tokens;
                let others = tokens.agents.iter().chain(&tokens.approvers);
                let others = others.map(|it| it.bearer.token);
                let others: Vec<_> = others.filter(|it| *it != self.badge.bearer.token).collect();
                Some(Whom::Token(*draw.pick(&others)))
            }
            _ => None,
        };
        // Some ask with another token than the one that their session shows.
        let other = self.scene.tokens.powerless[0].bearer.token;
        let attached = self.badge.bearer.token;
        Request {
            nonce: self.nonce,
            name: format!("{}-{:08x}", self.process, draw.within(0..=0xffff_ffff)),
            wish: format!("wish {:016x}", draw.number()),
            fence: draw.chance(70).then_some(self.fence),
            timeout: draw.millis(TIMEOUTS[0]..=TIMEOUTS[1]),
            to: to.unwrap_or_else(|| Whom::Tag(self.queue.tag.clone())),
            asker: if draw.chance(20) { other } else { attached },
            attached,
        }
    }

    /// Asks until somebody has heard it, and now and then once more, or for something else by the same
    /// name.
    async fn ask_for(&self, request: &Arc<Request>, draw: &mut Draw) -> Option<Standing> {
        let mut asked = self.put(request).await;
        for _ in 0..AGAIN_MAX {
            if matches!(asked, Err(Error::Unknown(_))) {
                sleep(draw.millis(0..=500)).await;
                asked = self.put(request).await;
            }
        }
        let standing = asked.ok();
        match draw.within(1..=100) {
            1..=20 => standing.or(self.put(request).await.ok()),
            21..=35 => {
                let wish = format!("wish {:016x}", draw.number());
                let other = Request {
                    wish,
                    ..(**request).clone()
                };
                let _refused = self.put(&Arc::new(other)).await;
                standing
            }
            _ => standing,
        }
    }

    async fn put(&self, request: &Arc<Request>) -> Result<Standing, Error> {
        let to = match &request.to {
            Whom::Tag(tag) if *tag == self.queue.tag => None,
            Whom::Tag(tag) => tag.as_ref().map(|it| To::Tag(it.to_string())),
            Whom::Token(token) => Some(To::TokenId(token.to_string())),
        };
        let fence = request.fence.map(|it| v1::Fence {
            event_id: it.event.to_string(),
            delivery: it.delivery,
        });
        let question = v1::RequestApprovalRequest {
            fence,
            request_id: request.name.clone(),
            tool: "Bash".to_owned(),
            description: request.wish.clone(),
            input_preview: String::new(),
            to,
            timeout_ms: u64::try_from(request.timeout.as_millis()).expect("a short time"),
            session_key: format!("s{}", self.process.session),
            nonce: request.nonce,
        };
        let client = match request.asker == request.attached {
            true => self.client.clone(),
            false => {
                let other = &self.scene.tokens.powerless[0];
                self.scene.client(&other.secret, OTHER_PATIENCE)
            }
        };
        let op = Op::Approval(ApprovalAsk::Request(Arc::clone(request)));
        let call = client.request_approval(question);
        let answer = |it: &v1::RequestApprovalResponse| told(it.approval.as_ref(), it.position);
        let recorder = &self.scene.recorder;
        let asked = recorder.call(self.who(), op, call, answer).await?;
        Ok(standing(asked.approval.as_ref()))
    }

    /// Waits for the answer, looks now and then, or goes on as if nobody could say no.
    async fn hear_of(&self, asked: Standing, draw: &mut Draw) {
        match draw.within(1..=10) {
            1..=6 => self.wait_for(asked).await,
            7..=8 => {
                for _ in 0..draw.within(1..=3) {
                    sleep(draw.millis(100..=2_500)).await;
                    self.look_at(asked).await;
                }
            }
            _ => {}
        }
    }

    async fn wait_for(&self, asked: Standing) {
        let approval = asked.approval;
        let op = Op::Approval(ApprovalAsk::Look {
            approval,
            waits: true,
        });
        let recorder = &self.scene.recorder;
        let id = recorder.invoke(self.who(), op);
        let patience = Duration::from_millis(asked.deadline.since(asked.asked).0) + PATIENCE;
        let call = self.client.wait_for_approval(approval.to_string());
        let outcome = match timeout(patience, call).await {
            Ok(Ok(approval)) => Outcome::Ok(told(Some(&approval), None)),
            Ok(Err(error)) => super::super::recorder::outcome_of(&error),
            Err(_) => Outcome::Info("no answer in time".to_owned()),
        };
        recorder.end(self.who(), id, outcome);
    }

    async fn look_at(&self, asked: Standing) {
        let approval = asked.approval;
        let op = Op::Approval(ApprovalAsk::Look {
            approval,
            waits: false,
        });
        let call = self.client.get_approval(v1::GetApprovalRequest {
            approval_id: approval.to_string(),
            at_least: None,
        });
        let answer = |it: &v1::GetApprovalResponse| -> Answer { told(it.approval.as_ref(), None) };
        let recorder = &self.scene.recorder;
        let _recorded = recorder.call(self.who(), op, call, answer).await;
    }
}
