//! Sources that verify nothing, where what is read is what is tested.

use ackord_proto::v1;
use ackord_verify::{Headers, Judged, Received, Refused, Request, Source};

use super::{by_preset, definition, received};

pub(crate) const NOW_MS: u64 = 1_700_000_000_000;

/// A definition that verifies nothing: what is read is what is tested here.
pub(crate) fn open() -> v1::SourceDefinition {
    definition(by_preset("none"))
}

pub(crate) fn compile(definition: &v1::SourceDefinition) -> Source {
    Source::compile(definition, &[]).unwrap_or_else(|it| panic!("{it}"))
}

pub(crate) fn judge(
    definition: &v1::SourceDefinition,
    headers: &[(&str, &str)],
    body: &str,
) -> Result<Judged, Refused> {
    let headers: Headers<'_> = headers.iter().map(|it| (it.0, it.1.as_bytes())).collect();
    let request = Request {
        method: "POST",
        query: None,
        headers: &headers,
        body: body.as_bytes(),
        now_ms: NOW_MS,
    };
    compile(definition).judge(&request, false)
}

pub(crate) fn taken(
    definition: &v1::SourceDefinition,
    headers: &[(&str, &str)],
    body: &str,
) -> Received {
    received(judge(definition, headers, body))
}

pub(crate) fn header(name: &str) -> v1::Place {
    v1::Place {
        place: Some(v1::place::Place::Header(name.to_owned())),
    }
}

pub(crate) fn pointer(pointer: &str) -> v1::Place {
    v1::Place {
        place: Some(v1::place::Place::Pointer(pointer.to_owned())),
    }
}

pub(crate) fn condition(
    place: v1::Place,
    test: v1::condition::Test,
    negate: bool,
) -> v1::Condition {
    v1::Condition {
        place: Some(place),
        test: Some(test),
        negate,
    }
}
