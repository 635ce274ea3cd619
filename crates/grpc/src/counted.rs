//! Counts what a request repeats while its bytes come in, and reads no further than any handler would go: an element
//! of two bytes may have hundreds in memory, and a message is decoded as a whole.
//!
//! Keys and lengths alone are understood here. What is no message goes on: whoever decodes it says so.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body as Frames, Frame, SizeHint};
use tonic::Status;
use tonic::body::Body;

use crate::limits::ITEMS_MAX;
use crate::refused::Refused;
use crate::repeats::{self, Repeat};

/// Bytes before a message: one that says whether it is compressed, and its length.
const HEAD_BYTES: u32 = 5;
/// Bytes of a number at the most.
const NUMBER_BYTES_MAX: u32 = 10;

/// The body of a call of this method, counted where there is something to count.
pub(crate) fn body(method: &str, body: Body) -> Body {
    match repeats::of(method) {
        [] => body,
        counted => Body::new(Counted {
            body,
            count: Count::of(counted),
            excess: None,
        }),
    }
}

struct Counted {
    body: Body,
    count: Count,
    /// What there is too much of: nothing more goes on.
    excess: Option<&'static Repeat>,
}

impl Counted {
    /// As much of the frame as may go on: messages before the one that is refused do.
    fn passed(&mut self, frame: Frame<Bytes>) -> Frame<Bytes> {
        let Some(bytes) = frame.data_ref() else {
            return frame;
        };
        match self.count.look(bytes) {
            Ok(()) => frame,
            Err(Excess { of, at }) => {
                self.excess = Some(of);
                Frame::data(bytes.slice(..at))
            }
        }
    }
}

impl Frames for Counted {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if let Some(of) = self.excess {
            let refused = Refused::invalid(of.field, of.rule);
            return Poll::Ready(Some(Err(refused.into())));
        }
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        Poll::Ready(frame.map(|it| it.map(|frame| self.passed(frame))))
    }

    fn is_end_stream(&self) -> bool {
        self.excess.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Where the next byte stands.
#[derive(Debug, Clone, Copy)]
enum At {
    /// Before a message.
    Head,
    /// In a number.
    Number(What),
    /// In content that is passed over; so many bytes of it are to come.
    Content(usize),
    /// Where nothing is understood any more.
    Lost,
}

/// What a number says.
#[derive(Debug, Clone, Copy)]
enum What {
    /// Which field comes, and how it is written.
    Key,
    /// How long the content of this field is.
    Length(u64),
    /// Something of no concern here.
    Value,
}

/// A field that is looked into.
#[derive(Debug)]
struct Scope {
    field: u64,
    /// Bytes of the message that come behind it.
    behind: usize,
}

/// There is too much of something.
#[derive(Debug, PartialEq, Eq)]
struct Excess {
    of: &'static Repeat,
    /// How many of the bytes came before that was known.
    at: usize,
}

/// What was counted of the message that is coming in.
#[derive(Debug)]
struct Count {
    repeats: &'static [Repeat],
    /// How often each of them was there.
    seen: Vec<usize>,
    at: At,
    /// What has come of a head or a number, and in how many bytes.
    value: u64,
    read: u32,
    /// Bytes of the message that are to come.
    left: usize,
    /// The fields around the next byte, the innermost one last.
    scopes: Vec<Scope>,
}

impl Count {
    fn of(repeats: &'static [Repeat]) -> Self {
        Self {
            repeats,
            seen: vec![0; repeats.len()],
            at: At::Head,
            value: 0,
            read: 0,
            left: 0,
            scopes: Vec::new(),
        }
    }

    /// Looks at what comes next.
    fn look(&mut self, mut bytes: &[u8]) -> Result<(), Excess> {
        let length = bytes.len();
        while let Some((byte, rest)) = bytes.split_first() {
            bytes = match self.at {
                At::Lost => return Ok(()),
                At::Content(size) => self.pass(size, bytes),
                At::Head => {
                    self.head(*byte);
                    rest
                }
                At::Number(what) => {
                    let at = length - bytes.len();
                    let read = self.number(what, *byte);
                    read.map_err(|of| Excess { of, at })?;
                    rest
                }
            };
        }
        Ok(())
    }

    /// Passes over as much of the content as is here. Answers what comes behind it.
    fn pass<'a>(&mut self, size: usize, bytes: &'a [u8]) -> &'a [u8] {
        let here = size.min(bytes.len());
        self.left -= here;
        self.skip(size - here);
        &bytes[here..]
    }

    /// A byte before a message.
    fn head(&mut self, byte: u8) {
        if self.read == 0 && byte != 0 {
            // It is compressed, and nobody here takes that.
            self.at = At::Lost;
            return;
        }
        self.value = (self.value << 8) | u64::from(byte);
        self.read += 1;
        if self.read == HEAD_BYTES {
            self.left = usize::try_from(self.value).unwrap_or(usize::MAX);
            (self.value, self.read) = (0, 0);
            self.next_field();
        }
    }

    /// A byte of a number: the lowest seven bits come first, and one says whether there are more.
    fn number(&mut self, what: What, byte: u8) -> Result<(), &'static Repeat> {
        if self.room() == 0 || self.read == NUMBER_BYTES_MAX {
            self.at = At::Lost;
            return Ok(());
        }
        self.left -= 1;
        self.value |= u64::from(byte & 0x7f) << (7 * self.read);
        self.read += 1;
        if byte & 0x80 != 0 {
            return Ok(());
        }
        let value = self.value;
        (self.value, self.read) = (0, 0);
        match what {
            What::Key => self.key(value),
            What::Length(field) => return self.content(field, value),
            What::Value => self.next_field(),
        }
        Ok(())
    }

    /// A field begins: its number, and in three bits how it is written.
    fn key(&mut self, key: u64) {
        match key & 7 {
            0 => self.at = At::Number(What::Value),
            1 => self.skip(8),
            2 => self.at = At::Number(What::Length(key >> 3)),
            // A group begins or ends. No message of ours has any; the fields of one are looked at like others.
            3 | 4 => self.next_field(),
            5 => self.skip(4),
            _ => self.at = At::Lost,
        }
    }

    /// A field has content of this length.
    fn content(&mut self, field: u64, length: u64) -> Result<(), &'static Repeat> {
        self.count(field)?;
        let size = usize::try_from(length).unwrap_or(usize::MAX);
        if self.leads_on(field) && (1..=self.room()).contains(&size) {
            let behind = self.left - size;
            self.scopes.push(Scope { field, behind });
            self.at = At::Number(What::Key);
        } else {
            self.skip(size);
        }
        Ok(())
    }

    /// Counts a field, if it is one that is counted.
    fn count(&mut self, field: u64) -> Result<(), &'static Repeat> {
        let (repeats, depth) = (self.repeats, self.scopes.len() + 1);
        for (place, repeat) in repeats.iter().enumerate() {
            if repeat.path.len() == depth && self.is_on_path(repeat, field) {
                self.seen[place] += 1;
                if self.seen[place] > ITEMS_MAX {
                    return Err(repeat);
                }
            }
        }
        Ok(())
    }

    /// Whether something within this field is counted.
    fn leads_on(&self, field: u64) -> bool {
        let depth = self.scopes.len() + 1;
        let mut deeper = self.repeats.iter().filter(|it| it.path.len() > depth);
        deeper.any(|it| self.is_on_path(it, field))
    }

    fn is_on_path(&self, repeat: &Repeat, field: u64) -> bool {
        let here = self.scopes.iter().map(|it| it.field).chain([field]);
        repeat.path.iter().zip(here).all(|(step, it)| *step == it)
    }

    /// Passes over content of this length.
    fn skip(&mut self, size: usize) {
        match size {
            0 => self.next_field(),
            size if size > self.room() => self.at = At::Lost,
            size => self.at = At::Content(size),
        }
    }

    /// Goes on behind a field, which may have been the last one of those around it, or of the message.
    fn next_field(&mut self) {
        while self.scopes.pop_if(|it| it.behind == self.left).is_some() {}
        self.at = At::Number(What::Key);
        if self.left == 0 {
            self.seen.fill(0);
            self.at = At::Head;
        }
    }

    /// Bytes of the innermost field that are to come.
    fn room(&self) -> usize {
        self.left - self.scopes.last().map_or(0, |it| it.behind)
    }
}

#[cfg(test)]
mod tests {
    use ackord_proto::v1::attach_request::Message as Asked;
    use ackord_proto::v1::{
        Ack, AckRequest, AttachRequest, CreateSourceRequest, EffectCompletion, Emit, ExtendRequest,
        Extension, RequestHeader, Route, SavedRequest, SourceDefinition, SubmitItem, SubmitRequest,
        SubmitStreamRequest, TestSourceRequest, UpdateSourceRequest,
    };
    use prost::Message;

    use super::*;

    const TOO_MANY: usize = ITEMS_MAX + 1;

    /// A message as it comes over the wire.
    fn framed(message: &[u8]) -> Vec<u8> {
        let length = u32::try_from(message.len()).expect("a small message");
        let mut bytes = vec![0];
        bytes.extend(length.to_be_bytes());
        bytes.extend(message);
        bytes
    }

    fn count(method: &str) -> Count {
        Count::of(repeats::of(&format!("/ackord.v1.{method}")))
    }

    /// What this request has too much of.
    fn too_much(method: &str, request: &impl Message) -> Option<&'static str> {
        let bytes = framed(&request.encode_to_vec());
        count(method).look(&bytes).err().map(|it| it.of.field)
    }

    fn submit(items: usize) -> SubmitRequest {
        SubmitRequest {
            items: vec![SubmitItem::default(); items],
        }
    }

    fn submit_on_stream(items: usize) -> SubmitStreamRequest {
        SubmitStreamRequest {
            seq: 1 << 60,
            items: vec![SubmitItem::default(); items],
        }
    }

    fn emits(count: usize) -> Ack {
        Ack {
            emits: vec![Emit::default(); count],
            summary: "done".to_owned(),
            ..Ack::default()
        }
    }

    fn effects(count: usize) -> Ack {
        Ack {
            effects: vec![EffectCompletion::default(); count],
            ..Ack::default()
        }
    }

    fn ack(ack: Ack) -> AckRequest {
        AckRequest { ack: Some(ack) }
    }

    fn ack_on_stream(ack: Ack) -> AttachRequest {
        AttachRequest {
            seq: 7,
            message: Some(Asked::Ack(ack)),
        }
    }

    fn routes(count: usize) -> Option<SourceDefinition> {
        Some(SourceDefinition {
            routes: vec![Route::default(); count],
            ..SourceDefinition::default()
        })
    }

    #[test]
    fn as_many_as_are_taken_pass_and_one_more_does_not() {
        let method = "IngressService/Submit";
        assert_eq!(too_much(method, &submit(0)), None);
        assert_eq!(too_much(method, &submit(ITEMS_MAX)), None);
        assert_eq!(too_much(method, &submit(TOO_MANY)), Some("items"));
        let method = "IngressService/SubmitStream";
        assert_eq!(too_much(method, &submit_on_stream(ITEMS_MAX)), None);
        let found = too_much(method, &submit_on_stream(TOO_MANY));
        assert_eq!(found, Some("items"));
        let extend = ExtendRequest {
            items: vec![Extension::default(); TOO_MANY],
        };
        let found = too_much("SessionService/Extend", &extend);
        assert_eq!(found, Some("items"));
    }

    #[test]
    fn what_an_ack_has_is_counted_by_its_kind() {
        let method = "SessionService/Ack";
        let both = Ack {
            effects: vec![EffectCompletion::default(); ITEMS_MAX],
            ..emits(ITEMS_MAX)
        };
        assert_eq!(too_much(method, &ack(both)), None);
        assert_eq!(too_much(method, &ack(emits(TOO_MANY))), Some("emits"));
        assert_eq!(too_much(method, &ack(effects(TOO_MANY))), Some("effects"));
        let method = "SessionService/Attach";
        let found = too_much(method, &ack_on_stream(emits(TOO_MANY)));
        assert_eq!(found, Some("emits"));
        let found = too_much(method, &ack_on_stream(effects(TOO_MANY)));
        assert_eq!(found, Some("effects"));
    }

    #[test]
    fn what_a_source_has_is_counted() {
        let creation = CreateSourceRequest {
            slug: "github".to_owned(),
            definition: routes(TOO_MANY),
            ..CreateSourceRequest::default()
        };
        let found = too_much("SourceService/CreateSource", &creation);
        assert_eq!(found, Some("definition.routes"));
        let update = UpdateSourceRequest {
            definition: routes(TOO_MANY),
            ..UpdateSourceRequest::default()
        };
        let found = too_much("SourceService/UpdateSource", &update);
        assert_eq!(found, Some("definition.routes"));
        let request = SavedRequest {
            headers: vec![RequestHeader::default(); TOO_MANY],
            ..SavedRequest::default()
        };
        let test = TestSourceRequest {
            request: Some(request),
            ..TestSourceRequest::default()
        };
        let found = too_much("SourceService/TestSource", &test);
        assert_eq!(found, Some("request.headers"));
        let test = TestSourceRequest {
            definition: routes(TOO_MANY),
            ..TestSourceRequest::default()
        };
        let found = too_much("SourceService/TestSource", &test);
        assert_eq!(found, Some("definition.routes"));
    }

    #[test]
    fn a_message_is_refused_before_its_end() {
        let whole = framed(&submit(4 * ITEMS_MAX).encode_to_vec());
        let (head, rest) = whole.split_at(5);
        let mut count = count("IngressService/Submit");
        assert_eq!(count.look(head), Ok(()));
        // An item without anything in it has two bytes.
        let mut items = rest.chunks(2);
        let taken = items.by_ref().take(ITEMS_MAX);
        taken.for_each(|it| assert_eq!(count.look(it), Ok(())));
        let next = items.next().expect("there are more");
        assert!(count.look(next).is_err());
    }

    #[test]
    fn it_matters_nothing_in_which_pieces_a_message_comes() {
        let large = SubmitItem {
            body: vec![10; 5_000].into(),
            ..SubmitItem::default()
        };
        let mut request = submit(ITEMS_MAX);
        request.items.insert(0, large);
        let whole = framed(&request.encode_to_vec());
        for size in [1, 2, 3, 1_000] {
            let mut count = count("IngressService/Submit");
            let excess = whole.chunks(size).find_map(|it| count.look(it).err());
            assert_eq!(excess.map(|it| it.of.field), Some("items"), "{size}");
        }
    }

    #[test]
    fn each_message_of_a_stream_is_counted_by_itself() {
        let one = framed(&submit_on_stream(ITEMS_MAX).encode_to_vec());
        let mut count = count("IngressService/SubmitStream");
        assert_eq!(count.look(&one.repeat(3)), Ok(()));
        assert_eq!(count.look(&framed(&[])), Ok(()));
        let large = framed(&submit_on_stream(TOO_MANY).encode_to_vec());
        let excess = count.look(&[&one[..], &large[..]].concat());
        let at = excess.expect_err("too many").at;
        assert!(at > one.len() && at < one.len() + large.len(), "{at}");
    }

    #[test]
    fn what_is_merged_when_it_is_decoded_is_counted_together() {
        let half = ack(emits(ITEMS_MAX / 2 + 1)).encode_to_vec();
        let mut count = count("SessionService/Ack");
        assert_eq!(count.look(&framed(&half)), Ok(()));
        let excess = count.look(&framed(&half.repeat(2)));
        assert_eq!(excess.expect_err("too many").of.field, "emits");
    }

    #[test]
    fn content_is_not_taken_for_fields() {
        let item = SubmitItem {
            body: [10_u8, 0].repeat(10_000).into(),
            ..SubmitItem::default()
        };
        let request = SubmitRequest { items: vec![item] };
        assert_eq!(too_much("IngressService/Submit", &request), None);
    }

    #[test]
    fn what_is_no_message_goes_on() {
        for first in 0..=u8::MAX {
            let garbage: Vec<u8> = (0..=u8::MAX).map(|it| it.wrapping_mul(first)).collect();
            for method in ["IngressService/Submit", "SessionService/Attach"] {
                for bytes in [framed(&garbage), garbage.clone(), framed(&[first; 40])] {
                    assert_eq!(count(method).look(&bytes), Ok(()));
                }
            }
        }
        assert!(repeats::of("/ackord.v1.EventService/GetEvent").is_empty());
    }
}
