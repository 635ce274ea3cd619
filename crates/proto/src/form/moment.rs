//! An instant, stated either way.

use ackord_core::command::Moment;
use ackord_core::time::{Millis, Timestamp};

use super::Stored;
use crate::decode_error::{DecodeError, Fault};
use crate::stored;
use crate::stored::moment::Moment as Form;

impl Stored for Moment {
    type Form = stored::Moment;

    fn store(&self) -> stored::Moment {
        let moment = match self {
            Self::At(at) => Form::AtMs(at.0),
            Self::After(span) => Form::AfterMs(span.0),
        };
        stored::Moment {
            moment: Some(moment),
        }
    }

    fn load(form: stored::Moment) -> Result<Self, DecodeError> {
        match form.moment {
            Some(Form::AtMs(at)) => Ok(Self::At(Timestamp(at))),
            Some(Form::AfterMs(span)) => Ok(Self::After(Millis(span))),
            None => Err(DecodeError::new("moment", Fault::Missing)),
        }
    }
}
