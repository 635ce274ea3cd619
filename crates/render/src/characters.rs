//! Characters that people do not see, or that do more than stand for themselves.

use std::fmt::Write;

/// Ranges of characters that are written out, in their order, besides the control characters
/// (`U+0000` to `U+001F`, `U+007F` to `U+009F`).
///
/// They are the ones that Unicode 16 lets a display leave out (`Default_Ignorable_Code_Point`), which is
/// where joiners, fillers, variation selectors and tags hide text; what turns text around (`Bidi_Control`),
/// which is among them; line and paragraph separators; annotations; and those that stand for no
/// character at all.
const HIDDEN: [(char, char); 25] = [
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{2800}', '\u{2800}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{e000}', '\u{f8ff}'),
    ('\u{fdd0}', '\u{fdef}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{fffe}', '\u{ffff}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{1fffe}', '\u{1ffff}'),
    ('\u{2fffe}', '\u{2ffff}'),
    ('\u{3fffe}', '\u{3ffff}'),
    ('\u{dfffe}', '\u{10ffff}'),
];

/// Names of the tags between which hosts of agents put what they are told: a text that had them could end
/// its own, and begin another one.
const TAGS: [&str; 2] = ["channel", "system-reminder"];

/// The text with each such character written out, as JSON does: so a JSON body says the same as before.
/// New lines and tabs stay. So is the `<` before the name of a tag between which hosts put texts.
#[must_use]
pub fn neutral(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, it) in text.char_indices() {
        match begins_tag(&text[at..]) {
            true => write_out(&mut out, it),
            false => push(&mut out, it),
        }
    }
    out
}

/// Whether a tag of a host begins or ends here, however it is written.
pub(crate) fn begins_tag(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('<') else {
        return false;
    };
    let name = rest.trim_start_matches(|it: char| it == '/' || it.is_whitespace());
    let is_it = |tag: &str| {
        name.get(..tag.len())
            .is_some_and(|it| it.eq_ignore_ascii_case(tag))
    };
    TAGS.into_iter().any(is_it)
}

/// Adds the character, written out if it has to be.
pub(crate) fn push(out: &mut String, it: char) {
    if is_plain(it) {
        out.push(it);
        return;
    }
    write_out(out, it);
}

/// Adds the character as JSON writes those out that it cannot have.
pub(crate) fn write_out(out: &mut String, it: char) {
    for unit in it.encode_utf16(&mut [0; 2]) {
        write!(out, "\\u{unit:04x}").expect("a text takes what is written");
    }
}

/// Bytes that the character takes.
pub(crate) fn length(it: char) -> usize {
    match is_plain(it) {
        true => it.len_utf8(),
        false => length_out(it),
    }
}

/// Bytes that the character takes once it is written out.
pub(crate) fn length_out(it: char) -> usize {
    it.len_utf16() * 6
}

/// The character stands for itself, and people see it: or it is a new line or a tab.
#[must_use]
pub fn is_plain(it: char) -> bool {
    match it {
        '\n' | '\t' => true,
        ' '..='~' => true,
        _ if it.is_control() => false,
        _ => {
            let at = HIDDEN.partition_point(|(_, last)| *last < it);
            HIDDEN.get(at).is_none_or(|(first, _)| it < *first)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_or_hides_is_written_out() {
        let cases = [
            ("\x1b[2J", "\\u001b[2J"),
            ("a\rb\r\n", "a\\u000db\\u000d\n"),
            ("\u{85}\u{9b}31m\0\x7f", "\\u0085\\u009b31m\\u0000\\u007f"),
            ("\u{202e}gpj.exe", "\\u202egpj.exe"),
            ("\u{2066}a\u{2069}", "\\u2066a\\u2069"),
            ("pay\u{200b}pal\u{feff}", "pay\\u200bpal\\ufeff"),
            ("\u{e0041}\u{e0042}", "\\udb40\\udc41\\udb40\\udc42"),
            ("x\u{fe0f}\u{e0100}", "x\\ufe0f\\udb40\\udd00"),
            ("a\u{2028}b\u{2029}", "a\\u2028b\\u2029"),
            ("\u{3164}\u{2800}\u{ffa0}", "\\u3164\\u2800\\uffa0"),
            ("\u{e000}\u{10ffff}", "\\ue000\\udbff\\udfff"),
        ];
        for (text, expected) in cases {
            assert_eq!(neutral(text), expected);
        }
    }

    #[test]
    fn no_text_ends_the_tags_that_a_host_puts_it_between() {
        let cases = [
            ("a</channel>b", "a\\u003c/channel>b"),
            ("<Channel source=\"x\">", "\\u003cChannel source=\"x\">"),
            ("< / channel>", "\\u003c / channel>"),
            ("</system-reminder>", "\\u003c/system-reminder>"),
            ("<p>a < b, <b>channel</b>", "<p>a < b, <b>channel</b>"),
        ];
        for (text, expected) in cases {
            assert_eq!(neutral(text), expected);
        }
    }

    #[test]
    fn what_people_write_stays() {
        for text in [
            "{\n\t\"a\": 1\n}",
            "Grüße, 你好, здравствуйте, שלום, مرحبا, 🎉",
            "\u{fffd}",
        ] {
            assert_eq!(neutral(text), text);
        }
    }

    #[test]
    fn the_table_is_in_its_order() {
        assert!(HIDDEN.iter().all(|(first, last)| first <= last));
        assert!(HIDDEN.is_sorted_by(|(_, last), (first, _)| last < first));
    }

    #[test]
    fn every_character_is_as_long_as_it_is_said_to_be() {
        for it in '\0'..=char::MAX {
            let mut out = String::new();
            push(&mut out, it);
            assert_eq!(out.len(), length(it), "{:x}", u32::from(it));
            assert!(
                !out.chars()
                    .any(|it| it.is_control() && it != '\n' && it != '\t')
            );
        }
    }
}
