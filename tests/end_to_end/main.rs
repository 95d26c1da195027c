//! Real processes: three NATS servers, two sites with their PostgreSQL and services, real sockets.
#![allow(missing_docs, reason = "a test binary has no callers")]
#![allow(clippy::unwrap_used, reason = "a test's helper that fails is a failed test")]

mod abuse;
mod erasure;
mod failures;
mod puppet;
mod talks;

use std::path::PathBuf;

use madoguchi::up::{Center, Options};
use tokio::sync::{Mutex, MutexGuard};

/// One center at a time: each takes what this machine has.
static ONE: Mutex<()> = Mutex::const_new(());

/// A center of its own for a test. Its folder goes when the test passes.
pub struct Stage {
    pub center: Center,
    folder: PathBuf,
    _one: MutexGuard<'static, ()>,
}

impl Stage {
    pub async fn open(name: &str, change: impl FnOnce(&mut Options)) -> Self {
        let one = ONE.lock().await;
        let folder =
            PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("end-to-end-{name}-{}", std::process::id()));
        let mut options = Options::new(&folder);
        options.program = PathBuf::from(env!("CARGO_BIN_EXE_madoguchi"));
        change(&mut options);
        let center = Center::start(options).await.unwrap_or_else(|error| panic!("{error}"));
        Self { center, folder, _one: one }
    }

    pub fn url(&self, site: &str) -> String {
        self.center.site_url(site).unwrap()
    }

    pub async fn close(self) {
        self.center.shutdown().await.unwrap();
        drop(self.center);
        let _ = std::fs::remove_dir_all(&self.folder);
    }

    pub fn folder(&self) -> &std::path::Path {
        &self.folder
    }
}
