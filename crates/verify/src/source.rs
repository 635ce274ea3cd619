//! A source, ready to judge requests.

use ackord_core::model::Class;
use ackord_core::text::{EventType, Tag};
use ackord_proto::v1::{self, UnmatchedPolicy, verification::Rule};
use ackord_proto::{FieldError, from_wire};
use bytes::Bytes;

use crate::dedup::{Dedup, DedupRule};
use crate::document::Document;
use crate::event_type::EventTypeRule;
use crate::fault::{constant, count, missing, rule};
use crate::form::{Content, FormField};
use crate::handshake::{Answer, Handshake};
use crate::instant::{Tolerance, Unit};
use crate::key::Secret;
use crate::pointer::{Pointers, Slot};
use crate::preset::Preset;
use crate::refused::Refused;
use crate::request::{Headers, Request};
use crate::route::{Defaults, Routed, Routes};
use crate::sender::SenderRule;
use crate::stored::Stored;
use crate::verifier::{Proof, Verifier, named, tolerance};

/// A source, ready to judge requests.
pub struct Source {
    verifier: Verifier,
    form_field: Option<FormField>,
    pointers: Pointers,
    handshakes: Vec<Handshake>,
    /// Where the body has its time.
    time: Option<(Slot, Unit, Tolerance)>,
    event_type: EventTypeRule,
    dedup: DedupRule,
    sender: SenderRule,
    stored: Stored,
    routes: Routes,
}

/// What a request is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judged {
    /// The provider tries the URL: answer this, and queue nothing.
    Handshake(Answer),
    /// A delivery.
    Received(Received),
}

/// A delivery that is the provider's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// How it was known.
    pub proof: Proof,
    /// What it is called.
    pub event_type: EventType,
    /// By what it is known if it comes again.
    pub dedup: Dedup,
    /// Who caused it, in the provider's words: at most 256 bytes without control characters.
    pub sender: Option<String>,
    /// The headers to be stored, by names in lower case; values fit to be meta fields.
    pub headers: Vec<(String, String)>,
    /// The JSON that was in a form: it is kept, and the form is not.
    pub unpacked: Option<Bytes>,
    /// Where it goes.
    pub routed: Routed,
}

impl Source {
    /// Compiles a source. A rule that its definition does not state is the preset's; without a
    /// preset, events are called `webhook` and deliveries are known by their bodies. Without
    /// routes, everything goes to the source's queue.
    ///
    /// # Errors
    /// The field that breaks a rule, and the rule. Secrets are `secrets[0]` and so on.
    pub fn compile(
        definition: &v1::SourceDefinition,
        secrets: &[Secret<'_>],
    ) -> Result<Self, FieldError> {
        let verification = definition.verification.as_ref();
        let verification = verification.ok_or_else(|| missing("verification"))?;
        let defaults = definition.defaults.clone().unwrap_or_default();
        let tag = match defaults.tag.as_str() {
            "" => None,
            it => Some(Tag::new(it).map_err(|it| rule("defaults.tag", it.rule))?),
        };
        let class = from_wire::class(defaults.class).map_err(|it| it.within("defaults"))?;
        let verifier = Verifier::compile(verification, secrets)?;
        let preset = match &verification.rule {
            Some(Rule::Preset(name)) => Some(named(name)?),
            _ => None,
        };
        let mut pointers = Pointers::default();
        let of_preset = |it: fn(&Preset) -> v1::EventTypeRule| preset.map(it);
        let event_type = definition
            .event_type
            .clone()
            .or_else(|| of_preset(Preset::event_type));
        let event_type = EventTypeRule::compile(&event_type.unwrap_or_default(), &mut pointers)?;
        let dedup = DedupRule::compile(&dedup(definition.dedup.as_ref(), preset), &mut pointers)?;
        let sender =
            SenderRule::compile(&sender(definition.sender.as_ref(), preset), &mut pointers)?;
        let headers = preset.map_or(&[][..], |it| it.headers);
        let named = &verification.stored_headers;
        let stored = Stored::compile(headers, named, &verifier.verifying())?;
        let defaults = Defaults {
            tag: tag.as_ref(),
            class: class.unwrap_or(Class::Normal),
            stored: &stored,
        };
        let keep = match UnmatchedPolicy::try_from(definition.unmatched) {
            Ok(UnmatchedPolicy::Unspecified | UnmatchedPolicy::Drop) => false,
            Ok(UnmatchedPolicy::Keep) => true,
            Err(_) => return Err(constant("unmatched", definition.unmatched)),
        };
        let routes = Routes::compile(&definition.routes, keep, &defaults, &mut pointers)?;
        let form_field = FormField::compile(
            &verification.form_field,
            preset.map_or("", |it| it.form_field),
        )?;
        let time = body_time(verification, preset, &verifier, &mut pointers)?;
        let handshakes = handshakes(verification, preset, &mut pointers)?;
        Ok(Self {
            verifier,
            form_field,
            pointers,
            handshakes,
            time,
            event_type,
            dedup,
            sender,
            stored,
            routes,
        })
    }

    /// How its requests are verified.
    #[must_use]
    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// Judges a request. `is_pairing`: somebody has opened the source for pairing.
    ///
    /// # Errors
    /// Why it is not taken.
    pub fn judge(&self, request: &Request<'_>, is_pairing: bool) -> Result<Judged, Refused> {
        // What is signed is judged as what it says it is, or a delivery could be lost as a handshake.
        let may_be_unsigned = is_pairing && !self.verifier.is_claimed(request.headers);
        if may_be_unsigned && self.handshakes.iter().any(|it| !it.signed) {
            let (_, document) = self.read(request)?;
            if let Some(answer) = self.answer(request, &document, false) {
                return Ok(Judged::Handshake(answer));
            }
        }
        let proof = self.verifier.verify(request)?;
        let (content, document) = self.read(request)?;
        if let Some(answer) = self.answer(request, &document, true) {
            return match is_pairing {
                true => Ok(Judged::Handshake(answer)),
                false => Err(Refused::NotPaired),
            };
        }
        self.check_time(&document, request.now_ms)?;
        let headers = &*content.headers;
        let sender = self.sender.read(headers, &document)?;
        let event_type = self.event_type.read(headers, &document)?;
        let is_vouched = |name: &str| self.verifier.vouches_for(&proof, name);
        // The body as it was signed, form or not.
        let dedup = self
            .dedup
            .read(headers, &document, request.body, is_vouched)?;
        let routed = self.routes.of(&event_type, headers, &document);
        Ok(Judged::Received(Received {
            proof,
            event_type,
            dedup,
            sender,
            headers: self.stored.of(headers),
            unpacked: content.unpacked,
            routed,
        }))
    }

    /// Where a delivery goes that was kept: its stored headers, and its body. The same as at first,
    /// if the routes are.
    ///
    /// # Errors
    /// Its body is nested too deeply.
    pub fn route(
        &self,
        event_type: &EventType,
        stored: &Headers<'_>,
        body: &[u8],
    ) -> Result<Routed, Refused> {
        let document = Document::read(&self.pointers, body, stored.text("content-type"))?;
        Ok(self.routes.of(event_type, stored, &document))
    }

    fn read<'a>(&self, request: &Request<'a>) -> Result<(Content<'a>, Document), Refused> {
        let content = FormField::open(self.form_field.as_ref(), request)?;
        let content_type = content.headers.text("content-type");
        let document = Document::read(&self.pointers, content.body(), content_type)?;
        Ok((content, document))
    }

    fn answer(&self, request: &Request<'_>, document: &Document, signed: bool) -> Option<Answer> {
        let handshakes = self.handshakes.iter().filter(|it| it.signed == signed);
        let mut answers = handshakes.filter_map(|it| it.answer(request.headers, document));
        answers.next()
    }

    fn check_time(&self, document: &Document, now_ms: u64) -> Result<(), Refused> {
        let Some((slot, unit, tolerance)) = self.time else {
            return Ok(());
        };
        let text = document.value(slot)?.ok_or(Refused::StaleTimestamp)?;
        tolerance.check(text, unit, now_ms).map(|_| ())
    }
}

/// The dedup rule that holds: what is not stated is the preset's.
fn dedup(stated: Option<&v1::DedupRule>, preset: Option<&Preset>) -> v1::DedupRule {
    let of_preset = preset.map_or_else(
        || v1::DedupRule {
            missing: v1::MissingKey::BodyHash.into(),
            ..Default::default()
        },
        Preset::dedup,
    );
    let Some(stated) = stated.cloned() else {
        return of_preset;
    };
    let of_preset = preset.map_or_else(v1::DedupRule::default, |_| of_preset);
    v1::DedupRule {
        places: match stated.places.is_empty() {
            true => of_preset.places,
            false => stated.places,
        },
        missing: match stated.missing {
            0 => of_preset.missing,
            code => code,
        },
        body_window_ms: stated.body_window_ms.or(of_preset.body_window_ms),
        body_window_by_type: stated.body_window_by_type.or(of_preset.body_window_by_type),
    }
}

fn sender(stated: Option<&v1::SenderRule>, preset: Option<&Preset>) -> v1::SenderRule {
    let of_preset = preset.map(Preset::sender).unwrap_or_default();
    match stated.cloned() {
        None => of_preset,
        Some(stated) if stated.places.is_empty() => v1::SenderRule {
            places: of_preset.places,
            ..stated
        },
        Some(stated) => stated,
    }
}

fn body_time(
    verification: &v1::Verification,
    preset: Option<&Preset>,
    verifier: &Verifier,
    pointers: &mut Pointers,
) -> Result<Option<(Slot, Unit, Tolerance)>, FieldError> {
    let field = "verification.freshness";
    let tolerance = tolerance(verification, preset.and_then(|it| it.tolerance_ms()))?;
    let stated = verification.freshness.as_ref();
    let stated = stated.filter(|it| !it.pointer.is_empty());
    let (pointer, unit) = match (stated, preset.and_then(|it| it.body_time)) {
        (Some(_), _) if verifier.signs_time() => {
            let said = "left out: the provider signs a time apart from the body";
            return Err(rule(format!("{field}.pointer"), said));
        }
        (Some(stated), _) => (stated.pointer.as_str(), stated.unit),
        (None, Some((pointer, unit))) => (pointer, unit.into()),
        (None, None) => return Ok(None),
    };
    let unit = Unit::of(unit).ok_or_else(|| constant(format!("{field}.unit"), unit))?;
    let slot = pointers.ask(&format!("{field}.pointer"), pointer)?;
    Ok(Some((slot, unit, tolerance)))
}

fn handshakes(
    verification: &v1::Verification,
    preset: Option<&Preset>,
    pointers: &mut Pointers,
) -> Result<Vec<Handshake>, FieldError> {
    let field = "verification.handshakes";
    let stated = &verification.handshakes;
    count(field, stated, 0..=8, "at most 8 handshakes")?;
    let of_preset = preset.map(Preset::handshakes).unwrap_or_default();
    let handshakes = match stated.is_empty() {
        true => &of_preset,
        false => stated,
    };
    let each = handshakes.iter().enumerate();
    each.map(|(at, it)| Handshake::compile(&format!("{field}[{at}]"), it, pointers))
        .collect()
}
