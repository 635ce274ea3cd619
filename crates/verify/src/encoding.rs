//! How signatures and keys are written.

use ackord_proto::v1::SignatureEncoding;
use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose};

const PADDING_OPTIONAL: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
/// Base64 as people paste it: its padding may be left out.
pub(crate) const BASE64_OF_PEOPLE: GeneralPurpose =
    GeneralPurpose::new(&alphabet::STANDARD, PADDING_OPTIONAL);
const BASE64URL: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, PADDING_OPTIONAL);

/// How a signature is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Hex,
    HexAnyCase,
    Base64,
    Base64Url,
}

impl Encoding {
    /// The encoding of that number; none for one that says nothing.
    pub(crate) fn of(code: i32) -> Option<Self> {
        match SignatureEncoding::try_from(code).ok()? {
            SignatureEncoding::Unspecified => None,
            SignatureEncoding::Hex => Some(Self::Hex),
            SignatureEncoding::HexAnyCase => Some(Self::HexAnyCase),
            SignatureEncoding::Base64 => Some(Self::Base64),
            SignatureEncoding::Base64url => Some(Self::Base64Url),
        }
    }

    /// The bytes of a signature. Each has one way of being written, case and optional padding
    /// apart, so that a changed text is never the same signature.
    pub(crate) fn decode(self, text: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Hex if text.iter().any(u8::is_ascii_uppercase) => None,
            Self::Hex | Self::HexAnyCase => hex(text),
            Self::Base64 => general_purpose::STANDARD.decode(text).ok(),
            Self::Base64Url => BASE64URL.decode(text).ok(),
        }
    }
}

/// The bytes of a text of hexadecimal digits, in any case.
pub(crate) fn hex(text: &[u8]) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_chunks::<2>();
    let pair = |[high, low]: &[u8; 2]| Some(nibble(*high)? << 4 | nibble(*low)?);
    match rest {
        [] => pairs.iter().map(pair).collect(),
        _ => None,
    }
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// Bytes as hexadecimal digits.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|it| [it >> 4, it & 15]);
    digits
        .map(|it| char::from(DIGITS[usize::from(it)]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_written_in_one_way() {
        assert_eq!(Encoding::Hex.decode(b"00ff"), Some(vec![0, 255]));
        for wrong in ["00FF", "0ff", "0x", "00ff ", "ü"] {
            assert_eq!(Encoding::Hex.decode(wrong.as_bytes()), None, "{wrong}");
        }
        assert_eq!(Encoding::HexAnyCase.decode(b"00Ff"), Some(vec![0, 255]));
        assert_eq!(Encoding::Base64.decode(b"AP8="), Some(vec![0, 255]));
        // No padding, bits that are left over, the other alphabet, a space.
        for wrong in ["AP8", "AP9=", "-_8=", "AP8= "] {
            assert_eq!(Encoding::Base64.decode(wrong.as_bytes()), None, "{wrong}");
        }
        assert_eq!(Encoding::Base64Url.decode(b"-_8"), Some(vec![251, 255]));
    }

    #[test]
    fn hexadecimal_goes_there_and_back() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(hex(to_hex(&bytes).as_bytes()), Some(bytes));
    }
}
