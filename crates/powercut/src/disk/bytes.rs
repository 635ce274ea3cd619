//! Calls on the bytes of a file, and the syncs.

use std::time::SystemTime;

use fuser::Errno;

use super::Disk;
use crate::fault::FailWhat;
use crate::tree::Ino;

/// Largest file: it is kept in memory, up to three times.
const FILE_BYTES_MAX: u64 = 1 << 30;

/// What `fallocate` may ask for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Allocate {
    /// Space up to here, with the file grown to it.
    Grow,
    /// Space only. There is nothing to reserve in memory.
    Reserve,
    /// Zeros in place of what is there.
    Punch,
}

impl Disk {
    pub(crate) fn open(&mut self, ino: Ino) -> Result<(), Errno> {
        self.node_mut(ino)?.opens += 1;
        Ok(())
    }

    pub(crate) fn release(&mut self, ino: Ino) -> Result<(), Errno> {
        let node = self.node_mut(ino)?;
        node.opens -= 1;
        if node.opens == 0 && self.tree.links(ino) == 0 {
            self.sweep();
        }
        Ok(())
    }

    pub(crate) fn read(&self, ino: Ino, offset: u64, len: u32) -> Result<&[u8], Errno> {
        let contents = self.node(ino)?.contents()?;
        let offset = usize::try_from(offset).map_err(|_| Errno::EINVAL)?;
        let len = usize::try_from(len).map_err(|_| Errno::EINVAL)?;
        Ok(contents.read(offset, len))
    }

    pub(crate) fn write(&mut self, ino: Ino, offset: u64, bytes: &[u8]) -> Result<(), Errno> {
        self.counters.writes += 1;
        self.counters.bytes += bytes.len() as u64;
        self.strike(FailWhat::Write, ino)?;
        self.room(ino, offset.saturating_add(bytes.len() as u64))?;
        let node = self.node_mut(ino)?;
        node.modified = SystemTime::now();
        node.contents_mut()?.write(in_memory(offset)?, bytes);
        Ok(())
    }

    pub(crate) fn resize(&mut self, ino: Ino, size: u64) -> Result<(), Errno> {
        self.room(ino, size)?;
        let node = self.node_mut(ino)?;
        node.modified = SystemTime::now();
        node.contents_mut()?.resize(in_memory(size)?);
        Ok(())
    }

    pub(crate) fn allocate(
        &mut self,
        ino: Ino,
        offset: u64,
        len: u64,
        what: Allocate,
    ) -> Result<(), Errno> {
        let size = self.node(ino)?.contents()?.len() as u64;
        let end = offset.saturating_add(len);
        match what {
            Allocate::Reserve => self.room(ino, end),
            Allocate::Grow if end > size => self.resize(ino, end),
            Allocate::Punch if offset < size => {
                let zeros = vec![0; in_memory(end.min(size) - offset)?];
                self.node_mut(ino)?
                    .contents_mut()?
                    .write(in_memory(offset)?, &zeros);
                Ok(())
            }
            Allocate::Grow | Allocate::Punch => Ok(()),
        }
    }

    /// `fsync` or `fdatasync` of a file: its bytes, its size and its first name are durable.
    pub(crate) fn sync_file(&mut self, ino: Ino) -> Result<(), Errno> {
        self.counters.fsyncs += 1;
        let struck = self.strike(FailWhat::Fsync, ino);
        let contents = self.node_mut(ino)?.contents_mut()?;
        if struck.is_err() {
            contents.fail_sync();
            return struck;
        }
        contents.sync();
        self.tree.sync_birth(ino);
        Ok(())
    }

    /// `fsync` of a directory: its names are durable.
    pub(crate) fn sync_directory(&mut self, ino: Ino) -> Result<(), Errno> {
        self.counters.directory_fsyncs += 1;
        self.strike(FailWhat::Fsync, ino)?;
        self.tree.sync_directory(ino);
        self.sweep();
        Ok(())
    }

    /// Refuses a file that would end at `end` if it is too large or the disk too full.
    fn room(&self, ino: Ino, end: u64) -> Result<(), Errno> {
        in_memory(end)?;
        let Some(quota) = self.quota else {
            return Ok(());
        };
        let growth = end.saturating_sub(self.node(ino)?.contents()?.len() as u64);
        if growth > 0 && self.used().saturating_add(growth) > quota {
            return Err(Errno::ENOSPC);
        }
        Ok(())
    }
}

fn in_memory(bytes: u64) -> Result<usize, Errno> {
    if bytes > FILE_BYTES_MAX {
        return Err(Errno::EFBIG);
    }
    usize::try_from(bytes).map_err(|_| Errno::EFBIG)
}
