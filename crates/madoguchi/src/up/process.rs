//! Child processes that cannot outlive this one, and what the kernel says of them.
//!
//! Every child is started through `setpriv --pdeathsig KILL`, so it dies with this process however that ends. The kernel ties
//! that to the *thread* that started the child: one thread, alive as long as the process, starts them all.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError, mpsc};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::options::UpError;

/// Another user to run a program as.
#[derive(Clone, Copy, Debug)]
pub(super) struct RunAs {
    pub(super) uid: u32,
    pub(super) gid: u32,
    /// Keep the capability to pass through folders that only root may enter.
    pub(super) reach_private: bool,
}

impl RunAs {
    /// Arguments of `setpriv` that become this user, up to and with those that start another `setpriv`: a change of user
    /// forgets the death signal, so it is set by a second call.
    pub(super) fn setpriv(self) -> Vec<String> {
        let (uid, gid) = (self.uid.to_string(), self.gid.to_string());
        let mut args = ["--reuid", &uid, "--regid", &gid, "--clear-groups"].map(str::to_owned).to_vec();
        if self.reach_private {
            args.extend(["--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search"].map(str::to_owned));
        }
        args.extend(["--".to_owned(), "setpriv".to_owned()]);
        args
    }
}

/// What to start.
#[derive(Clone, Debug)]
pub(super) struct Spec {
    pub(super) name: String,
    pub(super) program: PathBuf,
    pub(super) args: Vec<OsString>,
    pub(super) log: PathBuf,
    pub(super) run_as: Option<RunAs>,
}

/// A started program and its descendants.
#[derive(Debug)]
pub(super) struct Process {
    spec: Spec,
    pid: u32,
    child: Mutex<Child>,
}

impl Process {
    /// Starts it in a process group of its own, its output appended to the log.
    pub(super) fn start(spec: Spec) -> Result<Self, UpError> {
        let failed = |source| UpError::Spawn { name: spec.name.clone(), source };
        let log = File::options().create(true).append(true).open(&spec.log).map_err(failed)?;
        let mut command = command(&spec);
        command.stdin(Stdio::null()).stdout(log.try_clone().map_err(failed)?).stderr(log).process_group(0);
        let child = spawn(command).map_err(failed)?;
        Ok(Self { pid: child.id(), child: Mutex::new(child), spec })
    }

    pub(super) fn spec(&self) -> &Spec {
        &self.spec
    }

    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    /// How it ended; `None` while it runs (or is frozen).
    pub(super) fn ended(&self) -> Option<ExitStatus> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner).try_wait().ok().flatten()
    }

    /// Sends the signal to this process alone.
    pub(super) fn signal(&self, signal: Signal) {
        if self.ended().is_none() {
            send(self.pid, signal);
        }
    }

    /// Waits until it has ended; false when it has not within the time.
    pub(super) async fn wait_end(&self, within: Duration) -> bool {
        let until = tokio::time::Instant::now() + within;
        while self.ended().is_none() {
            if tokio::time::Instant::now() >= until {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        true
    }

    /// Freezes it (SIGSTOP) or lets it go on (SIGCONT); returns when the kernel says so, or when it has ended.
    pub(super) async fn freeze(&self, frozen: bool) {
        self.signal(if frozen { Signal::STOP } else { Signal::CONT });
        while self.ended().is_none() && is_frozen(self.pid) != frozen {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Asks it to end with `signal`, kills it when it has not after `within`.
    pub(super) async fn end(&self, signal: Signal, within: Duration) {
        self.signal(Signal::CONT);
        self.signal(signal);
        if !self.wait_end(within).await {
            kill_trees(&[self]);
            self.wait_end(Duration::from_secs(5)).await;
        }
    }

    /// The last lines of its log.
    pub(super) fn log_tail(&self) -> String {
        tail(&self.spec.log, 15)
    }

    /// `ended with …`, for a message.
    pub(super) fn describe_end(status: ExitStatus) -> String {
        match (status.code(), status.signal()) {
            (Some(code), _) => format!("ended with exit code {code}"),
            (None, Some(signal)) => format!("was ended by signal {signal}"),
            (None, None) => "ended".to_owned(),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.ended().is_none() {
            kill_trees(&[self]);
            let _ = self.child.lock().unwrap_or_else(PoisonError::into_inner).wait();
        }
    }
}

/// Kills these processes and all their descendants, as nearly at one moment as can be.
pub(super) fn kill_trees(processes: &[&Process]) {
    let table = Table::read();
    let live = processes.iter().filter(|process| process.ended().is_none());
    let pids: Vec<u32> = live.flat_map(|process| table.tree(process.pid)).collect();
    for pid in pids {
        send(pid, Signal::KILL);
    }
}

fn send(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        // It may have ended meanwhile: that is what was wanted.
        let _ = kill_process(pid, signal);
    }
}

/// All processes of the machine at one moment: parents and CPU time.
pub(super) struct Table {
    children: BTreeMap<u32, Vec<u32>>,
    ticks: BTreeMap<u32, u64>,
}

impl Table {
    pub(super) fn read() -> Self {
        let mut table = Self { children: BTreeMap::new(), ticks: BTreeMap::new() };
        let Ok(entries) = fs::read_dir("/proc") else { return table };
        for entry in entries.flatten() {
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
            let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
            if let Some((parent, ticks)) = parse_stat(&stat) {
                table.children.entry(parent).or_default().push(pid);
                table.ticks.insert(pid, ticks);
            }
        }
        table
    }

    /// The process and its descendants.
    pub(super) fn tree(&self, root: u32) -> Vec<u32> {
        let mut found = vec![root];
        let mut next = 0;
        while next < found.len() {
            found.extend(self.children.get(&found[next]).into_iter().flatten());
            next += 1;
        }
        found
    }

    /// CPU time of the tree, ended and reaped children included.
    pub(super) fn cpu(&self, root: u32) -> Duration {
        let ticks: u64 = self.tree(root).iter().filter_map(|pid| self.ticks.get(pid)).sum();
        // Linux shows user space 100 ticks a second, whatever the kernel's own rate.
        Duration::from_millis(ticks * 10)
    }
}

/// Memory that a process holds (`VmRSS` of proc(5)); 0 when it is gone.
pub(super) fn resident_bytes(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib: Option<u64> = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
    kib.unwrap_or_default() * 1024
}

/// Parent and CPU ticks (own and of reaped children) out of `/proc/<pid>/stat`.
fn parse_stat(stat: &str) -> Option<(u32, u64)> {
    // The program's name stands in brackets and may hold anything, brackets too.
    let rest = &stat[stat.rfind(')')? + 1..];
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    let parent = fields.get(1)?.parse().ok()?;
    let ticks = fields.get(11..15)?.iter().filter_map(|field| field.parse::<u64>().ok()).sum();
    Some((parent, ticks))
}

fn is_frozen(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rfind(')').is_some_and(|end| stat[end..].starts_with(") T"))
}

/// Last `lines` lines of a file, empty when it cannot be read.
pub(super) fn tail(file: &Path, lines: usize) -> String {
    let bytes = fs::read(file).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(16_384)..]).into_owned();
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

fn command(spec: &Spec) -> Command {
    let mut command = Command::new("setpriv");
    if let Some(user) = spec.run_as {
        // It may not be allowed where this process stands.
        command.args(user.setpriv()).current_dir("/");
    }
    command.args(["--pdeathsig", "KILL", "--"]).arg(&spec.program).args(&spec.args);
    command
}

type Job = (Command, mpsc::SyncSender<io::Result<Child>>);

fn spawn(command: Command) -> io::Result<Child> {
    static SPAWNER: OnceLock<Mutex<mpsc::Sender<Job>>> = OnceLock::new();
    let gone = || io::Error::other("the thread that starts programs is gone");
    let spawner = SPAWNER.get_or_init(|| {
        let (send, receive) = mpsc::channel::<Job>();
        std::thread::spawn(move || {
            for (mut command, reply) in receive {
                let _ = reply.send(command.spawn());
            }
        });
        Mutex::new(send)
    });
    let (reply, answer) = mpsc::sync_channel(1);
    spawner.lock().unwrap_or_else(PoisonError::into_inner).send((command, reply)).map_err(|_| gone())?;
    answer.recv().map_err(|_| gone())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stat_with_brackets_in_the_name_is_read() {
        let stat = "42 (a) b (c)) S 7 42 42 0 -1 4194560 100 0 0 0 11 22 33 44 20 0 1 0 1000 1 1";
        assert_eq!(parse_stat(stat), Some((7, 110)));
        assert_eq!(parse_stat("nonsense"), None);
    }

    #[test]
    fn a_dropped_process_takes_its_descendants_along() {
        let log = std::env::temp_dir().join(format!("madoguchi-process-{}.log", std::process::id()));
        let spec = Spec {
            name: "shell".to_owned(),
            program: PathBuf::from("sh"),
            args: vec!["-c".into(), "sleep 600 & echo started; wait".into()],
            log: log.clone(),
            run_as: None,
        };
        let process = Process::start(spec).unwrap();
        while !tail(&log, 1).contains("started") {
            std::thread::yield_now();
        }
        let tree = Table::read().tree(process.pid());
        assert_eq!(tree.len(), 2, "{tree:?}");
        drop(process);
        while tree.iter().any(|pid| alive(*pid)) {
            std::thread::yield_now();
        }
        let _ = fs::remove_file(log);
    }

    fn alive(pid: u32) -> bool {
        fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
    }
}
