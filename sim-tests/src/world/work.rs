//! The work of a run: what is submitted, and by now known.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ackord_core::command::Fence;
use ackord_core::id::EventId;
use ackord_core::model::Class;
use ackord_core::text::{OrderingKey, Tag};

use crate::draw::Draw;
use crate::history::{Submission, Via};
use crate::plan::{Feature, Plan};

/// Crons that acks make. Few, for the queues have to be worked off.
const CRONS: usize = 3;
/// Ordering keys in use.
const ORDERING_KEYS: u64 = 3;

/// What the clients of a run share: they are one team at work.
#[derive(Clone)]
pub(super) struct Work {
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    left: u32,
    letters: u32,
    /// By content.
    submissions: BTreeMap<u64, Arc<Submission>>,
    /// Those with a dedup key.
    keyed: Vec<Arc<Submission>>,
    events: Vec<EventId>,
    /// Entries that decided something about an event, as somebody was told.
    places: Vec<(EventId, u64)>,
    fences: Vec<Fence>,
    /// Labels of the crons that acks were to make.
    crons: Vec<String>,
}

impl Work {
    pub(super) fn new(plan: &Plan) -> Self {
        let shared = Shared {
            left: plan.submits,
            letters: plan.letters,
            submissions: BTreeMap::new(),
            keyed: Vec::new(),
            events: Vec::new(),
            places: Vec::new(),
            fences: Vec::new(),
            crons: Vec::new(),
        };
        Self {
            shared: Arc::new(Mutex::new(shared)),
        }
    }

    /// The next thing to submit; none: that was all.
    pub(super) fn next(&self, plan: &Plan, draw: &mut Draw) -> Option<Arc<Submission>> {
        let mut shared = self.shared();
        shared.left = shared.left.checked_sub(1)?;
        if !shared.keyed.is_empty() {
            if plan.has(Feature::RepeatedKeys) && draw.chance(30) {
                return Some(draw.pick(&shared.keyed).clone());
            }
            if plan.has(Feature::Conflicts) && draw.chance(15) {
                let key = draw.pick(&shared.keyed).dedup_key.clone();
                return Some(shared.add(Submission {
                    dedup_key: key,
                    ..fresh(plan, draw)
                }));
            }
        }
        let content = shared.submissions.len();
        let mut submission = fresh(plan, draw);
        let keys = plan.has(Feature::RepeatedKeys) || plan.has(Feature::Conflicts);
        submission.dedup_key = (keys && draw.chance(60)).then(|| format!("k{content}"));
        Some(shared.add(submission))
    }

    /// An event of the first queue, as it is by itself: what a webhook carries.
    pub(super) fn plain(&self, plan: &Plan, draw: &mut Draw) -> Arc<Submission> {
        self.shared().add(Submission {
            content: 0,
            tag: plan.queues[0].tag.clone(),
            class: Class::Normal,
            ordering_key: None,
            dedup_key: None,
            delay: None,
            ttl: None,
            attempts: None,
            padding: draw.index(2_000),
            via: Via::Submit,
        })
    }

    /// What a session writes to a queue; none: there was enough of that.
    pub(super) fn letter(
        &self,
        plan: &Plan,
        draw: &mut Draw,
        via: Via,
        tag: Option<Tag>,
    ) -> Option<Arc<Submission>> {
        let mut shared = self.shared();
        shared.letters = shared.letters.checked_sub(1)?;
        Some(shared.add(Submission {
            content: 0,
            tag,
            class: class(plan, draw),
            ordering_key: None,
            dedup_key: None,
            delay: None,
            ttl: None,
            attempts: None,
            padding: draw.index(200),
            via,
        }))
    }

    /// The label of a cron that an ack is to make; none: there are enough.
    pub(super) fn new_cron(&self) -> Option<String> {
        let mut shared = self.shared();
        let count = shared.crons.len();
        let label = (count < CRONS).then(|| format!("a{}", count + 1))?;
        shared.crons.push(label.clone());
        Some(label)
    }

    /// Some cron that an ack was to make.
    pub(super) fn some_cron(&self, draw: &mut Draw) -> Option<String> {
        let shared = self.shared();
        (!shared.crons.is_empty()).then(|| draw.pick(&shared.crons).clone())
    }

    /// Bytes of the padding of a content.
    pub(super) fn padding(&self, content: u64) -> Option<usize> {
        self.shared().submissions.get(&content).map(|it| it.padding)
    }

    /// Somebody was told of this event.
    pub(super) fn heard_of(&self, event: EventId) {
        let mut shared = self.shared();
        if !shared.events.contains(&event) {
            shared.events.push(event);
        }
    }

    /// Some event that somebody was told of.
    pub(super) fn some_event(&self, draw: &mut Draw) -> Option<EventId> {
        let shared = self.shared();
        (!shared.events.is_empty()).then(|| *draw.pick(&shared.events))
    }

    /// Somebody was told that this entry decided something about this event.
    pub(super) fn was_decided(&self, event: EventId, index: u64) {
        self.shared().places.push((event, index));
    }

    /// Something that somebody was told, mostly lately.
    pub(super) fn some_place(&self, draw: &mut Draw) -> Option<(EventId, u64)> {
        let shared = self.shared();
        let lately = &shared.places[shared.places.len().saturating_sub(3)..];
        let from = if draw.chance(60) {
            lately
        } else {
            &shared.places[..]
        };
        (!from.is_empty()).then(|| *draw.pick(from))
    }

    /// Some dedup key that was used.
    pub(super) fn some_key(&self, draw: &mut Draw) -> Option<String> {
        let shared = self.shared();
        let keyed = (!shared.keyed.is_empty()).then(|| draw.pick(&shared.keyed))?;
        keyed.dedup_key.clone()
    }

    /// Some delivery that somebody was given.
    pub(super) fn some_fence(&self, draw: &mut Draw) -> Option<Fence> {
        let shared = self.shared();
        (!shared.fences.is_empty()).then(|| *draw.pick(&shared.fences))
    }

    /// Somebody was given this.
    pub(super) fn was_given(&self, fence: Fence) {
        self.shared().fences.push(fence);
    }

    /// Whether nobody was given anything yet.
    pub(super) fn is_untouched(&self) -> bool {
        self.shared().fences.is_empty()
    }

    /// Some delivery that somebody was given, an older one of this event if there is one.
    pub(super) fn some_older(&self, fence: Fence, draw: &mut Draw) -> Option<Fence> {
        let shared = self.shared();
        let older = |it: &&Fence| it.event == fence.event && it.delivery < fence.delivery;
        let older = shared.fences.iter().rfind(older).copied();
        older.or_else(|| (!shared.fences.is_empty()).then(|| *draw.pick(&shared.fences)))
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    fn add(&mut self, submission: Submission) -> Arc<Submission> {
        let content = u64::try_from(self.submissions.len()).expect("a count fits");
        let submission = Arc::new(Submission {
            content,
            ..submission
        });
        self.submissions.insert(content, submission.clone());
        if submission.dedup_key.is_some() {
            self.keyed.push(submission.clone());
        }
        submission
    }
}

/// A submission as the plan wants them, without a number.
fn fresh(plan: &Plan, draw: &mut Draw) -> Submission {
    let class = class(plan, draw);
    let keyed = plan.has(Feature::OrderingKeys) && class != Class::Interrupt && draw.chance(50);
    let lane = draw.within(1..=ORDERING_KEYS);
    let key = || OrderingKey::new(format!("lane {lane}")).expect("a valid key");
    let ordering_key = keyed.then(key);
    let delay = (plan.has(Feature::Delays) && draw.chance(25)).then(|| draw.millis(100..=12_000));
    let ttl = (plan.has(Feature::Ttl) && draw.chance(25))
        .then(|| delay.unwrap_or(Duration::ZERO) + draw.millis(300..=15_000));
    let few = plan.has(Feature::FewAttempts) && draw.chance(40);
    let large = plan.has(Feature::LargeBodies) && draw.chance(20);
    Submission {
        content: 0,
        tag: draw.pick(&plan.queues).tag.clone(),
        class,
        ordering_key,
        dedup_key: None,
        delay,
        ttl,
        attempts: few.then(|| u32::try_from(draw.within(1..=2)).expect("a small number")),
        padding: if large {
            draw.index(60_000)
        } else {
            draw.index(200)
        },
        via: Via::Submit,
    }
}

fn class(plan: &Plan, draw: &mut Draw) -> Class {
    let weight = |feature, weight| if plan.has(feature) { weight } else { 0 };
    draw.weighted(&[
        (Class::Normal, 10),
        (Class::Priority, weight(Feature::Priorities, 5)),
        (Class::Interrupt, weight(Feature::Interrupts, 2)),
    ])
}
