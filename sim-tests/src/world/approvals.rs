//! Those who are asked what agents may not do alone: some answer at once, some as late as can be, two
//! of them against each other, or what was decided long ago. And some answer who must not: whoever
//! asked, who has not the role, who is of another team.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ackord_client::v1;
use ackord_core::id::ApprovalId;
use ackord_core::model::Verdict;
use ackord_core::time::Timestamp;
use futures::future::{join, join_all};

use super::host::Host;
use super::recorder::now;
use super::scene::Scene;
use super::setup::Badge;
use crate::draw::Draw;
use crate::history::{Answer, ApprovalAsk, Op, Request, Ruling, Standing, Who};
use crate::plan::Craft;

/// Those who answer at the same time.
const DESKS: u32 = 3;
/// How long a call is tried.
const PATIENCE: Duration = Duration::from_secs(4);
/// Longest pause between two answers of one of them, in milliseconds.
const PAUSE_MAX: u64 = 900;
/// As late as can be: so long before or after the deadline.
const AT_THE_DEADLINE_MS: u64 = 80;

/// What sessions were told of what they have asked for. Cheap to clone: all clones are the same one.
#[derive(Clone, Default)]
pub(super) struct Board {
    posts: Arc<Mutex<Vec<Post>>>,
}

/// Something asked for.
#[derive(Clone)]
struct Post {
    approval: ApprovalId,
    request: Arc<Request>,
    /// When nobody can answer any more, about.
    due: Duration,
}

impl Board {
    /// A session was told of an approval.
    pub(super) fn post(&self, standing: Standing, request: &Arc<Request>) {
        self.posts().push(Post {
            approval: standing.approval,
            request: Arc::clone(request),
            due: now() + request.timeout,
        });
    }

    /// One of them, mostly a late one; none: nobody has asked.
    fn some(&self, draw: &mut Draw) -> Option<Post> {
        let posts = self.posts();
        let from = match draw.chance(80) {
            true => posts.len().saturating_sub(4),
            false => 0,
        };
        let posts = &posts[from..];
        (!posts.is_empty()).then(|| draw.pick(posts).clone())
    }

    fn posts(&self) -> MutexGuard<'_, Vec<Post>> {
        self.posts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Answers until the storm is over.
pub(super) async fn run(scene: Scene, host: Host) {
    if !scene.plan.knows(Craft::Asks) {
        return;
    }
    let work = async move {
        let desks = (1..=DESKS).map(|number| {
            let draw = scene.draw.fork(&format!("approver {number}"));
            let scene = scene.clone();
            let desk = Desk {
                scene,
                draw,
                number,
            };
            desk.sit()
        });
        join_all(desks).await;
    };
    // A stalled host goes on in the end; nothing kills it.
    let _ended = host.spawn(work).await;
}

struct Desk {
    scene: Scene,
    draw: Draw,
    number: u32,
}

impl Desk {
    async fn sit(mut self) {
        while !self.scene.is_calm() {
            let pause = self.draw.millis(50..=PAUSE_MAX);
            self.scene.pause(pause).await;
            match self.draw.chance(25) {
                true => self.answer_from_list().await,
                false => self.answer_some().await,
            }
        }
    }

    async fn answer_some(&mut self) {
        let Some(post) = self.scene.board.some(&mut self.draw) else {
            return;
        };
        let approval = post.approval;
        let allow = self.draw.chance(50);
        match self.draw.within(1..=100) {
            1..=30 => {
                let badge = self.entitled(&post.request);
                self.answer(approval, allow, &badge).await;
            }
            31..=55 => {
                self.wait_until_due(post.due).await;
                let badge = self.entitled(&post.request);
                self.answer(approval, allow, &badge).await;
            }
            56..=75 => {
                let (one, other) = (self.entitled(&post.request), self.entitled(&post.request));
                let first = self.answer(approval, allow, &one);
                join(first, self.answer(approval, !allow, &other)).await;
            }
            76..=90 => {
                let agents = &self.scene.tokens.agents;
                let asker = agents.iter().find(|it| post.request.is_of(it.bearer.token));
                if let Some(badge) = asker {
                    self.answer(approval, true, badge).await;
                }
            }
            _ => {
                let badge = self.draw.pick(&self.scene.tokens.powerless).clone();
                self.answer(approval, allow, &badge).await;
            }
        }
    }

    /// Also what nobody was told of who has asked for it.
    async fn answer_from_list(&mut self) {
        let badge = self.scene.tokens.approvers[0].clone();
        let client = self.scene.client(&badge.secret, PATIENCE);
        let open = v1::ListApprovalsRequest {
            state: v1::ApprovalState::Open.into(),
            ..v1::ListApprovalsRequest::default()
        };
        let Ok(page) = client.list_approvals(open).await else {
            return;
        };
        if page.approvals.is_empty() {
            return;
        }
        let approval = standing(Some(self.draw.pick(&page.approvals))).approval;
        let allow = self.draw.chance(50);
        self.answer(approval, allow, &badge).await;
    }

    /// Somebody who may answer.
    fn entitled(&mut self, request: &Request) -> Badge {
        let tokens = &self.scene.tokens;
        let all = tokens.approvers.iter().chain(&tokens.agents);
        let may = |it: &&Badge| request.asks(&it.bearer) && !request.is_of(it.bearer.token);
        let all: Vec<&Badge> = all.filter(may).collect();
        match all.is_empty() {
            // Whoever was asked is the one who asks.
            true => tokens.approvers[0].clone(),
            false => (*self.draw.pick(&all)).clone(),
        }
    }

    async fn wait_until_due(&mut self, due: Duration) {
        let shift = self.draw.millis(0..=2 * AT_THE_DEADLINE_MS);
        let early = Duration::from_millis(AT_THE_DEADLINE_MS);
        let left = (due + shift).saturating_sub(now() + early);
        self.scene.pause(left).await;
    }

    async fn answer(&self, approval: ApprovalId, allow: bool, badge: &Badge) {
        let client = self.scene.client(&badge.secret, PATIENCE);
        let call = client.answer_approval(v1::AnswerApprovalRequest {
            approval_id: approval.to_string(),
            allow,
            reason: String::new(),
        });
        let op = Op::Approval(ApprovalAsk::Answer {
            approval,
            allow,
            by: badge.bearer.clone(),
        });
        let answer = |it: &v1::AnswerApprovalResponse| told(it.approval.as_ref(), it.position);
        let recorder = &self.scene.recorder;
        let who = Who::Approver(self.number);
        let _recorded = recorder.call(who, op, call, answer).await;
    }
}

/// What somebody is told of an approval.
pub(super) fn told(approval: Option<&v1::Approval>, position: Option<v1::Position>) -> Answer {
    Answer::Approval {
        standing: standing(approval),
        index: position.map(|it| it.index),
    }
}

/// How an approval stands.
pub(super) fn standing(approval: Option<&v1::Approval>) -> Standing {
    let it = approval.expect("whoever asks about an approval is told of it");
    let verdict = match it.state() {
        v1::ApprovalState::Open | v1::ApprovalState::Unspecified => None,
        v1::ApprovalState::Allowed => Some(Verdict::Allowed),
        v1::ApprovalState::Denied => Some(Verdict::Denied),
        v1::ApprovalState::TimedOut => Some(Verdict::TimedOut),
        v1::ApprovalState::Withdrawn => Some(Verdict::Withdrawn),
    };
    Standing {
        approval: it
            .id
            .parse()
            .expect("a server names approvals by their ids"),
        asked: Timestamp(it.asked_at_ms),
        deadline: Timestamp(it.deadline_ms),
        ruling: verdict.map(|verdict| Ruling {
            verdict,
            at: Timestamp(it.decided_at_ms),
            by: it.answered_by.parse().ok(),
        }),
    }
}
