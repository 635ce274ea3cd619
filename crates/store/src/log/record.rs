//! Records: each value of the log carries the CRC-32C of its key (group, kind, index) and payload,
//! so that neither rot nor a record in the wrong place is ever read as good.
//!
//! `checksum: u32 LE | payload`

use std::io;

use bytes::Bytes;

const CHECKSUM: usize = 4;

/// A record that fails its checksum.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a log record fails its checksum")]
pub(super) struct Damaged;

impl From<Damaged> for io::Error {
    fn from(damaged: Damaged) -> Self {
        Self::new(io::ErrorKind::InvalidData, damaged)
    }
}

/// The value to store under `key` for a payload given in parts.
pub(super) fn seal(key: &[u8], payload: &[&[u8]]) -> Vec<u8> {
    let bytes: usize = payload.iter().map(|it| it.len()).sum();
    let mut value = Vec::with_capacity(CHECKSUM + bytes);
    value.extend_from_slice(&[0; CHECKSUM]);
    for part in payload {
        value.extend_from_slice(part);
    }
    let checksum = checksum(key, &value[CHECKSUM..]);
    value[..CHECKSUM].copy_from_slice(&checksum.to_le_bytes());
    value
}

/// The payload stored under `key`.
pub(super) fn unseal<'a>(key: &[u8], value: &'a [u8]) -> Result<&'a [u8], Damaged> {
    let (stored, payload) = value.split_first_chunk::<CHECKSUM>().ok_or(Damaged)?;
    if u32::from_le_bytes(*stored) != checksum(key, payload) {
        return Err(Damaged);
    }
    Ok(payload)
}

/// As [`unseal`], of an owned value.
pub(super) fn unseal_owned(key: &[u8], value: &Bytes) -> Result<Bytes, Damaged> {
    unseal(key, value).map(|payload| value.slice_ref(payload))
}

fn checksum(key: &[u8], payload: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(key), payload)
}

#[cfg(test)]
mod tests {
    use super::{Damaged, seal, unseal};

    #[test]
    fn a_record_reads_back_under_its_own_key_only() {
        let value = seal(b"key", &[b"pay", b"load"]);
        assert_eq!(unseal(b"key", &value), Ok(b"payload".as_slice()));
        assert_eq!(unseal(b"kex", &value), Err(Damaged));
    }

    #[test]
    fn the_bytes_of_a_record_stay_as_they_are() {
        let value = seal(b"key", &[b"payload"]);
        assert_eq!(value, b"\x97\x59\x11\x18payload");
    }

    #[test]
    fn no_flipped_bit_and_no_missing_byte_goes_unseen() {
        let value = seal(b"key", &[b"payload"]);
        for bit in 0..value.len() * 8 {
            let mut flipped = value.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(unseal(b"key", &flipped), Err(Damaged), "bit {bit}");
        }
        for len in 0..value.len() {
            assert_eq!(unseal(b"key", &value[..len]), Err(Damaged), "{len} bytes");
        }
    }
}
