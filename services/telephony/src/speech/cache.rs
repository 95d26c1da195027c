//! What was spoken, on disk: files by hash, the oldest deleted past a limit. A broken file is spoken anew.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::{SpeechError, wav};

/// A folder of spoken texts. Its calls block.
#[derive(Debug)]
pub(super) struct Cache {
    folder: PathBuf,
    most: u64,
}

impl Cache {
    /// Holds at most about `most` bytes in `folder`, which is made.
    pub(super) fn open(folder: &Path, most: u64) -> Result<Self, SpeechError> {
        fs::create_dir_all(folder).map_err(|source| failed("make the folder", folder, source))?;
        Ok(Self { folder: folder.to_owned(), most })
    }

    pub(super) fn get(&self, key: &str) -> Option<Arc<[i16]>> {
        let path = self.path(key);
        let sound = wav::decode(&fs::read(&path).ok()?, &path).ok()?;
        // Used now: not the first to go. If it cannot be noted it goes earlier, that is all.
        let _ = File::options().write(true).open(&path).and_then(|file| file.set_modified(SystemTime::now()));
        Some(sound.into())
    }

    /// Whole or not at all: written beside and renamed.
    pub(super) fn put(&self, key: &str, sound: &[i16]) -> Result<(), SpeechError> {
        let path = self.path(key);
        let beside = self.folder.join(format!("{key}.{}.new", std::process::id()));
        fs::write(&beside, wav::encode(sound)?).map_err(|source| failed("write", &beside, source))?;
        fs::rename(&beside, &path).map_err(|source| failed("rename to", &path, source))?;
        self.shrink()
    }

    fn shrink(&self) -> Result<(), SpeechError> {
        let entries = fs::read_dir(&self.folder).map_err(|source| failed("list", &self.folder, source))?;
        let files = entries.flatten().filter_map(|entry| {
            let about = entry.metadata().ok()?;
            let sound = entry.path().extension().is_some_and(|it| it == "wav") && about.is_file();
            sound.then(|| Some((about.modified().ok()?, about.len(), entry.path())))?
        });
        let mut files: Vec<(SystemTime, u64, PathBuf)> = files.collect();
        let mut bytes: u64 = files.iter().map(|(_, bytes, _)| bytes).sum();
        files.sort();
        for (_, size, path) in files {
            if bytes <= self.most {
                break;
            }
            fs::remove_file(&path).map_err(|source| failed("delete", &path, source))?;
            bytes -= size;
        }
        Ok(())
    }

    fn path(&self, key: &str) -> PathBuf {
        self.folder.join(format!("{key}.wav"))
    }
}

fn failed(doing: &str, path: &Path, source: std::io::Error) -> SpeechError {
    SpeechError::File { doing: format!("{doing} {}", path.display()), source }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_oldest_goes_and_a_broken_file_is_none() {
        let folder = std::env::temp_dir().join(format!("madoguchi-cache-{}", std::process::id()));
        let cache = Cache::open(&folder, 2_500).expect("a cache");
        let age = |key: &str, seconds| {
            let file = File::options().write(true).open(cache.path(key)).expect("a file");
            file.set_modified(SystemTime::now() - Duration::from_secs(seconds)).expect("aged");
        };
        cache.put("a", &[1; 500]).expect("kept");
        age("a", 300);
        cache.put("b", &[2; 500]).expect("kept");
        age("b", 200);
        assert_eq!(cache.get("a").as_deref(), Some([1; 500].as_slice()), "and used now");
        cache.put("c", &[3; 500]).expect("kept");
        assert!(cache.get("b").is_none(), "the one not used for longest");
        assert!(cache.get("a").is_some() && cache.get("c").is_some());
        fs::write(cache.path("c"), b"RIFF").expect("broken");
        assert!(cache.get("c").is_none());
        fs::remove_dir_all(folder).expect("removed");
    }
}
