//! Compiles the protobuf files without `protoc`, for the real build and the simulated one.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use prost::Message;

const ROOT: &str = "../../proto";
const FILES: [&str; 19] = [
    "ackord/peer/v1/peer.proto",
    "ackord/stored/v1/log.proto",
    "ackord/stored/v1/row.proto",
    "ackord/stored/v1/word.proto",
    "ackord/v1/approval.proto",
    "ackord/v1/cluster.proto",
    "ackord/v1/common.proto",
    "ackord/v1/cron.proto",
    "ackord/v1/effect.proto",
    "ackord/v1/event.proto",
    "ackord/v1/ingress.proto",
    "ackord/v1/message.proto",
    "ackord/v1/queue.proto",
    "ackord/v1/routing.proto",
    "ackord/v1/session.proto",
    "ackord/v1/source.proto",
    "ackord/v1/team.proto",
    "ackord/v1/token.proto",
    "ackord/v1/verification.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={ROOT}");
    let files = FILES.map(|it| Path::new(ROOT).join(it));
    let descriptors = PathBuf::from(env::var("OUT_DIR")?).join("descriptors.bin");
    fs::write(
        &descriptors,
        protox::compile(&files, [ROOT])?.encode_to_vec(),
    )?;
    let mut config = prost_build::Config::new();
    // Has a debug form of its own, which hides the secret.
    config.skip_debug(["ackord.v1.NewSecret"]);
    tonic_build::configure()
        .bytes(["."])
        .btree_map(["."])
        .emit_rerun_if_changed(false)
        .file_descriptor_set_path(&descriptors)
        .skip_protoc_run()
        .compile_protos_with_config(config, &files, &[PathBuf::from(ROOT)])?;
    Ok(())
}
