//! One line of a script: a verb, names, and `key=value` arguments.

use std::collections::BTreeMap;

use ackord_core::time::Millis;

/// What is left of a line: whoever understands a word takes it out.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    whole: String,
    pub(crate) names: Vec<String>,
    args: BTreeMap<String, String>,
    pub(crate) quoted: Option<String>,
}

impl Line {
    /// Reads a line; a range of names in it makes one line for each.
    pub(crate) fn read(whole: &str) -> Vec<Self> {
        let range = words(whole)
            .into_iter()
            .find(|it| it.contains("..") && !it.contains(['=', '"']));
        match range {
            None => vec![Self::one(whole)],
            Some(range) => expand(&range)
                .iter()
                .map(|it| Self::one(&whole.replacen(&range, it, 1)))
                .collect(),
        }
    }

    fn one(whole: &str) -> Self {
        let mut line = Self {
            whole: whole.to_owned(),
            names: vec![],
            args: BTreeMap::new(),
            quoted: None,
        };
        for word in words(whole) {
            if let Some(text) = word.strip_prefix('"') {
                line.quoted = Some(text.trim_end_matches('"').to_owned());
            } else if let Some((key, value)) = word.split_once('=') {
                let value = value.trim_matches('"').to_owned();
                line.args.insert(key.to_owned(), value);
            } else {
                line.names.push(word);
            }
        }
        line
    }

    /// The next name; there must be one.
    pub(crate) fn name(&mut self) -> String {
        assert!(!self.names.is_empty(), "a name is missing: {}", self.whole);
        self.names.remove(0)
    }

    /// Whether this word is there.
    pub(crate) fn flag(&mut self, word: &str) -> bool {
        let before = self.names.len();
        self.names.retain(|it| it != word);
        self.names.len() < before
    }

    pub(crate) fn arg(&mut self, key: &str) -> Option<String> {
        self.args.remove(key)
    }

    pub(crate) fn number(&mut self, key: &str) -> Option<u64> {
        let text = self.arg(key)?;
        let number = text.parse();
        Some(number.unwrap_or_else(|_| panic!("{key}={text} is no number: {}", self.whole)))
    }

    pub(crate) fn span(&mut self, key: &str) -> Option<Millis> {
        self.arg(key).map(|it| span(&it))
    }

    /// All words were understood.
    pub(crate) fn end(self) {
        let all = self.names.is_empty() && self.args.is_empty() && self.quoted.is_none();
        assert!(all, "not understood: {self:?}");
    }
}

/// Splits at spaces, but not inside of quotes.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut inside = false;
    for it in line.chars() {
        inside ^= it == '"';
        if it == ' ' && !inside {
            words.push(String::new());
        } else {
            words.last_mut().expect("there is one").push(it);
        }
    }
    words.retain(|it| !it.is_empty());
    words
}

/// `p1..p3/2` is `p1/2`, `p2/2` and `p3/2`.
fn expand(range: &str) -> Vec<String> {
    let (range, rest) = match range.find('/') {
        Some(at) => range.split_at(at),
        None => (range, ""),
    };
    let (from, to) = range.split_once("..").expect("it is a range");
    let stem = from.trim_end_matches(|it: char| it.is_ascii_digit());
    let number = |it: &str| -> u32 {
        let digits = it.strip_prefix(stem).expect("both ends have one stem");
        digits.parse().expect("a range goes from number to number")
    };
    (number(from)..=number(to))
        .map(|it| format!("{stem}{it}{rest}"))
        .collect()
}

/// `1h`, `10m`, `1m30s`, `250ms`.
pub(crate) fn span(text: &str) -> Millis {
    let mut rest = text;
    let mut sum = 0;
    while !rest.is_empty() {
        let digits = rest.find(|it: char| !it.is_ascii_digit());
        let (number, tail) = rest.split_at(digits.expect("a span ends with its unit"));
        let letters = tail.find(|it: char| it.is_ascii_digit());
        let (unit, tail) = tail.split_at(letters.unwrap_or(tail.len()));
        let unit = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => panic!("{text} is no span"),
        };
        sum += unit * number.parse::<u64>().expect("a number before the unit");
        rest = tail;
    }
    Millis(sum)
}
