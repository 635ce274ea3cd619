//! `docs/presets.md` says what presets do, and nothing else. Written anew with `UPDATE=1`.

use std::path::Path;

use ackord_proto::v1::scheme::Kind;
use ackord_proto::v1::signed_part::Part;
use ackord_proto::v1::signed_time::Place as TimePlace;
use ackord_proto::v1::{
    self, HashAlgorithm, KeyEncoding, MissingKey, PartKind, SignatureEncoding, TimeUnit,
};
use ackord_verify::{Preset, presets, unsupported};

fn code(text: &str) -> String {
    format!("`{text}`")
}

fn table(heads: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let heads: Vec<String> = heads.iter().map(|it| (*it).to_owned()).collect();
    let rule = format!("|{}\n", "---|".repeat(heads.len()));
    rows.fold(line(&heads) + &rule, |table, row| table + &line(&row))
}

fn provider(preset: &Preset) -> String {
    match preset.page {
        "" => preset.provider.to_owned(),
        page => format!("[{}]({page})", preset.provider),
    }
}

fn verified() -> String {
    let row = |it: &Preset| {
        let (signature, signs) = match it.scheme().kind.expect("a preset has a scheme") {
            Kind::Hmac(scheme) => hmac(&scheme),
            Kind::Token(it) => (
                code(&format!("{}: {}SECRET", it.header, it.prefix)),
                "-".into(),
            ),
            Kind::Basic(_) => (code("authorization: Basic SECRET"), "-".into()),
            Kind::None(_) => ("-".into(), "-".into()),
        };
        let fresh = match it.freshness() {
            None => "-".to_owned(),
            Some(it) if it.pointer.is_empty() => format!("{} s", it.tolerance_ms / 1000),
            Some(it) => format!("{} s from {}", it.tolerance_ms / 1000, code(&it.pointer)),
        };
        let secret = if it.secret.is_empty() { "-" } else { it.secret };
        vec![
            code(it.name),
            provider(it),
            signature,
            signs,
            fresh,
            secret.to_owned(),
        ]
    };
    let heads = ["preset", "whose", "signature", "of", "fresh for", "secret"];
    table(&heads, presets().map(row))
}

/// How a signature looks, and of what it is.
fn hmac(scheme: &v1::HmacScheme) -> (String, String) {
    let algorithm = match scheme.algorithm() {
        HashAlgorithm::Sha1 => "SHA-1",
        HashAlgorithm::Sha256 => "SHA-256",
        other => panic!("no preset signs with {other:?}"),
    };
    let encoding = match scheme.encoding() {
        SignatureEncoding::Hex => "HEX",
        SignatureEncoding::HexAnyCase => "Hex",
        SignatureEncoding::Base64 => "BASE64",
        other => panic!("no preset signs in {other:?}"),
    };
    let headers = scheme.forms.iter().map(|form| {
        let shape = form.signature.as_ref().expect("a form has a signature");
        let time = match form.time.as_ref().and_then(|it| it.place.as_ref()) {
            Some(TimePlace::Label(it)) => {
                format!("{it}{}TIME{}", shape.label_separator, shape.separator)
            }
            _ => String::new(),
        };
        let value = format!("{time}{}{}{encoding}", shape.label, shape.label_separator);
        code(&format!("{}: {value}", shape.name))
    });
    let signs = scheme.forms.iter().map(signed);
    let mut signs: Vec<String> = signs.collect();
    signs.dedup();
    let key = match scheme.key_encoding() {
        KeyEncoding::Text => "",
        KeyEncoding::StandardWebhooks => ", key in base64",
        other => panic!("no preset has keys in {other:?}"),
    };
    let signs = format!("{} ({algorithm}{key})", signs.join(" or "));
    (headers.collect::<Vec<_>>().join(" or "), signs)
}

fn signed(form: &v1::SignedForm) -> String {
    let part = |it: &v1::SignedPart| match it.part.as_ref().expect("a part is something") {
        Part::Literal(it) => code(it),
        Part::Header(it) => it.clone(),
        Part::Kind(it) => match PartKind::try_from(*it).expect("a part of that kind") {
            PartKind::Body => "body".to_owned(),
            PartKind::Time => time(form),
            PartKind::Url => "URL".to_owned(),
            PartKind::Method | PartKind::Unspecified => panic!("no preset signs that"),
        },
    };
    form.parts.iter().map(part).collect::<Vec<_>>().join(" ")
}

fn time(form: &v1::SignedForm) -> String {
    let time = form.time.as_ref().expect("it signs its time");
    let unit = match time.unit() {
        TimeUnit::Seconds => "s",
        TimeUnit::Milliseconds => "ms",
        TimeUnit::Rfc3339 => "date",
        TimeUnit::Unspecified => panic!("a time of no unit"),
    };
    match time.place.as_ref().expect("it stands somewhere") {
        TimePlace::Header(it) => format!("{it} ({unit})"),
        TimePlace::Label(_) => format!("TIME ({unit})"),
    }
}

fn places(places: &[v1::Place]) -> Vec<String> {
    let place = |it: &v1::Place| match it.place.as_ref().expect("a place is somewhere") {
        v1::place::Place::Header(it) | v1::place::Place::Pointer(it) => code(it),
    };
    places.iter().map(place).collect()
}

fn event_type(rule: &v1::EventTypeRule) -> String {
    use v1::event_type_place::Place;
    let place = |it: &v1::EventTypePlace| match it.place.as_ref().expect("it is somewhere") {
        Place::Header(it) | Place::Pointer(it) => code(it),
        Place::OnlyMember(it) => {
            format!("name of the member besides {}", code(&it.besides.join(" ")))
        }
    };
    let mut said = rule.places.iter().map(place).collect::<Vec<_>>().join(", ");
    if !rule.action_pointer.is_empty() {
        said += &format!(" and `.` and {}", code(&rule.action_pointer));
    }
    if !rule.fallback.is_empty() {
        said += &format!(", else {}", rule.fallback);
    }
    said
}

fn or_none(said: &str) -> String {
    if said.is_empty() {
        "-".to_owned()
    } else {
        said.to_owned()
    }
}

fn read() -> String {
    let row = |it: &Preset| {
        let dedup = it.dedup();
        let missing = match dedup.missing() {
            MissingKey::Refuse => "refused",
            MissingKey::BodyHash => "the body",
            MissingKey::None | MissingKey::Unspecified => panic!("no preset does that"),
        };
        let by_type = dedup.body_window_by_type.unwrap_or_default();
        let window = match dedup.body_window_ms.unwrap_or_default() / 3_600_000 {
            0 => "-".to_owned(),
            hours if hours % 24 == 0 => format!("{} d", hours / 24),
            hours => format!("{hours} h"),
        };
        vec![
            code(it.name),
            event_type(&it.event_type()),
            places(&dedup.places).join(", "),
            missing.to_owned(),
            window + if by_type { ", of one type" } else { "" },
            or_none(&places(&it.sender().places).join(", ")),
        ]
    };
    let heads = ["preset", "type", "key", "without", "same body", "sender"];
    table(&heads, presets().map(row))
}

fn stored() -> String {
    let row = |it: &Preset| {
        let headers: Vec<String> = it.headers.iter().map(|it| code(it)).collect();
        vec![code(it.name), headers.join(", ")]
    };
    let stores = presets().filter(|it| !it.headers.is_empty());
    table(&["preset", "headers"], stores.map(row))
}

fn not_yet() -> String {
    let row = |it: &ackord_verify::Unsupported| {
        vec![code(it.name), format!("{} {}", it.provider, it.does)]
    };
    table(&["name", "why"], unsupported().iter().map(row))
}

#[test]
fn the_page_says_what_presets_do() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/presets.md");
    let stated = std::fs::read_to_string(&path).expect("it is there");
    let mut text = stated.clone();
    let parts = [
        ("verified", verified()),
        ("read", read()),
        ("stored", stored()),
        ("unsupported", not_yet()),
    ];
    for (name, table) in parts {
        let begin = format!("<!-- begin: {name} -->\n");
        let end = format!("<!-- end: {name} -->\n");
        let (before, rest) = text.split_once(&begin).expect("the table has a begin");
        let (_, after) = rest.split_once(&end).expect("the table has an end");
        text = format!("{before}{begin}{table}{end}{after}");
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, text).expect("written");
    } else {
        assert!(
            stated == text,
            "docs/presets.md: run this test again with UPDATE=1"
        );
    }
}
