//! What is counted of a request before it is decoded: fields that are repeated, and of which one message could hold
//! enough to fill memory. A handler may take fewer, and says so itself.

use crate::limits::{EVENTS_RULE, EXTENSIONS_RULE};

const EFFECTS_RULE: &str = "has at most 64";
const EMITS_RULE: &str = "has at most 16 events and 8 changes of crons";
const ROUTES_RULE: &str = "has at most 256";
const HEADERS_RULE: &str = "has at most 1,024";

/// A repeated field.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Repeat {
    /// The numbers of the fields that lead to it from the request, and its own.
    pub(crate) path: &'static [u64],
    /// Its name, as refusals tell it.
    pub(crate) field: &'static str,
    /// What is said of too many.
    pub(crate) rule: &'static str,
}

static SUBMIT: [Repeat; 1] = [repeat(&[1], "items", EVENTS_RULE)];
static SUBMIT_STREAM: [Repeat; 1] = [repeat(&[2], "items", EVENTS_RULE)];
static EXTEND: [Repeat; 1] = [repeat(&[1], "items", EXTENSIONS_RULE)];
static ACK: [Repeat; 2] = [
    repeat(&[1, 3], "effects", EFFECTS_RULE),
    repeat(&[1, 4], "emits", EMITS_RULE),
];
static ATTACH: [Repeat; 2] = [
    repeat(&[3, 3], "effects", EFFECTS_RULE),
    repeat(&[3, 4], "emits", EMITS_RULE),
];
static CREATE_SOURCE: [Repeat; 1] = [repeat(&[2, 9], "definition.routes", ROUTES_RULE)];
static UPDATE_SOURCE: [Repeat; 1] = [repeat(&[3, 9], "definition.routes", ROUTES_RULE)];
static TEST_SOURCE: [Repeat; 2] = [
    repeat(&[2, 4], "request.headers", HEADERS_RULE),
    repeat(&[3, 9], "definition.routes", ROUTES_RULE),
];

const fn repeat(path: &'static [u64], field: &'static str, rule: &'static str) -> Repeat {
    Repeat { path, field, rule }
}

/// What is counted of the requests of a method, by its path.
pub(crate) fn of(method: &str) -> &'static [Repeat] {
    match method {
        "/ackord.v1.IngressService/Submit" => &SUBMIT,
        "/ackord.v1.IngressService/SubmitStream" => &SUBMIT_STREAM,
        "/ackord.v1.SessionService/Ack" => &ACK,
        "/ackord.v1.SessionService/Attach" => &ATTACH,
        "/ackord.v1.SessionService/Extend" => &EXTEND,
        "/ackord.v1.SourceService/CreateSource" => &CREATE_SOURCE,
        "/ackord.v1.SourceService/UpdateSource" => &UPDATE_SOURCE,
        "/ackord.v1.SourceService/TestSource" => &TEST_SOURCE,
        _ => &[],
    }
}
