//! The sites' chat views, as their PostgreSQL has them.

use std::{collections::BTreeMap, str::FromStr as _, time::Duration};

use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::stored::{Findings, Stored};
use crate::{drive::Error, up::Center};

/// One site's view.
pub struct View {
    site: String,
    pool: PgPool,
}

/// A site's database, to read a service's schema.
///
/// # Errors
/// When the database does not answer.
pub async fn reader(center: &Center, site: &str, schema: &str) -> Result<PgPool, Error> {
    let url = center.database_url(site, "reader")?;
    let pool = async {
        let options = PgConnectOptions::from_str(&url)?.options([("search_path", schema)]);
        let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(Duration::from_secs(5));
        pool.connect_with(options).await
    };
    pool.await.map_err(|source| Error::View { site: site.to_owned(), source })
}

impl View {
    /// Connects as a reader.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn connect(center: &Center, site: &str) -> Result<Self, Error> {
        Ok(Self { site: site.to_owned(), pool: reader(center, site, chat::view::SCHEMA).await? })
    }

    async fn position(&self) -> Result<u64, Error> {
        let read = sqlx::query_scalar::<_, i64>("select sequence from journal_position where stream = 'CHAT'");
        let position = read.fetch_optional(&self.pool).await.map_err(|source| self.error(source))?;
        Ok(position.unwrap_or(0).unsigned_abs())
    }

    /// How many events its conversations have.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn events(&self) -> Result<u64, Error> {
        let read = sqlx::query_scalar::<_, i64>("select coalesce(sum(last_number), 0)::bigint from conversations");
        let events = read.fetch_one(&self.pool).await.map_err(|source| self.error(source))?;
        Ok(events.unsigned_abs())
    }

    async fn messages(&self, conversations: &[Uuid]) -> Result<BTreeMap<(Uuid, u64), Uuid>, Error> {
        let read = sqlx::query_as(
            "select conversation_id::text, number, message_id::text from messages where conversation_id::text = any($1)",
        );
        let rows: Vec<(String, i64, String)> =
            read.bind(texts(conversations)).fetch_all(&self.pool).await.map_err(|source| self.error(source))?;
        let key = |(conversation, number, message): (String, i64, String)| {
            let id = |text: &str| Uuid::parse_str(text).unwrap_or_default();
            ((id(&conversation), number.unsigned_abs()), id(&message))
        };
        Ok(rows.into_iter().map(key).collect())
    }

    async fn lengths(&self, conversations: &[Uuid]) -> Result<BTreeMap<Uuid, u64>, Error> {
        let read = sqlx::query_as(
            "select conversation_id::text, last_number from conversations where conversation_id::text = any($1)",
        );
        let rows: Vec<(String, i64)> =
            read.bind(texts(conversations)).fetch_all(&self.pool).await.map_err(|source| self.error(source))?;
        let key = |(text, last): (String, i64)| (Uuid::parse_str(&text).unwrap_or_default(), last.unsigned_abs());
        Ok(rows.into_iter().map(key).collect())
    }

    fn error(&self, source: sqlx::Error) -> Error {
        Error::View { site: self.site.clone(), source }
    }
}

fn texts(ids: &[Uuid]) -> Vec<String> {
    ids.iter().map(Uuid::to_string).collect()
}

/// Every site's view, once it has the journal up to `sequence`.
///
/// # Errors
/// When a database does not answer, or does not catch up in time.
pub async fn caught_up(center: &Center, sequence: u64, within: Duration) -> Result<Vec<View>, Error> {
    let mut views = Vec::new();
    for site in center.sites() {
        reached(center, &site, sequence, within).await?;
        views.push(View::connect(center, &site).await?);
    }
    Ok(views)
}

/// When the site's view had the journal up to `sequence`. A database or table that is not there yet is waited for.
///
/// # Errors
/// When that is not so in time.
pub async fn reached(center: &Center, site: &str, sequence: u64, within: Duration) -> Result<Instant, Error> {
    let start = Instant::now();
    loop {
        let stands = match View::connect(center, site).await {
            Ok(view) => wait(&view, sequence, start + within).await,
            Err(error) => Err(error),
        };
        match stands {
            Ok(position) if position >= sequence => return Ok(Instant::now()),
            stands if start.elapsed() > within => {
                return Err(Error::Stuck {
                    what: format!("{site}'s view up to {sequence}"),
                    count: format!("{stands:?}"),
                });
            }
            Ok(_) | Err(_) => sleep(Duration::from_millis(10)).await,
        }
    }
}

async fn wait(view: &View, sequence: u64, until: Instant) -> Result<u64, Error> {
    loop {
        let position = view.position().await?;
        if position >= sequence || Instant::now() > until {
            return Ok(position);
        }
        sleep(Duration::from_millis(10)).await;
    }
}

/// Holds every view against the journal's conversations; true when all views are equal, to it and to each other.
///
/// # Errors
/// When a database does not answer.
pub async fn check(views: &[View], journal: &Stored, findings: &mut Findings) -> Result<bool, Error> {
    let conversations: Vec<Uuid> = journal.keys().copied().collect();
    let mut digests = Vec::new();
    let mut found = Findings::default();
    for view in views {
        let messages = view.messages(&conversations).await?;
        let lengths = view.lengths(&conversations).await?;
        found.add(differences(&view.site, journal, &messages, &lengths));
        digests.push(chat::view::digest(&view.pool).await.map_err(|source| view.error(source))?);
    }
    let equal = found.clean() && digests.windows(2).all(|pair| pair[0] == pair[1]);
    findings.add(found);
    Ok(equal)
}

fn differences(
    site: &str,
    journal: &Stored,
    messages: &BTreeMap<(Uuid, u64), Uuid>,
    lengths: &BTreeMap<Uuid, u64>,
) -> Findings {
    let mut found = Findings::default();
    let mut expected = 0;
    for (conversation, events) in journal {
        if lengths.get(conversation) != Some(&(events.len() as u64)) {
            let has = lengths.get(conversation);
            found.disorder(|| {
                format!("{site}'s view has {has:?} events of {conversation}, the journal {}", events.len())
            });
        }
        for event in events.iter().filter(|event| event.message.is_some()) {
            expected += 1;
            if messages.get(&(*conversation, event.number)) != event.message.as_ref() {
                found.lost(|| format!("{site}'s view has not {event:?} of {conversation}"));
            }
        }
    }
    for _ in expected..messages.len() {
        found.doubled(|| format!("{site}'s view has more messages than the journal"));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drive::ledger::Seen;

    fn journal() -> Stored {
        let opened = Seen { number: 1, message: None };
        let said = Seen { number: 2, message: Some(Uuid::from_u128(7)) };
        BTreeMap::from([(Uuid::nil(), vec![opened, said])])
    }

    #[test]
    fn a_view_that_differs_from_the_journal_is_found() {
        let right = BTreeMap::from([((Uuid::nil(), 2), Uuid::from_u128(7))]);
        let lengths = BTreeMap::from([(Uuid::nil(), 2)]);
        assert!(differences("tokyo", &journal(), &right, &lengths).clean());
        assert_eq!(differences("tokyo", &journal(), &BTreeMap::new(), &lengths).lost, 1);
        assert_eq!(differences("tokyo", &journal(), &right, &BTreeMap::new()).disorder, 1);
        let mut more = right.clone();
        more.insert((Uuid::nil(), 3), Uuid::from_u128(7));
        assert_eq!(differences("tokyo", &journal(), &more, &lengths).doubled, 1);
    }
}
