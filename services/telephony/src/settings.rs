//! Flows and numbers: kept in the journal, the same at every site, with who changed what and when.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
};

use chassis::refusal::Refusal;
use journal::{Append, AppendError, Expect, Journal, Record};
use prost::Message as _;
use proto::{
    journal::v1::Unit,
    telephony::v1::{self as pb, SettingChanged},
};
use serde::Deserialize;
use spelling::numbers;
use uuid::Uuid;

use crate::{
    error::{invalid, unavailable},
    gateway::{SETTINGS, now_ms},
    ivr::flow::Flow,
};

/// Kinds of settings.
pub(crate) const KINDS: [&str; 2] = ["flow", "numbers"];
/// The only setting of kind `numbers`.
const NUMBERS: &str = "all";
/// Versions of a setting that are kept at hand; older ones are in the journal.
const VERSIONS: usize = 50;
/// Bytes of versions in one answer: gRPC takes 4 MiB.
const MAX_VERSIONS: usize = 2 * 1024 * 1024;
/// Longest setting, bytes.
const MAX_JSON: usize = 256 * 1024;

/// Which flow a dialled number leads to.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Number {
    number: String,
    flow: String,
    #[allow(dead_code, reason = "for people")]
    #[serde(default)]
    name: String,
}

/// The settings, as the journal has them.
#[derive(Clone)]
pub(crate) struct Settings {
    journal: Journal,
    inner: Arc<RwLock<Inner>>,
}

#[derive(Default)]
struct Inner {
    stored: BTreeMap<(String, String), Stored>,
    versions: HashMap<(String, String), VecDeque<pb::Setting>>,
    flows: HashMap<(String, u32), Arc<Flow>>,
    numbers: BTreeMap<String, String>,
}

#[derive(Clone)]
struct Stored {
    setting: pb::Setting,
    sequence: u64,
}

impl Settings {
    pub(crate) fn new(journal: Journal) -> Self {
        Self { journal, inner: Arc::default() }
    }

    /// Takes a unit of the journal.
    pub(crate) fn take(&self, record: &Record) {
        let mut tokens = record.subject.splitn(3, '.').skip(1);
        let (Some(kind), Some(id)) = (tokens.next(), tokens.next()) else { return };
        for event in &record.unit.events {
            match SettingChanged::decode(event.clone()) {
                Ok(changed) => self.apply(kind, id, changed, record.sequence),
                Err(error) => tracing::error!(%error, kind, id, "a setting cannot be read"),
            }
        }
    }

    fn apply(&self, kind: &str, id: &str, changed: SettingChanged, sequence: u64) {
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        let name = (kind.to_owned(), id.to_owned());
        if inner.stored.get(&name).is_some_and(|stored| stored.sequence >= sequence) {
            return;
        }
        match kind {
            "flow" => {
                if let Ok(mut flow) = serde_json::from_str::<Flow>(&changed.json) {
                    flow.version = changed.version;
                    inner.flows.insert((id.to_owned(), changed.version), Arc::new(flow));
                }
            }
            _ => {
                let listed: Vec<Number> = serde_json::from_str(&changed.json).unwrap_or_default();
                inner.numbers = listed.into_iter().map(|it| (numbers::folded(&it.number), it.flow)).collect();
            }
        }
        let setting = pb::Setting {
            id: id.to_owned(),
            json: changed.json,
            version: changed.version,
            changed_by: changed.changed_by,
            at_ms: changed.at_ms,
        };
        let versions = inner.versions.entry(name.clone()).or_default();
        versions.push_back(setting.clone());
        if versions.len() > VERSIONS {
            versions.pop_front();
        }
        inner.stored.insert(name, Stored { setting, sequence });
    }

    /// The flow of a dialled number, or the one given for all others.
    pub(crate) fn flow_of(&self, dialled: &str, otherwise: &str) -> Option<Arc<Flow>> {
        let inner = self.read();
        let id = inner.numbers.get(&numbers::folded(dialled)).map_or(otherwise, String::as_str).to_owned();
        let version = inner.stored.get(&("flow".to_owned(), id.clone()))?.setting.version;
        inner.flows.get(&(id, version)).cloned()
    }

    /// A version of a flow, also an old one that a call is in.
    pub(crate) fn flow_version(&self, id: &str, version: u32) -> Option<Arc<Flow>> {
        self.read().flows.get(&(id.to_owned(), version)).cloned()
    }

    pub(crate) fn get(&self, kind: &str, id: &str) -> Option<pb::Setting> {
        let stored = self.read().stored.get(&(kind.to_owned(), id.to_owned())).cloned()?;
        Some(stored.setting).filter(|setting| !setting.json.is_empty())
    }

    /// Its latest versions, the newest last; without those in which it was removed.
    pub(crate) fn versions(&self, kind: &str, id: &str) -> Vec<pb::Setting> {
        let inner = self.read();
        let all = inner.versions.get(&(kind.to_owned(), id.to_owned())).into_iter().flatten().rev();
        let mut bytes = 0;
        let mut latest: Vec<_> = all
            .take_while(|setting| {
                bytes += setting.json.len();
                bytes <= MAX_VERSIONS
            })
            .filter(|setting| !setting.json.is_empty())
            .cloned()
            .collect();
        latest.reverse();
        latest
    }

    pub(crate) fn list(&self, kind: &str) -> Vec<pb::Setting> {
        let inner = self.read();
        let of_kind = inner.stored.iter().filter(|((stored, _), _)| stored == kind);
        of_kind.map(|(_, stored)| stored.setting.clone()).filter(|setting| !setting.json.is_empty()).collect()
    }

    /// Stores a setting; the version that it has then.
    ///
    /// # Errors
    /// When it makes no sense, when somebody else changed it meanwhile, or the journal does not confirm.
    pub(crate) async fn put(&self, request: pb::PutSettingRequest) -> Result<u32, Refusal> {
        check(&request)?;
        let stored = self.read().stored.get(&(request.kind.clone(), request.id.clone())).cloned();
        let (version, last) = stored.map_or((0, 0), |stored| (stored.setting.version, stored.sequence));
        let overtaken = || {
            Refusal::new(
                chassis::refusal::Code::FailedPrecondition,
                "changed_meanwhile",
                "somebody else has changed it",
            )
        };
        if request.version.is_some_and(|expected| expected != version) {
            return Err(overtaken());
        }
        let changed = SettingChanged {
            json: request.json,
            changed_by: request.by.map(|by| by.id).unwrap_or_default(),
            version: version + 1,
            at_ms: now_ms(),
        };
        let append = Append {
            stream: SETTINGS,
            subject: format!("setting.{}.{}", request.kind, request.id),
            expect: Expect::Last(last),
            id: Uuid::now_v7().to_string(),
            unit: Unit {
                events: vec![changed.encode_to_vec().into()],
                decided_at_ms: now_ms(),
                site: self.journal.site().to_owned(),
                claim: None,
                epoch: 0,
            },
        };
        match self.journal.append(append).await {
            Ok(appended) => {
                self.apply(&request.kind, &request.id, changed, appended.sequence);
                Ok(version + 1)
            }
            Err(AppendError::Conflict { .. }) => Err(overtaken()),
            Err(
                error @ (AppendError::Unavailable { .. } | AppendError::TooLarge { .. } | AppendError::Refused { .. }),
            ) => {
                tracing::warn!(%error, "a setting was not stored");
                Err(unavailable("the journal does not confirm"))
            }
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, Inner> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }
}

fn check(request: &pb::PutSettingRequest) -> Result<(), Refusal> {
    if !KINDS.contains(&request.kind.as_str()) {
        return Err(invalid("bad_kind", "there is no such kind of setting"));
    }
    let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_';
    if request.id.is_empty() || request.id.len() > 40 || !request.id.bytes().all(good) {
        return Err(invalid("bad_id", "an id has 1 to 40 of a-z 0-9 - _"));
    }
    if request.json.len() > MAX_JSON {
        return Err(invalid("too_large", "a setting has at most 256 KiB"));
    }
    if request.json.is_empty() {
        return Ok(());
    }
    if request.kind == "numbers" {
        if request.id != NUMBERS {
            return Err(invalid("bad_id", "the numbers are one setting, \"all\""));
        }
        let numbers: Vec<Number> =
            serde_json::from_str(&request.json).map_err(|error| invalid("bad_numbers", &error.to_string()))?;
        let bad = numbers.iter().any(|number| number.number.is_empty() || number.flow.is_empty());
        return if bad { Err(invalid("bad_numbers", "a number and a flow are needed in each")) } else { Ok(()) };
    }
    let flow: Flow = serde_json::from_str(&request.json).map_err(|error| invalid("bad_flow", &error.to_string()))?;
    if flow.id == request.id { Ok(()) } else { Err(invalid("bad_id", "the flow has another id")) }
}
