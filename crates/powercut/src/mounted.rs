//! One mount, from `mount(2)` to `umount2(2)`. No libfuse and no `fusermount`: the process is root.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use fuser::{BackgroundSession, Config, Session, SessionACL};
use nix::errno::Errno;
use nix::mount::{MntFlags, MsFlags, mount, umount2};

use crate::server::Server;

/// Why there is no mount.
#[derive(Debug, thiserror::Error)]
pub enum MountError {
    /// The directory to mount on cannot be made or entered.
    #[error("prepare mount point {}", at.display())]
    Directory {
        /// The directory.
        at: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The kernel's FUSE device cannot be opened.
    #[error("open /dev/fuse (is FUSE in this kernel, and is this process root?)")]
    Device(#[source] io::Error),
    /// The mount was refused.
    #[error("mount on {} (this needs root, CAP_SYS_ADMIN)", at.display())]
    Mount {
        /// The directory.
        at: PathBuf,
        /// What the system said.
        source: Errno,
    },
    /// The kernel and the server did not come to terms.
    #[error("start the file system server")]
    Serve(#[source] io::Error),
}

#[derive(Debug)]
pub(crate) struct Mounted {
    at: PathBuf,
    /// The serving thread; absent until the kernel has been greeted.
    session: Option<BackgroundSession>,
}

impl Mounted {
    /// Mounts on `at`, an absolute path, and serves from a thread of its own.
    pub(crate) fn new(at: &Path, server: Server) -> Result<Self, MountError> {
        let device = File::options().read(true).write(true).open("/dev/fuse");
        let device = device.map_err(MountError::Device)?;
        let data = format!(
            "fd={},rootmode=40000,user_id=0,group_id=0,default_permissions",
            device.as_raw_fd()
        );
        let flags = MsFlags::MS_NODEV | MsFlags::MS_NOSUID | MsFlags::MS_NOATIME;
        mount(
            Some("powercut"),
            at,
            Some("fuse.powercut"),
            flags,
            Some(data.as_str()),
        )
        .map_err(|source| MountError::Mount {
            at: at.to_owned(),
            source,
        })?;
        let mut mounted = Self {
            at: at.to_owned(),
            session: None,
        };
        let session = Session::from_fd(server, device.into(), SessionACL::Owner, Config::default())
            .and_then(Session::spawn)
            .map_err(MountError::Serve)?;
        mounted.session = Some(session);
        Ok(mounted)
    }
}

impl Drop for Mounted {
    /// Takes the mount off its path even while files are open. Forced: whoever still holds one
    /// gets errors from now on, and the serving thread ends.
    fn drop(&mut self) {
        let unmounted = umount2(&self.at, MntFlags::MNT_FORCE | MntFlags::MNT_DETACH);
        if let (Ok(()), Some(session)) = (unmounted, self.session.take()) {
            // The connection is gone, which the thread may report as an error.
            drop(session.join());
        }
    }
}
