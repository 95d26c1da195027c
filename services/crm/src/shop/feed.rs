//! Fetches shops' events: one process does, and if two did, nothing would be spoilt. How far it came stands in the journal now and then; an older place
//! only means to read again what is known.

use std::{sync::Arc, time::Duration};

use chassis::refusal::Code;
use journal::{Append, Expect, ProjectError, Record as Unit};
use prost::Message as _;
use proto::crm::v1::FeedRead;
use sqlx::{PgConnection, PgPool};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::client::{Page, Shops};
use crate::{
    bus::CRM,
    events::store::Store,
    order::check::{token, word},
    service::now_ms,
    view::signed,
};

/// How often a new place is noted, at most.
const NOTE_EVERY: Duration = Duration::from_secs(30);

/// What fetching needs.
#[derive(Clone)]
pub(crate) struct Feed {
    pub(crate) shops: Arc<Shops>,
    pub(crate) store: Store,
    pub(crate) pool: PgPool,
    /// Whether this process is the one that fetches.
    pub(crate) first: watch::Receiver<bool>,
}

fn subject(shop: &str) -> String {
    format!("{}.shop.{shop}", CRM.prefix)
}

fn shop_of(subject: &str) -> Option<&str> {
    subject.strip_prefix(CRM.prefix)?.strip_prefix(".shop.")
}

/// Takes the places of a batch in.
///
/// # Errors
/// [`ProjectError::Poison`] for an event that is none.
pub(crate) async fn apply(tx: &mut PgConnection, units: &[Unit]) -> Result<(), ProjectError> {
    for unit in units {
        let Some(shop) = shop_of(&unit.subject) else { continue };
        let Some(bytes) = unit.unit.events.last() else { continue };
        let read = FeedRead::decode(bytes.clone());
        let read = read.map_err(|error| ProjectError::Poison(format!("decoding a shop's place: {error}")))?;
        sqlx::query(
            "insert into shop_feeds (shop, next, sequence) values ($1, $2, $3) on conflict (shop) do update \
             set next = excluded.next, sequence = excluded.sequence where excluded.sequence > shop_feeds.sequence",
        )
        .bind(shop)
        .bind(read.next)
        .bind(signed(unit.sequence))
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

impl Feed {
    /// Fetches the events of all shops that are to be asked, until the signal.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let mut shops = JoinSet::new();
        for (shop, every) in self.shops.polled() {
            shops.spawn(self.clone().follow(shop.clone(), every));
        }
        stop.cancelled().await;
    }

    async fn follow(mut self, shop: String, every: Duration) {
        loop {
            if self.first.wait_for(|first| *first).await.is_err() {
                return;
            }
            if let Some(at) = self.noted(&shop).await {
                self.fetch(&shop, every, at).await;
            }
            sleep(every).await;
        }
    }

    /// Where the journal says that reading goes on; none: the view does not answer.
    async fn noted(&self, shop: &str) -> Option<String> {
        let noted: Result<Option<String>, _> = sqlx::query_scalar("select next from shop_feeds where shop = $1")
            .bind(shop)
            .fetch_optional(&self.pool)
            .await;
        noted
            .inspect_err(|error| tracing::warn!(%error, shop, "how far a shop was read is not known"))
            .ok()
            .map(Option::unwrap_or_default)
    }

    /// Page after page, as long as this process is the one.
    async fn fetch(&self, shop: &str, every: Duration, mut at: String) {
        let Some(target) = self.shops.get(shop) else { return };
        let mut noted = (at.clone(), Instant::now());
        while *self.first.borrow() {
            let page = target.events(&at).await;
            let more = match page {
                Ok(page) => self.take(shop, page, &mut at).await,
                Err(fault) => {
                    tracing::warn!(shop, fault, "a shop's events cannot be fetched");
                    false
                }
            };
            if noted.0 != at && (noted.0.is_empty() || noted.1.elapsed() >= NOTE_EVERY) {
                self.note(shop, &at).await;
                noted = (at.clone(), Instant::now());
            }
            if !more {
                sleep(every).await;
            }
        }
        if noted.0 != at {
            self.note(shop, &at).await;
        }
    }

    /// Stores a page and moves on; whether there may be more at once.
    async fn take(&self, shop: &str, page: Page, at: &mut String) -> bool {
        if !word(&page.next, (1, 128), token) {
            tracing::warn!(shop, "a shop's events have no place to go on at");
            return false;
        }
        let events: Vec<String> = page.events.iter().map(ToString::to_string).collect();
        for events in events.chunks(500) {
            match self.store.of_shop(shop, events).await {
                Ok(outcomes) => {
                    let refused: Vec<_> = outcomes.iter().filter(|it| !it.reason.is_empty()).collect();
                    if let Some(first) = refused.first() {
                        let (count, reason, field) = (refused.len(), &first.reason, &first.field);
                        tracing::warn!(shop, count, reason, field, "events of a shop are refused");
                    }
                }
                Err(refusal) if refusal.code == Code::Unavailable => return false,
                Err(refusal) => {
                    tracing::error!(shop, reason = %refusal.reason, "a shop's events cannot be stored");
                    return false;
                }
            }
        }
        let moved = *at != page.next;
        *at = page.next;
        moved
    }

    async fn note(&self, shop: &str, next: &str) {
        let event = FeedRead { next: next.to_owned() }.encode_to_vec();
        let journal = &self.store.journal;
        let unit = proto::journal::v1::Unit {
            events: vec![event.into()],
            decided_at_ms: now_ms(),
            site: journal.site().to_owned(),
            claim: None,
            epoch: 0,
        };
        let append =
            Append { stream: CRM, subject: subject(shop), expect: Expect::Any, id: Uuid::now_v7().to_string(), unit };
        if let Err(error) = journal.append(append).await {
            tracing::warn!(%error, shop, "how far a shop was read was not noted");
        }
    }
}
