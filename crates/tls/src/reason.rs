//! What rustls says, in words that name the next step.

use std::io;

use rustls::{AlertDescription, CertificateError, Error};

/// The cause of a failed connection, if it is one of TLS.
pub(crate) fn find(error: &io::Error) -> Option<&Error> {
    error.get_ref()?.downcast_ref()
}

/// Why a connection fails, or a certificate is refused.
pub(crate) fn of(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(it) => certificate(it),
        Error::NoCertificatesPresented => "it shows no certificate".to_owned(),
        Error::InvalidMessage(_) => "it does not speak TLS".to_owned(),
        Error::AlertReceived(it) => alert(*it),
        Error::NoApplicationProtocol => "it does not speak HTTP/2".to_owned(),
        Error::PeerIncompatible(_) => format!("it does not speak TLS 1.3 as we do: {error}"),
        other => other.to_string(),
    }
}

fn certificate(error: &CertificateError) -> String {
    match error {
        // The CA that it names is known, and has another key.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "the certificate is not of a CA that is trusted here".to_owned()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            format!("the certificate is too old, renew it: {error}")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            format!("the certificate is too new, compare the clocks: {error}")
        }
        CertificateError::NotValidForNameContext {
            expected,
            presented,
        } => {
            format!(
                "the certificate is not for {}, but for {}",
                expected.to_str(),
                list(presented)
            )
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            format!("the certificate is for another use, client or server: {error}")
        }
        other => format!("the certificate is refused: {other}"),
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() {
        return "nobody".to_owned();
    }
    names.join(", ")
}

fn alert(alert: AlertDescription) -> String {
    match alert {
        AlertDescription::CertificateRequired => "it asks for a certificate of ours".to_owned(),
        AlertDescription::UnknownCA | AlertDescription::DecryptError => {
            "it does not trust the CA of our certificate".to_owned()
        }
        AlertDescription::CertificateExpired => "it finds our certificate too old".to_owned(),
        AlertDescription::BadCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::CertificateRevoked
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::AccessDenied => format!("it refuses our certificate: {alert:?}"),
        AlertDescription::ProtocolVersion => "it does not speak TLS 1.3".to_owned(),
        AlertDescription::NoApplicationProtocol => "it does not speak HTTP/2".to_owned(),
        other => format!("it ends the handshake: {other:?}"),
    }
}
