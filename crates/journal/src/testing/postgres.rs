//! One PostgreSQL server; a database for each test.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use sqlx::{PgPool, postgres::PgPoolOptions};
use tokio::time::sleep;

use super::process::{Folder, Process, find, free_ports, project_folder};

const PATIENCE: Duration = Duration::from_secs(5);

/// A PostgreSQL server. It ends with the last handle.
pub struct Postgres {
    folder: Folder,
    port: u16,
    databases: AtomicU32,
    server: Mutex<Option<Process>>,
}

static SHARED: tokio::sync::Mutex<Weak<Postgres>> = tokio::sync::Mutex::const_new(Weak::new());

impl Drop for Postgres {
    fn drop(&mut self) {
        let server = self.server.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut server) = server {
            server.signal("QUIT");
            server.wait();
        }
    }
}

impl Postgres {
    /// The server shared by all tests that run now.
    ///
    /// # Panics
    /// When the programs are not found or the server does not start.
    pub async fn shared() -> Arc<Postgres> {
        let mut shared = SHARED.lock().await;
        if let Some(server) = shared.upgrade() {
            return server;
        }
        let server = Arc::new(Postgres::start().await);
        *shared = Arc::downgrade(&server);
        server
    }

    async fn start() -> Postgres {
        let folder = Folder::new("postgres");
        let [port] = free_ports();
        let data = folder.0.join("data");
        own(&folder.0);
        let mut initdb = unprivileged(&program("initdb"));
        initdb.arg("-D").arg(&data).args(["-U", "postgres", "-A", "trust", "-N", "-E", "UTF8", "--locale=C"]);
        let mut initdb = Process::start(&mut initdb, &folder.0.join("initdb.log"));
        initdb.wait();
        let mut postgres = unprivileged(&program("postgres"));
        postgres.arg("-D").arg(&data).args([
            "-c",
            &format!("port={port}"),
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            "unix_socket_directories=",
            "-c",
            "fsync=off",
        ]);
        let process = Process::start(&mut postgres, &folder.0.join("postgres.log"));
        let server = Postgres { folder, port, databases: AtomicU32::new(0), server: Mutex::new(Some(process)) };
        server.wait().await;
        server
    }

    async fn wait(&self) {
        for _ in 0..600 {
            if let Ok(pool) = connect(&self.url("postgres")).await {
                pool.close().await;
                return;
            }
            sleep(Duration::from_millis(50)).await;
        }
        let log = fs::read_to_string(self.folder.0.join("postgres.log")).unwrap_or_default();
        panic!("PostgreSQL did not start: {log}");
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// A new, empty database.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn database(&self) -> PgPool {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{number}");
        let admin = connect(&self.url("postgres")).await.expect("connecting to PostgreSQL");
        sqlx::query(sqlx::AssertSqlSafe(format!("create database {name}")))
            .execute(&admin)
            .await
            .expect("creating a database");
        admin.close().await;
        connect(&self.url(&name)).await.expect("connecting to the new database")
    }
}

async fn connect(url: &str) -> Result<PgPool, sqlx::Error> {
    PgPoolOptions::new().max_connections(8).acquire_timeout(PATIENCE).connect(url).await
}

fn program(name: &str) -> PathBuf {
    let mut folders: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin"))
        .collect();
    folders.sort();
    folders.reverse();
    folders.push(project_folder("postgres/bin"));
    find(name, "MADOGUCHI_PG_BIN", &folders)
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| {
        use std::os::unix::fs::MetadataExt as _;
        process.uid() == 0
    })
}

/// PostgreSQL refuses to run as root: then it runs as the user `postgres`.
fn unprivileged(program: &Path) -> Command {
    let mut command = if is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir(env::temp_dir());
    command
}

fn own(folder: &Path) {
    if is_root() {
        let owned = Command::new("chown").arg("postgres:").arg(folder).status();
        assert!(owned.is_ok_and(|status| status.success()), "giving a folder to the user postgres");
    }
}
