//! Where code lives and is built.

use super::Place::{Header, Pointer};
use super::standard::STANDARD;
use super::{EventType, Form, Missing, Place, Preset, Scheme, WEEK};

const GITLAB_TYPE: EventType = EventType::of(&[Pointer("/object_kind"), Pointer("/event_name")])
    .and("/object_attributes/action");
const GITLAB_SENDER: &[Place] = &[Pointer("/user/username"), Pointer("/user_username")];
const GITLAB_PAGE: &str = "https://docs.gitlab.com/user/project/integrations/webhooks/";

pub(super) const ROWS: &[Preset] = &[
    Preset {
        form_field: "payload",
        event_type: EventType::of(&[Header("x-github-event")]).and("/action"),
        dedup: &[Header("x-github-delivery")],
        body_window_h: WEEK,
        sender: &[Pointer("/sender/login")],
        headers: &[
            "x-github-delivery",
            "x-github-event",
            "x-github-hook-id",
            "x-github-hook-installation-target-id",
            "x-github-hook-installation-target-type",
        ],
        ..Preset::new(
            "github",
            "GitHub",
            "https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries",
            Scheme::hex(&[Form::labelled("x-hub-signature-256", "sha256")]),
        )
    },
    Preset {
        secret: "the signing token, `whsec_…`",
        tolerance_s: 300,
        event_type: GITLAB_TYPE,
        dedup: &[Header("webhook-id")],
        sender: GITLAB_SENDER,
        headers: &[
            "webhook-id",
            "webhook-timestamp",
            "x-gitlab-event",
            "x-gitlab-instance",
        ],
        ..Preset::new(
            "gitlab",
            "GitLab, with a signing token",
            GITLAB_PAGE,
            Scheme::standard(&[STANDARD]),
        )
    },
    Preset {
        secret: "the secret token",
        event_type: GITLAB_TYPE,
        dedup: &[Header("idempotency-key")],
        missing: Missing::BodyHash,
        sender: GITLAB_SENDER,
        headers: &["idempotency-key", "x-gitlab-event", "x-gitlab-instance"],
        ..Preset::new(
            "gitlab-token",
            "GitLab, with a secret token",
            GITLAB_PAGE,
            Scheme::Token {
                header: "x-gitlab-token",
                prefix: "",
            },
        )
    },
    Preset {
        event_type: EventType::of(&[Header("x-event-key")]),
        dedup: &[Header("x-request-uuid")],
        body_window_h: WEEK,
        sender: &[Pointer("/actor/nickname"), Pointer("/actor/display_name")],
        headers: &[
            "x-attempt-number",
            "x-event-key",
            "x-hook-uuid",
            "x-request-uuid",
        ],
        ..Preset::new(
            "bitbucket",
            "Bitbucket Cloud",
            "https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/",
            Scheme::hex(&[Form::labelled("x-hub-signature", "sha256")]),
        )
    },
    Preset {
        event_type: EventType::of(&[Header("x-gitea-event")]).and("/action"),
        dedup: &[Header("x-gitea-delivery")],
        body_window_h: WEEK,
        sender: &[Pointer("/sender/login")],
        headers: &["x-gitea-delivery", "x-gitea-event", "x-gitea-event-type"],
        ..Preset::new(
            "gitea",
            "Gitea",
            "https://docs.gitea.com/usage/webhooks",
            Scheme::hex(&[Form::bare("x-gitea-signature")]),
        )
    },
    Preset {
        event_type: EventType::of(&[Header("x-forgejo-event"), Header("x-gitea-event")])
            .and("/action"),
        dedup: &[Header("x-forgejo-delivery"), Header("x-gitea-delivery")],
        body_window_h: WEEK,
        sender: &[Pointer("/sender/login")],
        headers: &[
            "x-forgejo-delivery",
            "x-forgejo-event",
            "x-forgejo-event-type",
        ],
        ..Preset::new(
            "forgejo",
            "Forgejo",
            "https://forgejo.org/docs/latest/user/webhooks/",
            Scheme::hex(&[
                Form::bare("x-forgejo-signature"),
                Form::bare("x-gitea-signature"),
            ]),
        )
    },
    Preset {
        dedup: &[Pointer("/id")],
        headers: &["circleci-event-type"],
        ..Preset::new(
            "circleci",
            "CircleCI",
            "https://circleci.com/docs/outbound-webhooks/",
            Scheme::hex(&[Form {
                separator: ",",
                ..Form::labelled("circleci-signature", "v1")
            }]),
        )
    },
    Preset {
        secret: "the client secret",
        event_type: EventType::of(&[Pointer("/type")]),
        dedup: &[Pointer("/id")],
        ..Preset::new(
            "vercel",
            "Vercel",
            "https://vercel.com/docs/webhooks/webhooks-api",
            Scheme::sha1(&[Form::bare("x-vercel-signature")]),
        )
    },
];
