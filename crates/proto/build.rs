//! Compiles `proto/` with protox (no system `protoc`).

use std::{env, error::Error, fs, path::PathBuf};

use prost::Message as _;

const FILES: &[&str] = &[
    "madoguchi/chat/v1/event.proto",
    "madoguchi/chat/v1/service.proto",
    "madoguchi/chat/v1/types.proto",
    "madoguchi/crm/v1/cases.proto",
    "madoguchi/crm/v1/event.proto",
    "madoguchi/crm/v1/export.proto",
    "madoguchi/crm/v1/journeys.proto",
    "madoguchi/crm/v1/media.proto",
    "madoguchi/crm/v1/orders.proto",
    "madoguchi/crm/v1/plans.proto",
    "madoguchi/crm/v1/retention.proto",
    "madoguchi/crm/v1/segments.proto",
    "madoguchi/crm/v1/service.proto",
    "madoguchi/crm/v1/types.proto",
    "madoguchi/crm/v1/webhooks.proto",
    "madoguchi/crm/v1/words.proto",
    "madoguchi/edge/v1/event.proto",
    "madoguchi/journal/v1/unit.proto",
    "madoguchi/routing/v1/event.proto",
    "madoguchi/routing/v1/service.proto",
    "madoguchi/routing/v1/types.proto",
    "madoguchi/telephony/v1/campaign.proto",
    "madoguchi/telephony/v1/event.proto",
    "madoguchi/telephony/v1/service.proto",
    "madoguchi/telephony/v1/types.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../proto");
    println!("cargo:rerun-if-changed={}", root.display());
    let descriptors = protox::compile(FILES, [&root])?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("descriptors.bin"), descriptors.encode_to_vec())?;
    // Maps in order: what is the same is stored as the same bytes, at every site.
    tonic_prost_build::configure().bytes(".").btree_map(".").compile_fds(descriptors)?;
    Ok(())
}
