//! Everything that is kept of some customers, by one statement: the way to the database and back costs more than the rows do.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{PgPool, Row as _, postgres::PgRow};

use super::whom::{Forms, Whom, forms};
use crate::{
    customer::{Edges, MOST_SHARED, PersonLink, identity_link},
    record::{Hash, Stamp},
};

/// What a row tells of; its columns mean what the statement below says.
const MEMBER: i32 = 0;
const FIELD: i32 = 1;
const IDENTITY: i32 = 2;
const CONSENT: i32 = 3;
const COUNT: i32 = 4;
const LINK: i32 = 5;
const SHARED: i32 = 6;

/// Each part is asked record by record (`offset 0` keeps it so): no statistics, however old, make the planner read a table whole.
const STATEMENT: Forms = forms!(
    ", kind, last_at_ms",
    "select * from (select 0 as sort, record_id, customer_id as word, null::text as other, kind::integer as number, last_at_ms as at, \
     null::text as stamp, null::bytea as hash, null::bytea as sealed, null::text as place, false as yes from m \
     union all select 1, m.record_id, null, null, f.field, null, f.stamp, null, f.sealed, f.place, false from m cross join lateral \
     (select field, stamp, sealed, place from fields where record_id = m.record_id offset 0) f \
     union all select 2, m.record_id, null, null, i.kind, null, i.seen, i.identity, i.sealed, i.place, \
     coalesce(i.verified > coalesce(i.gone, ''), false) from m cross join lateral \
     (select * from identities where record_id = m.record_id and seen > coalesce(gone, '') offset 0) i \
     union all select 3, m.record_id, c.purpose, c.channel, 0, null, c.stamp, null, null, null, c.granted from m cross join lateral \
     (select * from consents where record_id = m.record_id offset 0) c \
     union all select 4, m.record_id, null, null, 0, t.count, null, null, null, null, false from m cross join lateral \
     (select count(*) from touchpoints where record_id = m.record_id offset 0) t \
     union all select 5, l.record_id, l.link_id, l.other_id, 0, null, l.stamp, null, null, l.said_by, false from m cross join lateral \
     (select * from links where record_id = m.record_id union all \
      select * from links where other_id = m.record_id and record_id <> m.record_id offset 0) l \
     union all select 6, s.record_id, null, null, 0, null, null, s.identity, null, null, false from m cross join lateral \
     (select i.identity, o.record_id from identities i cross join lateral (select record_id from identities \
      where identity = i.identity and verified > coalesce(gone, '') limit $1) o \
      where i.record_id = m.record_id and i.verified > coalesce(i.gone, '') offset 0) s) found \
     order by sort, stamp collate \"C\", record_id collate \"C\"",
    [2, 3, 4]
);

/// What was found, each sort by stamp and record.
#[derive(Default)]
pub(super) struct Rows {
    pub members: Vec<PgRow>,
    pub fields: Vec<PgRow>,
    pub identities: Vec<PgRow>,
    pub consents: Vec<PgRow>,
    pub counts: Vec<PgRow>,
    /// What joins the records with each other or with anybody.
    pub edges: Edges,
    /// When a person said that two records are one, and who it was.
    pub words: Words,
}

/// By link and both records.
pub(super) type Words = BTreeMap<(String, String, String), (Stamp, String)>;

impl Rows {
    pub(super) async fn of(pool: &PgPool, whom: Whom<'_>) -> Result<Self, sqlx::Error> {
        let most = i64::try_from(MOST_SHARED + 1).unwrap_or(i64::MAX);
        let found = STATEMENT.of(whom, &[most]).fetch_all(pool).await?;
        let mut rows = Self::default();
        for row in found {
            match row.try_get("sort")? {
                MEMBER => rows.members.push(row),
                FIELD => rows.fields.push(row),
                IDENTITY => rows.identities.push(row),
                CONSENT => rows.consents.push(row),
                COUNT => rows.counts.push(row),
                LINK => rows.link(&row)?,
                SHARED => rows.shared(&row)?,
                other => return Err(sqlx::Error::Decode(format!("a row of sort {other}").into())),
            }
        }
        rows.edges.identities.retain(|_, records| records.len() > 1);
        rows.undone(pool).await?;
        Ok(rows)
    }

    pub(super) fn records(&self) -> Result<BTreeSet<String>, sqlx::Error> {
        self.members.iter().map(|row| row.try_get("record_id")).collect()
    }

    fn link(&mut self, row: &PgRow) -> Result<(), sqlx::Error> {
        let (link, a, b): (String, String, String) =
            (row.try_get("word")?, row.try_get("record_id")?, row.try_get("other")?);
        let word = (Stamp::read(row.try_get("stamp")?), row.try_get("place")?);
        self.words.insert((link.clone(), a.clone(), b.clone()), word);
        self.edges.links.insert(PersonLink { link, a, b });
        Ok(())
    }

    fn shared(&mut self, row: &PgRow) -> Result<(), sqlx::Error> {
        let identity: Vec<u8> = row.try_get("hash")?;
        if let Ok(identity) = <[u8; 16]>::try_from(identity) {
            self.edges.identities.entry(Hash(identity)).or_default().insert(row.try_get("record_id")?);
        }
        Ok(())
    }

    async fn undone(&mut self, pool: &PgPool) -> Result<(), sqlx::Error> {
        let links = self.edges.links.iter().map(|said| said.link.clone());
        let named: Vec<String> = links.chain(self.edges.identities.keys().map(|it| identity_link(*it))).collect();
        if named.is_empty() {
            return Ok(());
        }
        let undone: Vec<(String, String)> =
            sqlx::query_as("select link_id, record_id from undone_links where link_id = any($1)")
                .bind(named)
                .fetch_all(pool)
                .await?;
        self.edges.undone = undone.into_iter().collect();
        Ok(())
    }
}
