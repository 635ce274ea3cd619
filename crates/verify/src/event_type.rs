//! What an event is called.

use ackord_core::text::{EventType, RESERVED};
use ackord_proto::FieldError;
use ackord_proto::v1::{self, event_type_place};

use crate::document::Document;
use crate::fault::{count, header, missing, rule};
use crate::pointer::{Pointers, Slot};
use crate::refused::Refused;
use crate::request::Headers;

/// What an event is called, where nothing else is known of it.
const FALLBACK: &str = "webhook";

/// What an event is called.
#[derive(Debug)]
pub(crate) struct EventTypeRule {
    places: Vec<TypePlace>,
    action: Option<Slot>,
    fallback: Option<EventType>,
}

#[derive(Debug)]
enum TypePlace {
    Header(String),
    Body(Slot),
    /// The one member of the body that is not among these.
    OnlyMember(Vec<String>),
}

impl EventTypeRule {
    pub(crate) fn compile(
        rules: &v1::EventTypeRule,
        pointers: &mut Pointers,
    ) -> Result<Self, FieldError> {
        count(
            "event_type.places",
            &rules.places,
            0..=8,
            "at most 8 places",
        )?;
        let places = rules.places.iter().enumerate();
        let places = places
            .map(|(at, it)| TypePlace::compile(&format!("event_type.places[{at}]"), it, pointers))
            .collect::<Result<Vec<_>, _>>()?;
        let action = match rules.action_pointer.as_str() {
            "" => None,
            it => Some(pointers.ask("event_type.action_pointer", it)?),
        };
        let fallback = match (rules.fallback.as_str(), places.is_empty()) {
            ("", true) => Some(FALLBACK),
            ("", false) => None,
            (it, _) => Some(it),
        };
        if fallback.is_some_and(|it| it.starts_with(RESERVED)) {
            let said = "what begins with 'ackord.' is the cluster's";
            return Err(rule("event_type.fallback", said));
        }
        let fallback = fallback.map(EventType::new).transpose();
        Ok(Self {
            places,
            action,
            fallback: fallback.map_err(|it| rule("event_type.fallback", it.rule))?,
        })
    }

    /// What the event is called. Characters that no type may have become underscores, and a name
    /// that would be the cluster's own begins with one.
    pub(crate) fn read(
        &self,
        headers: &Headers<'_>,
        document: &Document,
    ) -> Result<EventType, Refused> {
        let mut unread = None;
        let mut found = None;
        for place in &self.places {
            match place.value(headers, document) {
                Ok(Some(value)) => {
                    found = Some(value);
                    break;
                }
                Ok(None) => {}
                Err(why) => unread = Some(why),
            }
        }
        let Some(name) = found else {
            let fallback = self.fallback.clone();
            return fallback.ok_or(unread.unwrap_or(Refused::MissingEventType));
        };
        // An action is part of the name: without it, the event would go where it does not belong.
        let action = self
            .action
            .map(|it| document.value(it))
            .transpose()?
            .flatten();
        let name = match action {
            Some(action) if !action.is_empty() => format!("{name}.{action}"),
            _ => name.to_owned(),
        };
        let visible = |it: char| if it.is_ascii_graphic() { it } else { '_' };
        let mut name: String = name.chars().map(visible).collect();
        if name.starts_with(RESERVED) {
            name.insert(0, '_');
        }
        EventType::new(name).map_err(|_| Refused::MissingEventType)
    }
}

impl TypePlace {
    fn compile(
        field: &str,
        place: &v1::EventTypePlace,
        pointers: &mut Pointers,
    ) -> Result<Self, FieldError> {
        match &place.place {
            None => Err(missing(format!("{field}.place"))),
            Some(event_type_place::Place::Header(name)) => {
                Ok(Self::Header(header(&format!("{field}.header"), name)?))
            }
            Some(event_type_place::Place::Pointer(it)) => {
                Ok(Self::Body(pointers.ask(&format!("{field}.pointer"), it)?))
            }
            Some(event_type_place::Place::OnlyMember(it)) => {
                let field = format!("{field}.only_member.besides");
                count(&field, &it.besides, 0..=32, "at most 32 names")?;
                pointers.members = true;
                Ok(Self::OnlyMember(it.besides.clone()))
            }
        }
    }

    fn value<'a>(
        &self,
        headers: &Headers<'a>,
        document: &'a Document,
    ) -> Result<Option<&'a str>, Refused> {
        let value = match self {
            Self::Header(name) => headers.text(name),
            Self::Body(slot) => document.value(*slot)?,
            Self::OnlyMember(besides) => {
                let members = document.members()?.iter().map(String::as_str);
                let mut others = members.filter(|it| !besides.iter().any(|known| known == it));
                others.next().filter(|_| others.next().is_none())
            }
        };
        Ok(value.filter(|it| !it.is_empty()))
    }
}
