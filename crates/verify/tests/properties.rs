//! What holds of every preset, whatever is signed.

mod common;

use ackord_proto::v1;
use ackord_verify::{Judged, Preset, Refused, Source, presets};
use common::provider::{Signed, URL, secret_of, sign};
use common::{by_preset, definition, received, secret};
use proptest::prelude::*;

const NOW_MS: u64 = 1_700_000_000_000;

fn source(preset: &Preset, value: &str) -> Source {
    let definition = definition(v1::Verification {
        public_url: URL.to_owned(),
        ..by_preset(preset.name)
    });
    Source::compile(&definition, &[secret(value)]).expect("it compiles")
}

/// Each preset that signs, in each of its forms.
fn forms() -> impl Iterator<Item = (&'static Preset, usize, String)> {
    presets().flat_map(|preset| {
        let secret = secret_of(preset);
        let form = move |at| sign(preset, at, &secret, b"", NOW_MS).map(|_| at);
        let forms = (0..4).map_while(form);
        forms.map(move |at| (preset, at, secret_of(preset)))
    })
}

fn verified(source: &Source, signed: &Signed, now_ms: u64) -> Result<(), Refused> {
    let headers = signed.headers();
    let judged = source.verifier().verify(&signed.request(&headers, now_ms));
    judged.map(|_| ())
}

/// How far the time of a preset may be off, and how finely it is written.
fn tolerance(preset: &Preset, signed: &Signed) -> Option<(u64, u64)> {
    let tolerance = preset.tolerance_ms().filter(|_| signed.signs_time)?;
    // Zendesk writes dates, whose parts of seconds count.
    Some((tolerance, 1000))
}

#[test]
fn there_are_as_many_forms_as_expected() {
    assert!(forms().count() >= 35, "{}", forms().count());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn what_is_signed_is_accepted(body in any::<Vec<u8>>()) {
        for (preset, form, secret) in forms() {
            let signed = sign(preset, form, &secret, &body, NOW_MS).expect("it has the form");
            let judged = verified(&source(preset, &secret), &signed, NOW_MS);
            prop_assert_eq!(judged, Ok(()), "{} {}", preset.name, form);
        }
    }

    #[test]
    fn no_flipped_bit_verifies(
        body in proptest::collection::vec(any::<u8>(), 1..300),
        at in any::<proptest::sample::Index>(),
    ) {
        for (preset, form, secret) in forms() {
            let source = source(preset, &secret);
            let mut signed = sign(preset, form, &secret, &body, NOW_MS).expect("it has the form");
            let bit = at.index(body.len() * 8);
            if !matches!(preset.scheme().kind, Some(v1::scheme::Kind::Hmac(_))) {
                continue;
            }
            signed.body[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(verified(&source, &signed, NOW_MS).is_err(), "{} body", preset.name);
            signed.body[bit / 8] ^= 1 << (bit % 8);

            let flipped = signed.signed.clone().into_iter().chain([signed.verifying.clone()]);
            for name in flipped {
                let mut changed = signed.clone();
                let value = changed.value(&name);
                let bit = at.index(value.len() * 7);
                let mut bytes = std::mem::take(value).into_bytes();
                bytes[bit / 7] ^= 1 << (bit % 7);
                let same = bytes.eq_ignore_ascii_case(signed.clone().value(&name).as_bytes());
                *value = String::from_utf8(bytes).expect("ASCII stays ASCII");
                if same && preset.name == "notion" {
                    continue;
                }
                let judged = verified(&source, &changed, NOW_MS);
                prop_assert!(judged.is_err(), "{} {name} bit {bit}", preset.name);
            }
        }
    }

    #[test]
    fn times_are_taken_up_to_their_tolerance_on_both_sides(part in 0u64..1000) {
        for (preset, form, secret) in forms() {
            let source = source(preset, &secret);
            let signed = sign(preset, form, &secret, b"{}", NOW_MS).expect("it has the form");
            let Some((tolerance, second)) = tolerance(preset, &signed) else {
                continue;
            };
            let part = if preset.name == "zendesk" { 0 } else { part };
            let late = [(tolerance, true), (tolerance + second, false)];
            for (off, is_fresh) in late {
                let (after, before) = (NOW_MS + off + part, NOW_MS - off + part);
                for now_ms in [after, before] {
                    let judged = verified(&source, &signed, now_ms);
                    let expected = if is_fresh { Ok(()) } else { Err(Refused::StaleTimestamp) };
                    prop_assert_eq!(judged, expected, "{} {} ms off", preset.name, off);
                }
            }
        }
    }
}

/// The tolerance of those that sign a time apart from the body, in seconds.
#[test]
fn what_is_300_s_off_is_accepted_and_301_s_refused() {
    let mut checked = 0;
    for (preset, form, secret) in forms() {
        let signed = sign(preset, form, &secret, b"{}", NOW_MS).expect("it has the form");
        if !signed.signs_time {
            continue;
        }
        let source = source(preset, &secret);
        for (off, expected) in [(300_000, Ok(())), (301_000, Err(Refused::StaleTimestamp))] {
            for now_ms in [NOW_MS + off, NOW_MS - off] {
                assert_eq!(
                    verified(&source, &signed, now_ms),
                    expected,
                    "{}",
                    preset.name
                );
            }
        }
        checked += 1;
    }
    assert_eq!(checked, 11);
}

#[test]
fn the_time_in_a_body_counts_as_far_as_its_provider_says() {
    let preset = ackord_verify::preset("linear").expect("it is there");
    let secret = secret_of(preset);
    let source = source(preset, &secret);
    let body = format!(r#"{{"type":"Issue","webhookTimestamp":{NOW_MS}}}"#);
    let mut signed = sign(preset, 0, &secret, body.as_bytes(), NOW_MS).expect("it signs");
    signed
        .headers
        .push(("linear-delivery".to_owned(), "d1".to_owned()));
    let judge = |now_ms| source.judge(&signed.request(&signed.headers(), now_ms), false);
    for now_ms in [NOW_MS - 60_000, NOW_MS + 60_000] {
        assert!(matches!(judge(now_ms), Ok(Judged::Received(_))));
    }
    for now_ms in [NOW_MS - 60_001, NOW_MS + 60_001] {
        assert_eq!(judge(now_ms), Err(Refused::StaleTimestamp));
    }
    for body in [
        "{}",
        r#"{"webhookTimestamp":"soon"}"#,
        r#"{"webhookTimestamp":17e11}"#,
    ] {
        let signed = sign(preset, 0, &secret, body.as_bytes(), NOW_MS).expect("it signs");
        let judged = source.judge(&signed.request(&signed.headers(), NOW_MS), false);
        assert_eq!(judged, Err(Refused::StaleTimestamp), "{body}");
    }
}

/// Whoever has seen one request knows a signature, and may send it under the names of another form.
#[test]
fn a_request_in_another_form_is_known_by_what_is_signed_there() {
    let preset = ackord_verify::preset("svix").expect("it is there");
    let secret = secret_of(preset);
    let source = source(preset, &secret);
    let signed = sign(preset, 0, &secret, b"{}", NOW_MS).expect("it signs");
    let mut renamed = signed.clone();
    for (name, _) in &mut renamed.headers {
        *name = name.replace("svix-", "webhook-");
    }
    renamed
        .headers
        .push(("svix-id".to_owned(), "another".to_owned()));
    let key = |signed: &Signed| {
        let headers = signed.headers();
        let judged = source.judge(&signed.request(&headers, NOW_MS), false);
        received(judged).dedup.key
    };
    assert_eq!(key(&renamed), key(&signed));
    assert_eq!(key(&signed).as_deref(), Some("msg_1"));
}

/// A key that the provider does not sign can be changed by whoever has seen a request: then the body
/// is known too, for as long as the request could be sent again.
#[test]
fn a_delivery_that_is_sent_again_under_another_key_is_still_known() {
    for preset in presets().filter(|it| it.needs_secret()) {
        let dedup = preset.dedup();
        let Some(v1::scheme::Kind::Hmac(scheme)) = preset.scheme().kind else {
            continue;
        };
        let signs = |name: &String| {
            scheme.forms.iter().any(|form| {
                let parts = form.parts.iter().filter_map(|it| it.part.as_ref());
                parts
                    .clone()
                    .any(|it| *it == v1::signed_part::Part::Header(name.clone()))
            })
        };
        let unsigned = dedup.places.iter().any(|it| match &it.place {
            Some(v1::place::Place::Header(name)) => !signs(name),
            _ => false,
        });
        let window_ms = dedup.body_window_ms.unwrap_or_default();
        let fresh_ms = preset
            .tolerance_ms()
            .map_or(7 * 24 * 3_600_000, |it| 2 * it);
        assert!(!unsigned || window_ms >= fresh_ms, "{}", preset.name);
    }
}
