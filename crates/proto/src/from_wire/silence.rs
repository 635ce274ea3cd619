//! Which silence of a cron or source is told of.

use ackord_core::limits::{SILENCE_MAX, SILENCE_MIN};
use ackord_core::model::{Class, Silence};
use ackord_core::time::Millis;

use super::field::text;
use super::{FieldError, FieldFault, constant};
use crate::v1;

/// Which silence is told of, and to whom; a length of zero says: none is.
///
/// # Errors
/// A field breaks a rule.
pub fn silence(wire: Option<v1::Silence>) -> Result<Option<Silence>, FieldError> {
    let Some(wire) = wire.filter(|it| it.after_ms != 0) else {
        return Ok(None);
    };
    let read = || {
        let after = Millis(wire.after_ms);
        if !(SILENCE_MIN..=SILENCE_MAX).contains(&after) {
            let rule = FieldFault::Rule("1 second to 366 days");
            return Err(FieldError::new("after_ms", rule));
        }
        Ok(Some(Silence {
            after,
            tag: text(wire.tag, "tag")?,
            class: constant::class(wire.class)?.unwrap_or(Class::Normal),
        }))
    };
    read().map_err(|it| it.within("silence"))
}

/// A change of that; inner none: of none any more. None: it stays.
///
/// # Errors
/// As those of [`silence`].
pub fn silence_change(wire: Option<v1::Silence>) -> Result<Option<Option<Silence>>, FieldError> {
    match wire {
        None => Ok(None),
        stated => silence(stated).map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_zero_asks_no_more_whatever_else_is_said() {
        let wire = v1::Silence {
            after_ms: 0,
            tag: "ops".to_owned(),
            class: v1::Class::Priority.into(),
        };
        assert_eq!(silence_change(Some(wire.clone())), Ok(Some(None)));
        assert_eq!(silence(Some(wire)), Ok(None));
        assert_eq!(silence_change(None), Ok(None));
    }

    #[test]
    fn a_silence_has_somebody_who_hears_of_it() {
        let wire = v1::Silence {
            after_ms: 1_000,
            ..v1::Silence::default()
        };
        let error = silence(Some(wire)).expect_err("nobody hears of it");
        assert_eq!(error, FieldError::new("silence.tag", FieldFault::Missing));
    }
}
