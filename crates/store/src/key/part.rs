//! Parts of keys: how ids, places and texts become bytes that sort as they do.
//!
//! Numbers are big-endian. A text is its UTF-8 bytes and a zero byte: no text of a key holds
//! control characters, so the zero byte ends it and sorts before whatever could go on.

use ackord_core::id::{
    ApprovalId, CronId, EventId, JobId, NodeId, QueueId, SessionId, SourceId, TeamId, TokenId,
};
use ackord_core::model::{Class, DedupKey, DueKind};
use ackord_core::text::OrderingKey;
use ackord_core::time::{Position, Timestamp};

use super::KeyError;

/// A part of a key.
pub(super) trait Part: Sized {
    fn write(&self, out: &mut Vec<u8>);
    fn read(input: &mut &[u8]) -> Result<Self, KeyError>;
}

macro_rules! number_part {
    ($($number:ty),*) => {$(
        impl Part for $number {
            fn write(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_be_bytes());
            }

            fn read(input: &mut &[u8]) -> Result<Self, KeyError> {
                let (bytes, rest) = input.split_first_chunk().ok_or(KeyError::Short)?;
                *input = rest;
                Ok(Self::from_be_bytes(*bytes))
            }
        }
    )*};
}

macro_rules! wrapped_part {
    ($($name:ident),*) => {$(
        impl Part for $name {
            fn write(&self, out: &mut Vec<u8>) {
                self.0.write(out);
            }

            fn read(input: &mut &[u8]) -> Result<Self, KeyError> {
                Part::read(input).map($name)
            }
        }
    )*};
}

number_part!(u8, u32, u64, u128);
wrapped_part!(
    ApprovalId, CronId, TeamId, TokenId, QueueId, SessionId, JobId, SourceId, NodeId, EventId,
    DedupKey, Timestamp
);

impl Part for Position {
    fn write(&self, out: &mut Vec<u8>) {
        self.index.write(out);
        self.offset.write(out);
    }

    fn read(input: &mut &[u8]) -> Result<Self, KeyError> {
        Ok(Self {
            index: Part::read(input)?,
            offset: Part::read(input)?,
        })
    }
}

impl Part for Class {
    fn write(&self, out: &mut Vec<u8>) {
        let number: u8 = match self {
            Self::Interrupt => 0,
            Self::Priority => 1,
            Self::Normal => 2,
        };
        number.write(out);
    }

    fn read(input: &mut &[u8]) -> Result<Self, KeyError> {
        match u8::read(input)? {
            0 => Ok(Self::Interrupt),
            1 => Ok(Self::Priority),
            2 => Ok(Self::Normal),
            number => Err(KeyError::Unknown("class", number)),
        }
    }
}

impl Part for DueKind {
    fn write(&self, out: &mut Vec<u8>) {
        let number: u8 = match self {
            Self::Wake => 0,
            Self::Expire => 1,
        };
        number.write(out);
    }

    fn read(input: &mut &[u8]) -> Result<Self, KeyError> {
        match u8::read(input)? {
            0 => Ok(Self::Wake),
            1 => Ok(Self::Expire),
            number => Err(KeyError::Unknown("due kind", number)),
        }
    }
}

impl Part for OrderingKey {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_str().as_bytes());
        out.push(0);
    }

    fn read(input: &mut &[u8]) -> Result<Self, KeyError> {
        let end = input.iter().position(|it| *it == 0);
        let (text, rest) = input.split_at(end.ok_or(KeyError::Short)?);
        *input = &rest[1..];
        let text = std::str::from_utf8(text).map_err(|_| KeyError::Text)?;
        Self::new(text).map_err(|_| KeyError::Text)
    }
}
