//! The thread that writes recordings: a file a part, playable at any moment, and the same chunks as events.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use bytes::Bytes;
use tokio::sync::mpsc::Sender;

use super::error::MediaError;
use super::event::MediaEvent;
use super::figures::Task;
use super::recording::CHUNK;
use super::wav;
use crate::ids::CallId;

/// Chunks that may wait for the disk: 32 MiB of them.
const MOST_WAITING: usize = 1_024;
/// Bytes of a whole chunk in a file.
const CHUNK_BYTES: u64 = CHUNK as u64 * 4;

/// A file of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Part {
    pub(super) call: CallId,
    pub(super) part: u32,
}

/// Up to 2 s of a part.
#[derive(Debug)]
pub(super) struct Chunk {
    pub(super) of: Part,
    pub(super) chunk: u32,
    pub(super) start_ms: u64,
    pub(super) samples: Bytes,
}

/// What the writer is asked.
#[derive(Debug)]
pub(super) enum Write {
    /// A part begins with this chunk.
    Begin(Part, u32),
    Chunk(Chunk),
    End(Part),
}

/// Where a part's recording lies in the folder.
pub fn path(folder: &Path, call: CallId, part: u32) -> PathBuf {
    folder.join(format!("{call}-{part}.wav"))
}

/// Starts the thread. It ends when nobody can ask it any more.
pub(super) fn start(
    folder: Option<PathBuf>,
    events: Sender<MediaEvent>,
    task: Arc<Task>,
) -> Result<SyncSender<Write>, MediaError> {
    if let Some(folder) = &folder {
        fs::create_dir_all(folder).map_err(MediaError::Folder)?;
    }
    let (sender, receiver) = sync_channel(MOST_WAITING);
    let writer = Writer { folder, events, files: HashMap::new(), task };
    let spawned = thread::Builder::new().name("recordings".to_owned()).spawn(move || writer.run(&receiver));
    spawned.map_err(|error| MediaError::Thread("recordings", error))?;
    Ok(sender)
}

struct Writer {
    folder: Option<PathBuf>,
    events: Sender<MediaEvent>,
    files: HashMap<Part, Open>,
    task: Arc<Task>,
}

struct Open {
    file: File,
    /// Bytes of samples so far.
    data: u64,
    next: u32,
}

impl Writer {
    fn run(mut self, receiver: &Receiver<Write>) {
        self.task.is_this();
        while let Ok(write) = receiver.recv() {
            match write {
                Write::Begin(part, first) => self.begin(part, first),
                Write::Chunk(chunk) => self.chunk(chunk),
                Write::End(part) => {
                    self.files.remove(&part);
                    self.tell(MediaEvent::RecordedAll { call: part.call, part: part.part });
                }
            }
        }
    }

    fn begin(&mut self, of: Part, first: u32) {
        let Some(folder) = &self.folder else { return };
        match Open::new(&path(folder, of.call, of.part), first) {
            Ok(open) => {
                self.files.insert(of, open);
            }
            Err(error) => {
                tracing::error!(call = %of.call, part = of.part, %error, "a recording's file cannot be made; its chunks go on")
            }
        }
    }

    fn chunk(&mut self, chunk: Chunk) {
        let Chunk { of, chunk, start_ms, samples } = chunk;
        if let Some(open) = self.files.get_mut(&of)
            && let Err(error) = open.write(chunk, &samples)
        {
            tracing::error!(call = %of.call, part = of.part, %error, "a recording's file cannot be written; its chunks go on");
            self.files.remove(&of);
        }
        self.tell(MediaEvent::Recorded { call: of.call, part: of.part, chunk, start_ms, samples });
    }

    /// This thread may wait for who takes the events; the media threads do not.
    fn tell(&self, event: MediaEvent) {
        if self.events.blocking_send(event).is_err() {
            tracing::debug!("nobody takes what is recorded any more");
        }
    }
}

impl Open {
    /// A part that goes on (`first` > 0) goes on in its file if that is here.
    fn new(path: &Path, first: u32) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).truncate(first == 0).read(true).write(true).open(path)?;
        let data = file.metadata()?.len().saturating_sub(wav::HEADER as u64) / 4 * 4;
        let open = Self { file, data, next: first };
        open.header()?;
        Ok(open)
    }

    /// Samples first, then the header that says they are there: whatever moment the process dies in, the file plays.
    fn write(&mut self, chunk: u32, codes: &[u8]) -> io::Result<()> {
        let hole = u64::from(chunk.saturating_sub(self.next)) * CHUNK_BYTES;
        let samples = wav::data_of(codes);
        self.file.write_all_at(&samples, wav::HEADER as u64 + self.data + hole)?;
        self.data += hole + samples.len() as u64;
        self.next = chunk + 1;
        self.header()
    }

    fn header(&self) -> io::Result<()> {
        self.file.write_all_at(&wav::header(2, self.data.try_into().unwrap_or(u32::MAX)), 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_plays_after_every_chunk_and_a_lost_one_is_silence() {
        let folder = std::env::temp_dir().join(format!("recordings-{}", uuid::Uuid::new_v4()));
        fs::create_dir_all(&folder).unwrap();
        let path = path(&folder, CallId::new(), 0);
        let mut open = Open::new(&path, 0).unwrap();
        let samples =
            || hound::WavReader::open(&path).unwrap().into_samples::<i16>().map(Result::unwrap).collect::<Vec<_>>();
        assert!(samples().is_empty());
        open.write(0, &vec![0x80; 2 * CHUNK]).unwrap();
        assert_eq!(samples(), vec![32_124; 2 * CHUNK]);
        open.write(2, &[0x00; 4]).unwrap();
        let all = samples();
        assert_eq!(all.len(), 4 * CHUNK + 4);
        assert!(all[2 * CHUNK..4 * CHUNK].iter().all(|sample| *sample == 0));
        drop(open);
        Open::new(&path, 3).unwrap().write(3, &[0x80; 2]).unwrap();
        assert_eq!(
            samples()[4 * CHUNK..],
            [-32_124, -32_124, -32_124, -32_124, 32_124, 32_124],
            "a part goes on in its file"
        );
        fs::remove_dir_all(folder).unwrap();
    }
}
