//! The kernel's requests, answered from the disk. One per mount; only translation happens here.
//!
//! Entries and attributes are never cached by the kernel, so each path walk comes here and fails
//! while the power is off. Pages are cached for reads and mappings. The writeback cache stays off:
//! a write reaches the disk before the caller hears of it.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use fuser::{
    BsdFileFlags, Errno, FileHandle, FileType, Filesystem, FopenFlags, Generation, INodeNo,
    LockOwner, OpenFlags, RenameFlags, ReplyAttr, ReplyCreate, ReplyData, ReplyDirectory,
    ReplyEmpty, ReplyEntry, ReplyOpen, ReplyStatfs, ReplyWrite, Request, TimeOrNow, WriteFlags,
};
use nix::libc::{FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE};

use crate::disk::{Allocate, Change, Disk, New, Taken};

const UNCACHED: Duration = Duration::ZERO;
const GENERATION: Generation = Generation(0);
const NAME_BYTES_MAX: u32 = 255;
const BLOCK: u32 = 4096;

/// Files need no state of their own for a handle.
const NO_HANDLE: FileHandle = FileHandle(0);

type Listing = Vec<(u64, FileType, OsString)>;

#[derive(Debug)]
pub(crate) struct Server {
    disk: Arc<Mutex<Disk>>,
    /// Power losses that the disk had seen when this server started.
    cuts: u64,
    /// What each open directory showed when it was last read from its start.
    listings: Mutex<BTreeMap<u64, Listing>>,
    handles: AtomicU64,
}

impl Server {
    /// Serves `disk` until the power goes, `cuts` times having gone already.
    pub(crate) fn new(disk: Arc<Mutex<Disk>>, cuts: u64) -> Self {
        Self {
            disk,
            cuts,
            listings: Mutex::default(),
            handles: AtomicU64::default(),
        }
    }

    /// The disk, unless the power went.
    fn disk(&self) -> Result<MutexGuard<'_, Disk>, Errno> {
        let disk = self.disk.lock().map_err(|_| Errno::EIO)?;
        if disk.cuts == self.cuts {
            Ok(disk)
        } else {
            Err(Errno::EIO)
        }
    }

    fn listings(&self) -> Result<MutexGuard<'_, BTreeMap<u64, Listing>>, Errno> {
        self.listings.lock().map_err(|_| Errno::EIO)
    }

    /// Fills `reply` with the entries of `dir` from number `offset`.
    fn list(
        &self,
        dir: INodeNo,
        handle: FileHandle,
        offset: u64,
        reply: &mut ReplyDirectory,
    ) -> Result<(), Errno> {
        let mut listings = self.listings()?;
        let listing = listings.entry(handle.0).or_default();
        if offset == 0 {
            *listing = self.disk()?.list(dir.0)?;
        }
        for ((ino, kind, name), next) in listing.iter().zip(1..) {
            if next > offset && reply.add(INodeNo(*ino), next, *kind, name) {
                break;
            }
        }
        Ok(())
    }
}

impl Filesystem for Server {
    fn lookup(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        match self.disk().and_then(|disk| disk.lookup(parent.0, name)) {
            Ok(attr) => reply.entry(&UNCACHED, &attr, GENERATION),
            Err(error) => reply.error(error),
        }
    }

    fn getattr(&self, _: &Request, ino: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        match self.disk().and_then(|disk| disk.attr(ino.0)) {
            Ok(attr) => reply.attr(&UNCACHED, &attr),
            Err(error) => reply.error(error),
        }
    }

    fn setattr(
        &self,
        _: &Request,
        ino: INodeNo,
        mode: Option<u32>,
        uid: Option<u32>,
        gid: Option<u32>,
        size: Option<u64>,
        _: Option<TimeOrNow>,
        mtime: Option<TimeOrNow>,
        _: Option<SystemTime>,
        _: Option<FileHandle>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        let modified = mtime.map(|time| match time {
            TimeOrNow::SpecificTime(time) => time,
            TimeOrNow::Now => SystemTime::now(),
        });
        let change = Change {
            size,
            perm: mode.map(permissions),
            uid,
            gid,
            modified,
        };
        match self.disk().and_then(|mut disk| disk.change(ino.0, &change)) {
            Ok(attr) => reply.attr(&UNCACHED, &attr),
            Err(error) => reply.error(error),
        }
    }

    fn mkdir(
        &self,
        request: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        umask: u32,
        reply: ReplyEntry,
    ) {
        let new = new(request, mode & !umask);
        match self
            .disk()
            .and_then(|mut disk| disk.make_directory(parent.0, name, &new))
        {
            Ok(attr) => reply.entry(&UNCACHED, &attr, GENERATION),
            Err(error) => reply.error(error),
        }
    }

    fn create(
        &self,
        request: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        umask: u32,
        _: i32,
        reply: ReplyCreate,
    ) {
        let new = new(request, mode & !umask);
        let created = self.disk().and_then(|mut disk| {
            let attr = disk.create(parent.0, name, &new)?;
            disk.open(attr.ino.0).map(|()| attr)
        });
        match created {
            Ok(attr) => reply.created(
                &UNCACHED,
                &attr,
                GENERATION,
                NO_HANDLE,
                FopenFlags::FOPEN_KEEP_CACHE,
            ),
            Err(error) => reply.error(error),
        }
    }

    fn link(&self, _: &Request, ino: INodeNo, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        match self
            .disk()
            .and_then(|mut disk| disk.link(ino.0, parent.0, name))
        {
            Ok(attr) => reply.entry(&UNCACHED, &attr, GENERATION),
            Err(error) => reply.error(error),
        }
    }

    fn unlink(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        answer(
            reply,
            self.disk().and_then(|mut disk| disk.unlink(parent.0, name)),
        );
    }

    fn rmdir(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        answer(
            reply,
            self.disk()
                .and_then(|mut disk| disk.remove_directory(parent.0, name)),
        );
    }

    fn rename(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        newparent: INodeNo,
        newname: &OsStr,
        flags: RenameFlags,
        reply: ReplyEmpty,
    ) {
        let taken = match flags {
            flags if flags.is_empty() => Ok(Taken::Replace),
            RenameFlags::RENAME_NOREPLACE => Ok(Taken::Refuse),
            _ => Err(Errno::EINVAL),
        };
        let (from, to) = ((parent.0, name), (newparent.0, newname));
        answer(
            reply,
            taken.and_then(|taken| self.disk()?.rename(from, to, taken)),
        );
    }

    fn open(&self, _: &Request, ino: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        match self.disk().and_then(|mut disk| disk.open(ino.0)) {
            Ok(()) => reply.opened(NO_HANDLE, FopenFlags::FOPEN_KEEP_CACHE),
            Err(error) => reply.error(error),
        }
    }

    fn release(
        &self,
        _: &Request,
        ino: INodeNo,
        _: FileHandle,
        _: OpenFlags,
        _: Option<LockOwner>,
        _: bool,
        reply: ReplyEmpty,
    ) {
        answer(reply, self.disk().and_then(|mut disk| disk.release(ino.0)));
    }

    fn read(
        &self,
        _: &Request,
        ino: INodeNo,
        _: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let disk = self.disk();
        match disk
            .as_ref()
            .map_err(|error| *error)
            .and_then(|disk| disk.read(ino.0, offset, size))
        {
            Ok(bytes) => reply.data(bytes),
            Err(error) => reply.error(error),
        }
    }

    fn write(
        &self,
        _: &Request,
        ino: INodeNo,
        _: FileHandle,
        offset: u64,
        data: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        match self
            .disk()
            .and_then(|mut disk| disk.write(ino.0, offset, data))
        {
            Ok(()) => reply.written(u32::try_from(data.len()).expect("the kernel counts in u32")),
            Err(error) => reply.error(error),
        }
    }

    fn fallocate(
        &self,
        _: &Request,
        ino: INodeNo,
        _: FileHandle,
        offset: u64,
        length: u64,
        mode: i32,
        reply: ReplyEmpty,
    ) {
        const PUNCH: i32 = FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE;
        let what = match mode {
            0 => Ok(Allocate::Grow),
            FALLOC_FL_KEEP_SIZE => Ok(Allocate::Reserve),
            PUNCH => Ok(Allocate::Punch),
            _ => Err(Errno::EOPNOTSUPP),
        };
        answer(
            reply,
            what.and_then(|what| self.disk()?.allocate(ino.0, offset, length, what)),
        );
    }

    fn fsync(&self, _: &Request, ino: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        // Before the sync: what is written meanwhile is not yet safe.
        if let Ok(takes) = self.disk().map(|it| it.sync_takes) {
            #[expect(clippy::disallowed_methods, reason = "this is the slow disk itself")]
            std::thread::sleep(takes);
        }
        answer(
            reply,
            self.disk().and_then(|mut disk| disk.sync_file(ino.0)),
        );
    }

    fn fsyncdir(&self, _: &Request, ino: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        answer(
            reply,
            self.disk().and_then(|mut disk| disk.sync_directory(ino.0)),
        );
    }

    fn opendir(&self, _: &Request, _: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        let handle = self.handles.fetch_add(1, Ordering::Relaxed);
        reply.opened(FileHandle(handle), FopenFlags::empty());
    }

    fn readdir(
        &self,
        _: &Request,
        ino: INodeNo,
        handle: FileHandle,
        offset: u64,
        mut reply: ReplyDirectory,
    ) {
        match self.list(ino, handle, offset, &mut reply) {
            Ok(()) => reply.ok(),
            Err(error) => reply.error(error),
        }
    }

    fn releasedir(
        &self,
        _: &Request,
        _: INodeNo,
        handle: FileHandle,
        _: OpenFlags,
        reply: ReplyEmpty,
    ) {
        answer(
            reply,
            self.listings()
                .map(|mut listings| drop(listings.remove(&handle.0))),
        );
    }

    fn statfs(&self, _: &Request, _: INodeNo, reply: ReplyStatfs) {
        match self.disk().map(|disk| disk.blocks()) {
            Ok((total, free)) => {
                reply.statfs(total, free, free, 0, 0, BLOCK, NAME_BYTES_MAX, BLOCK);
            }
            Err(error) => reply.error(error),
        }
    }
}

fn answer(reply: ReplyEmpty, outcome: Result<(), Errno>) {
    match outcome {
        Ok(()) => reply.ok(),
        Err(error) => reply.error(error),
    }
}

fn new(request: &Request, mode: u32) -> New {
    New {
        perm: permissions(mode),
        uid: request.uid(),
        gid: request.gid(),
    }
}

fn permissions(mode: u32) -> u16 {
    u16::try_from(mode & 0o7777).expect("twelve bits")
}
