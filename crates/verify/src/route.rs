//! Where events go.

use ackord_core::limits::HORIZON;
use ackord_core::model::{Class, Instruction};
use ackord_core::text::{EventType, OrderingKey, Prompt, Skill, Tag, TextError};
use ackord_proto::v1::{self, route, route_send};
use ackord_proto::{FieldError, from_wire};
use sha2::{Digest, Sha256};

use crate::condition::Condition;
use crate::document::Document;
use crate::encoding::to_hex;
use crate::fault::{count, missing, rule};
use crate::place::Place;
use crate::pointer::{Pointers, Slot};
use crate::request::Headers;
use crate::stored::Stored;

/// What an agent is shown of a body, where the route does not say, in bytes.
const SHOWN_BYTES: u32 = 64 << 10;
/// What an agent is shown of a body at the most, in bytes.
const SHOWN_BYTES_MAX: u32 = 1 << 20;

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Routed {
    /// One event for each.
    Send(Vec<Destination>),
    /// Nothing, as the route of this index says.
    Drop {
        /// Index of the route.
        route: usize,
    },
    /// No route matches.
    Unmatched {
        /// Whether to keep it.
        keep: bool,
    },
}

/// Where one event goes, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// Index of the route; none, for a source that has no routes.
    pub route: Option<usize>,
    /// Its queue; none: the team's untagged one.
    pub tag: Option<Tag>,
    /// Its precedence.
    pub class: Class,
    /// Its ordering key; an interrupt has none.
    pub ordering_key: Option<OrderingKey>,
    /// What the agent is to do.
    pub instruction: Option<Instruction>,
    /// Deliver so much later, in milliseconds.
    pub delay_ms: Option<u64>,
    /// Dead if no session has it by then, in milliseconds; longer than the delay.
    pub ttl_ms: Option<u64>,
    /// What an agent is shown of the body at the most, in bytes.
    pub shown_bytes: u32,
}

/// Routes, in their order.
#[derive(Debug)]
pub(crate) struct Routes {
    routes: Vec<Route>,
    keep_unmatched: bool,
    /// Where everything goes if there are no routes.
    otherwise: Send,
}

#[derive(Debug)]
struct Route {
    pattern: Pattern,
    conditions: Vec<Condition>,
    /// Not set: drop.
    send: Option<Send>,
}

#[derive(Debug)]
enum Pattern {
    Exact(String),
    Prefix(String),
}

#[derive(Debug)]
struct Send {
    tags: Vec<Option<Tag>>,
    class: Class,
    ordering_key: Vec<Slot>,
    instruction: Option<Instruction>,
    delay_ms: Option<u64>,
    ttl_ms: Option<u64>,
    shown_bytes: u32,
}

/// What holds where a route does not say.
pub(crate) struct Defaults<'a> {
    pub(crate) tag: Option<&'a Tag>,
    pub(crate) class: Class,
    pub(crate) stored: &'a Stored,
}

impl Routes {
    pub(crate) fn compile(
        routes: &[v1::Route],
        keep_unmatched: bool,
        defaults: &Defaults<'_>,
        pointers: &mut Pointers,
    ) -> Result<Self, FieldError> {
        count("routes", routes, 0..=256, "at most 256 routes")?;
        let each = routes.iter().enumerate();
        let routes = each
            .map(|(at, it)| Route::compile(&format!("routes[{at}]"), it, defaults, pointers))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            routes,
            keep_unmatched,
            otherwise: Send::compile("routes", &v1::RouteSend::default(), defaults, pointers)?,
        })
    }

    /// Where a request goes.
    pub(crate) fn of(
        &self,
        event_type: &EventType,
        headers: &Headers<'_>,
        document: &Document,
    ) -> Routed {
        if self.routes.is_empty() {
            return Routed::Send(self.otherwise.destinations(None, document));
        }
        let matches = |it: &&Route| it.matches(event_type, headers, document);
        let found = self.routes.iter().position(|it| matches(&it));
        match found.map(|it| (it, &self.routes[it].send)) {
            None => Routed::Unmatched {
                keep: self.keep_unmatched,
            },
            Some((route, None)) => Routed::Drop { route },
            Some((route, Some(send))) => Routed::Send(send.destinations(Some(route), document)),
        }
    }
}

impl Route {
    fn compile(
        field: &str,
        route: &v1::Route,
        defaults: &Defaults<'_>,
        pointers: &mut Pointers,
    ) -> Result<Self, FieldError> {
        let conditions_field = format!("{field}.conditions");
        count(
            &conditions_field,
            &route.conditions,
            0..=16,
            "at most 16 conditions",
        )?;
        let mut conditions = Vec::with_capacity(route.conditions.len());
        for (at, it) in route.conditions.iter().enumerate() {
            let field = format!("{conditions_field}[{at}]");
            let condition = Condition::compile(&field, it, pointers)?;
            if let Place::Header(name) = &condition.place
                && !defaults.stored.contains(name)
            {
                return Err(rule(
                    format!("{field}.place.header"),
                    "a header that is stored with events: add it to verification.stored_headers",
                ));
            }
            conditions.push(condition);
        }
        let send = match &route.action {
            None => return Err(missing(format!("{field}.action"))),
            Some(route::Action::Drop(v1::RouteDrop {})) => None,
            Some(route::Action::Send(send)) => Some(Send::compile(
                &format!("{field}.send"),
                send,
                defaults,
                pointers,
            )?),
        };
        Ok(Self {
            pattern: Pattern::compile(&format!("{field}.event_type"), &route.event_type)?,
            conditions,
            send,
        })
    }

    fn matches(&self, event_type: &EventType, headers: &Headers<'_>, document: &Document) -> bool {
        self.pattern.matches(event_type.as_str())
            && self.conditions.iter().all(|it| it.holds(headers, document))
    }
}

impl Pattern {
    fn compile(field: &str, pattern: &str) -> Result<Self, FieldError> {
        let (text, is_prefix) = match pattern.strip_suffix('*') {
            Some(text) => (text, true),
            None => (pattern, false),
        };
        let is_type = EventType::new(pattern).is_ok() && !text.contains('*');
        match (is_type, is_prefix) {
            (false, _) => Err(rule(
                field,
                "a type of 1 to 128 visible characters, with a star at its end or without one",
            )),
            (true, true) => Ok(Self::Prefix(text.to_owned())),
            (true, false) => Ok(Self::Exact(text.to_owned())),
        }
    }

    fn matches(&self, event_type: &str) -> bool {
        match self {
            Self::Exact(text) => event_type == text,
            Self::Prefix(text) => event_type.starts_with(text),
        }
    }
}

impl Send {
    fn compile(
        field: &str,
        send: &v1::RouteSend,
        defaults: &Defaults<'_>,
        pointers: &mut Pointers,
    ) -> Result<Self, FieldError> {
        let class = from_wire::class(send.class).map_err(|it| it.within(field))?;
        let class = class.unwrap_or(defaults.class);
        let keys_field = format!("{field}.ordering_key_pointers");
        let keys = &send.ordering_key_pointers;
        count(&keys_field, keys, 0..=4, "at most 4 pointers")?;
        if class == Class::Interrupt && !keys.is_empty() {
            return Err(rule(keys_field, "left out for interrupts"));
        }
        let ordering_key = keys.iter().map(|it| pointers.ask(&keys_field, it));
        let (delay_ms, ttl_ms) = (nonzero(send.delay_ms), nonzero(send.ttl_ms));
        let horizon = HORIZON.0;
        if send.delay_ms > horizon || send.ttl_ms > horizon {
            return Err(rule(field, "given a delay and a TTL of at most 366 days"));
        }
        if ttl_ms.is_some_and(|it| it <= send.delay_ms) {
            return Err(rule(format!("{field}.ttl_ms"), "longer than the delay"));
        }
        if send.shown_bytes > SHOWN_BYTES_MAX {
            return Err(rule(format!("{field}.shown_bytes"), "at most 1 MiB"));
        }
        Ok(Self {
            tags: tags(&format!("{field}.tags"), &send.tags, defaults.tag)?,
            class,
            ordering_key: ordering_key.collect::<Result<_, _>>()?,
            instruction: instruction(field, send.instruction.as_ref())?,
            delay_ms,
            ttl_ms,
            shown_bytes: match send.shown_bytes {
                0 => SHOWN_BYTES,
                stated => stated,
            },
        })
    }

    fn destinations(&self, route: Option<usize>, document: &Document) -> Vec<Destination> {
        let ordering_key = self.key(document);
        let destination = |tag: &Option<Tag>| Destination {
            route,
            tag: tag.clone(),
            class: self.class,
            ordering_key: ordering_key.clone(),
            instruction: self.instruction.clone(),
            delay_ms: self.delay_ms,
            ttl_ms: self.ttl_ms,
            shown_bytes: self.shown_bytes,
        };
        self.tags.iter().map(destination).collect()
    }

    /// The ordering key, where the body has all of its values. The hash stands for one that is too
    /// long, or not fit to be printed.
    fn key(&self, document: &Document) -> Option<OrderingKey> {
        if self.ordering_key.is_empty() {
            return None;
        }
        let values = self.ordering_key.iter().map(|it| document.glimpse(*it));
        let text = values.collect::<Option<Vec<_>>>()?.join(":");
        let hashed = || format!("sha256:{}", to_hex(&Sha256::digest(text.as_bytes())));
        let key = OrderingKey::new(text.clone()).or_else(|_| OrderingKey::new(hashed()));
        Some(key.expect("a hash in hexadecimal is short and printable"))
    }
}

fn instruction(
    field: &str,
    stated: Option<&route_send::Instruction>,
) -> Result<Option<Instruction>, FieldError> {
    let instruction = match stated {
        None => return Ok(None),
        Some(route_send::Instruction::Skill(name)) => {
            let skill = Skill::new(name.clone()).map_err(|it| ("skill", it));
            skill.map(Instruction::Skill)
        }
        Some(route_send::Instruction::Prompt(text)) => {
            let prompt = Prompt::new(text.clone()).map_err(|it| ("prompt", it));
            prompt.map(Instruction::Prompt)
        }
    };
    let said = |(name, it): (_, TextError)| rule(format!("{field}.{name}"), it.rule);
    instruction.map(Some).map_err(said)
}

fn tags(
    field: &str,
    tags: &[String],
    default: Option<&Tag>,
) -> Result<Vec<Option<Tag>>, FieldError> {
    if tags.is_empty() {
        return Ok(vec![default.cloned()]);
    }
    count(field, tags, 1..=16, "at most 16 tags")?;
    let mut compiled = Vec::with_capacity(tags.len());
    for (at, tag) in tags.iter().enumerate() {
        let field = format!("{field}[{at}]");
        let tag = Tag::new(tag.clone()).map_err(|it| rule(&field, it.rule))?;
        if compiled.contains(&Some(tag.clone())) {
            return Err(rule(field, "another tag than those before it"));
        }
        compiled.push(Some(tag));
    }
    Ok(compiled)
}

fn nonzero(ms: u64) -> Option<u64> {
    (ms > 0).then_some(ms)
}
