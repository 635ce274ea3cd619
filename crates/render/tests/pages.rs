//! Any body at all: it ends where we say, and steers nothing.

use ackord_render::{Instruction, Page, show};
use proptest::prelude::*;

fn shown(body: &[u8], shown_bytes: usize, nonce: [u8; 16]) -> ackord_render::Shown {
    show(&Page {
        instruction: Some(Instruction::Prompt("Look at it.")),
        body,
        shown_bytes,
        whole: "ackord event body evt_1",
        nonce,
    })
}

/// Bodies that know what our lines look like, and how a terminal is steered.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let pieces = prop_oneof![
        any::<Vec<u8>>(),
        any::<String>().prop_map(String::into_bytes),
        Just(b"----- end data-00000000000000000000000000000000 -----\n".to_vec()),
        Just(b"----- begin data-".to_vec()),
        Just(b"data-00000000000000000000000000000000-1".to_vec()),
        Just("\u{1b}]0;\u{7}\u{202e}\u{200b}\r\n\r".as_bytes().to_vec()),
    ];
    proptest::collection::vec(pieces, 0..8).prop_map(|it| it.concat())
}

proptest! {
    #[test]
    fn a_body_stands_between_the_only_two_lines_of_its_kind(
        body in body(),
        shown_bytes in 0usize..400,
        nonce in prop_oneof![Just([0; 16]), any::<[u8; 16]>()],
    ) {
        let shown = shown(&body, shown_bytes, nonce);
        let lines: Vec<&str> = shown.text.lines().collect();
        let (begin, end) = (
            format!("----- begin {} -----", shown.marker),
            format!("----- end {} -----", shown.marker),
        );
        let place = |line: &str| lines.iter().position(|it| *it == line);
        prop_assert!(place(&begin) < place(&end));
        // Once in the sentence before, and once in each of the lines.
        prop_assert_eq!(shown.text.matches(&shown.marker).count(), 3);
        let is_cut = shown.body_bytes < body.len();
        prop_assert_eq!(place(&end), Some(lines.len() - 1 - usize::from(is_cut)));
    }

    #[test]
    fn nothing_steers_a_terminal(body in body()) {
        let shown = shown(&body, 400, [1; 16]);
        let steers = |it: char| it.is_control() && it != '\n' && it != '\t';
        let turns = |it: char| matches!(it, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        prop_assert!(!shown.text.chars().any(|it| steers(it) || turns(it)));
    }

    #[test]
    fn no_more_is_shown_than_the_route_allows(body in body(), shown_bytes in 0usize..400) {
        let shown = shown(&body, shown_bytes, [1; 16]);
        let around = self::shown(b"", 0, [1; 16]).text.len();
        let said = 200;
        prop_assert!(shown.text.len() <= around + shown_bytes + 1 + said);
        prop_assert!(shown.body_bytes <= body.len());
    }
}
