//! Pointers into a JSON body, gathered so that one walk finds all of them.

use std::collections::BTreeMap;

use ackord_proto::FieldError;

use crate::fault::rule;

/// Longest pointer, in bytes.
const BYTES_MAX: usize = 256;
/// Longest pointer, in steps.
const STEPS_MAX: usize = 16;
const RULE: &str = "a pointer such as `/pull_request/number` or `pull_request.number`: \
    at most 256 bytes and 16 steps, none of them empty";

/// All that some rule asks a body for.
#[derive(Debug, Default)]
pub(crate) struct Pointers {
    pub(crate) root: Node,
    /// Pointers that differ.
    pub(crate) count: usize,
    /// Some rule asks for the names of the body's members.
    pub(crate) members: bool,
}

/// A value of the body that is asked for, or has values in it that are.
#[derive(Debug, Default)]
pub(crate) struct Node {
    pub(crate) slot: Option<Slot>,
    pub(crate) children: BTreeMap<String, Node>,
}

/// Where the value of a pointer is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot(pub(crate) usize);

impl Pointers {
    /// Asks for what `pointer` names.
    pub(crate) fn ask(&mut self, field: &str, pointer: &str) -> Result<Slot, FieldError> {
        let steps = steps(pointer).ok_or_else(|| rule(field, RULE))?;
        let mut node = &mut self.root;
        for step in steps {
            node = node.children.entry(step).or_default();
        }
        let next = Slot(self.count);
        let slot = *node.slot.get_or_insert(next);
        if slot == next {
            self.count += 1;
        }
        Ok(slot)
    }

    /// Nothing is asked for.
    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0 && !self.members
    }
}

fn steps(pointer: &str) -> Option<Vec<String>> {
    if pointer.len() > BYTES_MAX {
        return None;
    }
    let steps: Option<Vec<String>> = match pointer.strip_prefix('/') {
        Some(rest) => rest.split('/').map(unescaped).collect(),
        None => Some(pointer.split('.').map(str::to_owned).collect()),
    };
    steps.filter(|it| it.len() <= STEPS_MAX && it.iter().all(|step| !step.is_empty()))
}

/// A step of a JSON pointer (RFC 6901): `~1` stands for a slash, `~0` for a tilde.
fn unescaped(step: &str) -> Option<String> {
    let mut text = String::with_capacity(step.len());
    let mut rest = step.chars();
    while let Some(next) = rest.next() {
        text.push(match next {
            '~' => match rest.next()? {
                '0' => '~',
                '1' => '/',
                _ => return None,
            },
            other => other,
        });
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_writing_name_the_same() {
        let mut pointers = Pointers::default();
        let mut ask = |it| pointers.ask("field", it).expect("a pointer");
        assert_eq!(ask("/a/b"), ask("a.b"));
        assert_ne!(ask("/a"), ask("/a/b"));
        assert_ne!(ask("/a.b"), ask("a.b"));
        assert_eq!(ask("/x~1y~0z/0"), ask("x/y~z.0"));
        assert_eq!(pointers.count, 4);
    }

    #[test]
    fn what_is_no_pointer_is_refused() {
        let long = "a".repeat(257);
        let deep = vec!["a"; 17].join(".");
        for wrong in ["", "/", "a..b", ".a", "/a/", "/a~", "/a~2", &long, &deep] {
            assert!(Pointers::default().ask("field", wrong).is_err(), "{wrong}");
        }
    }
}
