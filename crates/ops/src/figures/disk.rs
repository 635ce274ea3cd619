//! The file system of the data directory.

use std::path::Path;

use nix::sys::statvfs::statvfs;
use prometheus_client::registry::Registry;

use super::{number, show};

pub(crate) fn figures(registry: &mut Registry, data_dir: &Path) {
    // A directory that is not there yet has no file system.
    let Ok(stat) = statvfs(data_dir) else {
        return;
    };
    let bytes = |blocks: u64| number(blocks.saturating_mul(stat.fragment_size()));
    let disk = registry.sub_registry_with_prefix("disk");
    let help = "Size of the file system with the data directory";
    show(disk, "size_bytes", help, bytes(stat.blocks()));
    let help = "Room on it for this process";
    show(disk, "free_bytes", help, bytes(stat.blocks_available()));
}
