//! Notices to agents: kept in the stream DESK until everybody read them or they expire, so that no site's death loses one. Each
//! door shows them to the sockets of whom they concern.

use std::{collections::HashMap, sync::Arc, time::Duration};

use chassis::refusal::Refusal;
use serde::{Deserialize, Serialize};

use crate::{
    clock,
    door::App,
    frames::{NoticeCard, NoticeKind, ServerFrame},
    keep::{Keep, Kind},
};

/// Between two looks.
const EVERY: Duration = Duration::from_secs(1);

/// A notice as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Notice {
    /// What it is.
    pub(crate) kind: NoticeKind,
    /// In Japanese. Nothing personal: what it is about stands in the conversation.
    pub(crate) ja: String,
    /// In English.
    pub(crate) en: String,
    /// The conversation it is about; empty: none.
    pub(crate) conversation: String,
    /// Milliseconds since the Unix epoch.
    pub(crate) expires: u64,
    /// Whom it was sent to, in words: `all`, `queue support`, `unit returns`.
    pub(crate) to: String,
    /// To everybody, also who comes later.
    pub(crate) everybody: bool,
    /// To these, when not to everybody.
    pub(crate) agents: Vec<String>,
}

/// A notice with its id, sender and time.
pub(crate) struct Sent {
    pub(crate) id: String,
    pub(crate) by: String,
    pub(crate) at: u64,
    pub(crate) notice: Notice,
}

impl Sent {
    fn concerns(&self, agent: &str) -> bool {
        self.by != agent && (self.notice.everybody || self.notice.agents.iter().any(|id| id == agent))
    }

    pub(crate) fn card(&self) -> NoticeCard {
        let Notice { kind, ja, en, conversation, expires, .. } = self.notice.clone();
        NoticeCard { id: self.id.clone(), kind, ja, en, conversation, by: self.by.clone(), at: self.at, expires }
    }
}

/// Every notice that has not expired at `now`, the newest first.
pub(crate) fn current(keep: &dyn Keep, now: u64) -> Vec<Sent> {
    let sent = keep.documents(Kind::Notice).into_iter().filter_map(|document| {
        let notice: Notice = serde_json::from_str(&document.json).ok()?;
        Some(Sent { id: document.id, by: document.by, at: document.at_ms, notice })
    });
    let mut all: Vec<Sent> = sent.filter(|sent| sent.notice.expires > now).collect();
    all.sort_by(|one, other| (other.at, &other.id).cmp(&(one.at, &one.id)));
    all
}

/// What an agent has not read yet.
fn unread(keep: &dyn Keep, all: &[Sent], agent: &str) -> Vec<NoticeCard> {
    let news = |sent: &&Sent| sent.concerns(agent) && keep.document(Kind::Seen, &seen(&sent.id, agent)).is_none();
    all.iter().filter(news).map(Sent::card).collect()
}

fn seen(notice: &str, agent: &str) -> String {
    format!("{notice}.{agent}")
}

/// Sends a notice; the same id again is the same notice.
///
/// # Errors
/// The journal does not confirm, or there is no room for one more.
pub(crate) async fn send(app: &App, id: &str, by: &str, notice: &Notice) -> Result<(), Refusal> {
    forget_expired(app, by).await;
    if app.keep.document(Kind::Notice, id).is_some() {
        return Ok(());
    }
    let json = serde_json::json!(notice).to_string();
    app.keep.change(Kind::Notice, id, by, Some(json)).await.map(|_| ())
}

/// Notes that an agent has read one.
///
/// # Errors
/// The journal does not confirm.
pub(crate) async fn read(app: &App, id: &str, agent: &str) -> Result<(), Refusal> {
    if app.keep.document(Kind::Notice, id).is_none() {
        return Ok(());
    }
    app.keep.change(Kind::Seen, &seen(id, agent), agent, Some("1".to_owned())).await.map(|_| ())
}

/// How many read a notice.
pub(crate) fn readers(keep: &dyn Keep, id: &str) -> usize {
    let of = |document: &crate::keep::Document| document.id.rsplit_once('.').is_some_and(|(notice, _)| notice == id);
    keep.documents(Kind::Seen).iter().filter(|document| of(document)).count()
}

/// Takes a notice back, and what was noted of its readers.
///
/// # Errors
/// The journal does not confirm.
pub(crate) async fn take_back(app: &App, id: &str, by: &str) -> Result<bool, Refusal> {
    let there = app.keep.change(Kind::Notice, id, by, None).await?;
    for document in app.keep.documents(Kind::Seen) {
        if document.id.rsplit_once('.').is_some_and(|(notice, _)| notice == id) {
            app.keep.change(Kind::Seen, &document.id, by, None).await?;
        }
    }
    Ok(there)
}

/// Expired notices go when the next one is sent: they are shown to nobody before that either.
async fn forget_expired(app: &App, by: &str) {
    let now = clock::unix_ms();
    for document in app.keep.documents(Kind::Notice) {
        let over = serde_json::from_str::<Notice>(&document.json).map_or(true, |notice| notice.expires <= now);
        if over && let Err(refusal) = take_back(app, &document.id, by).await {
            tracing::warn!(reason = %refusal.reason, "an expired notice stays for now");
        }
    }
}

/// Shows agents what they have not read, until it is dropped.
pub(crate) async fn run(app: Arc<App>) {
    let mut told: HashMap<u64, Vec<NoticeCard>> = HashMap::new();
    let mut every = tokio::time::interval(EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        let all = current(&*app.keep, clock::unix_ms());
        let mut now = HashMap::new();
        for handle in app.registry.of_agents() {
            let news = if all.is_empty() { Vec::new() } else { unread(&*app.keep, &all, &handle.identity.id) };
            if told.get(&handle.id).map_or(!news.is_empty(), |before| *before != news) {
                handle.send(&ServerFrame::Notices { notices: news.clone() });
            }
            now.insert(handle.id, news);
        }
        told = now;
    }
}
