//! What doors keep in the journal beside accounts: the desk's settings, files, and which links were used.

mod documents;
mod files;
mod store;

use chassis::refusal::Refusal;

pub use documents::{Document, Kind};
pub use files::{FileHead, Magic, NewFile, PART_BYTES, sniff};
pub use store::{DESK, FILES, JournalKeep};

use crate::accounts::Answer;

/// What the door needs of it.
pub trait Keep: Send + Sync + 'static {
    /// The documents of a kind, by id.
    fn documents(&self, kind: Kind) -> Vec<Document>;
    /// One document.
    fn document(&self, kind: Kind, id: &str) -> Option<Document>;
    /// Sets a document, or removes it when `json` is unset. Returns when this door knows it. False: there was none to remove.
    fn change<'a>(
        &'a self,
        kind: Kind,
        id: &'a str,
        by: &'a str,
        json: Option<String>,
    ) -> Answer<'a, Result<bool, Refusal>>;
    /// Stores a file; the same file again changes nothing.
    fn store_file(&self, file: NewFile) -> Answer<'_, Result<(), Refusal>>;
    /// What a file is, and how many parts it has.
    fn file_head<'a>(
        &'a self,
        conversation: &'a str,
        customer: &'a str,
        file: &'a str,
    ) -> Answer<'a, Result<FileHead, Refusal>>;
    /// One part of it.
    fn file_part<'a>(
        &'a self,
        conversation: &'a str,
        customer: &'a str,
        file: &'a str,
        part: u32,
    ) -> Answer<'a, Result<bytes::Bytes, Refusal>>;
    /// Uses a link: true for the first who does, at whatever site.
    fn use_link<'a>(&'a self, code: &'a str, customer: &'a str) -> Answer<'a, Result<bool, Refusal>>;
}
