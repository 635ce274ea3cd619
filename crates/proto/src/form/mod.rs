//! How a type of core is stored: its twin among the generated messages, and the way to and fro.

mod asked;
mod coded;
mod cron_terms;
mod fence;
mod instruction;
mod meta_field;
mod moment;
mod number;
mod position;
mod sealed_secret;
mod settings;
mod silence;

use prost::Message;

pub(crate) use coded::{Coded, code_or_zero, constant, constant_or_none, load_codes, store_codes};
pub(crate) use number::{halves, join};

use crate::decode_error::{DecodeError, Fault, Within};
use crate::text::Text;

/// A type of core that is stored.
pub(crate) trait Stored: Sized {
    /// Its message.
    type Form: Message + Default;

    /// What is written.
    fn store(&self) -> Self::Form;

    /// Reads what was written. The error's path begins with a field of this message.
    fn load(form: Self::Form) -> Result<Self, DecodeError>;
}

/// A whole message as bytes.
pub(crate) fn write<T: Stored>(it: &T) -> Vec<u8> {
    it.store().encode_to_vec()
}

/// A whole message from `bytes`, all of which must be understood.
pub(crate) fn read<T: Stored>(bytes: impl bytes::Buf, name: &str) -> Result<T, DecodeError> {
    T::load(read_form(bytes, name)?).within(name)
}

/// A generated message from `bytes`. Protobuf skips fields that it does not know; we refuse them:
/// a version that skips what it does not know would go another way than those that know it.
pub(crate) fn read_form<F: Message + Default>(
    bytes: impl bytes::Buf,
    name: &str,
) -> Result<F, DecodeError> {
    let length = bytes.remaining();
    let form = F::decode(bytes).map_err(|it| DecodeError::new(name, Fault::Malformed(it)))?;
    if form.encoded_len() != length {
        return Err(DecodeError::new(name, Fault::Unknown));
    }
    Ok(form)
}

/// A field that must be there.
pub(crate) fn required<T: Stored>(form: Option<T::Form>, field: &str) -> Result<T, DecodeError> {
    let form = form.ok_or_else(|| DecodeError::new(field, Fault::Missing))?;
    T::load(form).within(field)
}

/// A field that may be there.
pub(crate) fn optional<T: Stored>(
    form: Option<T::Form>,
    field: &str,
) -> Result<Option<T>, DecodeError> {
    form.map(T::load).transpose().within(field)
}

/// A list, to be stored.
pub(crate) fn store_all<T: Stored>(items: &[T]) -> Vec<T::Form> {
    items.iter().map(Stored::store).collect()
}

/// A list.
pub(crate) fn load_all<T: Stored>(forms: Vec<T::Form>, field: &str) -> Result<Vec<T>, DecodeError> {
    let items = forms.into_iter().enumerate();
    items
        .map(|(index, form)| T::load(form).within_item(field, index))
        .collect()
}

/// A text that must be there.
pub(crate) fn text<T: Text>(text: String, field: &str) -> Result<T, DecodeError> {
    T::take(text).map_err(|it| DecodeError::new(field, Fault::Rule(it.rule)))
}

/// A text that may be there; empty: it is not.
pub(crate) fn text_or_none<T: Text>(it: String, field: &str) -> Result<Option<T>, DecodeError> {
    if it.is_empty() {
        Ok(None)
    } else {
        text(it, field).map(Some)
    }
}

/// A list of texts.
pub(crate) fn load_texts<T: Text>(texts: Vec<String>, field: &str) -> Result<Vec<T>, DecodeError> {
    texts.into_iter().map(|it| text(it, field)).collect()
}

/// The SHA-256 of a secret.
pub(crate) fn hash(bytes: &[u8], field: &str) -> Result<[u8; 32], DecodeError> {
    bytes
        .try_into()
        .map_err(|_| DecodeError::new(field, Fault::Rule("32 bytes")))
}
