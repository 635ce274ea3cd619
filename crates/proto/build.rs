//! Compiles the protobuf files without `protoc`, for the real build and the simulated one.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use prost::Message;

const ROOT: &str = "../../proto";
const FILES: [&str; 12] = [
    "ackord/peer/v1/peer.proto",
    "ackord/stored/v1/log.proto",
    "ackord/stored/v1/row.proto",
    "ackord/stored/v1/word.proto",
    "ackord/v1/cluster.proto",
    "ackord/v1/common.proto",
    "ackord/v1/event.proto",
    "ackord/v1/ingress.proto",
    "ackord/v1/queue.proto",
    "ackord/v1/session.proto",
    "ackord/v1/team.proto",
    "ackord/v1/token.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={ROOT}");
    let files = FILES.map(|it| Path::new(ROOT).join(it));
    let descriptors = PathBuf::from(env::var("OUT_DIR")?).join("descriptors.bin");
    fs::write(
        &descriptors,
        protox::compile(&files, [ROOT])?.encode_to_vec(),
    )?;
    tonic_build::configure()
        .bytes(["."])
        .btree_map(["."])
        .emit_rerun_if_changed(false)
        .file_descriptor_set_path(&descriptors)
        .skip_protoc_run()
        .compile_protos(&files, &[PathBuf::from(ROOT)])?;
    Ok(())
}
