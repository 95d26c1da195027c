//! `madoguchi up` and `ctl`: started, broken, killed, started again on what it left.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

const BINARY: &str = env!("CARGO_BIN_EXE_madoguchi");
/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(180);

struct Up {
    data: PathBuf,
    log: PathBuf,
    child: Child,
}

impl Up {
    fn start(data: &Path) -> Self {
        let log = data.with_extension("log");
        let _ = fs::remove_file(&log);
        let output = File::create(&log).unwrap();
        let child = Command::new(BINARY)
            .args(["up", "--base-port", "0", "--data"])
            .arg(data)
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap();
        let mut up = Self { data: data.to_owned(), log, child };
        until("the center runs", || {
            if let Some(status) = up.child.try_wait().unwrap() {
                panic!("{status}: {}", up.said());
            }
            up.said().contains("practice center runs")
        });
        up
    }

    fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    fn ctl(&self, order: &[&str]) -> Output {
        Command::new(BINARY).args(["ctl", "--data"]).arg(&self.data).args(order).output().unwrap()
    }

    /// The answer of an order that is carried out.
    fn done(&self, order: &[&str]) -> Value {
        let output = self.ctl(order);
        assert!(output.status.success(), "{order:?}: {output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn process(&self, name: &str) -> bool {
        self.done(&["status"])["processes"][name].as_bool().unwrap()
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "waited for: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Processes that have the folder in their command line, other than `up` itself.
fn left(data: &Path) -> Vec<String> {
    let text = data.to_str().unwrap();
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let lines = entries.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
    let lines = lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " "));
    lines.filter(|line| line.contains(text) && !line.contains(" up --base-port")).collect()
}

#[test]
fn a_center_is_broken_healed_killed_and_started_again() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("up-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let data = folder.join("center");
    let mut up = Up::start(&data);
    let secrets = fs::read_to_string(data.join("secrets.json")).unwrap();

    until("the witness leads every stream", || {
        let leaders = up.done(&["status"])["leaders"].clone();
        leaders.as_object().unwrap().values().all(|leader| leader == "witness")
    });

    assert!(up.process("osaka/all"));
    up.done(&["kill-site", "osaka"]);
    assert!(!up.process("osaka/all") && !up.process("osaka/nats") && !up.process("osaka/postgres"));
    assert!(up.process("tokyo/all"), "the other site is not touched");
    up.done(&["start-site", "osaka"]);
    assert!(up.process("osaka/all"));

    up.done(&["cut-site", "tokyo"]);
    up.done(&["heal"]);
    up.done(&["restart", "witness/nats"]);
    let refused = up.ctl(&["kill-site", "nagoya"]);
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("tokyo, osaka"), "{refused:?}");

    assert!(!left(&data).is_empty());
    up.child.kill().unwrap();
    up.child.wait().unwrap();
    until("nothing is left of a killed center", || left(&data).is_empty());

    let up = Up::start(&data);
    assert_eq!(fs::read_to_string(data.join("secrets.json")).unwrap(), secrets, "keys and passwords stay");
    drop(up);
    until("nothing is left", || left(&data).is_empty());
    let _ = fs::remove_dir_all(&folder);
}

#[test]
fn a_wrong_key_is_a_sentence_and_exit_status_64() {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("wrong-{}.toml", std::process::id()));
    fs::write(&file, "[site]\nname = \"tokyo\"\nnmae = \"osaka\"\n").unwrap();
    let output = Command::new(BINARY).args(["serve", "all", "--config"]).arg(&file).output().unwrap();
    fs::remove_file(&file).unwrap();
    assert_eq!(output.status.code(), Some(64), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("nmae") && said.lines().count() == 1, "{said}");
}
