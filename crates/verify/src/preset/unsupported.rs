//! Providers whose requests no scheme can express yet.

/// A provider whose requests no scheme can express yet.
#[derive(Debug, Clone, Copy)]
pub struct Unsupported {
    /// The name that its preset would have.
    pub name: &'static str,
    /// Whose requests these are.
    pub provider: &'static str,
    /// What it does.
    pub does: &'static str,
    /// What its name is answered with, after "must be".
    pub(crate) rule: &'static str,
}

macro_rules! unsupported {
    ($($name:literal, $provider:literal, $does:literal;)*) => {
        &[$(Unsupported {
            name: $name,
            provider: $provider,
            does: $does,
            rule: concat!(
                "another preset: ", $provider, " ", $does, ", which no scheme can express yet"
            ),
        }),*]
    };
}

/// All that are known.
pub(super) const ROWS: &[Unsupported] = unsupported! {
    "twilio", "Twilio", "signs its URL and its form fields in order of their names";
    "sendgrid", "SendGrid", "signs with ECDSA";
    "discord", "Discord", "signs with Ed25519";
    "paypal", "PayPal", "signs with RSA under a certificate that it names";
    "aws-sns", "Amazon SNS", "signs with RSA under a certificate that it names";
    "fusionauth", "FusionAuth", "sends a token signed with RSA";
    "asana", "Asana", "hands its secret over in a handshake";
    "meta", "Meta (WhatsApp, Messenger)", "tries the URL with a GET request";
    "x", "X", "tries the URL with a GET request that wants a signature";
};
