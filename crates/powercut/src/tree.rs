//! The names of files, twice: as programs see them, and as a power loss would leave them.
//!
//! The tree is one flat map from (directory, name) to inode. An edit goes to the current map at
//! once and waits in one journal, in order. A sync of a directory makes every edit that touches it
//! durable, and with each edit the earlier ones of all directories which that one touches: each
//! directory always shows a prefix of its own edits, and a rename between two is whole or not
//! there. See the crate's page for why this is the model.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};

use crate::cut::{Dice, Lost};

pub(crate) type Ino = u64;
pub(crate) const ROOT: Ino = 1;

/// Touched by each move of a directory, as if it were one: moves survive in their order. Without
/// that, of two moves the later alone could put a directory inside itself.
const SHAPE: Ino = 0;

type Place = (Ino, OsString);
type Entries = BTreeMap<Place, Ino>;

#[derive(Debug, Default)]
pub(crate) struct Tree {
    current: Entries,
    durable: Entries,
    journal: Vec<Edit>,
}

/// What one system call does to the tree: all of it or nothing.
#[derive(Debug)]
struct Edit {
    sets: Vec<(Place, Option<Ino>)>,
    /// The directories that this edit belongs to: those of its places, and those that it makes,
    /// moves or removes.
    touched: BTreeSet<Ino>,
    /// The inode that got its first name here.
    born: Option<Ino>,
}

impl Tree {
    pub(crate) fn find(&self, dir: Ino, name: &OsStr) -> Option<Ino> {
        self.current.get(&(dir, name.to_owned())).copied()
    }

    pub(crate) fn list(&self, dir: Ino) -> impl Iterator<Item = (&OsStr, Ino)> {
        let places = (dir, OsString::new())..(dir + 1, OsString::new());
        self.current
            .range(places)
            .map(|((_, name), ino)| (name.as_os_str(), *ino))
    }

    /// Names that lead to `ino`.
    pub(crate) fn links(&self, ino: Ino) -> usize {
        self.current.values().filter(|named| **named == ino).count()
    }

    /// Where `ino` is, from the root; empty if it has no name any more.
    pub(crate) fn path(&self, ino: Ino) -> String {
        match self.current.iter().find(|(_, named)| **named == ino) {
            Some(((dir, name), _)) => format!("{}/{}", self.path(*dir), name.display()),
            None => String::new(),
        }
    }

    /// The inodes that a name leads to now, or may lead to after a cut.
    pub(crate) fn named(&self) -> BTreeSet<Ino> {
        let journal = self
            .journal
            .iter()
            .flat_map(|edit| &edit.sets)
            .filter_map(|set| set.1);
        let entries = self.current.values().chain(self.durable.values()).copied();
        entries.chain(journal).chain([ROOT]).collect()
    }

    /// Names the new file `ino`.
    pub(crate) fn create(&mut self, dir: Ino, name: &OsStr, ino: Ino) {
        self.edit([(dir, name, Some(ino))], &[], Some(ino));
    }

    /// Names the new directory `ino`.
    pub(crate) fn make_directory(&mut self, dir: Ino, name: &OsStr, ino: Ino) {
        self.edit([(dir, name, Some(ino))], &[ino], Some(ino));
    }

    /// Names the file `ino` once more.
    pub(crate) fn link(&mut self, dir: Ino, name: &OsStr, ino: Ino) {
        self.edit([(dir, name, Some(ino))], &[], None);
    }

    pub(crate) fn unlink(&mut self, dir: Ino, name: &OsStr) {
        self.edit([(dir, name, None)], &[], None);
    }

    /// Removes the empty directory `ino`.
    pub(crate) fn remove_directory(&mut self, dir: Ino, name: &OsStr, ino: Ino) {
        self.edit([(dir, name, None)], &[ino], None);
    }

    /// Moves the file `ino` over whatever is at `to`.
    pub(crate) fn rename(&mut self, ino: Ino, from: (Ino, &OsStr), to: (Ino, &OsStr)) {
        self.edit([(from.0, from.1, None), (to.0, to.1, Some(ino))], &[], None);
    }

    /// Moves the directory `ino` over the empty directory at `to`, if there is one.
    pub(crate) fn move_directory(&mut self, ino: Ino, from: (Ino, &OsStr), to: (Ino, &OsStr)) {
        let replaced = self.find(to.0, to.1).unwrap_or(ino);
        let sets = [(from.0, from.1, None), (to.0, to.1, Some(ino))];
        self.edit(sets, &[ino, replaced, SHAPE], None);
    }

    /// Makes every edit of `dir` durable, the one that made it included.
    pub(crate) fn sync_directory(&mut self, dir: Ino) {
        self.commit(self.journal.len(), BTreeSet::from([dir]));
    }

    /// Makes the first name of `ino` durable, and what came before it in that directory.
    pub(crate) fn sync_birth(&mut self, ino: Ino) {
        let birth = self.journal.iter().position(|edit| edit.born == Some(ino));
        if let Some(at) = birth {
            self.commit(at + 1, self.journal[at].touched.clone());
        }
    }

    /// Power loss: all pending edits are gone, or with `dice` all but a prefix in each directory.
    pub(crate) fn cut(&mut self, dice: Option<&mut Dice>) -> Lost {
        let mut lost = Lost::default();
        let journal = std::mem::take(&mut self.journal);
        let mut left = dice.map_or_else(BTreeMap::new, |dice| survivors(&journal, dice));
        for edit in journal {
            let survives = edit
                .touched
                .iter()
                .all(|dir| left.get(dir).is_some_and(|n| *n > 0));
            for dir in &edit.touched {
                let n = left.entry(*dir).or_default();
                *n = if survives { *n - 1 } else { 0 };
            }
            if survives {
                edit.apply(&mut self.durable);
            } else {
                lost.names += 1;
            }
        }
        self.current.clone_from(&self.durable);
        lost
    }

    fn edit<const N: usize>(
        &mut self,
        sets: [(Ino, &OsStr, Option<Ino>); N],
        directories: &[Ino],
        born: Option<Ino>,
    ) {
        let touched = sets
            .iter()
            .map(|set| set.0)
            .chain(directories.iter().copied())
            .collect();
        let sets = sets
            .map(|(dir, name, ino)| ((dir, name.to_owned()), ino))
            .into();
        let edit = Edit {
            sets,
            touched,
            born,
        };
        edit.apply(&mut self.current);
        self.journal.push(edit);
    }

    /// Makes those of the first `end` edits durable that touch one of `dirs`, and what they rest
    /// on.
    fn commit(&mut self, end: usize, mut dirs: BTreeSet<Ino>) {
        let mut chosen = vec![false; self.journal.len()];
        for (edit, chosen) in self.journal[..end].iter().zip(&mut chosen).rev() {
            if !edit.touched.is_disjoint(&dirs) {
                dirs.extend(&edit.touched);
                *chosen = true;
            }
        }
        let mut chosen = chosen.into_iter();
        self.journal.retain(|edit| {
            let commit = chosen.next() == Some(true);
            if commit {
                edit.apply(&mut self.durable);
            }
            !commit
        });
    }
}

impl Edit {
    fn apply(&self, to: &mut Entries) {
        for (place, ino) in &self.sets {
            match ino {
                Some(ino) => to.insert(place.clone(), *ino),
                None => to.remove(place),
            };
        }
    }
}

/// How many pending edits of each directory reach the disk.
fn survivors(journal: &[Edit], dice: &mut Dice) -> BTreeMap<Ino, usize> {
    let mut counts = BTreeMap::new();
    for dir in journal.iter().flat_map(|edit| &edit.touched) {
        *counts.entry(*dir).or_default() += 1;
    }
    counts.values_mut().for_each(|n| *n = dice.up_to(*n));
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> &OsStr {
        OsStr::new(text)
    }

    #[test]
    fn the_sync_of_a_file_takes_its_birth_along_and_not_its_later_names() {
        let mut tree = Tree::default();
        tree.make_directory(ROOT, name("dir"), 2);
        tree.create(2, name("a"), 3);
        tree.rename(3, (2, name("a")), (2, name("b")));
        tree.sync_birth(3);
        assert_eq!(tree.cut(None).names, 1);
        assert_eq!(tree.path(3), "/dir/a");
    }

    #[test]
    fn a_rename_between_directories_is_whole_or_not_there() {
        let mut outcomes = BTreeSet::new();
        for seed in 0..100 {
            let mut tree = Tree::default();
            tree.make_directory(ROOT, name("left"), 2);
            tree.make_directory(ROOT, name("right"), 3);
            tree.create(2, name("x"), 4);
            tree.sync_directory(2);
            tree.create(3, name("before"), 5);
            tree.rename(4, (2, name("x")), (3, name("x")));
            tree.cut(Some(&mut Dice::new(seed)));
            assert_eq!(tree.links(4), 1);
            outcomes.insert((tree.path(4), tree.path(5)));
        }
        let paths = outcomes
            .iter()
            .map(|(x, before)| (x.as_str(), before.as_str()));
        let expected = [
            ("/left/x", ""),
            ("/left/x", "/right/before"),
            ("/right/x", "/right/before"),
        ];
        assert_eq!(paths.collect::<Vec<_>>(), expected);
    }

    /// Random edits, syncs and cuts: what a directory sync covered stands, and the tree that is
    /// left hangs together.
    #[test]
    fn whatever_survives_is_a_tree() {
        for seed in 0..300 {
            let mut dice = Dice::new(seed);
            let mut tree = Tree::default();
            let mut directories = vec![ROOT];
            let mut next = ROOT;
            for _ in 0..60 {
                let dir = directories[dice.up_to(directories.len() - 1)];
                next += 1;
                let new = next.to_string();
                match dice.up_to(4) {
                    0 => tree.create(dir, name(&new), next),
                    1 => {
                        tree.make_directory(dir, name(&new), next);
                        directories.push(next);
                    }
                    2 => move_directory(&mut tree, &directories, dir, &mut dice),
                    3 => tree.sync_birth(dice.up_to(directories.len()) as Ino + ROOT),
                    _ => {
                        tree.sync_directory(dir);
                        let listed: Vec<_> = tree.list(dir).map(|(_, ino)| ino).collect();
                        let durable = tree.durable.iter().filter(|(place, _)| place.0 == dir);
                        assert_eq!(durable.map(|(_, ino)| *ino).collect::<Vec<_>>(), listed);
                    }
                }
            }
            tree.cut(Some(&mut dice));
            for ino in tree.current.values() {
                assert_eq!(tree.links(*ino), 1, "seed {seed}: inode {ino}");
                assert!(is_rooted(&tree, *ino), "seed {seed}: inode {ino}");
            }
        }
    }

    fn move_directory(tree: &mut Tree, directories: &[Ino], to: Ino, dice: &mut Dice) {
        let moved = directories[dice.up_to(directories.len() - 1)];
        let into_itself =
            format!("{}/", tree.path(to)).starts_with(&format!("{}/", tree.path(moved)));
        let place = tree
            .current
            .iter()
            .find(|(_, ino)| **ino == moved)
            .map(|(place, _)| place);
        if let Some((dir, old)) = place.cloned().filter(|_| !into_itself) {
            tree.move_directory(moved, (dir, &old), (to, &old));
        }
    }

    fn is_rooted(tree: &Tree, ino: Ino) -> bool {
        let mut at = ino;
        for _ in 0..tree.current.len() {
            match tree.current.iter().find(|(_, named)| **named == at) {
                Some(((dir, _), _)) if *dir == ROOT => return true,
                Some(((dir, _), _)) => at = *dir,
                None => return false,
            }
        }
        false
    }
}
