//! Every failure once under few conversations: the short form of `scripts/chaos all --runs 20`.

use std::path::PathBuf;

use madoguchi::drive::{
    chaos::{Command, Name, runs},
    drill::Stage,
};

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_whatever_fails() {
    let stage = Stage::open("chaos-test", 24, |options| {
        options.program = PathBuf::from(env!("CARGO_BIN_EXE_madoguchi"));
        options.data = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("chaos-{}", std::process::id()));
    });
    let stage = stage.await.unwrap();
    let command = Command { name: Name::All, runs: 1, conversations: 24, every_ms: 400, imported: 0 };
    let met = runs(&stage, &command).await.unwrap();
    stage.end(met).await.unwrap();
    assert!(met, "the figures above say what is wrong");
}
