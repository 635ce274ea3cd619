//! One door to all of core's text types.

use ackord_core::text::{
    ContentType, EffectKey, EffectResult, EventType, InputPreview, KeyId, Label, MessageText,
    MetaKey, MetaValue, Note, OrderingKey, PeerAddress, Prompt, Reason, RequestId, ScheduleText,
    SecretName, SessionKey, Skill, Slug, Summary, Tag, TeamName, TextError, ThreadId, ToolName,
    ZoneName,
};

/// A text type of core.
pub(crate) trait Text: Sized {
    /// Takes the text if it keeps the type's rule.
    fn take(text: String) -> Result<Self, TextError>;
    /// The text itself.
    fn text(&self) -> &str;
}

macro_rules! texts {
    ($($name:ident),* $(,)?) => {$(
        impl Text for $name {
            fn take(text: String) -> Result<Self, TextError> {
                Self::new(text)
            }

            fn text(&self) -> &str {
                self.as_str()
            }
        }
    )*};
}

texts!(
    ContentType,
    EffectKey,
    EffectResult,
    EventType,
    InputPreview,
    KeyId,
    Label,
    MessageText,
    MetaKey,
    MetaValue,
    Note,
    OrderingKey,
    PeerAddress,
    Prompt,
    Reason,
    RequestId,
    ScheduleText,
    SecretName,
    SessionKey,
    Skill,
    Slug,
    Summary,
    Tag,
    TeamName,
    ThreadId,
    ToolName,
    ZoneName,
);

/// The text, owned.
pub(crate) fn owned(text: &impl Text) -> String {
    text.text().to_owned()
}

/// The text, owned; empty for none.
pub(crate) fn owned_or_empty<T: Text>(text: Option<&T>) -> String {
    text.map(owned).unwrap_or_default()
}
