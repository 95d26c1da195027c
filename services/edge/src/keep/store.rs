//! [`Keep`] in the journal: stream DESK for settings and used links, stream FILES for files. Settings are followed into memory;
//! the last one who set a document wins. A file's parts are written once each and sealed with the customer's key for one place,
//! so that erasing the key makes every copy noise, and a part cannot be read as another's or in another conversation.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use chassis::refusal::{Code, Refusal};
use journal::{Append, AppendError, Appended, DataKey, Expect, Journal, KeyError, ReadError, Stream};
use prost::Message;
use proto::{
    edge::v1::{DeskEvent, FilePart, LinkUsed},
    journal::v1::Unit,
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Document, FileHead, Keep, Kind, NewFile, PART_BYTES, documents::Documents};
use crate::{accounts::Answer, clock};

/// The stream of settings and used links.
pub const DESK: Stream = Stream::new("DESK", "desk");
/// The stream of files.
pub const FILES: Stream = Stream::new("FILES", "files");

/// How long a change waits to be seen by this door itself.
const SEEN: Duration = Duration::from_secs(2);
/// Between two attempts to follow the journal.
const PAUSE: Duration = Duration::from_millis(500);

/// What doors keep, as one door knows it. Clones share it.
#[derive(Clone)]
pub struct JournalKeep {
    journal: Journal,
    files_mib: u64,
    documents: Arc<Documents>,
    position: Arc<watch::Sender<u64>>,
}

impl JournalKeep {
    /// Empty until [`JournalKeep::follow`] fills it. `files_mib`: all files together, in MiB.
    pub fn new(journal: Journal, files_mib: u64) -> Self {
        Self { journal, files_mib, documents: Arc::default(), position: Arc::new(watch::channel(0).0) }
    }

    /// Reads every setting and follows the journal until `stop`.
    pub async fn follow(&self, stop: CancellationToken) {
        let follow = async {
            loop {
                if let Err(error) = self.follow_once().await {
                    tracing::warn!(%error, "settings are not followed for the moment");
                }
                tokio::time::sleep(PAUSE).await;
            }
        };
        tokio::select! {
            () = follow => {}
            () = stop.cancelled() => {}
        }
    }

    async fn follow_once(&self) -> Result<(), ReadError> {
        let after = *self.position.borrow();
        let mut follower = self.journal.follow(&DESK, after).await?;
        loop {
            for record in follower.next().await? {
                self.apply(&record.subject, &record.unit.events);
                self.position.send_replace(record.sequence);
            }
        }
    }

    fn apply(&self, subject: &str, events: &[Bytes]) {
        let mut tokens = subject.splitn(3, '.').skip(1);
        let place = tokens.next().and_then(Kind::of).zip(tokens.next());
        // Used links are looked at one by one.
        let Some((kind, id)) = place else { return };
        for event in events {
            match DeskEvent::decode(event.clone()) {
                Ok(DeskEvent { at_ms, by, document: json }) => {
                    self.documents.apply(kind, Document { id: id.to_owned(), json, at_ms, by });
                }
                Err(error) => tracing::error!(%error, "a setting cannot be read"),
            }
        }
    }

    async fn append(
        &self,
        stream: Stream,
        subject: String,
        expect: Expect,
        event: &impl Message,
    ) -> Result<Appended, AppendError> {
        let unit = Unit {
            events: vec![event.encode_to_vec().into()],
            decided_at_ms: clock::unix_ms(),
            site: self.journal.site().to_owned(),
            ..Unit::default()
        };
        self.journal.append(Append { stream, subject, expect, id: Uuid::new_v4().to_string(), unit }).await
    }

    async fn set(&self, kind: Kind, id: &str, by: &str, json: Option<String>) -> Result<bool, Refusal> {
        let there = self.documents.one(kind, id).is_some();
        if json.is_none() && !there {
            return Ok(false);
        }
        if json.is_some() && !there && self.documents.count(kind) >= kind.most() {
            return Err(Refusal::new(Code::FailedPrecondition, "too_many", "there is no room for one more of them"));
        }
        let event = DeskEvent { at_ms: clock::unix_ms(), by: by.to_owned(), document: json.unwrap_or_default() };
        let subject = format!("{}.{}.{id}", DESK.prefix, kind.token());
        let stored = self.append(DESK, subject, Expect::Any, &event).await.map_err(|error| append_refusal(&error))?;
        let mut position = self.position.subscribe();
        let _later = tokio::time::timeout(SEEN, position.wait_for(|at| *at >= stored.sequence)).await;
        Ok(true)
    }

    async fn store(&self, new: NewFile) -> Result<(), Refusal> {
        let key = self.journal.vault().key(&new.customer).await.map_err(|error| key_refusal(&error))?;
        self.has_room(new.bytes.len()).await?;
        let count = u32::try_from(new.bytes.len().div_ceil(PART_BYTES)).unwrap_or(u32::MAX);
        for part in 0..count {
            let from = part as usize * PART_BYTES;
            let data = new.bytes.slice(from..new.bytes.len().min(from + PART_BYTES));
            let place = place(&new.conversation, &new.file, part);
            let stored = FilePart {
                parts: count,
                bytes: new.bytes.len() as u64,
                media_type: new.media_type.to_owned(),
                name: (part == 0).then(|| key.seal(&place, new.name.as_bytes())),
                data: Some(key.seal(&place, &data)),
            };
            match self.append(FILES, subject(&new.customer, &new.file, part), Expect::Last(0), &stored).await {
                // Stored by an earlier try, of which nobody heard: the same file.
                Ok(_) | Err(AppendError::Conflict { .. }) => {}
                Err(error) => return Err(append_refusal(&error)),
            }
        }
        Ok(())
    }

    async fn has_room(&self, bytes: usize) -> Result<(), Refusal> {
        let stored = self.journal.stored_bytes(&FILES).await.map_err(|error| unavailable(&error))?;
        if stored.saturating_add(bytes as u64) > self.files_mib << 20 {
            tracing::error!(stored, files_mib = self.files_mib, "a file was refused: files take all the room they may");
            return Err(Refusal::new(Code::ResourceExhausted, "storage_full", "there is no room for more files"));
        }
        Ok(())
    }

    async fn part(&self, customer: &str, file: &str, part: u32) -> Result<FilePart, Refusal> {
        let read = async |subject: String| {
            let replay = self.journal.replay(&FILES, &subject, 0).await;
            replay.map(|replay| replay.records).map_err(|error| unavailable(&error))
        };
        let mut records = read(subject(customer, file, part)).await?;
        if records.is_empty() {
            // Stored before the customer stood in the subject.
            records = read(format!("{}.{file}.{part}", FILES.prefix)).await?;
        }
        let event = records.first().and_then(|record| record.unit.events.first()).ok_or_else(no_such_file)?;
        FilePart::decode(event.clone()).map_err(|_| no_such_file())
    }

    async fn key(&self, customer: &str) -> Result<DataKey, Refusal> {
        let found = self.journal.vault().existing(customer).await.map_err(|error| key_refusal(&error))?;
        found.ok_or_else(no_such_file)
    }

    async fn head(&self, conversation: &str, customer: &str, file: &str) -> Result<FileHead, Refusal> {
        let key = self.key(customer).await?;
        let FilePart { parts, bytes, media_type, name, .. } = self.part(customer, file, 0).await?;
        let name = name.and_then(|name| key.open(&place(conversation, file, 0), &name).ok());
        let name = name.and_then(|name| String::from_utf8(name).ok()).ok_or_else(no_such_file)?;
        Ok(FileHead { name, media_type, bytes, parts })
    }

    async fn data(&self, conversation: &str, customer: &str, file: &str, part: u32) -> Result<Bytes, Refusal> {
        let key = self.key(customer).await?;
        let sealed = self.part(customer, file, part).await?.data.ok_or_else(no_such_file)?;
        let plain = key.open(&place(conversation, file, part), &sealed).map_err(|_| no_such_file())?;
        Ok(plain.into())
    }

    /// The first append on the code's subject wins, whatever the sites know of each other.
    async fn first_use(&self, code: &str, customer: &str) -> Result<bool, Refusal> {
        let used = LinkUsed { at_ms: clock::unix_ms(), customer_id: customer.to_owned() };
        let subject = format!("{}.resumed.{code}", DESK.prefix);
        match self.append(DESK, subject, Expect::Last(0), &used).await {
            Ok(_) => Ok(true),
            Err(AppendError::Conflict { .. }) => Ok(false),
            Err(error) => Err(append_refusal(&error)),
        }
    }
}

/// The customer comes first: what an erased one left is taken out by it.
fn subject(customer: &str, file: &str, part: u32) -> String {
    format!("{}.{customer}.{file}.{part}", FILES.prefix)
}

/// What a part is sealed for: it opens in its conversation only.
fn place(conversation: &str, file: &str, part: u32) -> String {
    format!("{}.{file}.{part}@{conversation}", FILES.prefix)
}

fn no_such_file() -> Refusal {
    Refusal::new(Code::NotFound, "no_such_file", "there is no such file in this conversation")
}

fn unavailable(error: &dyn std::error::Error) -> Refusal {
    Refusal::new(Code::Unavailable, "unavailable", error.to_string())
}

fn append_refusal(error: &AppendError) -> Refusal {
    match error {
        AppendError::Unavailable { .. } | AppendError::Conflict { .. } => unavailable(error),
        AppendError::TooLarge { .. } | AppendError::Refused { .. } => {
            Refusal::new(Code::Internal, "internal", error.to_string())
        }
    }
}

fn key_refusal(error: &KeyError) -> Refusal {
    match error {
        KeyError::Erased { .. } => Refusal::new(Code::FailedPrecondition, "erased", "the customer was erased"),
        KeyError::Unavailable { .. } => unavailable(error),
        KeyError::Unusable { .. } | KeyError::BadId { .. } => {
            Refusal::new(Code::Internal, "internal", error.to_string())
        }
    }
}

impl Keep for JournalKeep {
    fn documents(&self, kind: Kind) -> Vec<Document> {
        self.documents.of(kind)
    }

    fn document(&self, kind: Kind, id: &str) -> Option<Document> {
        self.documents.one(kind, id)
    }

    fn change<'a>(
        &'a self,
        kind: Kind,
        id: &'a str,
        by: &'a str,
        json: Option<String>,
    ) -> Answer<'a, Result<bool, Refusal>> {
        Box::pin(self.set(kind, id, by, json))
    }

    fn store_file(&self, file: NewFile) -> Answer<'_, Result<(), Refusal>> {
        Box::pin(self.store(file))
    }

    fn file_head<'a>(
        &'a self,
        conversation: &'a str,
        customer: &'a str,
        file: &'a str,
    ) -> Answer<'a, Result<FileHead, Refusal>> {
        Box::pin(self.head(conversation, customer, file))
    }

    fn file_part<'a>(
        &'a self,
        conversation: &'a str,
        customer: &'a str,
        file: &'a str,
        part: u32,
    ) -> Answer<'a, Result<Bytes, Refusal>> {
        Box::pin(self.data(conversation, customer, file, part))
    }

    fn use_link<'a>(&'a self, code: &'a str, customer: &'a str) -> Answer<'a, Result<bool, Refusal>> {
        Box::pin(self.first_use(code, customer))
    }
}
