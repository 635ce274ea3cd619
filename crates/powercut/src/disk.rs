//! The whole disk: inodes, their bytes and names.

mod bytes;
mod names;

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use fuser::{Errno, FileAttr, FileType, INodeNo};

use crate::contents::Contents;
use crate::cut::{CutMode, Dice, Lost};
use crate::fault::{FailWhat, Faults};
use crate::tree::{Ino, ROOT, Tree};

pub(crate) use bytes::Allocate;
pub(crate) use names::Taken;

const BLOCK: u32 = 4096;

/// Calls that reached the disk since it was mounted, failed ones included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Writes of file data.
    pub writes: u64,
    /// Bytes of those writes.
    pub bytes: u64,
    /// `fsync` and `fdatasync` of files.
    pub fsyncs: u64,
    /// `fsync` of directories.
    pub directory_fsyncs: u64,
    /// Faults that have struck.
    pub faults: u64,
}

#[derive(Debug)]
pub(crate) struct Disk {
    pub(crate) faults: Faults,
    pub(crate) counters: Counters,
    /// Bytes that all files may have together.
    pub(crate) quota: Option<u64>,
    /// How long each sync of a file takes.
    pub(crate) sync_takes: Duration,
    /// Times that the power went. A server from before the last time is dead.
    pub(crate) cuts: u64,
    nodes: BTreeMap<Ino, Node>,
    tree: Tree,
    last: Ino,
}

/// One inode. What is here apart from the contents is never lost: nothing under test rests on it.
#[derive(Debug)]
struct Node {
    kind: Kind,
    perm: u16,
    uid: u32,
    gid: u32,
    modified: SystemTime,
    /// Open file handles, which keep an inode without a name alive.
    opens: u64,
}

/// Attributes of a new inode.
#[derive(Debug)]
pub(crate) struct New {
    pub(crate) perm: u16,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

/// Attributes to set; what is absent stays.
#[derive(Debug, Default)]
pub(crate) struct Change {
    pub(crate) size: Option<u64>,
    pub(crate) perm: Option<u16>,
    pub(crate) uid: Option<u32>,
    pub(crate) gid: Option<u32>,
    pub(crate) modified: Option<SystemTime>,
}

#[derive(Debug)]
enum Kind {
    File(Contents),
    Directory,
}

impl Disk {
    pub(crate) fn new(quota: Option<u64>) -> Self {
        let root = Node::new(
            Kind::Directory,
            &New {
                perm: 0o755,
                uid: 0,
                gid: 0,
            },
        );
        Self {
            faults: Faults::default(),
            counters: Counters::default(),
            quota,
            sync_takes: Duration::ZERO,
            cuts: 0,
            nodes: BTreeMap::from([(ROOT, root)]),
            tree: Tree::default(),
            last: ROOT,
        }
    }

    /// The power goes: pending state is lost, and the server so far is dead.
    pub(crate) fn cut(&mut self, mode: CutMode) -> Lost {
        self.cuts += 1;
        let mut dice = match mode {
            CutMode::Drop => None,
            CutMode::Tear(seed) => Some(Dice::new(seed)),
        };
        let mut lost = self.tree.cut(dice.as_mut());
        for node in self.nodes.values_mut() {
            node.opens = 0;
            if let Kind::File(contents) = &mut node.kind {
                lost += contents.cut(dice.as_mut());
            }
        }
        self.sweep();
        lost
    }

    pub(crate) fn attr(&self, ino: Ino) -> Result<FileAttr, Errno> {
        let node = self.node(ino)?;
        let (kind, size, names) = match &node.kind {
            Kind::File(contents) => (
                FileType::RegularFile,
                contents.len() as u64,
                self.tree.links(ino),
            ),
            Kind::Directory => (FileType::Directory, 0, 2),
        };
        Ok(FileAttr {
            ino: INodeNo(ino),
            size,
            blocks: size.div_ceil(512),
            atime: node.modified,
            mtime: node.modified,
            ctime: node.modified,
            crtime: node.modified,
            kind,
            perm: node.perm,
            nlink: u32::try_from(names).map_err(|_| Errno::EMLINK)?,
            uid: node.uid,
            gid: node.gid,
            rdev: 0,
            blksize: BLOCK,
            flags: 0,
        })
    }

    pub(crate) fn change(&mut self, ino: Ino, change: &Change) -> Result<FileAttr, Errno> {
        if let Some(size) = change.size {
            self.resize(ino, size)?;
        }
        let node = self.node_mut(ino)?;
        node.perm = change.perm.unwrap_or(node.perm);
        node.uid = change.uid.unwrap_or(node.uid);
        node.gid = change.gid.unwrap_or(node.gid);
        node.modified = change.modified.unwrap_or(node.modified);
        self.attr(ino)
    }

    /// Blocks in all and blocks free, as `statfs` has them.
    pub(crate) fn blocks(&self) -> (u64, u64) {
        const UNLIMITED: u64 = 1 << 40;
        let total = self.quota.unwrap_or(UNLIMITED);
        let free = total.saturating_sub(self.used());
        (total / u64::from(BLOCK), free / u64::from(BLOCK))
    }

    pub(crate) fn used(&self) -> u64 {
        let sizes = self.nodes.iter().map(|(ino, node)| match &node.kind {
            Kind::File(contents) if node.opens > 0 || self.tree.links(*ino) > 0 => contents.len(),
            Kind::File(_) | Kind::Directory => 0,
        });
        sizes.sum::<usize>() as u64
    }

    /// Forgets the inodes that nothing leads to any more.
    fn sweep(&mut self) {
        let named = self.tree.named();
        self.nodes
            .retain(|ino, node| node.opens > 0 || named.contains(ino));
    }

    fn strike(&mut self, what: FailWhat, ino: Ino) -> Result<(), Errno> {
        let struck = self.faults.strike(what, || self.tree.path(ino));
        self.counters.faults += u64::from(struck.is_err());
        struck
    }

    fn node(&self, ino: Ino) -> Result<&Node, Errno> {
        self.nodes.get(&ino).ok_or(Errno::ENOENT)
    }

    fn node_mut(&mut self, ino: Ino) -> Result<&mut Node, Errno> {
        self.nodes.get_mut(&ino).ok_or(Errno::ENOENT)
    }
}

impl Node {
    fn new(kind: Kind, new: &New) -> Self {
        let New { perm, uid, gid } = *new;
        Self {
            kind,
            perm,
            uid,
            gid,
            modified: SystemTime::now(),
            opens: 0,
        }
    }

    fn is_directory(&self) -> bool {
        matches!(self.kind, Kind::Directory)
    }

    fn contents(&self) -> Result<&Contents, Errno> {
        match &self.kind {
            Kind::File(contents) => Ok(contents),
            Kind::Directory => Err(Errno::EISDIR),
        }
    }

    fn contents_mut(&mut self) -> Result<&mut Contents, Errno> {
        match &mut self.kind {
            Kind::File(contents) => Ok(contents),
            Kind::Directory => Err(Errno::EISDIR),
        }
    }
}
