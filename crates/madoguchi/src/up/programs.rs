//! Where NATS and PostgreSQL are on this machine: an environment variable, PATH, the usual folders, the project's own folder.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::options::UpError;

/// Oldest NATS server that is safe to build on: hundreds of Raft mistakes were mended before it.
const NATS_AT_LEAST: [u32; 3] = [2, 14, 5];
/// Oldest PostgreSQL that is tested.
const POSTGRES_AT_LEAST: [u32; 3] = [15, 0, 0];

/// The `nats-server` to run.
pub(super) fn nats_server() -> Result<PathBuf, UpError> {
    let chosen = env::var_os("MADOGUCHI_NATS_SERVER").map(PathBuf::from);
    let candidates = chosen.into_iter().chain(on_path("nats-server")).chain(own("bin/nats-server"));
    newest_enough(candidates, NATS_AT_LEAST).ok_or_else(|| UpError::Missing {
        program: "nats-server 2.14.5 or newer",
        hint: "set MADOGUCHI_NATS_SERVER, or let scripts/up install it".to_owned(),
    })
}

/// The folder with `initdb` and `postgres`.
pub(super) fn postgres_folder() -> Result<PathBuf, UpError> {
    let chosen = env::var_os("MADOGUCHI_PG_BIN").map(|folder| PathBuf::from(folder).join("postgres"));
    // A link in PATH is followed: `initdb` must stand beside `postgres`.
    let linked = on_path("postgres").into_iter().filter_map(|link| link.canonicalize().ok());
    let mut system: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|folders| folders.flatten().map(|folder| folder.path().join("bin/postgres")).collect())
        .unwrap_or_default();
    system.sort();
    let candidates = chosen.into_iter().chain(linked).chain(system.into_iter().rev()).chain(own("pg/bin/postgres"));
    let complete = candidates.filter(|postgres| postgres.with_file_name("initdb").is_file());
    let found = newest_enough(complete, POSTGRES_AT_LEAST).and_then(|postgres| postgres.parent().map(Path::to_owned));
    found.ok_or_else(|| UpError::Missing {
        program: "PostgreSQL 15 or newer",
        hint: "set MADOGUCHI_PG_BIN to the folder of initdb and postgres, or let scripts/up install it".to_owned(),
    })
}

/// In the project's own folder, looked for from the working folder and the program's upwards.
fn own(name: &str) -> Vec<PathBuf> {
    let starts = [env::current_dir().ok(), env::current_exe().ok()];
    let folders = starts.iter().flatten().flat_map(|start| start.ancestors());
    folders.map(|folder| folder.join(".madoguchi").join(name)).filter(|file| file.is_file()).collect()
}

fn on_path(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(program)).find(|file| file.is_file())
}

fn newest_enough(candidates: impl IntoIterator<Item = PathBuf>, at_least: [u32; 3]) -> Option<PathBuf> {
    candidates.into_iter().find(|program| version(program).is_some_and(|version| version >= at_least))
}

fn version(program: &Path) -> Option<[u32; 3]> {
    let output = Command::new(program).arg("--version").output().ok()?;
    parse_version(&String::from_utf8_lossy(&output.stdout))
}

/// The first number with a dot in it: `nats-server: v2.15.1`, `postgres (PostgreSQL) 15.18 (Debian …)`.
fn parse_version(text: &str) -> Option<[u32; 3]> {
    let dotted = text.split_ascii_whitespace().map(|word| word.trim_start_matches('v'));
    let numbers = |word: &str| -> Option<[u32; 3]> {
        let mut parts = word.split(['.', '-']).map(|part| part.parse::<u32>().ok());
        Some([parts.next()??, parts.next()??, parts.next().flatten().unwrap_or_default()])
    };
    dotted.filter_map(numbers).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_the_programs_print_them() {
        assert_eq!(parse_version("nats-server: v2.15.1\n"), Some([2, 15, 1]));
        assert_eq!(parse_version("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"), Some([15, 18, 0]));
        assert_eq!(parse_version("nats-server: v2.12.0-beta.1"), Some([2, 12, 0]));
        assert_eq!(parse_version("no number"), None);
    }
}
