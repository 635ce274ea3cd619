//! Names that a case asks for: of what the victim has, and of what never was.

/// A mark in all that the victim says.
pub(crate) const CANARY: &str = "canary";

/// How ids begin.
const KINDS: [&str; 9] = [
    "evt_", "tok_", "cron_", "src_", "job_", "ses_", "que_", "apr_", "team_",
];

/// What `{NAME}` in a case stands for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names(Vec<Name>);

#[derive(Debug, Clone)]
struct Name {
    /// With its braces.
    place: String,
    theirs: String,
    nobodys: String,
}

/// Whose things are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    Theirs,
    Nobodys,
}

impl Names {
    /// `{name}` stands for this, or for what never was.
    pub(crate) fn add(&mut self, name: &str, theirs: &str, nobodys: &str) {
        assert_ne!(theirs, nobodys, "{name}");
        assert!(!theirs.is_empty(), "{name}");
        self.0.push(Name {
            place: format!("{{{name}}}"),
            theirs: theirs.to_owned(),
            nobodys: nobodys.to_owned(),
        });
    }

    /// The same of an id, of which nobody has one with other digits.
    pub(crate) fn add_id(&mut self, name: &str, theirs: &str) {
        let (kind, rest) = theirs.split_once('_').expect("an id");
        let nobodys = match kind {
            // So many milliseconds, and a draw that nobody makes.
            "evt" => format!("evt_{}{}", &rest[..10], "0".repeat(rest.len() - 10)),
            _ => format!("{kind}_987654321"),
        };
        self.add(name, theirs, &nobodys);
    }

    /// What the place of a name stands for.
    pub(crate) fn theirs(&self, name: &str) -> &str {
        let place = format!("{{{name}}}");
        let found = self.0.iter().find(|it| it.place == place);
        &found.expect("it was added").theirs
    }

    /// Whether a case names anything.
    pub(crate) fn is_asked_by(&self, case: &str) -> bool {
        self.0.iter().any(|it| case.contains(&it.place))
    }

    /// A case with its names.
    pub(crate) fn fill(&self, case: &str, whose: Whose) -> String {
        self.0.iter().fold(case.to_owned(), |text, it| {
            let named = match whose {
                Whose::Theirs => &it.theirs,
                Whose::Nobodys => &it.nobodys,
            };
            text.replace(&it.place, named)
        })
    }

    /// What was answered, with places for the names that the case has asked for.
    pub(crate) fn forget_asked(&self, case: &str, whose: Whose, answer: &str) -> String {
        let mut asked: Vec<_> = self
            .0
            .iter()
            .filter(|it| case.contains(&it.place))
            .collect();
        // A name may begin as another one does.
        asked.sort_by_key(|it| std::cmp::Reverse(it.theirs.len()));
        asked.into_iter().fold(answer.to_owned(), |text, it| {
            let named = match whose {
                Whose::Theirs => &it.theirs,
                Whose::Nobodys => &it.nobodys,
            };
            replace_word(&text, named, &it.place)
        })
    }

    /// A word of an answer; but an id of the caller's own, which is a new one at each call, as its kind.
    pub(crate) fn lasting_word(&self, word: &str) -> String {
        let start = KINDS.iter().find_map(|it| Some((word.find(it)?, *it)));
        let Some((at, kind)) = start else {
            return word.to_owned();
        };
        let (before, rest) = (&word[..at], &word[at + kind.len()..]);
        let end = rest.find(|it: char| !it.is_ascii_alphanumeric());
        let (digits, behind) = rest.split_at(end.unwrap_or(rest.len()));
        let id = format!("{kind}{digits}");
        match self.0.iter().any(|it| it.theirs == id || it.nobodys == id) {
            true => word.to_owned(),
            false => format!("{before}{kind}…{behind}"),
        }
    }

    /// What of the victim's stands in a text.
    pub(crate) fn leaked(&self, text: &str) -> Option<&str> {
        if text.contains(CANARY) {
            return Some(CANARY);
        }
        let named = self.0.iter().map(|it| it.theirs.as_str());
        named
            .filter(|it| it.contains('_'))
            .find(|it| replace_word(text, it, "") != text)
    }
}

/// Replaces a name where it is not a part of a longer one: `tok_1` is none of `tok_12`.
fn replace_word(text: &str, word: &str, by: &str) -> String {
    let (mut replaced, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(word) {
        let (before, found) = rest.split_at(at);
        let behind = &found[word.len()..];
        let goes_on = behind.starts_with(|it: char| it.is_ascii_alphanumeric());
        replaced += before;
        replaced += if goes_on { word } else { by };
        rest = behind;
    }
    replaced + rest
}

#[test]
fn a_name_is_found_as_a_whole_word() {
    let mut names = Names::default();
    names.add_id("token", "tok_1");
    assert_eq!(names.leaked("tok_12 and xtok_2"), None);
    assert_eq!(names.leaked("it is tok_1."), Some("tok_1"));
    assert_eq!(names.leaked("a canary sings"), Some(CANARY));
    let said = names.forget_asked("{token}", Whose::Theirs, "no tok_1, but tok_12");
    assert_eq!(said, "no {token}, but tok_12");
    assert_eq!(names.fill("<{token}>", Whose::Nobodys), "<tok_987654321>");
    assert_eq!(names.lasting_word("(tok_1)."), "(tok_1).");
    assert_eq!(names.lasting_word("(tok_2)."), "(tok_…).");
}
