//! Calls on the names of files and directories.

use std::ffi::{OsStr, OsString};

use fuser::{Errno, FileAttr, FileType};

use super::{Disk, Kind, New, Node};
use crate::contents::Contents;
use crate::tree::{Ino, ROOT};

/// What a rename does when its target is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    Replace,
    Refuse,
}

impl Disk {
    pub(crate) fn lookup(&self, dir: Ino, name: &OsStr) -> Result<FileAttr, Errno> {
        self.attr(self.find(dir, name)?)
    }

    /// The entries of a directory, `.` and `..` first.
    pub(crate) fn list(&self, dir: Ino) -> Result<Vec<(Ino, FileType, OsString)>, Errno> {
        let dots = [".", ".."].map(|name| (ROOT, FileType::Directory, name.into()));
        let mut entries = Vec::from(dots);
        for (name, ino) in self.tree.list(dir) {
            let kind = match self.node(ino)?.kind {
                Kind::File(_) => FileType::RegularFile,
                Kind::Directory => FileType::Directory,
            };
            entries.push((ino, kind, name.to_owned()));
        }
        Ok(entries)
    }

    pub(crate) fn create(&mut self, dir: Ino, name: &OsStr, new: &New) -> Result<FileAttr, Errno> {
        let ino = self.add(dir, name, Kind::File(Contents::default()), new)?;
        self.tree.create(dir, name, ino);
        self.attr(ino)
    }

    pub(crate) fn make_directory(
        &mut self,
        dir: Ino,
        name: &OsStr,
        new: &New,
    ) -> Result<FileAttr, Errno> {
        let ino = self.add(dir, name, Kind::Directory, new)?;
        self.tree.make_directory(dir, name, ino);
        self.attr(ino)
    }

    pub(crate) fn link(&mut self, ino: Ino, dir: Ino, name: &OsStr) -> Result<FileAttr, Errno> {
        self.node(ino)?.contents().map_err(|_| Errno::EPERM)?;
        self.free(dir, name)?;
        self.tree.link(dir, name, ino);
        self.attr(ino)
    }

    pub(crate) fn unlink(&mut self, dir: Ino, name: &OsStr) -> Result<(), Errno> {
        self.node(self.find(dir, name)?)?.contents()?;
        self.tree.unlink(dir, name);
        Ok(())
    }

    pub(crate) fn remove_directory(&mut self, dir: Ino, name: &OsStr) -> Result<(), Errno> {
        let ino = self.find(dir, name)?;
        self.empty_directory(ino)?;
        self.tree.remove_directory(dir, name, ino);
        Ok(())
    }

    pub(crate) fn rename(
        &mut self,
        from: (Ino, &OsStr),
        to: (Ino, &OsStr),
        taken: Taken,
    ) -> Result<(), Errno> {
        let ino = self.find(from.0, from.1)?;
        let is_directory = self.node(ino)?.is_directory();
        match self.find(to.0, to.1) {
            Ok(_) if taken == Taken::Refuse => return Err(Errno::EEXIST),
            Ok(target) if target == ino => return Ok(()),
            Ok(target) if is_directory => self.empty_directory(target)?,
            Ok(target) => drop(self.node(target)?.contents()?),
            Err(_) => self.free(to.0, to.1)?,
        }
        if is_directory {
            self.tree.move_directory(ino, from, to);
        } else {
            self.tree.rename(ino, from, to);
        }
        Ok(())
    }

    fn add(&mut self, dir: Ino, name: &OsStr, kind: Kind, new: &New) -> Result<Ino, Errno> {
        self.free(dir, name)?;
        self.last += 1;
        self.nodes.insert(self.last, Node::new(kind, new));
        Ok(self.last)
    }

    fn find(&self, dir: Ino, name: &OsStr) -> Result<Ino, Errno> {
        self.tree.find(dir, name).ok_or(Errno::ENOENT)
    }

    /// `dir` is a directory without this name.
    fn free(&self, dir: Ino, name: &OsStr) -> Result<(), Errno> {
        if !self.node(dir)?.is_directory() {
            return Err(Errno::ENOTDIR);
        }
        self.tree
            .find(dir, name)
            .map_or(Ok(()), |_| Err(Errno::EEXIST))
    }

    fn empty_directory(&self, ino: Ino) -> Result<(), Errno> {
        if !self.node(ino)?.is_directory() {
            return Err(Errno::ENOTDIR);
        }
        self.tree
            .list(ino)
            .next()
            .map_or(Ok(()), |_| Err(Errno::ENOTEMPTY))
    }
}
