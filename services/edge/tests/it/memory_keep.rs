//! What doors keep, without a journal.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

use bytes::Bytes;
use chassis::refusal::{Code, Refusal};
use edge::{
    accounts::Answer,
    keep::{Document, FileHead, Keep, Kind, NewFile},
};

#[derive(Default)]
pub struct MemoryKeep {
    documents: Mutex<BTreeMap<(Kind, String), Document>>,
    files: Mutex<BTreeMap<String, NewFile>>,
    used: Mutex<BTreeSet<String>>,
}

impl MemoryKeep {
    fn find(&self, conversation: &str, customer: &str, file: &str) -> Result<NewFile, Refusal> {
        let files = self.files.lock().unwrap();
        let found = files.get(file).filter(|found| found.conversation == conversation && found.customer == customer);
        found.cloned().ok_or_else(|| Refusal::new(Code::NotFound, "no_such_file", "none"))
    }
}

impl Keep for MemoryKeep {
    fn documents(&self, kind: Kind) -> Vec<Document> {
        let documents = self.documents.lock().unwrap();
        documents.iter().filter(|((of, _), _)| *of == kind).map(|(_, document)| document.clone()).collect()
    }

    fn document(&self, kind: Kind, id: &str) -> Option<Document> {
        self.documents.lock().unwrap().get(&(kind, id.to_owned())).cloned()
    }

    fn change<'a>(
        &'a self,
        kind: Kind,
        id: &'a str,
        by: &'a str,
        json: Option<String>,
    ) -> Answer<'a, Result<bool, Refusal>> {
        let mut documents = self.documents.lock().unwrap();
        let place = (kind, id.to_owned());
        let changed = match json {
            Some(json) => {
                let at_ms = documents.len() as u64 + 1;
                let document = Document { id: id.to_owned(), json, at_ms, by: by.to_owned() };
                documents.insert(place, document);
                true
            }
            None => documents.remove(&place).is_some(),
        };
        Box::pin(async move { Ok(changed) })
    }

    fn store_file(&self, file: NewFile) -> Answer<'_, Result<(), Refusal>> {
        self.files.lock().unwrap().entry(file.file.clone()).or_insert(file);
        Box::pin(async { Ok(()) })
    }

    fn file_head<'a>(
        &'a self,
        conversation: &'a str,
        customer: &'a str,
        file: &'a str,
    ) -> Answer<'a, Result<FileHead, Refusal>> {
        let head = self.find(conversation, customer, file).map(|found| FileHead {
            name: found.name,
            media_type: found.media_type.to_owned(),
            bytes: found.bytes.len() as u64,
            parts: 1,
        });
        Box::pin(async { head })
    }

    fn file_part<'a>(
        &'a self,
        conversation: &'a str,
        customer: &'a str,
        file: &'a str,
        _: u32,
    ) -> Answer<'a, Result<Bytes, Refusal>> {
        let bytes = self.find(conversation, customer, file).map(|found| found.bytes);
        Box::pin(async { bytes })
    }

    fn use_link<'a>(&'a self, code: &'a str, _: &'a str) -> Answer<'a, Result<bool, Refusal>> {
        let first = self.used.lock().unwrap().insert(code.to_owned());
        Box::pin(async move { Ok(first) })
    }
}
