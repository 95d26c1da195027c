//! Child processes that end with their handle, and where to find what they run.

use std::{
    env, fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

const FIRST_PORT: u16 = 20_000;
const LAST_PORT: u16 = 32_000;

static FOLDERS: AtomicU32 = AtomicU32::new(0);
static PORTS: AtomicU32 = AtomicU32::new(0);

/// A temporary folder, removed when dropped.
pub(super) struct Folder(pub PathBuf);

impl Folder {
    pub(super) fn new(what: &str) -> Folder {
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("madoguchi-{what}-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).expect("creating a temporary folder");
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A running child process.
pub(super) struct Process(Child);

impl Process {
    pub(super) fn start(command: &mut Command, log: &Path) -> Process {
        let log = fs::OpenOptions::new().create(true).append(true).open(log).expect("opening a log file");
        let errors = log.try_clone().expect("sharing a log file");
        let child = command
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .spawn()
            .unwrap_or_else(|error| panic!("starting {command:?}: {error}"));
        Process(child)
    }

    pub(super) fn id(&self) -> u32 {
        self.0.id()
    }

    /// Sends a signal by name (`STOP`, `CONT`, `TERM`, `QUIT`).
    pub(super) fn signal(&self, name: &str) {
        let sent = Command::new("kill").arg(format!("-{name}")).arg(self.0.id().to_string()).status();
        assert!(sent.is_ok_and(|status| status.success()), "sending SIG{name}");
    }

    /// `kill -9`, and waits for the end.
    pub(super) fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }

    pub(super) fn wait(&mut self) {
        let _ = self.0.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Ports of the loopback interface that nobody listens at, each given once to a process.
///
/// They lie below the range from which the kernel takes ports for outgoing connections (32768 and above on Linux):
/// a port found by binding to 0 may be somebody's outgoing port a moment later, before a server started on it binds.
pub(super) fn free_ports<const N: usize>() -> [u16; N] {
    std::array::from_fn(|_| {
        loop {
            let step = PORTS.fetch_add(1, Ordering::Relaxed);
            let offset = std::process::id().wrapping_mul(61).wrapping_add(step) % u32::from(LAST_PORT - FIRST_PORT);
            let port = FIRST_PORT + u16::try_from(offset).expect("an offset below the range's length");
            if TcpListener::bind(("127.0.0.1", port)).is_ok() {
                return port;
            }
        }
    })
}

/// A program's path: `folder/name` when the variable names a folder, the variable itself when it names a file, then
/// `PATH`, then the given folders.
pub(super) fn find(name: &str, variable: &str, folders: &[PathBuf]) -> PathBuf {
    let given = env::var_os(variable).map(PathBuf::from);
    let given = given.map(|path| if path.is_dir() { path.join(name) } else { path });
    let path = env::var_os("PATH").unwrap_or_default();
    let known = env::split_paths(&path).chain(folders.iter().cloned()).map(|folder| folder.join(name));
    given
        .into_iter()
        .chain(known)
        .find(|path| path.is_file())
        .unwrap_or_else(|| panic!("{name} not found: set {variable}, or put it on PATH"))
}

/// The folder that `scripts/up` installs programs into.
pub(super) fn project_folder(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.madoguchi").join(below)
}
