//! What rows are made of: the messages of `ackord.v1`, as constants can be.

use ackord_proto::v1;

/// What makes a request the provider's.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Scheme {
    Hmac {
        algorithm: v1::HashAlgorithm,
        encoding: v1::SignatureEncoding,
        key: Key,
        forms: &'static [Form],
    },
    Token {
        header: &'static str,
        prefix: &'static str,
    },
    Basic,
    None,
}

/// How a secret is turned into a key.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Key {
    Text,
    StandardWebhooks,
}

/// Where signatures are, and what they sign.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Form {
    pub(crate) header: &'static str,
    pub(crate) separator: &'static str,
    pub(crate) label_separator: &'static str,
    pub(crate) label: &'static str,
    pub(crate) time: Option<(Time, v1::TimeUnit)>,
    pub(crate) parts: &'static [Sign],
}

/// Where the signed time is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Time {
    Header(&'static str),
    Label(&'static str),
}

/// A part of what is signed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sign {
    Literal(&'static str),
    Header(&'static str),
    Body,
    Time,
    Url,
}

/// Where a value is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place {
    Header(&'static str),
    Pointer(&'static str),
    /// Of an event's type alone: the one member of the body besides this one.
    OnlyMember(&'static str),
}

/// What events are called.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EventType {
    places: &'static [Place],
    action: &'static str,
    fallback: &'static str,
}

/// What to do with a request that has no key.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Missing {
    Refuse,
    BodyHash,
}

/// A request by which the provider tries the URL.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Handshake {
    /// What this pointer must name, or how this header must begin.
    pub(crate) place: Place,
    pub(crate) is: &'static str,
    /// What is given back, if anything.
    pub(crate) echo: Option<Place>,
    pub(crate) signed: bool,
}

impl Form {
    /// A header that holds one signature of the body, as in `sha256=00ff`.
    pub(crate) const fn labelled(header: &'static str, label: &'static str) -> Self {
        Self {
            header,
            separator: "",
            label_separator: "=",
            label,
            time: None,
            parts: &[Sign::Body],
        }
    }

    /// A header that is a signature of the body, and nothing else.
    pub(crate) const fn bare(header: &'static str) -> Self {
        Self {
            label_separator: "",
            ..Self::labelled(header, "")
        }
    }

    fn written_out(&self) -> v1::SignedForm {
        v1::SignedForm {
            signature: Some(v1::SignatureHeader {
                name: self.header.to_owned(),
                separator: self.separator.to_owned(),
                label_separator: self.label_separator.to_owned(),
                label: self.label.to_owned(),
            }),
            time: self.time.map(|(time, unit)| v1::SignedTime {
                place: Some(match time {
                    Time::Header(it) => v1::signed_time::Place::Header(it.to_owned()),
                    Time::Label(it) => v1::signed_time::Place::Label(it.to_owned()),
                }),
                unit: unit.into(),
            }),
            parts: self.parts.iter().map(Sign::written_out).collect(),
        }
    }
}

impl Scheme {
    /// HMAC-SHA-256 in hexadecimal, whose key is the text of the secret.
    pub(crate) const fn hex(forms: &'static [Form]) -> Self {
        Self::Hmac {
            algorithm: v1::HashAlgorithm::Sha256,
            encoding: v1::SignatureEncoding::Hex,
            key: Key::Text,
            forms,
        }
    }

    /// The same in base64.
    pub(crate) const fn base64(forms: &'static [Form]) -> Self {
        Self::Hmac {
            algorithm: v1::HashAlgorithm::Sha256,
            encoding: v1::SignatureEncoding::Base64,
            key: Key::Text,
            forms,
        }
    }

    /// HMAC-SHA-1 in hexadecimal.
    pub(crate) const fn sha1(forms: &'static [Form]) -> Self {
        Self::Hmac {
            algorithm: v1::HashAlgorithm::Sha1,
            encoding: v1::SignatureEncoding::Hex,
            key: Key::Text,
            forms,
        }
    }

    /// Standard Webhooks.
    pub(crate) const fn standard(forms: &'static [Form]) -> Self {
        Self::Hmac {
            algorithm: v1::HashAlgorithm::Sha256,
            encoding: v1::SignatureEncoding::Base64,
            key: Key::StandardWebhooks,
            forms,
        }
    }

    pub(super) fn written_out(&self) -> v1::Scheme {
        use v1::scheme::Kind;
        let kind = match *self {
            Self::Hmac {
                algorithm,
                encoding,
                key,
                forms,
            } => Kind::Hmac(v1::HmacScheme {
                algorithm: algorithm.into(),
                encoding: encoding.into(),
                key_encoding: match key {
                    Key::Text => v1::KeyEncoding::Text,
                    Key::StandardWebhooks => v1::KeyEncoding::StandardWebhooks,
                }
                .into(),
                forms: forms.iter().map(Form::written_out).collect(),
            }),
            Self::Token { header, prefix } => Kind::Token(v1::TokenScheme {
                header: header.to_owned(),
                prefix: prefix.to_owned(),
            }),
            Self::Basic => Kind::Basic(v1::BasicScheme {}),
            Self::None => Kind::None(v1::NoScheme {}),
        };
        v1::Scheme { kind: Some(kind) }
    }
}

impl Sign {
    fn written_out(&self) -> v1::SignedPart {
        use v1::PartKind;
        use v1::signed_part::Part;
        let part = match self {
            Self::Literal(it) => Part::Literal((*it).to_owned()),
            Self::Header(it) => Part::Header((*it).to_owned()),
            Self::Body => Part::Kind(PartKind::Body.into()),
            Self::Time => Part::Kind(PartKind::Time.into()),
            Self::Url => Part::Kind(PartKind::Url.into()),
        };
        v1::SignedPart { part: Some(part) }
    }
}

impl EventType {
    /// The type stands at the first of these places that has a value.
    pub(crate) const fn of(places: &'static [Place]) -> Self {
        Self {
            places,
            action: "",
            fallback: "",
        }
    }

    /// With what `pointer` names after it.
    pub(crate) const fn and(self, pointer: &'static str) -> Self {
        Self {
            action: pointer,
            ..self
        }
    }

    /// Or else `webhook`.
    pub(crate) const fn or_webhook(self) -> Self {
        Self {
            fallback: "webhook",
            ..self
        }
    }

    pub(super) fn written_out(&self) -> v1::EventTypeRule {
        use v1::event_type_place::Place as TypePlace;
        let place = |it: &Place| v1::EventTypePlace {
            place: Some(match *it {
                Place::Header(it) => TypePlace::Header(it.to_owned()),
                Place::Pointer(it) => TypePlace::Pointer(it.to_owned()),
                Place::OnlyMember(besides) => TypePlace::OnlyMember(v1::OnlyMember {
                    besides: vec![besides.to_owned()],
                }),
            }),
        };
        v1::EventTypeRule {
            places: self.places.iter().map(place).collect(),
            action_pointer: self.action.to_owned(),
            fallback: self.fallback.to_owned(),
        }
    }
}

impl Missing {
    pub(super) fn written_out(self) -> v1::MissingKey {
        match self {
            Self::Refuse => v1::MissingKey::Refuse,
            Self::BodyHash => v1::MissingKey::BodyHash,
        }
    }
}

impl Handshake {
    pub(super) fn written_out(&self) -> v1::Handshake {
        use v1::condition::Test;
        let is = self.is.to_owned();
        let condition = v1::Condition {
            place: place(&self.place),
            test: Some(match self.place {
                Place::Header(_) => Test::Prefix(is),
                Place::Pointer(_) | Place::OnlyMember(_) => Test::Equals(is),
            }),
            negate: false,
        };
        v1::Handshake {
            when: vec![condition],
            echo: self.echo.as_ref().and_then(place),
            member: String::new(),
            signed: self.signed,
        }
    }
}

pub(super) fn places(places: &[Place]) -> Vec<v1::Place> {
    places.iter().filter_map(place).collect()
}

/// None for the one place that only an event's type may have.
fn place(place: &Place) -> Option<v1::Place> {
    let place = match *place {
        Place::Header(it) => v1::place::Place::Header(it.to_owned()),
        Place::Pointer(it) => v1::place::Place::Pointer(it.to_owned()),
        Place::OnlyMember(_) => return None,
    };
    Some(v1::Place { place: Some(place) })
}
