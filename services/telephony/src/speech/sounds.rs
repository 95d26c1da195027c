//! The folder of recorded sounds. A sound's name is its path below it without `.wav`: `greeting`, `night/closed`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use super::memory::Memory;
use super::{SpeechError, wav};

/// Folders below one another.
const MAX_DEPTH: usize = 3;
/// So many names are listed.
const MAX_NAMES: usize = 10_000;

/// Recorded sounds. A file that is replaced is heard at the next use.
#[derive(Debug)]
pub struct Sounds {
    folder: PathBuf,
    memory: Memory,
}

impl Sounds {
    /// The sounds below a folder, which need not exist. At most `samples` are kept in memory.
    #[must_use]
    pub fn new(folder: &Path, samples: usize) -> Self {
        Self { folder: folder.to_owned(), memory: Memory::new(samples) }
    }

    /// The names of all sounds, for the linter. Blocks.
    #[must_use]
    pub fn names(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        list(&self.folder, "", 0, &mut names);
        names
    }

    /// A sound as 8 kHz mono.
    ///
    /// # Errors
    /// [`SpeechError::NoSound`]: there is none of this name; [`SpeechError::BadSound`]: its file cannot be read as sound.
    pub async fn get(&self, name: &str) -> Result<Arc<[i16]>, SpeechError> {
        let missing = || SpeechError::NoSound(name.to_owned());
        if !is_name(name) {
            return Err(missing());
        }
        let path = self.folder.join(format!("{name}.wav"));
        let about = tokio::fs::metadata(&path).await.map_err(|_| missing())?;
        let changed = about.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
        let key = format!("{name} {} {}", changed.as_nanos(), about.len());
        if let Some(sound) = self.memory.get(&key) {
            return Ok(sound);
        }
        let unreadable = |reason: String| SpeechError::BadSound { path: path.clone(), reason };
        let bytes = tokio::fs::read(&path).await.map_err(|error| unreadable(error.to_string()))?;
        let file = path.clone();
        let decoded = tokio::task::spawn_blocking(move || wav::decode(&bytes, &file)).await;
        let sound: Arc<[i16]> = decoded.map_err(|error| unreadable(error.to_string()))??.into();
        self.memory.put(&key, Arc::clone(&sound));
        Ok(sound)
    }
}

fn list(folder: &Path, prefix: &str, depth: usize, names: &mut BTreeSet<String>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let file = entry.file_name();
        let Some(file) = file.to_str() else { continue };
        if names.len() >= MAX_NAMES {
            return;
        }
        if let Some(name) = file.strip_suffix(".wav") {
            let name = format!("{prefix}{name}");
            if is_name(&name) {
                names.insert(name);
            }
        } else if depth + 1 < MAX_DEPTH && entry.path().is_dir() {
            list(&entry.path(), &format!("{prefix}{file}/"), depth + 1, names);
        }
    }
}

/// Up to three parts of `[a-z0-9_-]`, so that no name leads out of the folder.
fn is_name(name: &str) -> bool {
    let part = |part: &str| {
        (1..=80).contains(&part.len())
            && part.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_' || it == b'-')
    };
    name.split('/').all(part) && name.split('/').count() <= MAX_DEPTH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn sounds_are_found_by_name_and_replaced() {
        let folder = std::env::temp_dir().join(format!("madoguchi-sounds-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("night")).expect("a folder");
        std::fs::write(folder.join("night/closed.wav"), wav::encode(&[5; 80]).expect("a file")).expect("written");
        std::fs::write(folder.join("broken.wav"), b"RIFF").expect("written");
        std::fs::write(folder.join("Notes.txt"), b"").expect("written");
        let sounds = Sounds::new(&folder, 1_000);
        assert_eq!(sounds.names().into_iter().collect::<Vec<_>>(), ["broken", "night/closed"]);
        assert_eq!(*sounds.get("night/closed").await.expect("a sound"), [5; 80]);
        std::fs::write(folder.join("night/closed.wav"), wav::encode(&[6; 90]).expect("a file")).expect("written");
        assert_eq!(*sounds.get("night/closed").await.expect("a sound"), [6; 90], "the new one");
        assert!(matches!(sounds.get("broken").await, Err(SpeechError::BadSound { .. })));
        for name in ["greeting", "../night/closed", "/etc/passwd", "night//closed", "", "Night/closed"] {
            assert!(matches!(sounds.get(name).await, Err(SpeechError::NoSound(_))), "{name}");
        }
        std::fs::remove_dir_all(folder).expect("removed");
        assert!(sounds.names().is_empty());
    }
}
