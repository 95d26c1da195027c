//! One PostgreSQL per site: it holds views only, so it is made when missing and thrown away when asked.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, PgConnection};
use tokio::time::{Instant, sleep};

use super::layout::{Layout, Port, file_error};
use super::options::UpError;
use super::process::{RunAs, Spec};
use super::ready::Stand;
use super::secrets::{Secrets, write_private};

/// Its database.
const DATABASE: &str = "madoguchi";
/// The superuser, for making roles.
const ADMIN: &str = "postgres";
/// Services with a role and a schema of their own.
const ROLES: [&str; 4] = ["routing", "chat", "telephony", "crm"];
/// Reads every schema; for operators.
const READER: &str = "reader";

/// Processes of a killed server notice within milliseconds.
const DYING: Duration = Duration::from_secs(10);

/// Settings of a small machine. `synchronous_commit=off`: what a crash of the machine takes is made again from the journal,
/// since rows and position are written together.
const SETTINGS: [&str; 12] = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=60",
    "synchronous_commit=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "checkpoint_timeout=15min",
    "jit=off",
    "max_worker_processes=2",
    "max_parallel_workers_per_gather=0",
    "log_min_messages=warning",
    "password_encryption=scram-sha-256",
];

/// A site's database server.
#[derive(Clone, Debug)]
pub(super) struct Postgres {
    pub(super) site: String,
    programs: PathBuf,
    folder: PathBuf,
    log: PathBuf,
    port: u16,
    memory_mib: u32,
    run_as: Option<RunAs>,
}

impl Postgres {
    /// `memory_mib`: as [`Options::database_mib`](super::Options::database_mib).
    pub(super) fn new(layout: &Layout, site: &str, programs: PathBuf, memory_mib: u32) -> Result<Self, UpError> {
        let folder = layout.folder(site).join("postgres");
        Ok(Self {
            site: site.to_owned(),
            programs,
            log: layout.folder(site).join("postgres.log"),
            port: layout.port(site, Port::Postgres).port(),
            memory_mib,
            run_as: unprivileged(&layout.folder(site))?,
            folder,
        })
    }

    /// Makes the passwords of everybody who signs in at `site`.
    pub(super) fn make_passwords(site: &str, secrets: &mut Secrets) {
        for role in ROLES.iter().chain(&[READER, ADMIN]) {
            secrets.make("postgres", &format!("{site}-{role}"));
        }
    }

    /// Makes the folder with an empty server in it, unless there is one.
    pub(super) fn prepare(&self, secrets: &Secrets) -> Result<(), UpError> {
        if self.folder.join("PG_VERSION").is_file() {
            return Ok(());
        }
        let failed = |source| file_error("making the folder", &self.folder, source);
        let _ = fs::remove_dir_all(&self.folder);
        fs::create_dir_all(&self.folder).map_err(failed)?;
        fs::set_permissions(&self.folder, fs::Permissions::from_mode(0o700)).map_err(failed)?;
        let password_file = self.folder.with_extension("password");
        write_private(&password_file, &secrets.password("postgres", &format!("{}-{ADMIN}", self.site)))?;
        if let Some(user) = self.run_as {
            chown(&self.folder, Some(user.uid), Some(user.gid)).map_err(failed)?;
            chown(&password_file, Some(user.uid), Some(user.gid)).map_err(failed)?;
        }
        let made = self.initdb(&password_file);
        let _ = fs::remove_file(&password_file);
        made
    }

    fn initdb(&self, password_file: &Path) -> Result<(), UpError> {
        let mut command = Command::new("setpriv");
        if let Some(user) = self.run_as {
            command.args(user.setpriv());
        }
        command.args(["--pdeathsig", "keep", "--"]).arg(self.programs.join("initdb")).arg("--pgdata").arg(&self.folder);
        command.args([
            "--username",
            ADMIN,
            "--auth",
            "scram-sha-256",
            "--encoding",
            "UTF8",
            "--no-locale",
            "--no-sync",
        ]);
        // initdb wants a working folder that its user may be in.
        let output = command.arg("--pwfile").arg(password_file).current_dir("/").output();
        let output = output.map_err(|source| UpError::Spawn { name: "initdb".to_owned(), source })?;
        if output.status.success() {
            return Ok(());
        }
        let _ = fs::remove_dir_all(&self.folder);
        Err(UpError::NotReady {
            name: format!("{}'s initdb", self.site),
            what: "failed".to_owned(),
            log: self.log.clone(),
            tail: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    /// How to run it.
    pub(super) fn spec(&self) -> Spec {
        let mut args: Vec<OsString> =
            vec!["-D".into(), self.folder.clone().into(), "-p".into(), self.port.to_string().into()];
        args.extend(SETTINGS.iter().flat_map(|setting| ["-c".into(), (*setting).into()]));
        // Fewer checkpoints write less: a page goes to the log whole when it is first changed after each.
        let log_mib = (self.memory_mib * 4).max(1_024);
        let memory = [format!("shared_buffers={}MB", self.memory_mib), format!("max_wal_size={log_mib}MB")];
        args.extend(memory.into_iter().flat_map(|setting| ["-c".into(), setting.into()]));
        Spec {
            name: format!("{}'s PostgreSQL", self.site),
            program: self.programs.join("postgres"),
            args,
            log: self.log.clone(),
            run_as: self.run_as,
        }
    }

    /// Makes way for a start after a kill: waits until nobody works in the folder any more, then takes the old server's lock
    /// file away. PostgreSQL itself only asks whether the process number in it is in use, by a zombie or anybody else.
    /// The center's own lock keeps a second center out.
    pub(super) async fn clear(&self) {
        let lock = self.folder.join("postmaster.pid");
        let until = Instant::now() + DYING;
        while lock.exists() && Instant::now() < until {
            if works_in(&self.folder) {
                sleep(Duration::from_millis(20)).await;
            } else if let Err(error) = fs::remove_file(&lock) {
                return tracing::warn!(%error, lock = %lock.display(), "a stale lock file stays");
            }
        }
    }

    /// Whether it takes connections.
    pub(super) async fn stand(&self, secrets: &Secrets) -> Stand {
        match self.connect(secrets, ADMIN).await {
            Ok(_) => Stand::Ready,
            Err(UpError::Database { source, .. }) if is_recovering(&source) => Stand::Recovering,
            Err(_) => Stand::NotReady,
        }
    }

    /// Makes the database, and a role with a schema for every service; does nothing to those that are there.
    pub(super) async fn fill(&self, secrets: &Secrets) -> Result<(), UpError> {
        let mut admin = self.connect(secrets, ADMIN).await?;
        let exists = sqlx::query("select 1 from pg_database where datname = $1").bind(DATABASE);
        let exists =
            exists.fetch_optional(&mut admin).await.map_err(|source| self.error("looking for the database", source))?;
        if exists.is_none() {
            self.run(&mut admin, format!("create database {DATABASE}")).await?;
        }
        let mut inside = self.connect(secrets, DATABASE).await?;
        for role in ROLES {
            let password = secrets.password("postgres", &format!("{}-{role}", self.site));
            self.run(&mut inside, role_sql(role, &password)).await?;
            self.run(&mut inside, format!("create schema if not exists {role} authorization {role}")).await?;
            self.run(&mut inside, format!("alter role {role} set search_path = {role}")).await?;
        }
        let password = secrets.password("postgres", &format!("{}-{READER}", self.site));
        self.run(&mut inside, role_sql(READER, &password)).await?;
        self.run(
            &mut inside,
            format!("grant pg_read_all_data to {READER}; revoke create on schema public from public"),
        )
        .await?;
        // The pool makes its schema when missing, which takes the right to make one even when it is there.
        self.run(&mut inside, format!("grant create on database {DATABASE} to {}", ROLES.join(", "))).await
    }

    /// Throws the database away. Nobody may be connected.
    pub(super) async fn drop_database(&self, secrets: &Secrets) -> Result<(), UpError> {
        let mut admin = self.connect(secrets, ADMIN).await?;
        self.run(&mut admin, format!("drop database if exists {DATABASE} with (force)")).await
    }

    /// Connection string of a role: a service's, `reader`'s or `postgres`'s.
    pub(super) fn url(&self, secrets: &Secrets, role: &str) -> String {
        let password = secrets.password("postgres", &format!("{}-{role}", self.site));
        format!("postgres://{role}:{password}@127.0.0.1:{}/{DATABASE}", self.port)
    }

    /// Whether there is such a role.
    pub(super) fn has_role(role: &str) -> bool {
        ROLES.contains(&role) || role == READER || role == ADMIN
    }

    async fn connect(&self, secrets: &Secrets, database: &str) -> Result<PgConnection, UpError> {
        let url = self.url(secrets, ADMIN);
        let options = PgConnectOptions::from_str(&url).map_err(|source| self.error("reading the address", source))?;
        let options = options.database(database).disable_statement_logging();
        let late = |_| self.error("connecting", sqlx::Error::PoolTimedOut);
        let connected = tokio::time::timeout(Duration::from_secs(5), options.connect()).await.map_err(late)?;
        connected.map_err(|source| self.error("connecting", source))
    }

    async fn run(&self, connection: &mut PgConnection, sql: String) -> Result<(), UpError> {
        let done = sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await;
        done.map(|_| ()).map_err(|source| self.error("preparing the database", source))
    }

    fn error(&self, action: &str, source: sqlx::Error) -> UpError {
        UpError::Database { action: format!("{}'s PostgreSQL: {action}", self.site), source }
    }
}

/// Whether the server starts up after a crash, and says no more than that (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).
fn is_recovering(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(|error| error.code()).is_some_and(|code| code == "57P03")
}

/// Whether any process has the folder as its working folder, as every process of a PostgreSQL server has.
fn works_in(folder: &Path) -> bool {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| fs::read_link(entry.path().join("cwd")).ok()).any(|cwd| cwd == folder)
}

/// Names and passwords are ours: letters and digits only.
fn role_sql(role: &str, password: &str) -> String {
    format!(
        "do $$ begin if not exists (select 1 from pg_roles where rolname = '{role}') then create role {role}; end if; end $$; \
         alter role {role} with login password '{password}'"
    )
}

/// The user to run PostgreSQL as when this process is root, which PostgreSQL refuses to be.
fn unprivileged(folder: &Path) -> Result<Option<RunAs>, UpError> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let users =
        fs::read_to_string("/etc/passwd").map_err(|source| file_error("reading", Path::new("/etc/passwd"), source))?;
    let user = |wanted: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(wanted))?;
        let mut fields = line.split(':').skip(2).map(|field| field.parse::<u32>().ok());
        Some((fields.next()??, fields.next()??))
    };
    let (uid, gid) = user("postgres").or_else(|| user("nobody")).ok_or_else(|| {
        UpError::Options(
            "PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody".to_owned(),
        )
    })?;
    let private =
        |folder: &Path| fs::metadata(folder).is_ok_and(|found| found.mode() & 0o001 == 0 && found.uid() != uid);
    Ok(Some(RunAs { uid, gid, reach_private: folder.ancestors().any(private) }))
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// A server that refuses everybody for one reason. Its port.
    async fn refusing(code: &str) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let fields = format!("SFATAL\0VFATAL\0C{code}\0Mno\0\0");
        let refusal =
            [b"E", u32::try_from(fields.len() + 4).unwrap().to_be_bytes().as_slice(), fields.as_bytes()].concat();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut asked = [0; 1_024];
                // Eight bytes ask whether the connection may be encrypted.
                if stream.read(&mut asked).await.unwrap() == 8 {
                    stream.write_all(b"N").await.unwrap();
                    let _ = stream.read(&mut asked).await.unwrap();
                }
                stream.write_all(&refusal).await.unwrap();
            }
        });
        port
    }

    #[tokio::test]
    async fn a_server_that_repairs_what_a_crash_left_is_told_from_one_that_refuses() {
        let folder = std::env::temp_dir().join("no-such-center");
        let mut secrets = Secrets::load(&folder.join("secrets.json")).unwrap();
        Postgres::make_passwords("tokyo", &mut secrets);
        for (code, stand) in [("57P03", Stand::Recovering), ("28P01", Stand::NotReady), ("53300", Stand::NotReady)] {
            let server = Postgres {
                site: "tokyo".to_owned(),
                programs: PathBuf::new(),
                folder: folder.clone(),
                log: PathBuf::new(),
                port: refusing(code).await,
                memory_mib: 16,
                run_as: None,
            };
            assert_eq!(server.stand(&secrets).await, stand, "{code}");
        }
    }
}
