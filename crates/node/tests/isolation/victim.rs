//! A team that has something of everything, with a mark in each text.

use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::LONG;
use crate::names::{CANARY, Names};
use crate::wire::{Api, Open};

const NONCE: &str = "41";
const HOUR: &str = "3600000";

/// See the module.
pub(crate) struct Victim {
    api: Api,
    stream: Open,
    pub(crate) names: Names,
}

impl Victim {
    /// Makes it all.
    pub(crate) async fn plant(api: Api) -> Self {
        let mut names = Names::default();
        for name in [
            "team",
            "tag",
            "dead_tag",
            "slug",
            "label",
            "session",
            "effect",
            "dedup",
            "namespace",
            "thread",
            "type",
        ] {
            let plain = name.replace('_', "-");
            let (theirs, nobodys) = (format!("{CANARY}-{plain}"), format!("nobody-{plain}"));
            names.add(name, &theirs, &nobodys);
        }
        let queue = json!({"tag": names.theirs("tag"), "settings": {"leaseMs": HOUR}});
        api.must("QueueService/SetQueue", queue).await;
        let hello = json!({
            "key": names.theirs("session"),
            "nonce": NONCE,
            "tag": names.theirs("tag"),
        });
        let hello = json!({"seq": "0", "hello": hello});
        let stream = api.open("SessionService/Attach", &hello).await;
        let mut victim = Self { api, stream, names };
        let attached = victim.stream.next().await;
        victim.name("session_id", &attached["attached"]["sessionId"]);
        victim.make_settings().await;
        victim.make_done().await;
        victim.make_leased().await;
        victim.make_waiting().await;
        victim.make_dead().await;
        victim
    }

    /// All that its own token sees of it, but for what passes by itself.
    pub(crate) async fn everything(&self) -> Value {
        let mut seen = Vec::new();
        for list in [
            "ApprovalService/ListApprovals",
            "CronService/ListCrons",
            "EventService/ListDead",
            "EventService/ListEvents",
            "EventService/ListHistory",
            "QueueService/ListQueues",
            "SessionService/ListSessions",
            "SourceService/ListSources",
            "SourceService/ListRequests",
            "TeamService/GetTeam",
            "TokenService/ListTokens",
        ] {
            seen.push(self.api.must(list, json!({})).await);
        }
        for event in ["done", "leased", "event", "message", "dead"] {
            let question = json!({"eventId": self.names.theirs(event)});
            for look in [
                "EventService/GetEvent",
                "EventService/GetBody",
                "EventService/Why",
            ] {
                seen.push(self.api.must(look, question.clone()).await);
            }
            let effects = self.api.must("EffectService/ListEffects", question);
            seen.push(effects.await);
        }
        let source = json!({"slug": self.names.theirs("slug")});
        seen.push(self.api.must("SourceService/GetSource", source).await);
        let job = json!({"jobId": self.names.theirs("job")});
        seen.push(self.api.must("EventService/GetJob", job).await);
        seen.into_iter().map(without_sightings).collect()
    }

    /// Whether its session was told nothing that it does not know.
    pub(crate) fn hears_nothing(&mut self) -> bool {
        self.stream.has_come().is_none()
    }

    async fn make_settings(&mut self) {
        let team = self.api.must("TeamService/GetTeam", json!({})).await;
        self.name("team_id", &team["team"]["id"]);
        let token = json!({"roles": ["ROLE_APPROVE"], "label": "a canary's token"});
        let token = self.api.must("TokenService/CreateToken", token).await;
        self.name("token", &token["tokenId"]);
        let source = json!({
            "slug": self.names.theirs("slug"),
            "mode": "SOURCE_MODE_ENABLED",
            "definition": {
                "verification": {"preset": "github"},
                "description": "of a canary",
                "routes": [{"eventType": "*", "send": {"prompt": "sing as a canary"}}],
            },
            // "a secret"
            "secrets": [{"name": "canary", "value": "YSBzZWNyZXQ="}],
        });
        let source = self.api.must("SourceService/CreateSource", source).await;
        self.name("source", &source["source"]["id"]);
        let cron = json!({
            "terms": {
                "label": self.names.theirs("label"),
                "schedule": "0 9 1 1 *",
                "tag": self.names.theirs("tag"),
            },
            "instruction": {"prompt": "wake the canary"},
        });
        let cron = self.api.must("CronService/CreateCron", cron).await;
        self.name("cron", &cron["cron"]["id"]);
        let job = json!({"kind": "JOB_KIND_REPLAY_DEAD", "tag": self.names.theirs("tag")});
        let job = self.api.must("EventService/StartJob", job).await;
        self.name("job", &job["jobId"]);
        let id = json!({"jobId": job["jobId"]});
        self.until("EventService/GetJob", &id, |it| {
            it["job"]["endedAtMs"].is_string()
        })
        .await;
    }

    async fn make_done(&mut self) {
        let fence = self.deliver("done").await;
        let ack = json!({"fence": fence, "summary": "the canary sang"});
        self.stream.say(&json!({"seq": "1", "ack": ack}));
        self.hear("answer").await;
    }

    /// An event at work, with all that work leaves behind.
    async fn make_leased(&mut self) {
        let fence = self.deliver("leased").await;
        self.stream
            .say(&json!({"seq": "2", "claim": {"fence": fence}}));
        self.hear("answer").await;
        let effect = json!({"fence": fence, "key": self.names.theirs("effect"), "nonce": "1"});
        self.api.must("EffectService/BeginEffect", effect).await;
        let note = json!({"checkpoint": {"fence": fence, "note": "half a canary"}});
        self.api.must("SessionService/Checkpoint", note).await;
        let approval = json!({
            "fence": fence,
            "requestId": "canary",
            "tool": "Canary",
            "description": "may the canary out",
            "inputPreview": "canary --out",
            "tag": "canary-people",
            "timeoutMs": HOUR,
            "sessionKey": self.names.theirs("session"),
            "nonce": NONCE,
        });
        let approval = self
            .api
            .must("ApprovalService/RequestApproval", approval)
            .await;
        self.name("approval", &approval["approval"]["id"]);
    }

    async fn make_waiting(&mut self) {
        let item = self.item();
        self.submit("event", item).await;
        let message = json!({
            "message": {
                "tags": [self.names.theirs("tag")],
                "text": "says the canary",
                "threadId": self.names.theirs("thread"),
            },
            "sessionKey": "",
        });
        let sent = self.api.must("MessageService/Send", message).await;
        self.name("message", &sent["sent"]["events"][0]["eventId"]);
    }

    async fn make_dead(&mut self) {
        let mut item = self.item();
        item["tag"] = self.names.theirs("dead_tag").into();
        item["dedupKey"] = "another canary".into();
        item["ttlMs"] = "1".into();
        self.submit("dead", item).await;
        let is_dead = |it: &Value| it["events"].is_array();
        self.until("EventService/ListDead", &json!({}), is_dead)
            .await;
    }

    fn item(&self) -> Value {
        json!({
            "tag": self.names.theirs("tag"),
            "eventType": self.names.theirs("type"),
            "namespace": self.names.theirs("namespace"),
            "dedupKey": self.names.theirs("dedup"),
            "meta": {"bird": "canary"},
            // "canary"
            "body": "Y2FuYXJ5",
        })
    }

    async fn submit(&mut self, name: &str, item: Value) {
        let said = self
            .api
            .must("IngressService/Submit", json!({"items": [item]}))
            .await;
        self.name(name, &said["results"][0]["submitted"]["eventId"]);
    }

    /// Submits an event that its session gets: the fence.
    async fn deliver(&mut self, name: &str) -> Value {
        let item = json!({"tag": self.names.theirs("tag"), "eventType": "x", "body": "Y2FuYXJ5"});
        self.submit(name, item).await;
        self.hear("deliver").await["fence"].clone()
    }

    async fn hear(&mut self, kind: &str) -> Value {
        let message = self.stream.next().await;
        assert!(message[kind].is_object(), "{kind}: {message}");
        message[kind].clone()
    }

    async fn until(&self, method: &str, question: &Value, is_so: impl Fn(&Value) -> bool) {
        let looks = async {
            while !is_so(&self.api.must(method, question.clone()).await) {
                sleep(std::time::Duration::from_millis(50)).await;
            }
        };
        timeout(LONG, looks).await.expect(method);
    }

    fn name(&mut self, name: &str, id: &Value) {
        self.names.add_id(name, id.as_str().expect("an id"));
    }
}

/// Without when sessions were seen last, and which node was asked.
fn without_sightings(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields
                .into_iter()
                .filter(|(name, _)| name != "seenAtMs" && name != "position");
            Value::Object(
                kept.map(|(name, value)| (name, without_sightings(value)))
                    .collect(),
            )
        }
        Value::Array(items) => items.into_iter().map(without_sightings).collect(),
        other => other,
    }
}
